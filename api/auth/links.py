"""Links that sign a phone in, and their pictures."""

from __future__ import annotations

import io

import segno


def link_url(base: str, code: str) -> str:
    """The address of a link. Its code stands behind #, which browsers send to no server and messengers do not fetch."""
    return f"{base}/sign-in#{code}"


def qr_svg(text: str) -> str:
    """A QR code as an SVG picture."""
    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(picture, kind="svg", scale=6, border=4, xmldecl=False)
    return picture.getvalue().decode()


def qr_text(text: str) -> str:
    """A QR code for a terminal."""
    picture = io.StringIO()
    segno.make_qr(text, error="m").terminal(picture, compact=True)
    return picture.getvalue()
