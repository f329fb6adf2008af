"""Entry and contents: one form each, read strictly; commitments that open once."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import CommitmentError, FormatError
from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.ledger.entry import canonical
from azukari.seal.commitments import (
    cell_commitment,
    cell_commitments,
    commitment,
    row_leaf,
    salts,
    source_row_commitment,
    source_row_commitments,
)
from azukari.seal.manifest import LABELS, Contents, Entry, headers_bytes, rows_bytes
from azukari.testing.sealed import fixed_bytes, fixed_id, fixed_identity

HEX16, HEX32 = st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32)
FIELDS = st.builds(Field, st.sampled_from(sorted(Kind)), st.sampled_from(["person", "spouse", "dependant-12"]))
DAYS = st.dates().map(lambda day: day.isoformat())
ENTRIES = st.builds(
    Entry,
    **{name: HEX16.map(bytes.hex) for name in ("hand_over", "body", "entrustment", "party", "snapshot")},
    parent=st.one_of(st.just(""), HEX16.map(bytes.hex)),
    day=DAYS,
    expires=DAYS,
    fields=st.lists(FIELDS, min_size=1, max_size=8).map(tuple),
    rows=st.one_of(st.none(), st.integers(10, 2**63 - 1)),
    rules=st.just("rules/1"),
    code=st.just("half/1"),
    strict_schema=st.booleans(),
    recipient=st.just(fixed_identity("a").vkey),
    oversight=st.just(fixed_identity("oversight").vkey),
    row_root=HEX32.map(bytes.hex),
    payload=HEX32.map(bytes.hex),
    payload_bytes=st.integers(1, 2**63 - 1),
    commitments=st.fixed_dictionaries({label: HEX32.map(bytes.hex) for label in LABELS}),
)

OPENINGS = {label: fixed_bytes(label) for label in ("headers", "party", "purpose", "rows")}
CONTENTS = Contents(fixed_id("h"), ("行参照", "氏名"), 10, "青嵐", "入力", fixed_bytes("cells"), OPENINGS)
VALUES = CONTENTS.committed_values()
ENTRY = Entry(
    *(fixed_id(name) for name in ("h", "body", "entrustment", "party", "snapshot")),
    parent="",
    day="2026-11-23",
    expires="2027-03-31",
    fields=(REFERENCE, Field(Kind.NAME)),
    rows=10,
    rules="rules/1",
    code="half/1",
    strict_schema=False,
    recipient=fixed_identity("a").vkey,
    oversight=fixed_identity("oversight").vkey,
    row_root="00" * 32,
    payload="11" * 32,
    payload_bytes=5,
    commitments={
        label: commitment(label, OPENINGS.get(label, bytes(32)), VALUES.get(label, b"")).hex() for label in LABELS
    },
)


@given(ENTRIES)
def test_entry_when_written_then_read_back(entry: Entry) -> None:
    assert Entry.parse(entry.encode()) == entry


@given(st.data())
@settings(max_examples=500)
def test_entry_when_any_byte_is_changed_then_format_or_another_entry(data: st.DataObject) -> None:
    raw = ENTRY.encode()
    place, byte = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 255))
    changed = raw[:place] + bytes([byte]) + raw[place + 1 :]
    try:
        parsed = Entry.parse(changed)
    except FormatError:
        return
    assert parsed.encode() == changed
    assert (parsed == ENTRY) == (changed == raw)


@given(st.data())
@settings(max_examples=200)
def test_entry_when_a_byte_is_put_in_or_taken_out_then_format_or_another_entry(data: st.DataObject) -> None:
    raw = ENTRY.encode()
    place, added = data.draw(st.integers(0, len(raw))), data.draw(st.binary(max_size=3))
    changed = raw[:place] + added + raw[place + data.draw(st.integers(0, 2)) :]
    try:
        assert Entry.parse(changed).encode() == changed
    except FormatError:
        assert changed != raw


@given(st.binary(max_size=200))
def test_entry_when_any_bytes_then_format(data: bytes) -> None:
    with pytest.raises(FormatError):
        Entry.parse(data)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 2**64), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda children: st.one_of(
        st.lists(children, max_size=3), st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(sorted(json.loads(ENTRY.encode()))), JSON)
@settings(max_examples=400)
def test_entry_when_a_member_is_any_json_then_format_or_another_entry(name: str, value: Any) -> None:
    changed = {**json.loads(ENTRY.encode()), name: value}
    raw = json.dumps(changed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")
    with suppress(FormatError):
        assert Entry.parse(raw).encode() == raw


@pytest.mark.parametrize(
    "change",
    [
        {"handover": "AB" * 16},
        {"handover": "ab" * 15},
        {"handover": "zz" * 16},
        {"parent": None},
        {"parent": 0},
        {"day": "20261123"},
        {"day": "2026-W48-1"},
        {"day": "2026-02-30"},
        {"fields": []},
        {"fields": ["name"]},
        {"fields": ["name/person"] * 501},
        {"fields": "name/person"},
        {"rows": 9},
        {"rows": "10"},
        {"rows": "<11"},
        {"rows": True},
        {"rows": 2**63},
        {"payload_bytes": 0},
        {"payload_bytes": -1},
        {"strict_schema": 0},
        {"recipient": None},
        {"row_root": "00" * 31},
        {"commitments": {}},
        {"commitments": {**ENTRY.commitments, "more": "00" * 32}},
        {"commitments": dict(list(ENTRY.commitments.items())[1:])},
        {"commitments": [["rows", "00" * 32]]},
        {"type": "azukari/handover/v2"},
        {"more": 1},
    ],
    ids=str,
)
def test_entry_when_a_member_is_malformed_then_format(change: dict[str, Any]) -> None:
    value = {**json.loads(ENTRY.encode()), **change}
    raw = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(FormatError):
        Entry.parse(raw)


@pytest.mark.parametrize("name", sorted(json.loads(ENTRY.encode())))
def test_entry_when_a_member_is_missing_then_format(name: str) -> None:
    value = json.loads(ENTRY.encode())
    del value[name]
    with pytest.raises(FormatError):
        Entry.parse(canonical(value))


def test_entry_when_fewer_than_ten_rows_then_only_a_band_is_published() -> None:
    raw = replace(ENTRY, rows=None).encode()
    assert b'"rows":"<10"' in raw and Entry.parse(raw).rows is None


def test_entry_when_read_by_anybody_then_no_header_name_or_purpose_is_in_it() -> None:
    raw = ENTRY.encode().decode()
    assert not [word for word in ("行参照", "氏名", "青嵐", "入力") if word in raw]


def test_contents_when_written_then_read_back_and_verified() -> None:
    assert Contents.parse(CONTENTS.encode()) == CONTENTS
    CONTENTS.verify(ENTRY)


@pytest.mark.parametrize(
    "change",
    [
        {"headers": ("行参照", "氏名 ")},
        {"headers": ("氏名", "行参照")},
        {"rows": 11},
        {"party": "白帆"},
        {"purpose": ""},
        {"openings": {**OPENINGS, "rows": bytes(32)}},
        {"openings": {**OPENINGS, "rows": OPENINGS["rows"] + b"\0"}},
        {"openings": {label: OPENINGS[label] for label in ("headers", "party", "purpose")}},
    ],
    ids=str,
)
def test_contents_when_they_are_not_those_of_the_entry_then_commitment(change: dict[str, Any]) -> None:
    with pytest.raises(CommitmentError):
        replace(CONTENTS, **change).verify(ENTRY)


def test_contents_when_of_another_hand_over_then_format() -> None:
    with pytest.raises(FormatError):
        replace(CONTENTS, hand_over=fixed_id("other")).verify(ENTRY)


@given(st.data())
@settings(max_examples=300)
def test_contents_when_any_byte_is_changed_then_format_or_other_contents(data: st.DataObject) -> None:
    raw = CONTENTS.encode()
    place, byte = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 255))
    changed = raw[:place] + bytes([byte]) + raw[place + 1 :]
    try:
        assert Contents.parse(changed).encode() == changed
    except FormatError:
        assert changed != raw


@pytest.mark.parametrize("change", [{"more": 1}, {"headers": "行参照"}, {"rows": "10"}, {"rows": -1}, {"openings": []}])
def test_contents_when_a_reader_would_not_have_written_them_then_format(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        Contents.parse(canonical({**json.loads(CONTENTS.encode()), **change}))


@given(HEX32, st.integers(0, 499), st.integers(0, 2**40), st.lists(st.text(max_size=6), max_size=6))
def test_cell_commitments_when_of_a_column_then_as_one_by_one(
    key: bytes, column: int, first: int, values: list[str]
) -> None:
    single = [cell_commitment(column, salts(key, column, first + i, 1)[0], v) for i, v in enumerate(values)]
    assert cell_commitments(key, column, first, values) == single


@given(HEX32, st.integers(0, 2**40), st.lists(st.integers(0, 2**63), max_size=6))
def test_source_row_commitments_when_of_a_chunk_then_as_one_by_one(key: bytes, first: int, rows: list[int]) -> None:
    single = [source_row_commitment(salts(key, 0, first + i, 1)[0], row) for i, row in enumerate(rows)]
    assert source_row_commitments(key, first, rows) == b"".join(single)


def test_cell_commitment_when_anything_differs_then_another() -> None:
    base = cell_commitment(1, bytes(16), "佐藤愛")
    others = [
        cell_commitment(2, bytes(16), "佐藤愛"),
        cell_commitment(1, b"\1" + bytes(15), "佐藤愛"),
        cell_commitment(1, bytes(16), "佐藤　愛"),
        cell_commitment(1, bytes(16), ""),
    ]
    assert len({base, *others}) == 5


@given(HEX32)
def test_salts_when_of_two_columns_or_positions_then_never_equal(key: bytes) -> None:
    found = [salt for column in range(4) for salt in salts(key, column, 0, 16)]
    assert len(set(found)) == 64 and all(len(salt) == 16 for salt in found)
    assert salts(key, 2, 5, 3) == salts(key, 2, 0, 8)[5:]


def test_row_leaf_when_built_then_as_the_specification_says() -> None:
    assert row_leaf(258, b"s" * 32, b"c" * 64) == b"azukari/row/v1\0" + bytes(6) + b"\1\2" + b"s" * 32 + b"c" * 64
    assert rows_bytes(258) == bytes(6) + b"\1\2"
    assert headers_bytes(("行参照", "氏名")) == '["行参照","氏名"]'.encode()
