"""Reading JSON documents into frozen types, with one clear sentence for whatever is wrong in them."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pydantic_core
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from routing.errors import InputError

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST_S = 10_000_000
"""No time span in a document may exceed this many seconds (about 115 days); sums of them stay far from overflow."""

_MENDS = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not a known field; remove it or correct its spelling",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


class Document(BaseModel):
    """Base of every type that is read from or written to JSON: frozen, no unknown fields, finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def to_json(self, *, indent: int | None = None) -> str:
        """The document as JSON text; keys that are optional and absent are left out where the type says so."""
        return self.model_dump_json(indent=indent)


def _iso_day(value: object) -> date:
    if isinstance(value, date):
        return value
    day = _day_of(value) if isinstance(value, str) else None
    if day is None:
        raise ValueError(f'must be a date such as "2026-11-23" (it is {shorten(value)})')
    return day


@lru_cache(maxsize=512)  # a document names the same few days thousands of times
def _day_of(text: str) -> date | None:
    """The day of a text in the form of a date, None for another text."""
    if not _ISO_DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'is {text!r}, not a date of the calendar; write one such as "2026-11-23"') from None


Day = Annotated[date, BeforeValidator(_iso_day, json_schema_input_type=str), PlainSerializer(date.isoformat)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=LONGEST_S)]
SignedSeconds = Annotated[int, Field(strict=True, ge=-LONGEST_S, le=LONGEST_S)]
Count = Annotated[int, Field(strict=True, ge=0)]
Flag = Annotated[bool, Field(strict=True)]
Id = Annotated[str, Field(min_length=1, max_length=200)]
Coordinate = Annotated[float, Field(strict=True)]

D = TypeVar("D", bound=Document)


def describe_path(location: tuple[int | str, ...]) -> str:
    """A field's place as a person writes it: ``visits[3].windows[0].end_s``."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text or "the document"


def shorten(value: object, length: int = 60) -> str:
    """A value for an error sentence, cut to ``length`` characters."""
    text = repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"


def first_fault(error: ValidationError) -> str:
    """One sentence for the first fault of a validation: field, value, mend; and how many more there are."""
    faults = error.errors(include_url=False)
    fault = faults[0]
    where = describe_path(fault["loc"])
    kind = fault["type"]
    if kind in {"value_error", "assertion_error"}:
        said = str(fault.get("ctx", {}).get("error", fault["msg"]))
        sentence = f"{where} {said}" if fault["loc"] else said
    elif kind in {"union_tag_not_found", "union_tag_invalid"}:
        sentence = _untold_kind(where, fault)
    else:
        mend = _MENDS.get(kind) or re.sub(r"^(Input|Value|String|List|Tuple) (should|must)", "must", fault["msg"])
        shown = "" if kind in {"missing", "extra_forbidden"} else f" (it is {shorten(fault['input'])})"
        sentence = f"{where} {mend}{shown}"
    more = len(faults) - 1
    return f"{sentence} (and {more} more {'faults' if more > 1 else 'fault'})" if more else sentence


def _untold_kind(where: str, fault: pydantic_core.ErrorDetails) -> str:
    """One sentence for an object whose type is missing or unknown."""
    told = fault.get("ctx", {})
    name = str(told.get("discriminator", "type")).strip("'")
    if fault["type"] == "union_tag_not_found":
        return f"{where}.{name} is missing; add it"
    return f"{where}.{name} is {shorten(told.get('tag'))}; write one of {told.get('expected_tags')}"


def parse_json(text: str | bytes, what: str) -> Any:
    """JSON text as Python values; ``what`` names the document in errors.

    Raises InputError when the text is not JSON.
    """
    try:
        return pydantic_core.from_json(text)
    except ValueError as error:
        raise InputError(f"{what} is not valid JSON: {error}; correct it or export it again") from None


def from_values(kind: type[D], values: Any, what: str) -> D:
    """A document from Python values. Raises InputError with one sentence that begins with ``what``."""
    if not isinstance(values, dict):
        raise InputError(f"{what} must be a JSON object, not {type(values).__name__}; see routing/schema")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InputError(f"{what}: {first_fault(error)}") from None


def from_json(kind: type[D], text: str | bytes, what: str) -> D:
    """A document from JSON text. Raises InputError."""
    return from_values(kind, parse_json(text, what), what)


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises InputError naming the file when it cannot be read."""
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise InputError(f"{path} is a directory; name a file") from None
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; check the path") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None


def read_document(kind: type[D], path: Path) -> D:
    """A document from a file. Raises InputError naming the file."""
    return from_json(kind, read_bytes(path), str(path))
