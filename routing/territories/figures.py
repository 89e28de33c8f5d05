"""What a manager reads of owners: hours against capacity, spread, drive, who moved, what lies apart."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
import numpy.typing as npt

from routing.territories.case import Case, Floats, Neighbours, Owners
from routing.territories.islands import Apart, apart, count_moved


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Of owners, by territory float64 [k]: `work_s` and `capacity_s` a month, `drive_s` of it on the way out.

    `deviation` [k] is the share by which a territory is off its share of the work, `spread` the standard deviation of
    these, `worst` the largest; `base_s` the mean drive from the base, weighted as the objective is. `moved` counts
    customers who change hands, `kept_apart` those that lie in a piece apart.
    """

    work_s: Floats
    capacity_s: Floats
    drive_s: Floats
    deviation: Floats
    customers: npt.NDArray[np.int64]
    base_s: float
    moved: int
    kept_apart: Apart

    @property
    def spread(self) -> float:
        """Standard deviation of the deviations."""
        return float(self.deviation.std())

    @property
    def worst(self) -> float:
        """Largest deviation, as a share."""
        return float(np.abs(self.deviation).max())


def figures(case: Case, owner: Owners) -> Figures:
    """The figures of these owners; every customer must have one that it may have."""
    loads = case.loads(owner)
    drive = case.drive_s[np.arange(case.n), owner].astype(np.float64)
    weights = float(case.weight.sum())
    return Figures(
        work_s=loads[:, 0],
        capacity_s=case.capacity[:, 0].copy(),
        drive_s=np.bincount(owner, case.haul * drive, case.k).astype(np.float64),
        deviation=loads[:, 0] / case.targets(owner)[:, 0] - 1,
        customers=np.bincount(owner, minlength=case.k),
        base_s=float((case.weight * drive).sum() / weights) if weights > 0 else 0.0,
        moved=count_moved(case, owner),
        kept_apart=apart(case, owner),
    )


def neighbour_graph(neighbours: Neighbours) -> nx.Graph[int]:
    """The neighbour graph for NetworkX: a node per customer number."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(neighbours.first) - 1))
    graph.add_edges_from(neighbours.pairs.tolist())
    return graph


@dataclass(frozen=True, slots=True)
class GraphReport:
    """Of a neighbour graph: `parts` that no road joins, `mean_neighbours`, and `gates`.

    A gate is a customer on whom the connection of others hangs: whoever has these must have the gate too.
    """

    customers: int
    parts: int
    mean_neighbours: float
    gates: int


def report(neighbours: Neighbours) -> GraphReport:
    """What NetworkX tells of a neighbour graph."""
    graph = neighbour_graph(neighbours)
    count = graph.number_of_nodes()
    return GraphReport(
        customers=count,
        parts=nx.number_connected_components(graph),
        mean_neighbours=2 * graph.number_of_edges() / count if count else 0.0,
        gates=sum(1 for _ in nx.articulation_points(graph)),
    )
