"""The entry of a consignment and its receipt: what is read back, and everything else that must not be."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import ForeignReceiptError, FormatError, SignatureError, VerificationError
from azukari.fields.kinds import Field
from azukari.seal.consignment import (
    LABELS,
    ConsignmentEntry,
    Medium,
    Unit,
    commitments_of,
    consignment_of,
    is_receipt,
    sign_receipt,
    verify_receipt,
)
from azukari.seal.identity import Identity

RECIPIENT, OTHER = Identity.generate(), Identity.generate()
DAY = date(2026, 4, 1)


def entry(**changes: Any) -> ConsignmentEntry:
    given_: dict[str, Any] = {
        "consignment": "01" * 16,
        "body": "02" * 16,
        "entrustment": "03" * 16,
        "party": "04" * 16,
        "parent": "",
        "medium": Medium.PAPER,
        "unit": Unit.BOX,
        "units": None,
        "people": 1_200,
        "fields": tuple(map(Field.parse, ["kana", "name"])),
        "day": "2026-04-01",
        "recipient": RECIPIENT.vkey,
        "commitments": commitments_of(bytes(32), dict.fromkeys(LABELS, "値")),
    }
    return ConsignmentEntry(**given_ | changes)


@given(
    unit=st.sampled_from(Unit),
    units=st.none() | st.integers(10, 2**63 - 1),
    people=st.none() | st.integers(10, 2**63 - 1),
    parent=st.sampled_from(["", "ab" * 16]),
    day=st.dates(),
)
def test_entry_when_encoded_then_it_reads_back_byte_for_byte(
    unit: Unit, units: int | None, people: int | None, parent: str, day: date
) -> None:
    made = entry(
        unit=unit, medium=unit.medium, units=units, people=people, parent=parent, day=day.isoformat(), recipient=""
    )
    assert ConsignmentEntry.parse(made.encode()) == made


@pytest.mark.parametrize(
    "change",
    [
        {"units": 9},
        {"people": 0},
        {"people": True},
        {"people": "10"},
        {"people": "<11"},
        {"people": 2**63},
        {"unit": "disc"},
        {"unit": "crate"},
        {"medium": "air"},
        {"fields": []},
        {"fields": ["name/person", "kana/person"]},
        {"fields": ["kana/person", "kana/person"]},
        {"fields": ["reference/person"]},
        {"day": "20260401"},
        {"day": "2026-02-30"},
        {"recipient": "nobody"},
        {"parent": "AB" * 16},
        {"party": "04" * 15},
        {"party": None},
        {"commitments": {}},
        {"commitments": dict.fromkeys(LABELS, "00" * 31)},
        {"type": "azukari/consignment/v2"},
        {"name": "霧生　澄"},
    ],
    ids=str,
)
def test_entry_when_a_member_is_wrong_then_format(change: dict[str, Any]) -> None:
    value = json.loads(entry().encode()) | change
    data = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(FormatError):
        ConsignmentEntry.parse(data)


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 5_000, b"x" * 65_537, entry().encode() + b" ", b"\xff"])
def test_entry_when_it_is_no_entry_then_format(data: bytes) -> None:
    with pytest.raises(FormatError):
        ConsignmentEntry.parse(data)


def test_receipt_when_signed_by_the_recipient_then_it_holds() -> None:
    data = entry().encode()
    note = sign_receipt(data, RECIPIENT, DAY)
    assert is_receipt(note) and consignment_of(note) == "01" * 16
    assert verify_receipt(note, data) == "2026-04-01"


@pytest.mark.parametrize(
    "other",
    [
        entry(people=None),
        entry(consignment="05" * 16),
        entry(fields=(Field.parse("name"),)),
        entry(unit=Unit.BUNDLE),
        entry(recipient=OTHER.vkey),
        entry(recipient=""),
        entry(day="2026-04-02"),
        entry(commitments=commitments_of(bytes(32), dict.fromkeys(LABELS, "別"))),
    ],
)
def test_receipt_when_held_against_another_entry_then_refused(other: ConsignmentEntry) -> None:
    note = sign_receipt(entry().encode(), RECIPIENT, DAY)
    with pytest.raises(VerificationError):
        verify_receipt(note, other.encode())


def test_receipt_when_another_signs_or_the_text_is_changed_then_refused() -> None:
    data = entry().encode()
    with pytest.raises(ForeignReceiptError):
        sign_receipt(data, OTHER, DAY)
    forged = sign_receipt(replace(entry(), recipient=OTHER.vkey).encode(), OTHER, DAY)
    note = sign_receipt(data, RECIPIENT, DAY)
    with pytest.raises(VerificationError):
        verify_receipt(forged, data)
    with pytest.raises(VerificationError):
        verify_receipt(note.replace(b'"units":"<10"', b'"units":10'), data)
    with pytest.raises(SignatureError):
        verify_receipt(note.replace(b"2026-04-01", b"2026-04-02"), data)
    for wrong in (b"", note[:40], b"azukari/consignment-receipt/v1\n{}\n", b"x" * 70_000):
        with pytest.raises(FormatError):
            consignment_of(wrong)
