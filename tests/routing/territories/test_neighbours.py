"""Neighbours on real roads, shapes, and the documents that files hold."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from routing.documents import from_json, from_values
from routing.errors import InputError, RoadError
from routing.roads.store import build_roads, open_roads
from routing.territories.assembling import answer, assemble
from routing.territories.bases import score_bases, with_base_moved, without
from routing.territories.boundaries import boundaries
from routing.territories.case import Wish
from routing.territories.document import TerritoryAnswer, TerritoryProblem
from routing.territories.figures import neighbour_graph
from routing.territories.neighbours import road_parts, straight_parts
from routing.territories.search import Effort
from tests.api.seed import place
from tests.api.streets import write_extract
from tests.routing.territories.judging import town


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streets")
    write_extract(folder / "town.osm")
    build_roads(folder / "town.osm", folder / "roads")
    return open_roads(folder / "roads")


PLAIN = {"visits": 2, "service_s": 1800, "present": "a"}


def problem(**changes) -> dict:
    customers = [
        {
            "id": f"c{x}-{y}",
            "lon": place(x, y)[0],
            "lat": place(x, y)[1],
            "visits": 2,
            "service_s": 1800,
            "present": "a",
        }
        for x in range(1, 7)
        for y in range(1, 9)
    ]
    territories = [
        {"id": name, "bases": [{"lon": place(2, y)[0], "lat": place(2, y)[1]}], "capacity_s": 400_000}
        for name, y in (("a", 2), ("b", 7))
    ]
    return {"version": 1, "customers": customers, "territories": territories, **changes}


def test_the_road_neighbour_graph_holds_together(network) -> None:
    rng = np.random.default_rng(1)
    lonlat = np.array([place(*at) for at in rng.uniform((1, 1), (6, 8), (60, 2)).tolist()])
    lonlat[1] = lonlat[0]  # two customers in one house
    parts, near = road_parts(network, network.snap(lonlat))
    graph = neighbour_graph(parts.neighbours)
    assert nx.is_connected(graph)
    assert graph.has_edge(0, 1)
    seconds = network.matrix(network.snap(lonlat)).duration_s.astype(float)
    np.fill_diagonal(seconds, np.inf)
    three = np.sort(seconds, axis=1)[:, :3].mean(axis=1)
    assert (near >= three - 1e-6).all()
    assert np.median(near / np.maximum(three, 1)) < 1.2


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_few_customers_and_those_in_a_line_have_neighbours_too(count: int) -> None:
    lonlat = np.column_stack((np.linspace(24.9, 25.0, count), np.full(count, 60.2)))
    graph = neighbour_graph(straight_parts(lonlat).neighbours)
    assert graph.number_of_nodes() == count
    assert nx.is_connected(graph)


def test_shapes_hold_their_customers_and_do_not_overlap(network) -> None:
    found = from_values(TerritoryProblem, problem(), "it")
    assembled = assemble(found, network)
    told = answer(found, assembled, ("balanced",), Effort(trials=50_000)).proposals[0]
    number = {"a": 0, "b": 1}
    owner = np.array([number[told.assignment[one.id]] for one in found.customers])
    shapes = {
        one["properties"]["territory"]: shape(one["geometry"])
        for one in boundaries(assembled.parts, owner, ["a", "b"])["features"]
    }
    assert shapely.area(shapely.intersection(shapes["a"], shapes["b"])) < 1e-9
    inside = sum(
        shapes[told.assignment[one.id]].buffer(1e-4).contains(shapely.Point(one.lon, one.lat))
        for one in found.customers
    )
    assert inside >= len(found.customers) * 0.9


def test_files_in_and_out(network) -> None:
    found = from_values(TerritoryProblem, problem(), "it")
    told = answer(found, assemble(found, network), effort=Effort(trials=50_000))
    again = from_json(TerritoryAnswer, told.to_json(), "it")
    assert again == told
    assert [one.name for one in told.proposals] == ["fewest_hand_overs", "balanced", "compact", "fairest", "as_now"]
    balanced = told.proposals[1]
    assert balanced.worst <= 0.05
    assert balanced.exceptions == ()
    assert told.proposals[-1].moved == 0
    assert told.proposals[-1].worst == 1.0


def test_capacities_that_cannot_hold_the_work_are_told_with_the_nearest_possible() -> None:
    small = problem()
    for one in small["territories"]:
        one["capacity_s"] = 60_000
    found = from_values(TerritoryProblem, small, "it")
    told = answer(found, assemble(found, None), ("balanced",), Effort(trials=50_000)).proposals[0]
    assert "does not fit the capacity of 33" in told.notes[0]
    assert "% of its hours" in told.notes[0]


def test_an_island_that_cannot_be_joined_is_named() -> None:
    held = problem()
    held["customers"][-1] |= {"pinned": "a"}
    held["territories"][0]["capacity_s"] = 150_000
    found = from_values(TerritoryProblem, held, "it")
    told = answer(found, assemble(found, None), ("fairest",), Effort(trials=50_000)).proposals[0]
    assert told.exceptions == (held["customers"][-1]["id"],)
    assert any("held there by a pin" in note for note in told.notes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"territories": [{"id": "a", "bases": [], "capacity_s": 1}]}, "has no base"),
        ({"territories": [{"id": "a", "bases": [{"lon": 24.94, "lat": 60.17}], "capacity_s": 0}]}, "no working hours"),
        (
            {"customers": [{"id": "x", "lon": 24.94, "lat": 60.17, "visits": 1, "service_s": 1}]},
            "2 territories for 1 cu",
        ),
    ],
)
def test_bad_input_is_named(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        assemble(from_values(TerritoryProblem, problem(**change), "it"), None)


def test_a_customer_that_nobody_may_serve_is_named() -> None:
    odd = problem()
    odd["customers"][3]["skills"] = ["welding"]
    with pytest.raises(InputError, match=r"nobody may serve the customer 'c1-4'"):
        assemble(from_values(TerritoryProblem, odd, "it"), None)


def test_a_base_off_the_map_is_named(network) -> None:
    odd = problem()
    odd["territories"][1]["bases"] = [{"lon": 20.0, "lat": 50.0}]
    with pytest.raises(RoadError, match="base of b"):
        assemble(from_values(TerritoryProblem, odd, "it"), network)


def test_bases_are_scored_by_what_they_save() -> None:
    case = town(3, 120, 4)
    drive = np.column_stack((np.full(case.n, 30, np.float32), np.full(case.n, 6000, np.float32)))
    scored = score_bases(case, Wish(move_price_s=0.0), drive, np.array([1.0]), np.ones(case.n, np.bool_))
    assert [one.number for one in scored] == [0, 1]
    assert scored[0].saves > 0 > scored[1].saves
    fewer = without(case, 1)
    assert fewer.k == 3
    assert (fewer.present[case.present == 1] == -1).all()
    moved = with_base_moved(case, 0, drive[:, 0])
    assert (moved.drive_s[:, 0] == 30).all()
