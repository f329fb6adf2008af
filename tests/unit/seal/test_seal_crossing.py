"""Crossings and cards in memory: one spelling each, one order, and nothing else is taken."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import (
    AzukariError,
    CrossingFileError,
    FormatError,
    IncompleteCrossingError,
    LimitError,
    MissingCrossingError,
    ReplayedCrossingError,
    SignatureError,
)
from azukari.ledger.note import Signer
from azukari.seal.crossing import (
    FIRST_PREVIOUS,
    KINDS,
    Crossing,
    Expected,
    Listed,
    Side,
    name_of,
    parse_crossing,
    seal_item,
    signer_of,
    verify_crossing,
    verify_listing,
)
from azukari.seal.identity import Identity
from azukari.seal.pairing import SideCard, parse_side_card

BODY = "0" * 31 + "b"
IDENTITY = Identity.generate()
SIGNER = signer_of(IDENTITY)
VKEY = Signer("ledger.example/x", b"\x03" * 32).vkey
CARD = SideCard(Side.INSIDE, BODY, "霞ヶ浜年金機構", "", "ledger.example/x", VKEY, IDENTITY.recipient, SIGNER.vkey)


def one(kind: str, number: int, size: int = 3) -> Listed:
    item_id = f"{number:032x}"
    return Listed(name_of(kind, item_id), kind, item_id, size, sha256(b"x").hexdigest())


def chain(length: int) -> list[Crossing]:
    """A chain from the first on."""
    made: list[Crossing] = []
    for number in range(1, length + 1):
        previous = made[-1].digest if made else FIRST_PREVIOUS
        made.append(Crossing(Side.INSIDE, BODY, number, previous, 0, "2026-11-20T00:00:00Z", (one("work", number),)))
    return made


LISTED = st.builds(one, st.sampled_from(KINDS), st.integers(0, 2**128 - 1), st.integers(1, 2**40))


@given(
    st.sampled_from(list(Side)),
    st.integers(2, 2**53 - 1),
    st.integers(0, 2**53 - 1),
    st.lists(LISTED, max_size=4, unique_by=lambda item: item.name),
)
def test_crossing_when_signed_and_parsed_then_it_is_the_same(
    side: Side, number: int, taken: int, items: list[Listed]
) -> None:
    crossing = Crossing(side, BODY, number, "a" * 64, taken, "2026-11-20T00:00:00Z", tuple(sorted(items)))
    assert parse_crossing(crossing.sign(SIGNER)) == crossing


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_crossing_when_any_byte_is_changed_then_it_is_never_taken(place: int, flip: int) -> None:
    (first,) = chain(1)
    note = bytearray(first.sign(SIGNER))
    note[place % len(note)] ^= flip
    with pytest.raises(AzukariError):
        verify_crossing(bytes(note), Expected(BODY, Side.OUTSIDE, SIGNER.vkey, 1, FIRST_PREVIOUS, 0))


@given(st.binary(max_size=400))
def test_parse_when_given_any_bytes_then_it_is_refused_as_malformed(data: bytes) -> None:
    for parse in (parse_crossing, parse_side_card):
        with pytest.raises(FormatError):
            parse(data)


@given(st.lists(st.integers(0, 5), max_size=30))
def test_chain_when_offered_in_any_order_then_each_is_taken_once_and_in_order(offered: list[int]) -> None:
    made = chain(6)
    taken: list[int] = []
    for index in offered:
        previous = made[taken[-1]].digest if taken else FIRST_PREVIOUS
        waiting = Expected(BODY, Side.OUTSIDE, SIGNER.vkey, len(taken) + 1, previous, 0)
        if index == len(taken):
            taken.append(index)
            verify_crossing(made[index].sign(SIGNER), waiting)
            continue
        with pytest.raises(ReplayedCrossingError if index < len(taken) else MissingCrossingError):
            verify_crossing(made[index].sign(SIGNER), waiting)
    assert taken == list(range(len(taken)))


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", *(one("work", n).name for n in range(3))]), st.none() | st.integers(0, 5)
    )
)
def test_listing_when_it_differs_in_anything_then_it_is_refused(found: dict[str, int | None]) -> None:
    crossing = Crossing(
        Side.INSIDE, BODY, 1, FIRST_PREVIOUS, 0, "2026-11-20T00:00:00Z", tuple(one("work", n) for n in range(3))
    )
    if found == {one("work", n).name: 3 for n in range(3)}:
        verify_listing(crossing, found)
        return
    with pytest.raises((CrossingFileError, IncompleteCrossingError)):
        verify_listing(crossing, found)


def test_crossing_when_over_a_limit_then_it_is_refused() -> None:
    (first,) = chain(1)
    with pytest.raises(LimitError):
        replace(first, items=tuple(one("work", n) for n in range(2_001)))
    with pytest.raises(LimitError):
        replace(first, items=tuple(one("work", n, 2**40) for n in range(5)))
    with pytest.raises(LimitError):
        one("work", 1, 2**40 + 1)
    with pytest.raises(LimitError):
        parse_crossing(b"a" * 1_000_001)
    whole = replace(first, items=tuple(one("certificate", n, 2**40 // 2_000) for n in range(2_000)))
    assert parse_crossing(whole.sign(SIGNER)) == whole  # the largest list is within the limit of a note


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_card_when_any_byte_is_changed_then_it_is_refused(place: int, flip: int) -> None:
    note = bytearray(CARD.sign(SIGNER))
    note[place % len(note)] ^= flip
    with pytest.raises((FormatError, SignatureError)):
        parse_side_card(bytes(note))


def test_card_when_read_then_it_is_the_same_and_its_fingerprint_depends_on_all_that_is_pinned() -> None:
    assert parse_side_card(CARD.sign(SIGNER)) == CARD
    other = signer_of(Identity.generate())
    prints = {CARD.fingerprint}
    for change in (
        {"side": Side.OUTSIDE},
        {"body": "0" * 32},
        {"vkey": other.vkey},
        {"recipient": Identity.generate().recipient},
    ):
        prints.add(replace(CARD, **change).fingerprint)  # type: ignore[arg-type]
    assert len(prints) == 5
    with pytest.raises(SignatureError):
        parse_side_card(CARD.sign(other))
    for bad in ({"recipient": "age1"}, {"vkey": VKEY}, {"body": "x"}, {"name": ""}, {"log_vkey": "x"}):
        with pytest.raises(FormatError):
            replace(CARD, **bad)  # type: ignore[arg-type]


def test_item_when_sealed_then_only_the_other_side_opens_it() -> None:
    sealed = seal_item(b"clear words", IDENTITY.recipient)
    assert IDENTITY.decrypt(sealed) == b"clear words" and b"clear" not in sealed
    with pytest.raises(AzukariError):
        Identity.generate().decrypt(sealed)
