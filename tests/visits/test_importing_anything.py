"""Whatever is in a file, an import reads it or says in one sentence what is wrong; nothing else comes out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visits.demo_loading import DEMO_DATA
from visits.errors import InputError
from visits.importing.customers import import_customers
from visits.importing.reps import import_reps
from visits.scope import SYSTEM
from visits.store import Store, open_store

CUSTOMERS = b"\n".join((DEMO_DATA / "customers.csv").read_bytes().splitlines()[:4])
REPS = (DEMO_DATA / "reps.csv").read_bytes()
ODD = st.sampled_from(
    [
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b'"',
        b"\r",
        b";",
        b"\t",
        b"NaN",
        b"1e999",
        b"-0",
        b"\xed\xa0\x80",
        b"=1+1",
        b"," * 300,
    ]
)


@pytest.fixture(scope="module")
def scratch(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples; they only look."""
    path = tmp_path_factory.mktemp("imports") / "beatplan.db"
    shutil.copy(migrated_sqlite, path)
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file with pieces put in, cut out, or turned into another encoding."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        cut = draw(st.integers(0, 5))
        content[at : at + cut] = draw(st.one_of(ODD, st.binary(max_size=6)))
    return bytes(content)


def read(store: Store, content: bytes, *, reps: bool) -> None:
    bring = import_reps if reps else import_customers
    sentences = ["read"]
    try:
        report = bring(store, SYSTEM, content, file="anything.csv", dry_run=True)
        assert not report.written
        sentences += [fault.sentence() for fault in report.faults]
    except InputError as error:
        sentences.append(str(error))
    assert all(text and "\n" not in text for text in sentences)


@given(content=st.one_of(st.binary(max_size=300), damaged(CUSTOMERS)), reps=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_of_customers(scratch: Store, content: bytes, *, reps: bool) -> None:
    read(scratch, content, reps=reps)


@given(content=damaged(REPS))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_of_reps(scratch: Store, content: bytes) -> None:
    read(scratch, content, reps=True)


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "latin-1", "utf-8-sig", "cp1252", "gb18030"])
def test_other_encodings(scratch: Store, codec: str) -> None:
    read(scratch, CUSTOMERS.decode().encode(codec, "replace"), reps=False)
