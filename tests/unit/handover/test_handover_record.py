"""The copy record: sections in encrypted chunks, read in parts, and nothing readable without its own key."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import AzukariError, FormatError, WrongKeyError
from azukari.handover.record import LARGE_CHUNK, MAGIC, SMALL_CHUNK, RecordReader, RecordWriter
from azukari.testing.sealed import fixed_bytes

KEY, HAND_OVER = fixed_bytes("record"), "ab" * 16
SECTIONS = {
    "cells": [b"c" * 100, b"", b"d" * (2 * SMALL_CHUNK), b"e"],
    "leaves": [bytes(range(256)) * 5000],
    "canaries": [b"[]"],
    "empty": [],
    "exact": [b"x" * LARGE_CHUNK],
}


def written(sections: dict[str, list[bytes]], key: bytes = KEY, hand_over: str = HAND_OVER) -> bytes:
    out = io.BytesIO()
    writer = RecordWriter(out, key, hand_over)
    for name, pieces in sections.items():
        writer.section(name, pieces)
    writer.close()
    return out.getvalue()


RECORD = written(SECTIONS)


def reader(data: bytes = RECORD, key: bytes = KEY, hand_over: str = HAND_OVER) -> RecordReader:
    return RecordReader(io.BytesIO(data), key, hand_over)


def test_record_when_written_then_every_section_is_read_back() -> None:
    found = reader()
    assert found.names == list(SECTIONS)
    for name, pieces in SECTIONS.items():
        assert found.read(name) == b"".join(pieces)


@given(st.sampled_from(sorted(SECTIONS)), st.data())
def test_section_when_a_part_is_read_then_that_part(name: str, data: st.DataObject) -> None:
    whole = b"".join(SECTIONS[name])
    start = data.draw(st.integers(0, len(whole)))
    size = data.draw(st.integers(0, len(whole) - start))
    assert reader().read(name, start, size) == whole[start : start + size]


@given(st.lists(st.binary(max_size=40_000), max_size=4))
@settings(max_examples=30)
def test_section_when_in_pieces_of_any_size_then_the_bytes_do_not_depend_on_them(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    assert written({"cells": pieces}) == written({"cells": [whole]})
    assert reader(written({"cells": pieces})).read("cells") == whole


@pytest.mark.parametrize(("start", "size"), [(-1, 1), (0, 3), (3, 0), (2, -1)])
def test_section_when_read_outside_then_format(start: int, size: int) -> None:
    with pytest.raises(FormatError):
        reader().read("canaries", start, size)


def test_section_when_not_there_then_format() -> None:
    with pytest.raises(FormatError):
        reader().read("cell")


def test_record_when_another_key_or_hand_over_then_wrong_key() -> None:
    for key, hand_over in ((fixed_bytes("other"), HAND_OVER), (KEY, "cd" * 16)):
        with pytest.raises(WrongKeyError):
            reader(key=key, hand_over=hand_over)


def test_record_when_chunks_are_exchanged_then_wrong_key() -> None:
    step = SMALL_CHUNK + 16
    start = len(MAGIC)
    swapped = RECORD[:start] + RECORD[start + step : start + 2 * step] + RECORD[start : start + step]
    swapped += RECORD[start + 2 * step :]
    with pytest.raises(WrongKeyError):
        reader(swapped).read("cells")


@pytest.mark.parametrize("cut", [0, 5, len(MAGIC), len(MAGIC) + 7, len(MAGIC) + 8, 1000, -1, -8, -9])
def test_record_when_cut_then_format_or_wrong_key(cut: int) -> None:
    with pytest.raises((FormatError, WrongKeyError)):
        reader(RECORD[:cut] if cut else b"")


@given(st.integers(0, len(RECORD) - 1), st.integers(1, 255))
@settings(max_examples=150)
def test_record_when_any_byte_is_changed_then_refused(place: int, flip: int) -> None:
    changed = RECORD[:place] + bytes([RECORD[place] ^ flip]) + RECORD[place + 1 :]
    with pytest.raises(AzukariError) as caught:
        found = reader(changed)
        for name in SECTIONS:
            assert found.read(name) == b"".join(SECTIONS[name])
    assert caught.value.word in ("format", "wrong-key")


def test_record_when_looked_at_then_no_clear_byte() -> None:
    assert b"c" * 20 not in RECORD and b"canaries" not in RECORD
