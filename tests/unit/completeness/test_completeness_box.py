"""Boxes: what was sealed opens with the key and the place it was sealed for, and with nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.completeness.box import MAX_BOX, open_box, seal_box
from azukari.errors import FormatError, LimitError, PayloadError
from azukari.testing.logbook import a_key, an_event

KEY, PLACE = a_key("mizuho"), 41
NONCE = b"\x05" * 12
BOX = seal_box(KEY, PLACE, an_event(1), b"", NONCE)


@given(st.integers(0, 2**53 - 1), st.sampled_from([b"", b"\x07" * 32]), st.integers(0, 9), st.text(max_size=2_000))
def test_box_when_sealed_then_it_opens_to_the_same(index: int, opening: bytes, number: int, purpose: str) -> None:
    event = an_event(number, purpose=purpose)
    assert open_box(KEY, index, seal_box(KEY, index, event, opening, NONCE)) == (event, opening)


@given(st.integers(0, len(BOX) - 1), st.integers(1, 255))
def test_box_when_a_byte_is_changed_then_refused(at: int, by: int) -> None:
    changed = bytearray(BOX)
    changed[at] ^= by
    with pytest.raises(PayloadError):
        open_box(KEY, PLACE, bytes(changed))


@given(st.integers(0, len(BOX) - 1))
def test_box_when_cut_then_refused(size: int) -> None:
    with pytest.raises(PayloadError):
        open_box(KEY, PLACE, BOX[:size])


def test_box_when_of_another_key_or_place_then_refused() -> None:
    for key, index in ((a_key("somebody"), PLACE), (a_key("mizuho", 1), PLACE), (KEY, PLACE + 1), (KEY, 0)):
        with pytest.raises(PayloadError):
            open_box(key, index, BOX)


@pytest.mark.parametrize(("key", "index", "opening"), [
    (KEY[:31], PLACE, b""), (b"", PLACE, b""), (KEY, -1, b""), (KEY, 2**53, b""), (KEY, PLACE, b"x"), (KEY, PLACE, b"x" * 33),
])  # fmt: skip
def test_box_when_sealed_for_nothing_that_can_be_then_refused(key: bytes, index: int, opening: bytes) -> None:
    with pytest.raises(FormatError):
        seal_box(key, index, an_event(1), opening, NONCE)


def test_box_when_too_large_then_not_even_opened() -> None:
    with pytest.raises(LimitError):
        open_box(KEY, PLACE, bytes(MAX_BOX + 1))


def test_box_when_the_nonce_is_of_another_length_then_refused() -> None:
    for size in (0, 11, 13):
        with pytest.raises(FormatError):
            seal_box(KEY, PLACE, an_event(1), b"", bytes(size))


def test_box_when_sealed_under_another_nonce_then_not_the_same_bytes() -> None:
    assert seal_box(KEY, PLACE, an_event(1), b"", b"\x06" * 12)[12:] != BOX[12:]
