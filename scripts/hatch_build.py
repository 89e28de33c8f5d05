"""Puts the built pages into the wheel; an editable install builds its own by scripts/setup."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PagesHook(BuildHookInterface[Any]):
    """Builds api/web into api/pages. BEATPLAN_SKIP_PAGES=1 makes a wheel of the interface alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs before the wheel is made. Raises PagesError when the pages cannot be built."""
        if version == "editable" or os.environ.get("BEATPLAN_SKIP_PAGES") == "1":
            return
        runpy.run_path(str(Path(self.root) / "scripts" / "build_pages.py"))["build"]()
        build_data["artifacts"].append("api/pages/**")
