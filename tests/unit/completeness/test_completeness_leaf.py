"""Leaves, labels and commitments: known bytes, round trips, and what is no leaf (docs/spec/completeness.md, 2, 3)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.completeness import labels, making
from azukari.completeness.leaf import LEAF_BYTES, NO_ENTRUSTMENT, Leaf, head, is_leaf
from azukari.errors import FormatError

KEY = bytes(range(32))
DAY = date(2026, 11, 20)
LEAF = Leaf(1, bytes(range(16)), DAY, 0, b"L" * 32, b"C" * 32)
SHOWN = st.builds(
    Leaf,
    st.integers(0, 9),
    st.binary(min_size=16, max_size=16),
    st.dates(date(1970, 1, 1)),
    st.just(0),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
)
WITHHELD = st.builds(
    Leaf,
    st.just(0),
    st.just(NO_ENTRUSTMENT),
    st.dates(date(1970, 1, 1), date(9000, 1, 1)),
    st.integers(1, 65535),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
)


def test_leaf_when_encoded_then_the_bytes_of_the_specification() -> None:
    days = (20_777).to_bytes(4, "big")
    assert LEAF.encode() == b"\x01\x01\x01\x00" + bytes(range(16)) + days + b"\0\0" + b"L" * 32 + b"C" * 32
    assert len(LEAF.encode()) == LEAF_BYTES and is_leaf(LEAF.encode())
    assert head(1, bytes(range(16)), DAY) == LEAF.encode()[:26]


@given(SHOWN | WITHHELD)
def test_leaf_when_written_and_read_then_the_same(leaf: Leaf) -> None:
    assert Leaf.parse(leaf.encode()) == leaf


@given(SHOWN | WITHHELD, st.integers(0, 89), st.integers(0, 255))
def test_leaf_when_a_byte_is_another_then_refused_or_read_as_it_stands(leaf: Leaf, place: int, value: int) -> None:
    changed = bytearray(leaf.encode())
    changed[place] = value
    try:
        assert Leaf.parse(bytes(changed)).encode() == changed
    except FormatError:
        assert place < 26


@pytest.mark.parametrize(
    ("place", "value"), [(0, 0), (0, 2), (1, 10), (1, 255), (2, 0), (2, 2), (3, 1), (20, 255), (25, 1)]
)
def test_leaf_when_version_kind_scheme_flags_or_day_is_out_of_range_then_format_error(place: int, value: int) -> None:
    changed = bytearray(LEAF.encode())
    changed[place] = value
    with pytest.raises(FormatError):
        Leaf.parse(bytes(changed))


@pytest.mark.parametrize("data", [b"", b"\x01", LEAF.encode()[:-1], LEAF.encode() + b"\0"])
def test_leaf_when_it_has_another_length_then_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        Leaf.parse(data)


@pytest.mark.parametrize(
    ("kind", "entrustment", "day", "withheld"),
    [
        (-1, NO_ENTRUSTMENT, DAY, 0),
        (10, NO_ENTRUSTMENT, DAY, 0),
        (1, NO_ENTRUSTMENT[1:], DAY, 0),
        (1, NO_ENTRUSTMENT, DAY, 1),
        (0, b"1" * 16, DAY, 1),
        (0, NO_ENTRUSTMENT, DAY, 65_536),
        (0, NO_ENTRUSTMENT, DAY, -1),
        (0, NO_ENTRUSTMENT, date(1969, 12, 31), 0),
        (0, NO_ENTRUSTMENT, date.max, 1),
    ],
)
def test_head_when_a_part_is_out_of_range_then_format_error(
    kind: int, entrustment: bytes, day: date, withheld: int
) -> None:
    with pytest.raises(FormatError):
        head(kind, entrustment, day, withheld)


def test_withheld_leaf_when_asked_then_it_says_the_day_on_which_it_is_opened() -> None:
    assert Leaf(0, NO_ENTRUSTMENT, DAY, 132, b"L" * 32, b"C" * 32).opens == date(2027, 4, 1)
    assert LEAF.opens == DAY


@pytest.mark.parametrize(
    ("entry", "meant"), [(b"\x01", True), (b"", False), (b'{"type":"x"}', False), (b"\x02", False)]
)
def test_entry_when_looked_at_then_its_first_byte_says_whether_it_is_a_leaf(entry: bytes, meant: bool) -> None:
    assert is_leaf(entry) is meant


def test_labels_when_made_then_the_constructions_of_the_specification() -> None:
    k = labels.list_key(KEY, 7)
    place = b"\x01" + (3).to_bytes(8, "big")
    assert k == hmac.digest(KEY, b"azukari/list-key/v1\0\0\0\x07", "sha256")
    assert labels.key_id(k) == hashlib.sha256(b"azukari/list-key-id/v1" + k).digest()
    assert labels.label(k, 3, 1) == hmac.digest(k, b"azukari/label/v1" + place, "sha256")
    assert labels.opening(k, 3, 1) == hmac.digest(k, b"azukari/opening/v1" + place, "sha256")
    parts = b"azukari/event-commit/v1" + b"l" * 32 + b"o" * 32 + b"e" * 32
    assert labels.commitment(b"l" * 32, b"o" * 32, b"e" * 32) == hashlib.sha256(parts).digest()
    assert labels.nobody(KEY, 5) == (
        hmac.digest(KEY, b"azukari/nobody/v1" + (5).to_bytes(8, "big"), "sha256"),
        hmac.digest(KEY, b"azukari/nobody-commit/v1" + (5).to_bytes(8, "big"), "sha256"),
    )


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(1, 2**64 - 1))), st.integers(0, 1))
def test_tails_when_made_for_many_then_those_made_one_by_one(pairs: list[tuple[bytes, int]], chain: int) -> None:
    event = hashlib.sha256(b"event").digest()
    made = labels.tails((key for key, _ in pairs), (n for _, n in pairs), repeat(event), chain)
    for (key, n), tail in zip(pairs, made, strict=True):
        name = labels.label(key, n, chain)
        assert tail == name + labels.commitment(name, labels.opening(key, n, chain), event)


def test_leaves_when_made_for_many_then_each_is_one_leaf() -> None:
    front, event = head(1, bytes(16), DAY), b"e" * 32
    (shown,) = making.shown(front, [KEY], [3], event)
    commit = labels.commitment(labels.label(KEY, 3), labels.opening(KEY, 3), event)
    assert Leaf.parse(shown) == Leaf(1, bytes(16), DAY, 0, labels.label(KEY, 3), commit)
    assert making.label_of(shown) == labels.label(KEY, 3)
    first, second = (Leaf.parse(leaf) for leaf in making.nobodys(front, KEY, [0, 1]))
    assert (first.label, first.commit) == labels.nobody(KEY, 0) and second.label == labels.nobody(KEY, 1)[0]


@pytest.mark.parametrize(
    ("key", "n", "chain"), [(KEY[1:], 1, 0), (KEY, 0, 0), (KEY, -1, 0), (KEY, 2**64, 0), (KEY, 1, 2), (KEY, 1, -1)]
)
def test_labels_when_key_number_or_chain_is_out_of_range_then_format_error(key: bytes, n: int, chain: int) -> None:
    with pytest.raises(FormatError):
        labels.label(key, n, chain)
    with pytest.raises(FormatError):
        labels.opening(key, n, chain)
    with pytest.raises(FormatError):
        list(labels.tails([key], [n], [bytes(32)], chain))


def test_keys_when_out_of_range_then_format_error() -> None:
    for root, generation in ((KEY[1:], 0), (KEY, -1), (KEY, 2**32)):
        with pytest.raises(FormatError):
            labels.list_key(root, generation)
    with pytest.raises(FormatError):
        labels.nobody(KEY, -1)
    with pytest.raises(FormatError):
        labels.commitment(bytes(31), bytes(32), bytes(32))
    with pytest.raises(FormatError):
        list(labels.tails([KEY], [1], [bytes(31)]))
