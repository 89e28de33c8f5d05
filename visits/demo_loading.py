"""The embedded demo into a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from visits.store import Store


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who may sign in to the demo; `token` is shown this once."""

    role: str
    name: str
    email: str
    token: str
    rep_id: str | None


@dataclass(frozen=True, slots=True)
class Demo:
    """What was loaded."""

    people: tuple[DemoPerson, ...]
    customers: int
    reps: int
    territories: int


DEMO_DATA = Path(__file__).parent / "demo"


def load_demo(store: Store, today: date, folder: Path = DEMO_DATA) -> Demo:
    """Load customers, reps, territories, visit history, appointments and people of the demo.

    History lies in the days before `today`, appointments in those after. Loading again changes no data that is
    there, but gives the people new tokens. Raises InputError when `folder` holds no demo data.
    """
    ...
