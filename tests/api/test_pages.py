"""The pages as files: packed, with a strict policy, never more than what was built; and the types they are built on."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import runpy
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.page_files import NOT_BUILT, are_built, content_policy, find_file
from api.settings import Settings

ROOT = Path(__file__).parents[2]
WEB = ROOT / "api" / "web"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pages as a build leaves them, and a file beside them that is nobody's business."""
    built = tmp_path / "pages"
    (built / "assets").mkdir(parents=True)
    (built / "built-from").write_text("digest")
    (built / "today.html").write_text("<!doctype html>")
    script = b"export const words = 'words';" * 40
    (built / "assets" / "today-1a.js").write_bytes(script)
    (built / "assets" / "today-1a.js.gz").write_bytes(gzip.compress(script))
    (tmp_path / "secret.html").write_text("secret")
    return built


def test_a_file_comes_packed_to_who_takes_it(folder: Path) -> None:
    plain = find_file("assets/today-1a.js", folder=folder, lasting=True)
    packed = find_file("assets/today-1a.js", "gzip, br;q=0.9", folder=folder, lasting=True)
    assert plain is not None
    assert packed is not None
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert "immutable" in packed.headers["Cache-Control"]
    page = find_file("today.html", folder=folder)
    assert page is not None
    assert page.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "name",
    ["../secret.html", "assets/../../secret.html", "built-from", "", ".", "assets", "today.html\0", "//etc/passwd"],
)
def test_nothing_else_is_served(folder: Path, name: str) -> None:
    assert find_file(name, folder=folder) is None


def test_pages_run_their_own_scripts_and_nothing_else() -> None:
    rules = dict(rule.split(" ", 1) for rule in content_policy().split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["worker-src"] == "'self'"
    assert "unsafe" not in content_policy()
    assert "https://tiles.example.com" in content_policy("https://tiles.example.com")


def test_what_stands_in_a_page_runs_by_its_hash_alone(folder: Path) -> None:
    (folder / "today.html").write_text("<title>a</title><script>begin()</script><style>p{}</style><p onclick='x()'>")
    page = find_file("today.html", folder=folder)
    assert page is not None
    rules = dict(rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; "))
    for kind, content in (("script-src", b"begin()"), ("style-src", b"p{}")):
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert rules[kind] == f"'self' 'sha256-{digest}'"


def test_a_wheel_has_the_pages() -> None:
    if not are_built():
        pytest.skip("the pages are not built: python scripts/build_pages.py")
    wheels = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed: scripts/setup")
    builder = wheels.WheelBuilder(str(ROOT))
    build_data = builder.get_default_build_data()
    builder.set_build_data_defaults(build_data)
    for hook in builder.get_build_hooks(str(ROOT)).values():
        hook.initialize("standard", build_data)
    with builder.config.set_build_data(build_data):
        names = {file.distribution_path for file in builder.recurse_included_files()}
    for page in ("today", "board", "territories"):
        assert f"api/pages/{page}.html" in names
    worker = (ROOT / "api" / "pages" / "sw.js").read_text("utf-8")
    assert {f"api/pages{name}" for name in re.findall(r"/assets/[\w.-]+", worker)} <= names
    assert "api/pages/built-from" in names
    assert not any(name.startswith("api/web/") for name in names)


async def _get(path: str, **headers: str) -> httpx.Response:
    app = create_app(Settings(data_dir=Path("/nowhere")))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize(
    "path", ["/", "/today", "/territories", "/sw.js", "/manifest.webmanifest", "/icons/beatplan.svg"]
)
def test_over_http(path: str) -> None:
    import anyio

    async def look() -> None:
        reply = await _get(path)
        if not are_built():
            assert reply.status_code == 404
            assert reply.json()["detail"] == NOT_BUILT
            return
        assert reply.status_code == 200
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        again = await _get(
            path,
            **{
                "If-None-Match": reply.headers["etag"],
                "Accept-Encoding": reply.headers.get("content-encoding", "identity"),
            },
        )
        assert again.status_code == 304

    anyio.run(look)


def test_types_of_the_pages_are_those_of_the_service() -> None:
    assert runpy.run_path(str(ROOT / "scripts" / "page_types.py"))["are_current"](), "run python scripts/page_types.py"


def test_locked_packages_name_no_address() -> None:
    lock = (WEB / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert "://registry" not in lock
    assert "omit-lockfile-registry-resolved=true" in (WEB / ".npmrc").read_text("utf-8")
    packages = json.loads(lock)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name and not package.get("link"))
