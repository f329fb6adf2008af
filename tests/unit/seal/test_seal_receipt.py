"""Receipts; their single verdicts stand in vectors/package/receipt-*."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import AzukariError, ForeignReceiptError
from azukari.fields.kinds import Field, Kind
from azukari.seal.receipt import Grade, hand_over_of, make_receipt, verify_receipt
from azukari.testing.sealed import OVERSIGHT, fixed_identity, seal_copy

DAY = date(2026, 11, 24)
COPY = seal_copy(pl.DataFrame({"氏名": ["佐藤　愛"] * 12}), {"氏名": Field(Kind.NAME)}, "seiran")
SMALL = seal_copy(pl.DataFrame({"氏名": ["佐藤　愛"] * 9}), {"氏名": Field(Kind.NAME)}, "shiraho")
NOTE = make_receipt(COPY.entry, COPY.entry_bytes, 12, COPY.identity, DAY)


@pytest.mark.parametrize(("name", "grade"), [("seiran", Grade.RECEIPTED), (OVERSIGHT, Grade.OPENED)])
def test_receipt_when_made_then_it_verifies_with_the_grade_of_its_key(name: str, grade: Grade) -> None:
    note = make_receipt(COPY.entry, COPY.entry_bytes, 12, fixed_identity(name), DAY)
    receipt = verify_receipt(note, COPY.entry, COPY.entry_bytes)
    assert (receipt.grade, receipt.rows, receipt.day) == (grade, 12, "2026-11-24")
    assert hand_over_of(note) == COPY.entry.hand_over


def test_receipt_when_the_entry_does_not_name_the_key_then_foreign_receipt() -> None:
    with pytest.raises(ForeignReceiptError):
        make_receipt(COPY.entry, COPY.entry_bytes, 12, fixed_identity("wakaba"), DAY)


def test_receipt_when_fewer_than_ten_rows_then_the_band_is_kept() -> None:
    note = make_receipt(SMALL.entry, SMALL.entry_bytes, 9, SMALL.identity, DAY)
    assert b'"rows":"<10"' in note
    assert verify_receipt(note, SMALL.entry, SMALL.entry_bytes).rows == "<10"


@given(st.integers(0, len(NOTE) - 1), st.integers(0, 255))
@settings(max_examples=300)
def test_receipt_when_any_byte_is_changed_then_refused(place: int, byte: int) -> None:
    changed = NOTE[:place] + bytes([byte]) + NOTE[place + 1 :]
    if changed != NOTE:
        with pytest.raises(AzukariError) as caught:
            verify_receipt(changed, COPY.entry, COPY.entry_bytes)
        assert caught.value.word in ("format", "signature", "foreign-receipt")


@given(st.binary(max_size=200))
def test_receipt_when_any_bytes_then_format(data: bytes) -> None:
    for read in (lambda: verify_receipt(data, COPY.entry, COPY.entry_bytes), lambda: hand_over_of(data)):
        with pytest.raises(AzukariError) as caught:
            read()
        assert caught.value.word == "format"
