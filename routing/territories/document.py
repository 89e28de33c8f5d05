"""The question and the answer as documents: what `beatplan territories` reads and writes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from routing.documents import Coordinate, Count, Document, Flag, Id, Seconds
from routing.territories.case import Wish

Longitude = Annotated[Coordinate, Field(ge=-180, le=180)]
Latitude = Annotated[Coordinate, Field(ge=-90, le=90)]
Amount = Annotated[float, Field(ge=0, le=1e9)]


class Base(Document):
    """Where a rep's day starts, WGS-84 degrees."""

    lon: Longitude
    lat: Latitude


class CustomerIn(Document):
    """A customer to be shared out.

    `visits` a month (28 days), `service_s` of each. `present` is the territory it belongs to now, `pinned` one that it
    must stay in. A `key` account is dearer to move. `skills` must all be among the territory's, `region` among its
    regions. `value` is what is counted as moved with it, in any currency.
    """

    id: Id
    lon: Longitude
    lat: Latitude
    visits: Annotated[float, Field(ge=0, le=1000)]
    service_s: Seconds
    present: Id | None = None
    pinned: Id | None = None
    key: Flag = False
    skills: tuple[Id, ...] = ()
    region: Id | None = None
    value: Amount = 0.0


class TerritoryIn(Document):
    """A territory: the bases of its reps and their hours, `capacity_s` a month. `regions` null is any region."""

    id: Id
    bases: tuple[Base, ...]
    capacity_s: Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
    skills: tuple[Id, ...] = ()
    regions: tuple[Id, ...] | None = None


class WishIn(Document):
    """What is asked for. `move_price_s` null is what the mean customer is from its base now."""

    tolerance: Annotated[float, Field(ge=0.005, le=1)] = 0.05
    move_price_s: Annotated[float, Field(ge=0, le=600_000)] | None = None
    compactness: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    most_moved: Count | None = None

    def priced(self, usual_s: float) -> Wish:
        """The wish with the usual price where none is given."""
        price = usual_s if self.move_price_s is None else self.move_price_s
        return Wish(self.tolerance, price, self.compactness, self.most_moved)


class WorkloadIn(Document):
    """The factors of the monthly work, as `routing.territories.workload` explains."""

    local: Annotated[float, Field(ge=0, le=100)] = 1.43
    haul: Annotated[float, Field(ge=0, le=100)] = 1.09
    visits_per_day: Annotated[float, Field(gt=0, le=1000)] = 8.0


class TerritoryProblem(Document):
    """Customers and territories."""

    version: Literal[1]
    customers: Annotated[tuple[CustomerIn, ...], Field(min_length=1)]
    territories: Annotated[tuple[TerritoryIn, ...], Field(min_length=1)]
    wish: WishIn = WishIn()
    workload: WorkloadIn = WorkloadIn()

    @model_validator(mode="after")
    def _check(self) -> Self:
        known = {territory.id for territory in self.territories}
        if len(known) < len(self.territories):
            raise ValueError("territories have two with the same id; give each its own")
        seen: set[str] = set()
        for i, customer in enumerate(self.customers):
            if customer.id in seen:
                raise ValueError(f"customers[{i}].id {customer.id!r} is there twice; give each customer its own")
            seen.add(customer.id)
            for field in ("present", "pinned"):
                named = getattr(customer, field)
                if named is not None and named not in known:
                    raise ValueError(f"customers[{i}].{field} is {named!r}, no territory of this problem; correct it")
        for i, territory in enumerate(self.territories):
            if not territory.bases:
                raise ValueError(
                    f"territories[{i}] ({territory.id!r}) has no base; add where its rep's day starts as "
                    'bases: [{"lon": …, "lat": …}]'
                )
        return self


class TerritoryOut(Document):
    """A territory of a proposal: hours a month, its share's deviation, how many customers."""

    id: Id
    work_s: int
    capacity_s: int
    drive_s: int
    deviation: float
    customers: int


class ProposalOut(Document):
    """One way to share the customers out.

    `gap` is by how much it can be dearer than the best connected plan within the tolerance, at most; null where no
    bound was sought. `exceptions` lie apart from their territory. `notes` are sentences about what could not be met.
    """

    name: str
    assignment: dict[Id, Id]
    territories: tuple[TerritoryOut, ...]
    worst: float
    spread: float
    base_s: float
    moved: int
    moved_value: float
    exceptions: tuple[Id, ...]
    objective_s: float
    bound_s: float | None
    gap: float | None
    notes: tuple[str, ...]


class TerritoryAnswer(Document):
    """The five proposals of a problem, or those asked for; `travel` says where drive times came from."""

    version: Literal[1] = 1
    travel: Literal["roads", "beeline"]
    proposals: tuple[ProposalOut, ...]
