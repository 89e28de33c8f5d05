"""Reading a CSV file: text, delimiter, header, rows; every faulty cell named, nothing guessed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from visits.errors import InputError
from visits.importing.report import RowFault
from visits.plain_text import odd_mark

LONGEST_CELL = 4000
MOST_FAULTS = 1000
"""Faults that are listed one by one; who has more has the wrong file."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its name, what its text means, and whether every row needs it.

    `read` takes stripped text that is not empty and raises ValueError saying the mend; `empty` stands for no text.
    """

    name: str
    read: Callable[[str], Any]
    required: bool = False
    empty: Any = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A faultless row: its number as a spreadsheet counts it, and the values of the file's columns."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A whole file: how many rows, the faultless ones, the first faults of the others, and how many these have."""

    count: int
    rows: tuple[Row, ...]
    faults: tuple[RowFault, ...]
    fault_count: int


def read_table(content: bytes, file: str, columns: Sequence[Column], key: str) -> ReadTable:
    """The rows of a CSV file in UTF-8, with or without byte order mark, divided by commas or semicolons.

    `key` names the column that no two rows may share. Raises InputError when the file as a whole cannot be read.
    """
    text = _text(content, file)
    delimiter = _delimiter(text)
    lines = _lines(text, file, delimiter)
    header = [name.strip().lower() for name in next(lines, [])]
    known = {column.name: column for column in columns}
    _check_header(header, known, file)
    rows: list[Row] = []
    faults: list[RowFault] = []
    seen: dict[str, int] = {}
    count = fault_count = 0
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        values, wrong = _read_row(number, cells, [known[name] for name in header], decimal_comma=delimiter == ";")
        name = str(values.get(key, ""))
        if name and name in seen:
            wrong.append(RowFault(row=number, column=key, value=name, mend=f"already used in row {seen[name]}"))
        seen.setdefault(name, number)
        if wrong:
            fault_count += len(wrong)
            faults.extend(wrong[: MOST_FAULTS - len(faults)])
        else:
            rows.append(Row(number, values))
    return ReadTable(count, tuple(rows), tuple(faults), fault_count)


def _text(content: bytes, file: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text at byte {error.start}; save it as CSV UTF-8") from None
    if "\0" in text:
        raise InputError(f"{file} holds zero bytes and is no CSV file; export it as CSV UTF-8")
    return text


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return ";" if header.count(";") > header.count(",") else ","


def _lines(text: str, file: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{file} line {reader.line_num}: {error}; check the quotes there") from None
        yield cells


def _check_header(header: list[str], known: dict[str, Column], file: str) -> None:
    if not any(header):
        raise InputError(f"{file} is empty; its first row must name the columns: {', '.join(known)}")
    for name in header:
        if name not in known:
            raise InputError(f"{file} has the unknown column {name!r}; known are {', '.join(known)}")
        if header.count(name) > 1:
            raise InputError(f"{file} has the column {name!r} twice; keep one")
    missing = [column.name for column in known.values() if column.required and column.name not in header]
    if missing:
        raise InputError(f"{file} lacks the column {missing[0]!r}; add it to the first row and to every row")


def _read_row(
    number: int, cells: list[str], columns: Sequence[Column], *, decimal_comma: bool
) -> tuple[dict[str, Any], list[RowFault]]:
    if len(cells) > len(columns):
        extra = RowFault(
            row=number, column="", value=cells[len(columns)][:60], mend="more cells than columns; quote it"
        )
        return {}, [extra]
    values: dict[str, Any] = {}
    faults: list[RowFault] = []
    padded = cells + [""] * (len(columns) - len(cells))
    for column, cell in zip(columns, padded, strict=True):
        text = cell.strip()
        if decimal_comma and column.read in _DECIMALS:
            text = text.replace(",", ".")
        try:
            values[column.name] = _read_cell(column, text)
        except (ValueError, InputError) as error:
            mend = str(error).removeprefix(f"{column.name} {text!r} ")
            faults.append(RowFault(row=number, column=column.name, value=text[:200], mend=mend))
    return values, faults


def _read_cell(column: Column, text: str) -> Any:
    if not text:
        if column.required:
            raise ValueError("is empty; fill it in")
        return column.empty
    if len(text) > LONGEST_CELL:
        raise ValueError(f"is longer than {LONGEST_CELL} characters; shorten it")
    odd = odd_mark(text, allowed="\n\r\t")
    if odd is not None:
        raise ValueError(f"holds the control character {odd}; remove it")
    return column.read(text)


def decimal(text: str) -> float:
    """A number with a point. Raises ValueError."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError("is not a number; write degrees such as 24.94") from None
    if not -1e6 < value < 1e6:
        raise ValueError("is not a usable number; write degrees such as 24.94")
    return value


def longitude(text: str) -> float:
    """Degrees east. Raises ValueError."""
    value = decimal(text)
    if not -180 <= value <= 180:
        raise ValueError("is outside -180 to 180; write degrees WGS-84")
    return value


def latitude(text: str) -> float:
    """Degrees north. Raises ValueError."""
    value = decimal(text)
    if not -90 <= value <= 90:
        raise ValueError("is outside -90 to 90; lon and lat may be swapped")
    return value


_DECIMALS = (longitude, latitude)
