"""The built web pages on disk, and what a browser is told about each file."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import api

FOLDER = Path(api.__file__).parent / "pages"
NOT_BUILT = (
    "The web pages are not built in this installation, the interface under /api/v1 works without them; build them "
    "with scripts/setup, or with python scripts/build_pages.py in a copy of the sources."
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PACKINGS = (("br", ".br"), ("gzip", ".gz"))
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_INLINE = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)
_POLICY = (
    "default-src 'none'; script-src 'self'{script}; worker-src 'self'; style-src 'self'{style}; "
    "img-src 'self' data: blob:{sources}; connect-src 'self'{sources}; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the pages, packed as the browser takes it: bytes, headers, media type."""

    content: bytes
    media_type: str
    headers: dict[str, str]


def are_built(folder: Path = FOLDER) -> bool:
    """Whether this installation has its pages."""
    return (folder / "built-from").is_file()


def content_policy(map_sources: str = "", page: bytes = b"") -> str:
    """The Content-Security-Policy of pages and of their workers; `map_sources` are further origins, space between.

    What stands in the `page` itself, scripts and styles without attributes, is let run by its hash, nothing else.
    """
    let_run = {"script": "", "style": ""}
    for kind, content in _INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        let_run[kind.decode()] += f" 'sha256-{digest}'"
    return _POLICY.format(sources=f" {map_sources}" if map_sources else "", **let_run)


def find_file(
    name: str, accept_encoding: str = "", *, lasting: bool = False, map_sources: str = "", folder: Path = FOLDER
) -> PageFile | None:
    """The file of this name, None when there is none. A `lasting` one has a name that changes with its content."""
    path = folder / name
    if not all(_NAME.fullmatch(part) for part in name.split("/")) or path.suffix not in _KINDS or not path.is_file():
        return None
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        "Content-Security-Policy": content_policy(map_sources, path.read_bytes() if path.suffix == ".html" else b""),
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    taken = {part.partition(";")[0].strip() for part in accept_encoding.split(",")}
    for packing, ending in _PACKINGS:
        packed = path.with_name(path.name + ending)
        if packing in taken and packed.is_file():
            path, headers["Content-Encoding"] = packed, packing
            break
    content = path.read_bytes()
    headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    return PageFile(content, _KINDS[Path(name).suffix], headers)
