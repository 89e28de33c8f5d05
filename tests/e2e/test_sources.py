"""The pages' own checks: their types, and their tests under vitest."""

from __future__ import annotations

import os
import runpy
import subprocess
from pathlib import Path

import pytest

from tests.browser import require

ROOT = Path(__file__).parents[2]
WEB = ROOT / "api" / "web"
NODE = runpy.run_path(str(ROOT / "scripts" / "build_pages.py"))["node_home"]() / "bin"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["vitest/vitest.mjs", "run", "--reporter=dot"], id="vitest"),
        pytest.param(
            ["svelte-check/bin/svelte-check", "--tsconfig", "./tsconfig.json", "--fail-on-warnings"], id="types"
        ),
    ],
)
def test_sources(command: list[str]) -> None:
    program = WEB / "node_modules" / command[0]
    require(program.is_file(), "the pages' packages are missing: python scripts/build_pages.py --packages")
    done = subprocess.run(
        [NODE / "node", program, *command[1:]],
        cwd=WEB,
        env={**os.environ, "PATH": f"{NODE}:{os.environ['PATH']}", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
