"""Problems as they were solved, kept so that every plan can be replayed and a day re-planned without asking roads."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import Column, delete, select
from sqlmodel import Session, col

from routing.problem import Problem, TravelMatrix, TravelSlice, problem_from_json
from visits.models import StoredProblem, Table

MOST_IN_MEMORY = 16
_IN_MEMORY: dict[str, Problem] = {}
"""Problems by their hash, the one asked for longest ago first; a hash names the same problem in every database."""
_LOCK = threading.Lock()


def keep_problem(session: Session, problem: Problem) -> str:
    """Store a problem with its travel times, once, and give its hash: SHA-256 of its text and its travel times."""
    travel = problem.require_travel()
    text = problem.model_dump_json(exclude={"matrix", "matrices"}).encode()
    kind = b"matrix" if problem.matrices is None else b"matrices"
    parts = (text, kind, travel.at_s.tobytes(), travel.duration_s.tobytes(), travel.distance_m.tobytes())
    name = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    if session.get(StoredProblem, name) is None:
        file = io.BytesIO()
        np.savez_compressed(
            file,
            text=np.frombuffer(text, np.uint8),
            by_time=np.array(problem.matrices is not None),
            at_s=travel.at_s,
            duration_s=travel.duration_s,
            distance_m=travel.distance_m,
        )
        session.add(StoredProblem(hash=name, body=file.getvalue()))
        session.flush()
    return name


def load_problem(session: Session, name: str) -> Problem | None:
    """A stored problem by its hash, equal to the one that was kept; None when it has been purged.

    The last few are kept in memory: a repair finds the travel times of its day there.
    """
    with _LOCK:
        known = _IN_MEMORY.pop(name, None)
        if known is not None:
            _IN_MEMORY[name] = known
            return known
    stored = session.get(StoredProblem, name)
    if stored is None:
        return None
    problem = _read(stored.body)
    with _LOCK:
        _IN_MEMORY[name] = problem
        while len(_IN_MEMORY) > MOST_IN_MEMORY:
            _IN_MEMORY.pop(next(iter(_IN_MEMORY)))
    return problem


def drop_unused_problems(session: Session, names: Iterable[str | None]) -> None:
    """Delete those of these stored problems that nothing was worked out from any more."""
    session.flush()
    unused = {name for name in names if name is not None}
    for column in pointing_at_problems():
        unused -= set(session.execute(select(column).where(column.in_(sorted(unused))).distinct()).scalars())
    if unused:
        session.execute(delete(StoredProblem).where(col(StoredProblem.hash).in_(sorted(unused))))


def pointing_at_problems() -> list[Column[Any]]:
    """The columns of all tables that say which stored problem a row was worked out from."""
    return [
        foreign.parent
        for table in Table.metadata.sorted_tables
        for foreign in table.foreign_keys
        if foreign.column.table.name == StoredProblem.__tablename__
    ]


def mentions(body: bytes, name: str) -> bool:
    """Whether a stored problem's text has this id, of a place, visit or rep."""
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        return json.dumps(name).encode() in file["text"].tobytes()


def _read(body: bytes) -> Problem:
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        problem = problem_from_json(file["text"].tobytes(), "the stored problem")
        pieces = zip(file["at_s"], file["duration_s"], file["distance_m"], strict=True)
        if file["by_time"]:
            return problem.with_matrices(
                tuple(
                    TravelSlice(at_s=int(at), duration_s=seconds, distance_m=metres) for at, seconds, metres in pieces
                )
            )
        _, seconds, metres = next(pieces)
        return problem.with_matrix(TravelMatrix(duration_s=seconds, distance_m=metres))
