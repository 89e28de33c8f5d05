"""Things that people name on the command line by id, external id or name."""

from __future__ import annotations

from sqlmodel import Session, col, or_, select

from visits.errors import InputError
from visits.models import Rep, Territory


def rep_id(session: Session, text: str) -> str:
    """The id of a rep named by id or external id. Raises InputError when there is none."""
    found = session.exec(select(Rep.id).where(or_(col(Rep.id) == text, col(Rep.external_id) == text))).first()
    if found is None:
        raise InputError(f"there is no rep {text!r}; import reps first, or correct --rep")
    return found


def territory_id(session: Session, text: str) -> str:
    """The id of a territory named by id, external id or name. Raises InputError unless exactly one fits."""
    fits = or_(col(Territory.id) == text, col(Territory.external_id) == text, col(Territory.name) == text)
    found = session.exec(select(Territory.id).where(fits)).all()
    if len(found) != 1:
        many = "is the name of several territories; give its id" if found else "is no territory; correct --territory"
        raise InputError(f"{text!r} {many}")
    return found[0]
