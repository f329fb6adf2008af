"""Event, index entry and leaves entry: one spelling each, and nothing else is read (docs/spec/completeness.md, 4 to 6)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.completeness.event import MAX_EVENT, Act, Event
from azukari.completeness.index import depth_of
from azukari.completeness.index_entry import IndexEntry
from azukari.completeness.leaves_entry import LeavesEntry, State, joined
from azukari.errors import AzukariError, FormatError, LimitError
from azukari.fields.kinds import Field, Kind
from azukari.ledger.entry import canonical

DAY = date(2026, 11, 20)
EVENT = Event(
    act=Act.HAND_OVER,
    basis="番号法第9条",
    body="架空市",
    country="JP",
    day=DAY,
    entrustment="ab" * 16,
    fields=(Field(Kind.KANA), Field(Kind.NAME)),
    id="cd" * 16,
    next="",
    party="架空印刷株式会社",
    purpose="納税通知書の印刷",
    role="person",
    until=date(2027, 3, 31),
)
USE = replace(
    EVENT,
    act=Act.USE,
    at=datetime(2026, 11, 20, 5, 30, 5, tzinfo=UTC),
    deed="view",
    system="住民記録",
    unit="市民課 窓口",
)
INDEX = IndexEntry(datetime(2026, 11, 20, 3, tzinfo=UTC), 5_000_000, 20, b"r" * 32, 5_000_120)
LEAVES = LeavesEntry("ab" * 16, "cd" * 32, 1000, 1500, ((7, 1000), (1020, 500)), State.RELEASED)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
HEX = st.binary(min_size=16, max_size=16).map(bytes.hex)
FIELDS = st.sets(st.builds(Field, st.sampled_from(Kind), st.sampled_from(["person", "spouse", "dependant-12"])))
EVENTS = st.builds(
    Event,
    act=st.sampled_from([act for act in Act if act not in (Act.REKEY, Act.USE)]),
    basis=TEXT,
    body=TEXT,
    country=st.sampled_from(["", "JP", "VN"]),
    day=st.dates(),
    entrustment=st.just("") | HEX,
    fields=FIELDS.map(lambda found: tuple(sorted(found, key=str))),
    id=HEX,
    next=st.just(""),
    party=TEXT,
    purpose=TEXT,
    role=st.sampled_from(["person", "spouse", "dependant-1", "dependant-99"]),
    until=st.none() | st.dates(),
)


@given(EVENTS)
def test_event_when_written_and_read_then_the_same(event: Event) -> None:
    assert Event.parse(event.encode()) == event


def test_event_when_it_is_a_rekey_then_it_names_the_next_key() -> None:
    rekey = replace(EVENT, act=Act.REKEY, next="ef" * 32)
    assert Event.parse(rekey.encode()) == rekey


def test_acts_when_counted_then_the_kinds_of_a_leaf() -> None:
    assert [act.kind for act in Act] == list(range(1, 10))
    assert Act.USE.label("ja") == "利用" and len({act.label("en") for act in Act}) == 9


@pytest.mark.parametrize(
    "changed",
    [
        {"act": Act.REKEY},
        {"next": "ef" * 32},
        {"act": Act.REKEY, "next": "ef" * 16},
        {"country": "jp"},
        {"country": "JPN"},
        {"entrustment": "AB" * 16},
        {"entrustment": "ab"},
        {"fields": (Field(Kind.NAME), Field(Kind.KANA))},
        {"fields": (Field(Kind.NAME), Field(Kind.NAME))},
        {"id": ""},
        {"role": ""},
        {"role": "dependant"},
        {"role": "neighbour"},
        {"party": "\ud800"},
        {"deed": "view"},
        {"at": USE.at},
        {"unit": "市民課"},
        {"system": "住民記録"},
        {"act": Act.USE, "deed": "view"},
        {"act": Act.USE, "at": USE.at},
        {"act": Act.USE, "at": USE.at, "deed": "View"},
        {"act": Act.USE, "at": datetime(2026, 11, 20, 5), "deed": "view"},
    ],
)
def test_event_when_a_member_is_out_of_its_form_then_format_error(changed: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        replace(EVENT, **changed)


def test_event_when_it_is_a_use_then_it_says_when_what_and_with_what() -> None:
    assert Event.parse(USE.encode()) == USE
    for change in ({"at": None}, {"at": ""}, {"at": "2026-11-20"}, {"deed": ""}, {"act": "hand-over"}):
        with pytest.raises(FormatError):
            Event.parse(changes(USE.encode(), change))


def test_event_when_it_is_too_long_then_limit_error() -> None:
    room = MAX_EVENT - len(EVENT.encode())
    long = replace(EVENT, basis=EVENT.basis + "x" * room)
    assert Event.parse(long.encode()) == long
    with pytest.raises(LimitError):
        replace(long, basis=long.basis + "x")
    with pytest.raises(LimitError):
        Event.parse(long.encode() + b" ")


def changes(data: bytes, change: dict[str, Any]) -> bytes:
    """The canonical bytes with members replaced, or left out (None)."""
    value = json.loads(data) | change
    return canonical({name: each for name, each in value.items() if each is not None})


@pytest.mark.parametrize(
    "change",
    [
        {"act": "gossip"}, {"act": None}, {"act": 1}, {"more": ""}, {"basis": None}, {"basis": 1}, {"type": "x"},
        {"day": "2026-1-1"}, {"day": "20261120"}, {"day": ""}, {"until": None}, {"until": "soon"}, {"until": 0},
        {"fields": "name/person"}, {"fields": ["name"]}, {"fields": [1]}, {"fields": ["shoe/person"]}, {"role": 1},
    ],
)  # fmt: skip
def test_event_when_read_with_another_member_then_format_error(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        Event.parse(changes(EVENT.encode(), change))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", EVENT.encode() + b"\n", EVENT.encode()[:-1], b"[" * 9999])
def test_entries_when_the_bytes_are_no_canonical_object_then_format_error(data: bytes) -> None:
    for read in (Event.parse, IndexEntry.parse, LeavesEntry.parse):
        with pytest.raises(FormatError):
            read(data)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_index_entry_when_written_and_read_then_the_same(at: datetime, count: int, root: bytes) -> None:
    entry = IndexEntry(at.replace(microsecond=0), count, depth_of(count), root, 2**53 - 1)
    assert IndexEntry.parse(entry.encode()) == entry


def test_index_entry_when_encoded_then_the_text_of_the_specification() -> None:
    assert INDEX.encode().startswith(b'{"at":"2026-11-20T03:00:00Z","count":5000000,"depth":20,"root":"7272')
    assert INDEX.encode().endswith(b'","size":5000120,"type":"azukari/index/v1"}')


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-11-20T03:00:00+00:00"}, {"at": "2026-11-20T24:00:00Z"}, {"at": "2026-11-20 03:00:00Z"},
        {"at": "2026-02-30T03:00:00Z"}, {"at": "2026-11-20T03:00:00.5Z"}, {"at": 0}, {"at": None},
        {"count": 5_000_121}, {"count": -1}, {"count": True}, {"count": "5"}, {"depth": 19}, {"depth": 21},
        {"root": "72" * 31}, {"root": "7A" * 32}, {"root": 0}, {"size": 2**53}, {"size": 4_999_999}, {"more": 1},
    ],
)  # fmt: skip
def test_index_entry_when_read_with_another_member_then_format_error(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        IndexEntry.parse(changes(INDEX.encode(), change))


@pytest.mark.parametrize(
    "at", [datetime(2026, 11, 20, 3, tzinfo=timezone(timedelta(hours=9))), INDEX.at.replace(microsecond=1)]
)
def test_index_entry_when_its_time_is_not_a_second_of_utc_then_format_error(at: datetime) -> None:
    with pytest.raises(FormatError):
        replace(INDEX, at=at)


def test_leaves_entry_when_written_and_read_then_the_same() -> None:
    for entry in (LEAVES, replace(LEAVES, rows=None, state=State.VOID)):
        assert LeavesEntry.parse(entry.encode()) == entry
    assert b'"rows":"<10"' in replace(LEAVES, rows=None).encode()


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 5)), max_size=12, unique_by=lambda run: run[0]))
def test_runs_when_joined_then_the_same_places_and_none_that_touch(runs: list[tuple[int, int]]) -> None:
    apart = [
        run for run in runs if not any(other != run and other[0] < sum(run) and run[0] < sum(other) for other in runs)
    ]
    made = joined(apart)
    places = sorted(place for first, count in apart for place in range(first, first + count))
    assert [place for first, count in made for place in range(first, first + count)] == places
    assert all(sum(left) < right[0] for left, right in zip(made, made[1:], strict=False))


@pytest.mark.parametrize(
    "change",
    [
        {"handover": "ab"}, {"handover": "AB" * 16}, {"handover": 1}, {"manifest": "cd" * 16}, {"manifest": None},
        {"rows": 9}, {"rows": "10"}, {"rows": True}, {"rows": -1}, {"leaves": 1499}, {"leaves": 0}, {"leaves": "1500"},
        {"runs": []}, {"runs": [[7, 1500, 1]]}, {"runs": [7, 1500]}, {"runs": "x"}, {"runs": [[1020, 500], [7, 1000]]},
        {"runs": [[7, 1000], [1006, 500]]}, {"runs": [[7, 1000], [1007, 500]]}, {"runs": [[7, 1500], [1600, 0]]},
        {"runs": [[-1, 1500]]}, {"runs": [[2**53 - 2, 1500]]}, {"state": "kept"}, {"state": []}, {"more": 0},
    ],
)  # fmt: skip
def test_leaves_entry_when_read_with_another_member_then_format_error(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        LeavesEntry.parse(changes(LEAVES.encode(), change))


def test_leaves_entry_when_no_entry_can_hold_its_runs_then_limit_error() -> None:
    runs = tuple((10_000_000 + 10 * at, 1) for at in range(6_000))
    with pytest.raises(LimitError):
        replace(LEAVES, leaves=6_000, runs=runs).encode()


@given(st.binary(max_size=200))
def test_entries_when_any_bytes_are_read_then_a_verdict(data: bytes) -> None:
    for read in (Event.parse, IndexEntry.parse, LeavesEntry.parse):
        with pytest.raises(AzukariError):
            read(data)
