"""Importing customers and reps: everything good is written once, everything faulty is named, nothing by halves."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from visits.demo_loading import DEMO_DATA
from visits.errors import InputError
from visits.importing.customers import COLUMNS, import_customers
from visits.importing.reps import import_reps
from visits.importing.table import MOST_FAULTS, read_table
from visits.models import Customer, Event, Rep, Territory
from visits.scope import SYSTEM
from visits.store import Store

HEADER = (
    "external_id,name,lon,lat,address,phone,email,tier,service_minutes,opening_hours,cadence_days,last_visit,"
    "skills,tags,territory"
)
GOOD = (
    'k1,Kiosk Ä,24.94,60.17,"Main St 1, Town",+358 1,a@b.fi,a,45,"Mo-Fr 09:00-17:00; PH off",14,2026-11-01,'
    "x;y;x,new,North"
)
REP_HEADER = "external_id,name,email,home_lon,home_lat,timezone,weekly_hours,lunch,skills,territory"
REP = "r1,Ana,ana@b.fi,24.94,60.17,Europe/Helsinki,Mo-Fr 08:00-17:00,11:30-13:30/45,dairy;wine,North"


def customers(store: Store, *rows: str, header: str = HEADER, **options):
    content = "\n".join((header, *rows)).encode()
    return import_customers(store, SYSTEM, content, file="customers.csv", **options)


def stored(store: Store, kind=Customer):
    with store.reading() as session:
        return {row.external_id: row for row in session.exec(select(kind))}


def test_a_customer_comes_in_with_all_its_fields(store: Store) -> None:
    report = customers(store, GOOD)
    assert (report.rows, report.created, report.written, report.territories_created) == (1, 1, True, ("North",))
    row = stored(store)["k1"]
    assert (row.name, row.lon, row.lat, row.raw_lon, row.datum) == ("Kiosk Ä", 24.94, 60.17, 24.94, "WGS-84")
    assert (row.tier, row.service_minutes, row.cadence_days) == ("A", 45, 14)
    assert (row.last_visit, row.skills, row.tags) == (date(2026, 11, 1), ["x", "y"], ["new"])
    with store.reading() as session:
        assert session.get_one(Territory, row.territory_id).name == "North"
        assert session.exec(select(Event.kind)).all() == ["customers.imported"]


def test_importing_again_updates_what_differs_and_leaves_the_rest(store: Store) -> None:
    customers(store, GOOD, GOOD.replace("k1", "k2"))
    again = customers(store, GOOD, GOOD.replace("k1", "k2").replace("Kiosk", "Shop"), GOOD.replace("k1", "k3"))
    assert (again.created, again.updated, again.unchanged, again.territories_created) == (1, 1, 1, ())
    assert stored(store)["k2"].name == "Shop Ä"
    assert stored(store)["k1"].version == 1


def test_a_column_that_is_not_there_changes_nothing_and_an_empty_cell_clears(store: Store) -> None:
    customers(store, GOOD)
    customers(store, "k1,Kiosk,24.94,60.17,", header="external_id,name,lon,lat,phone")
    row = stored(store)["k1"]
    assert (row.phone, row.tier, row.skills) == ("", "A", ["x", "y"])


def test_a_last_visit_never_moves_back(store: Store) -> None:
    customers(store, GOOD)
    customers(store, GOOD.replace("2026-11-01", "2026-10-01"))
    assert stored(store)["k1"].last_visit == date(2026, 11, 1)
    customers(store, GOOD.replace("2026-11-01", ""))
    assert stored(store)["k1"].last_visit == date(2026, 11, 1)


def test_every_faulty_cell_is_listed_and_nothing_is_written(store: Store) -> None:
    report = customers(
        store,
        GOOD,
        "k2,,200,95,,,nobody,Z,0,whenever,3.5,2026-02-30,,,North",
        "k1,Twice,24.94,60.17,,,,,,,,,,,",
        "k4,Long,24.94,60.17,,,,,,,,,,,,too,many",
    )
    assert (report.rows, report.created, report.written) == (4, 1, False)
    assert [(fault.row, fault.column) for fault in report.faults] == [
        (3, "name"),
        (3, "lon"),
        (3, "lat"),
        (3, "email"),
        (3, "tier"),
        (3, "service_minutes"),
        (3, "opening_hours"),
        (3, "cadence_days"),
        (3, "last_visit"),
        (4, "external_id"),
        (5, ""),
    ]
    said = [fault.sentence() for fault in report.faults]
    assert said[2] == "row 3, lat '95': is outside -90 to 90; lon and lat may be swapped"
    assert "is not opening_hours syntax from character 1" in said[6]
    assert said[9] == "row 4, external_id 'k1': already used in row 2"
    assert stored(store) == {}


def test_of_endless_faults_the_first_are_listed_and_all_are_counted(store: Store) -> None:
    content = (HEADER.split(",", maxsplit=1)[0] + ",name,lon,lat\n" + "x\n" * 5_000).encode()
    report = import_customers(store, SYSTEM, content, file="wrong.csv", skip_faulty=True)
    assert (len(report.faults), report.fault_count, report.rows) == (MOST_FAULTS, 3 * 5_000 + 4_999, 5_000)


def test_spaces_and_joiners_of_every_script_are_text(store: Store) -> None:
    name = "大阪\u3000本店 L\u00e9a\u00a0& Fils نمی\u200cخواهم"
    content = f"external_id,name,lon,lat\nk1,{name},24,60\n".encode()
    assert import_customers(store, SYSTEM, content, file="names.csv").written
    assert stored(store)["k1"].name == name
    report = import_customers(store, SYSTEM, b"external_id,name,lon,lat\nk2,a\x07b,24,60\n", file="bell.csv")
    assert report.faults[0].mend == "holds the control character U+0007; remove it"


def test_faulty_rows_may_be_left_out_on_demand(store: Store) -> None:
    report = customers(store, GOOD, "k2,,24,60,,,,,,,,,,,", skip_faulty=True)
    assert (report.created, len(report.faults), report.written) == (1, 1, True)
    assert set(stored(store)) == {"k1"}


def test_a_dry_run_says_all_and_does_nothing(store: Store) -> None:
    report = customers(store, GOOD, dry_run=True)
    assert (report.created, report.written, report.territories_created) == (1, False, ("North",))
    assert stored(store) == {}
    assert stored(store, Territory) == {}


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff".encode() + (HEADER + "\n" + GOOD).encode(),
        (HEADER + "\r\n" + GOOD + "\r\n\r\n").encode(),
        (
            HEADER.replace(",", ";")
            + '\nk1;Kiosk Ä;24,94;60,17;"Main St 1, Town";+358 1;a@b.fi;a;45;"Mo-Fr 09:00-17:00; PH off";14;2026-11-01;'
            + '"x;y";new;North'
        ).encode(),
    ],
    ids=["byte order mark", "windows line ends", "semicolons and decimal commas"],
)
def test_all_usual_kinds_of_csv_are_read_alike(store: Store, content: bytes) -> None:
    report = import_customers(store, SYSTEM, content, file="c.csv")
    assert report.faults == ()
    row = stored(store)["k1"]
    assert (row.name, row.lon, row.lat, row.address, row.skills) == (
        "Kiosk Ä",
        24.94,
        60.17,
        "Main St 1, Town",
        ["x", "y"],
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; its first row must name the columns"),
        (b"\xff\xfe\x00", "is not UTF-8 text at byte 0; save it as CSV UTF-8"),
        (b"PK\x03\x04\0\0", "holds zero bytes and is no CSV file"),
        (b"external_id,name,lon\n", "lacks the column 'lat'"),
        (b"external_id,name,lon,lat,colour\n", "unknown column 'colour'; known are external_id, name"),
        (b"external_id,name,lon,lat,lat\n", "has the column 'lat' twice"),
        (b'external_id,name,lon,lat\nk1,"open,24,60\n', "line 2: unexpected end of data; check the quotes"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=rf"^c\.csv .*{said}"):
        read_table(content, "c.csv", COLUMNS, "external_id")


def test_reps_come_in(store: Store) -> None:
    report = import_reps(store, SYSTEM, f"{REP_HEADER}\n{REP}".encode(), file="reps.csv")
    assert (report.created, report.faults) == (1, ())
    row = stored(store, Rep)["r1"]
    assert (row.timezone, row.weekly_hours, row.lunch, row.skills) == (
        "Europe/Helsinki",
        "Mo-Fr 08:00-17:00",
        "11:30-13:30/45",
        ["dairy", "wine"],
    )


def test_what_makes_no_rep_is_listed(store: Store) -> None:
    bad = "r1,Ana,,24.94,60.17,Mars/Phobos,24/7,noon,,"
    report = import_reps(store, SYSTEM, f"{REP_HEADER}\n{bad}".encode(), file="reps.csv")
    assert [fault.column for fault in report.faults] == ["timezone", "weekly_hours", "lunch"]
    assert stored(store, Rep) == {}


def test_territories_are_found_by_name_or_external_id(store: Store) -> None:
    with store.session() as session:
        session.add(Territory(id="ter_1", name="North", external_id="n-1"))
    customers(store, GOOD.replace("North", "NORTH"), GOOD.replace("k1", "k2").replace("North", "n-1"))
    assert {row.territory_id for row in stored(store).values()} == {"ter_1"}


def test_the_demo_files_are_faultless(store: Store) -> None:
    for name, bring, count in (("reps.csv", import_reps, 4), ("customers.csv", import_customers, 240)):
        report = bring(store, SYSTEM, (DEMO_DATA / name).read_bytes(), file=name)
        assert (report.faults, report.created) == ((), count)


cell = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)


@given(st.lists(st.lists(cell, min_size=1, max_size=17), max_size=4), st.sampled_from([",", ";"]))
def test_no_content_is_a_crash(rows: list[list[str]], delimiter: str) -> None:
    text = "\n".join([HEADER.replace(",", delimiter), *(delimiter.join(cells) for cells in rows)])
    try:
        read = read_table(text.encode(), "c.csv", COLUMNS, "external_id")
    except InputError:
        return
    assert all(row.values["external_id"] and row.values["name"] for row in read.rows)
    assert all(fault.mend for fault in read.faults)


@given(st.binary(max_size=60))
def test_no_bytes_are_a_crash(content: bytes) -> None:
    with pytest.raises(InputError):
        read_table(content, "c.csv", COLUMNS, "external_id")
