"""Text from outside: every letter and space of every script is welcome, controls and half characters are not."""

from __future__ import annotations

import unicodedata

_ODD = frozenset({"Cc", "Cs"})


def odd_mark(text: str, allowed: str = "") -> str | None:
    """The first control character or half character in a text, such as U+0000; None where there is none.

    Spaces of other widths and joiners are part of names in many scripts and are none.
    """
    odd = (mark for mark in text if unicodedata.category(mark) in _ODD and mark not in allowed)
    found = next(odd, None)
    return None if found is None else f"U+{ord(found):04X}"
