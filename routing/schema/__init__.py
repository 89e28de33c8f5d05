"""The published JSON Schemas of the documents that other programs read and write.

`python -m routing.schema` writes them anew after a type has changed; a test fails when they are not current.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from routing.documents import Document
from routing.evaluate import Evaluation
from routing.events import EventList
from routing.plan import Plan
from routing.problem import Problem
from routing.roads.profiles import SpeedProfile
from routing.territories.document import TerritoryAnswer, TerritoryProblem

PUBLISHED: dict[str, type[Document]] = {
    "problem": Problem,
    "plan": Plan,
    "events": EventList,
    "evaluation": Evaluation,
    "speeds": SpeedProfile,
    "territory-problem": TerritoryProblem,
    "territory-answer": TerritoryAnswer,
}


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a published document, as its type defines it."""
    schema = PUBLISHED[name].model_json_schema(mode="validation", by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_path(name: str) -> Path:
    """Where the published schema lies."""
    return Path(__file__).parent / f"{name}.json"


def publish() -> None:
    """Writes every schema beside this file."""
    for name in PUBLISHED:
        schema_path(name).write_text(json.dumps(schema_of(name), indent=1) + "\n", encoding="utf-8")
