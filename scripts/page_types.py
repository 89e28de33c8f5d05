"""Writes api/web/src/api/schema.ts, the pages' types, from the service's own OpenAPI document.

Usage: python scripts/page_types.py [--check] (only says whether the file is current; exit code 1 when it is not)
Texts for readers are left out, so that only a change of shape makes the file stale. Its first line carries the digest.
"""

from __future__ import annotations

import hashlib
import json
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TYPES = ROOT / "api" / "web" / "src" / "api" / "schema.ts"
_FOR_READERS = ("description", "summary", "title", "example", "examples", "x-roles", "x-scopes", "security", "tags")


def shapes() -> dict[str, Any]:
    """The OpenAPI document of the service without what is for readers only."""
    sys.path.insert(0, str(ROOT))
    from api.app import create_app  # noqa: PLC0415 - after the path is set
    from api.settings import Settings  # noqa: PLC0415

    document = create_app(Settings(data_dir=Path("/nowhere"))).openapi()
    schemas = {name: _bare(kind) for name, kind in document["components"]["schemas"].items()}
    answered, sent = _reached(document, schemas, "responses"), _reached(document, schemas, "requestBody")
    for name in sent - answered:  # what has a default need not be sent, but is always answered
        for field in schemas[name].get("properties", {}).values():
            field.pop("default", None)
    return {
        "openapi": document["openapi"],
        "info": {"title": "beatplan", "version": "1"},
        "paths": {path: _bare(item) for path, item in document["paths"].items() if path.startswith("/api/v1/")},
        "components": {"schemas": schemas},
    }


def first_line(document: dict[str, Any]) -> str:
    """What the types of this document begin with."""
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return f"// Written by scripts/page_types.py from the OpenAPI document {digest}"


def are_current() -> bool:
    """Whether the types are those of the service as it stands."""
    return TYPES.is_file() and TYPES.read_text("utf-8").partition("\n")[0] == first_line(shapes())


def write() -> None:
    """Makes the types anew."""
    building = runpy.run_path(str(ROOT / "scripts" / "build_pages.py"))
    building["fetch_packages"]()
    document = shapes()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "openapi.json", Path(folder) / "schema.ts"
        source.write_text(json.dumps(document), "utf-8")
        command = building["SOURCES"] / "node_modules/openapi-typescript/bin/cli.js"
        building["run_node"]("openapi-typescript", [str(command), str(source), "--output", str(target)])
        TYPES.write_text(f"{first_line(document)}\n{target.read_text('utf-8')}", "utf-8")


def _reached(document: dict[str, Any], schemas: dict[str, Any], part: str) -> set[str]:
    """The schemas that some operation's `responses` or `requestBody` is made of."""
    found: set[str] = set()
    ahead = [operation[part] for item in document["paths"].values() for operation in item.values() if part in operation]
    while ahead:
        one = ahead.pop()
        if isinstance(one, list):
            ahead.extend(one)
        elif isinstance(one, dict):
            ahead.extend(one.values())
            name = str(one.get("$ref", "")).rpartition("/")[2]
            if name in schemas and name not in found:
                found.add(name)
                ahead.append(schemas[name])
    return found


def _bare(part: Any, *, names: bool = False) -> Any:
    """A part without texts for readers; where keys are `names` of fields, all of them stay."""
    if isinstance(part, list):
        return [_bare(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _bare(value, names=key in {"properties", "headers", "$defs"} and not names)
        for key, value in part.items()
        if names or key not in _FOR_READERS
    }


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        if not are_current():
            print(f"{TYPES.relative_to(ROOT)} is not current; run python scripts/page_types.py", file=sys.stderr)
            sys.exit(1)
    else:
        write()
