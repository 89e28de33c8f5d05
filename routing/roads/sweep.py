"""Many-to-many travel over a customized hierarchy.

A path climbs from its source to some common ancestor in the elimination tree and comes down to its target. Each place
therefore gets two labels, its cheapest climb to and descent from every ancestor, held by the ancestor's depth; an entry
of the matrix is the minimum, over the ancestors that source and target share, of climb plus descent. Labels of 64
neighbouring places climb the ancestors they share side by side, and the minima are blocked (min, +) products over
runs of the tree, all on whole numbers in vector registers.

Sources: the elimination tree query of Dibbelt, Strasser, Wagner (2016), the batched sweeps of PHAST (Delling et al.,
J. Parallel Distrib. Comput. 73, 2013), and hub labels (Abraham et al., SEA 2011) for keeping the climbs apart.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from routing.roads.hierarchy import Hierarchy
from routing.roads.kernels import labels
from routing.roads.kernels.labels import BLOCK
from routing.roads.weights import NEVER, Packed

THREAD_ROWS = 4 * BLOCK
"""A further thread starts for every so many rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Where n places touch the hierarchy: each has up to c states of one street, which all lie on one upward path.

    `rank` int32 [n, c], rising in a row, -1 fills up. `cost` int64 [n, c]: packed, for sources from the place to the
    end of the state, for targets minus the part of the state behind the place; NEVER where the state is not used.
    """

    rank: npt.NDArray[np.int32]
    cost: Packed

    def __len__(self) -> int:
        return len(self.rank)


def travel(
    hierarchy: Hierarchy, weights: Packed, sources: Ends, targets: Ends, *, threads: int = 1, fine: bool = False
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Seconds and metres from every source to every target, int32 [sources, targets]; -1 where none.

    `fine` gives milliseconds and decimetres instead.

    Entries whose ends lie on the same street are left undefined: a path along one street does not climb.
    """
    duration = np.empty((len(sources), len(targets)), np.int32)
    length = np.empty((len(sources), len(targets)), np.int32)
    if not duration.size:
        return duration, length
    from_order = np.argsort(sources.rank[:, 0], kind="stable").astype(np.int32)
    to_order = np.argsort(targets.rank[:, 0], kind="stable").astype(np.int32)
    to_labels = np.full((_depth_of(hierarchy, targets), len(targets)), NEVER, np.int64)
    jobs = max(1, min(threads, len(sources) // THREAD_ROWS + 1))
    topology = (hierarchy.first, hierarchy.upper, hierarchy.parent, hierarchy.depth)
    deepest = max(len(to_labels), _depth_of(hierarchy, sources))

    def descend(part: tuple[int, int]) -> None:
        labels.label_places(*topology, weights, 1, targets.rank, targets.cost, to_order, *part, to_labels)

    def combine(part: tuple[int, int]) -> None:
        labels.combine(
            *topology, weights, sources.rank, sources.cost, from_order, targets.rank, to_order, to_labels, deepest,
            *part, fine, duration, length,
        )  # fmt: skip

    if jobs == 1:
        descend((0, len(targets)))
        combine((0, len(sources)))
    else:
        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(descend, _parts(len(targets), jobs)))
            list(pool.map(combine, _parts(len(sources), 4 * jobs)))
    return duration, length


def _depth_of(hierarchy: Hierarchy, ends: Ends) -> int:
    return int(hierarchy.depth[ends.rank[:, 0]].max()) + 1


def _parts(size: int, count: int) -> list[tuple[int, int]]:
    """Spans of whole blocks that cover `size`."""
    blocks = -(-size // BLOCK)
    edges = np.unique(np.linspace(0, blocks, min(count, blocks) + 1).astype(int)) * BLOCK
    return [(a, min(b, size)) for a, b in pairwise(edges.tolist())]
