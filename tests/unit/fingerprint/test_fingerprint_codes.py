"""Codes, references, order and keys: exact laws, shapes, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import MarkError
from azukari.fields.kinds import Kind
from azukari.fields.spelling import SLOTS, Slot
from azukari.fingerprint import references
from azukari.fingerprint.codes import code_words, form_probabilities, forms, tags
from azukari.fingerprint.keys import Channel, HandOverKey, aes, numbered_blocks, prf_u64
from azukari.fingerprint.order import delivered_order, sort_keys
from azukari.seal.commitments import commitment, verify_commitment

KEYS = st.binary(min_size=32, max_size=32)
ALL_SLOTS = [slot for slots in SLOTS.values() for slot in slots]
ALL_WORDS = np.arange(65536, dtype=np.uint16)[:, None].repeat(8, axis=1)


@pytest.mark.parametrize("slot", ALL_SLOTS, ids=lambda slot: slot.name)
def test_form_probabilities_when_all_words_are_counted_then_exact(slot: Slot) -> None:
    counts = np.bincount(forms(ALL_WORDS, slot), minlength=slot.forms)
    assert [Fraction(p) for p in form_probabilities(slot)] == [Fraction(int(c), 65536) for c in counts]
    assert sum(map(Fraction, form_probabilities(slot))) == 1


def test_forms_when_two_slots_then_each_reads_its_own_word() -> None:
    words = np.zeros((1, 8), dtype=np.uint16)
    words[0, 2] = 65535
    assert {slot.name: int(forms(words, slot)[0]) for slot in SLOTS[Kind.ADDRESS]} == {
        "address-width": 0,
        "address-gap": 0,
        "address-chome": 2,
        "address-ban": 0,
        "address-room": 0,
    }


@given(st.sampled_from(sorted(SLOTS)), st.lists(st.text(max_size=8), max_size=5))
def test_tags_when_computed_then_sixteen_bytes_of_the_specified_hash(kind: Kind, values: list[str]) -> None:
    prefix = b"azukari/slot/v1\0" + kind.value.encode() + b"\0"
    expected = [sha256(prefix + value.encode("utf-8", "surrogatepass")).digest()[:16] for value in values]
    assert tags(kind, values) == b"".join(expected)


def test_tags_when_equal_values_of_two_kinds_then_different() -> None:
    assert tags(Kind.NAME, ["ア"]) != tags(Kind.KANA, ["ア"])


@given(KEYS, st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=6))
def test_code_words_when_of_several_tags_then_each_as_alone(key: bytes, blocks: list[bytes]) -> None:
    together = code_words(key, b"".join(blocks))
    assert together.shape == (len(blocks), 8)
    assert [row.tolist() for row in together] == [code_words(key, block)[0].tolist() for block in blocks]
    assert together.astype(">u2").tobytes() == aes(key, b"".join(blocks))


@given(KEYS)
def test_channel_keys_when_derived_then_all_different_and_committed_apart(secret: bytes) -> None:
    key = HandOverKey(secret)
    derived = {channel: key.channel(channel) for channel in Channel}
    assert len(set(derived.values())) == 4 and all(len(value) == 32 for value in derived.values())
    openings = {channel: key.derive(f"opening/channel/{channel.value}") for channel in Channel}
    assert len({*openings.values(), *derived.values()}) == 8
    assert "secret" not in repr(key) and secret.hex() not in repr(key)


@given(KEYS, KEYS)
def test_commitment_when_moved_to_another_label_then_it_does_not_open(key: bytes, opening: bytes) -> None:
    from azukari.errors import CommitmentError

    committed = commitment("channel/order", opening, key)
    verify_commitment("channel/order", opening, key, committed)
    for label, other, value in [
        ("channel/canary", opening, key),
        ("channel/order", bytes(32) if any(opening) else bytes([1] * 32), key),
        ("channel/order", opening, key + b"\0"),
        ("channel/order", opening + key[:1], key[1:]),  # the border between opening and value is fixed
        ("channel/order", b"", opening + key),
    ]:
        with pytest.raises(CommitmentError):
            verify_commitment(label, other, value, committed)


@given(KEYS, st.integers(0, 200), st.integers(0, 2**40))
def test_references_when_drawn_then_sixteen_symbols_of_eighty_bits(key: bytes, count: int, first: int) -> None:
    found = references.references(key, count, first)
    assert len(found) == count == len(set(found))
    for offset, text in enumerate(found):
        assert len(text) == 16 and set(text) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        bits = 0
        for letter in text:
            bits = bits << 5 | references.ALPHABET.index(letter)
        block = aes(key, b"azkref/1" + (first + offset).to_bytes(8, "big"))
        assert bits.to_bytes(10, "big") == block[:10]
        assert references.normal(text) == text


@given(KEYS, st.data())
def test_reference_when_retyped_then_normal_gives_it_back(key: bytes, data: st.DataObject) -> None:
    text = references.references(key, 1)[0]
    wide = text.translate({ord(c): ord(c) + 0xFEE0 for c in references.ALPHABET})
    parts = [text[i : i + 4] for i in range(0, 16, 4)]
    for typed in (text.lower(), wide, "-".join(parts), " ".join(parts), "　".join(parts), f" {text} "):
        assert references.normal(typed) == text
    place = data.draw(st.integers(0, 15))
    for wrong in "ILOUＩlou*":
        assert references.normal(text[:place] + wrong + text[place + 1 :]) == ""
    assert references.normal(text[:15]) == references.normal(text + "0") == references.normal("") == ""


@given(st.text(max_size=24))
def test_reference_when_any_text_then_blank_or_sixteen_symbols(text: str) -> None:
    found = references.normal(text)
    assert found == "" or (len(found) == 16 and set(found) <= set(references.ALPHABET))


@given(KEYS, st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=40))
def test_delivered_order_when_numbers_are_unique_then_a_permutation_by_sort_key(key: bytes, numbers: list[int]) -> None:
    rows = np.array(numbers, dtype=np.uint64)
    order = delivered_order(key, rows)
    assert sorted(order.tolist()) == list(range(len(numbers)))
    placed = [(int(sort_keys(key, rows[i : i + 1])[0]), numbers[i]) for i in order]
    assert placed == sorted(placed)


@given(KEYS, st.lists(st.integers(0, 1000), min_size=1, max_size=10))
def test_delivered_order_when_a_number_occurs_twice_then_mark_error(key: bytes, numbers: list[int]) -> None:
    with pytest.raises(MarkError):
        delivered_order(key, np.array([*numbers, numbers[0]], dtype=np.uint64))


def test_delivered_order_when_two_keys_then_two_orders() -> None:
    rows = np.arange(100, dtype=np.uint64)
    assert delivered_order(b"a" * 32, rows).tolist() != delivered_order(b"b" * 32, rows).tolist()


@given(KEYS, st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5))
def test_prf_when_domains_differ_then_values_differ(key: bytes, numbers: list[int]) -> None:
    array = np.array(numbers, dtype=np.uint64)
    blocks = numbered_blocks(b"azkord/1", array)
    assert blocks == b"".join(b"azkord/1" + n.to_bytes(8, "big") for n in numbers)
    assert (prf_u64(key, b"azkord/1", array) != prf_u64(key, b"azkcan/1", array)).all()
