"""The order in which a hierarchy contracts states: nested dissection of the street network by METIS.

Both directions of a street (and copies that remember a forbidden turn) get consecutive places, so that a place on a
street has a single path upward in the elimination tree, whichever way it is left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pymetis
from scipy import sparse

from routing.roads.turns import TurnGraph


def contraction_order(turns: TurnGraph) -> npt.NDArray[np.int32]:
    """The place of each state in the order, int32 [m]; the most separating streets come last."""
    segments, street = np.unique(turns.segment, return_inverse=True)
    count = len(segments)
    if count < 3:
        return np.arange(len(turns), dtype=np.int32)
    tail, head = street[turns.tail], street[turns.head]
    ones = np.ones(2 * len(tail), np.bool_)
    links = sparse.csr_matrix(
        (ones, (np.concatenate((tail, head)), np.concatenate((head, tail)))), shape=(count, count)
    )
    links.setdiag(0)
    links.eliminate_zeros()
    links.sort_indices()
    states = np.bincount(street, minlength=count)
    order, _ = pymetis.nested_dissection(
        adjacency=pymetis.CSRAdjacency(links.indptr, links.indices), vweights=states.tolist()
    )
    place = np.empty(count, np.int32)
    place[np.asarray(order)] = np.arange(count, dtype=np.int32)
    rank = np.empty(len(turns), np.int32)
    rank[np.argsort(place[street], kind="stable")] = np.arange(len(turns), dtype=np.int32)
    return rank
