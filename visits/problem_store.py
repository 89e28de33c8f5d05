"""Problems as they were solved, kept so that every plan can be replayed and a day re-planned without asking roads."""

from __future__ import annotations

import hashlib
import zlib
from functools import lru_cache

from sqlmodel import Session

from routing.problem import Problem, problem_from_json
from visits.models import StoredProblem


def keep_problem(session: Session, problem: Problem) -> str:
    """Store a problem with its travel times, once, and give its hash: the SHA-256 of its JSON text."""
    text = problem.to_json().encode()
    name = hashlib.sha256(text).hexdigest()
    if session.get(StoredProblem, name) is None:
        session.add(StoredProblem(hash=name, body=zlib.compress(text, 6)))
        session.flush()
    return name


def load_problem(session: Session, name: str) -> Problem | None:
    """A stored problem by its hash; None when it has been purged."""
    stored = session.get(StoredProblem, name)
    return None if stored is None else _parse(stored.body)


@lru_cache(maxsize=8)
def _parse(body: bytes) -> Problem:
    return problem_from_json(zlib.decompress(body), "the stored problem")
