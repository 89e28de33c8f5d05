"""The catalogues of sentences: complete in every language, and said from data."""

from __future__ import annotations

import re
import string
from datetime import date
from pathlib import Path

import pytest

import visits
from tests.visits.world import at
from visits.explanations import fact
from visits.wording import LANGUAGES, catalogue, sentence

PARTS = {"date", "and", "minutes", "hours", "hours_minutes"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_has_every_sentence_with_the_same_data() -> None:
    english = catalogue("en")
    for language in LANGUAGES:
        words = catalogue(language)
        assert set(words) == set(english)
        for key in english:
            if key != "date":
                assert placeholders(words[key]) == placeholders(english[key]), key


def test_every_code_that_is_said_has_its_sentence_and_every_sentence_is_said() -> None:
    folder = Path(visits.__file__).parent
    text = "".join((folder / f"{name}.py").read_text() for name in ("explaining", "explaining_absence"))
    said = set(re.findall(r'"([a-z_]+)"', text))
    families = {
        "remedy_": {"open_longer", "extend_shift", "drop", "other_rep"},
        "blocked_": {"skill", "window", "promise", "full"},
    }
    for prefix, kinds in families.items():
        said |= {prefix + kind for kind in kinds}
    assert set(catalogue("en")) - PARTS <= said


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [(0, "0 min", "0分钟"), (61, "2 min", "2分钟"), (3600, "1 h", "1小时"), (5400, "1 h 30 min", "1小时30分钟")],
)
def test_durations(seconds: int, english: str, chinese: str) -> None:
    assert english in sentence("en", "worth", {"value_s": seconds})
    assert chinese in sentence("zh", "worth", {"value_s": seconds})


def test_a_fact_carries_its_data_beside_its_words() -> None:
    said = fact("zh", "planned", name="海底捞", rep="王芳", date=date(2026, 11, 23), start=at(9, 30))
    assert said.text == "海底捞已安排给王芳，11月23日（周一）09:30拜访。"
    assert said.data["date"] == "2026-11-23"
