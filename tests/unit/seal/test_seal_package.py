"""The package as a whole; its single verdicts stand in vectors/package."""

from __future__ import annotations

import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import AzukariError, FormatError, PayloadError, VerificationError
from azukari.fields.kinds import Field, Kind
from azukari.seal.package import open_package, open_payload, verify_package
from azukari.testing.sealed import fixed_identity, fixed_ledger, fixed_log, seal_copy

COLUMNS = {"氏名": Field(Kind.NAME), "備考": Field(Kind.FREE_TEXT)}
ODD = ["佐藤　愛", '"引用"', "a,b", "二行\nある", "", " ", "0", "\u3000", "﨑\U000e0100", "x"]
TABLE = pl.DataFrame({"氏名": ODD, "備考": ODD[::-1]})
COPY = seal_copy(TABLE, COLUMNS, "seiran", strict_schema=True)
PACKAGE = COPY.package()


def test_package_when_opened_then_the_very_cells_that_went_in() -> None:
    opened = open_package(io.BytesIO(PACKAGE), COPY.identity, fixed_log().vkey)
    assert opened.table.columns == ["行参照", "氏名", "備考"]
    assert sorted(opened.table.select("氏名", "備考").rows()) == sorted(TABLE.rows())
    assert (opened.package.origin, opened.package.tree_size, opened.package.vkey) == (
        fixed_log().name,
        1,
        fixed_log().vkey,
    )
    assert "佐藤" not in repr(opened) and opened.contents.cell_key.hex() not in repr(opened.contents)


def test_package_when_in_a_large_ledger_then_it_verifies_at_its_place() -> None:
    ledger = fixed_ledger([b"%d" % number for number in range(300)] + [COPY.entry_bytes])
    assert verify_package(io.BytesIO(COPY.package(ledger, 300))).tree_size == 301


@pytest.mark.parametrize("length", range(0, len(PACKAGE), 512))
def test_package_when_cut_at_a_block_then_refused_unless_only_padding_is_gone(length: int) -> None:
    try:
        verify_package(io.BytesIO(PACKAGE[:length]))
    except (FormatError, PayloadError):
        assert length < len(PACKAGE)
    else:
        assert length == len(PACKAGE)


@given(st.integers(0, len(PACKAGE.rstrip(b"\0")) - 1), st.integers(1, 255))
@settings(max_examples=400)
def test_package_when_any_byte_is_changed_then_refused_or_the_same_members(place: int, flip: int) -> None:
    """The headers of the archive hold owner and time, which nobody reads; everything else is bound."""
    changed = PACKAGE[:place] + bytes([PACKAGE[place] ^ flip]) + PACKAGE[place + 1 :]
    try:
        found = open_package(io.BytesIO(changed), COPY.identity, fixed_log().vkey)
    except VerificationError:
        return
    assert found.package.entry == COPY.entry and found.table.equals(COPY.table)


@given(st.binary(max_size=600))
def test_package_when_any_bytes_then_format(data: bytes) -> None:
    with pytest.raises(FormatError):
        verify_package(io.BytesIO(data))


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=50)
def test_payload_when_it_holds_any_bytes_then_format(data: bytes, sealed: bool) -> None:
    with pytest.raises(AzukariError) as caught:
        if sealed:
            open_payload(io.BytesIO(COPY.identity.decrypt(data)), COPY.entry)
        else:
            open_payload(io.BytesIO(data), COPY.entry)
    assert caught.value.word == ("wrong-key" if sealed else "format")


def test_package_when_a_refusal_is_shown_then_no_cell_is_in_it() -> None:
    for other in ("shiraho", "wakaba"):
        with pytest.raises(VerificationError) as caught:
            open_package(io.BytesIO(PACKAGE), fixed_identity(other))
        assert not [cell for cell in ODD if len(cell.strip()) > 1 and cell in caught.value.sentence("ja")]
