"""E-values: expectation at most one for whoever had no part in the sample, exactly where it can be counted.

Where an expectation is estimated, the tolerance is four standard errors of the very values that were drawn.
"""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from itertools import permutations
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.fields import fictitious
from azukari.fields.kinds import Kind
from azukari.fields.spelling import SLOTS, spell
from azukari.fingerprint import likelihood
from azukari.fingerprint.canaries import canary, coincidence
from azukari.fingerprint.keys import prf_u64
from azukari.fingerprint.likelihood import Spellings, observe, spelling
from azukari.fingerprint.order import delivered_order
from azukari.fingerprint.references import BITS, references

SAMPLES: dict[str, list[tuple[Kind, str]]] = {
    "constant": [(Kind.NAME, f"佐藤 {given_name}") for given_name in "愛亮渉聡茂徹昇"],
    "one value over and over": [(Kind.NAME, "佐藤 愛")] * 50,
    "all conflicting": [
        (Kind.NAME, text) for name in ("佐藤 愛", "鈴木 亮") for text in (name, name.replace(" ", "　"))
    ],
    "household": [(Kind.ADDRESS, "西町1丁目2番3号 青葉荘101号室")] * 4 + [(Kind.ADDRESS, "西町1丁目2番4号")] * 3,
    "equal kana": [(Kind.KANA, "サトウ アイ")] * 6 + [(Kind.KANA, "サトウ　ケイ")] * 5,
    "same text, name and kana": [(Kind.NAME, "サトウ アイ"), (Kind.KANA, "サトウ アイ")],
    "majority": [(Kind.PHONE, "090-0123-4567")] * 3 + [(Kind.PHONE, "09001234567")] * 2,
    "mixed": [(Kind.NAME, "佐藤　愛"), (Kind.PHONE, "0312345678"), (Kind.ADDRESS, "西町１－２－３")],
}


def key_of(number: int) -> bytes:
    return sha256(b"likelihood %d" % number).digest()


def assert_mean_at_most_one(values: list[float]) -> None:
    mean, error = np.mean(values), np.std(values, ddof=1) / len(values) ** 0.5
    assert mean <= 1 + 4 * error + 1e-9, (mean, error)


@pytest.mark.parametrize("name", SAMPLES)
def test_spelling_when_averaged_over_random_keys_then_at_most_one(name: str) -> None:
    seen = observe(SAMPLES[name])
    assert_mean_at_most_one([2 ** spelling(key_of(number), seen) for number in range(4000)])


@pytest.mark.parametrize("parameter", [p for _, p in likelihood.SPELLING])
@pytest.mark.parametrize("slot", [slot for slots in SLOTS.values() for slot in slots], ids=lambda slot: slot.name)
def test_spelling_when_one_slot_is_averaged_over_all_words_then_exactly_one(slot: object, parameter: float) -> None:
    from azukari.fields.spelling import Slot
    from azukari.fingerprint.codes import form_probabilities

    assert isinstance(slot, Slot)
    r = Fraction(parameter)
    for seen in range(slot.forms):
        chance = Fraction(form_probabilities(slot)[seen])
        assert chance * (1 - r + r / chance) + (1 - chance) * (1 - r) == 1


@given(
    st.binary(min_size=32, max_size=32),
    st.lists(st.sampled_from([cell for cells in SAMPLES.values() for cell in cells]), max_size=12),
)
def test_spelling_when_computed_then_as_the_formula_says(key: bytes, cells: list[tuple[Kind, str]]) -> None:
    from azukari.fields.spelling import presentation, read
    from azukari.fingerprint.codes import code_words, form_probabilities, forms, tags

    seen = observe(cells)
    hits = []
    for kind, value in dict.fromkeys((kind, presentation(kind, text)) for kind, text in cells):
        words = code_words(key, tags(kind, [value]))
        for slot in SLOTS[kind]:
            shown = [read(kind, t)[slot.name] for k, t in cells if (k, presentation(k, t)) == (kind, value)
                     and slot.name in read(kind, t)]  # fmt: skip
            counts = sorted(((shown.count(form), form) for form in set(shown)), reverse=True)
            if counts and not (len(counts) > 1 and counts[0][0] == counts[1][0]):
                form = counts[0][1]
                hits.append((int(forms(words, slot)[0]) == form, form_probabilities(slot)[form]))
    expected = 0.125
    for weight, r in ((0.5, 0.97), (0.125, 0.85), (0.125, 0.65), (0.0625, 0.4), (0.0625, 0.2)):
        product = weight
        for hit, chance in hits:
            product *= (1 - r) + (r / chance if hit else 0)
        expected += product
    assert len(seen) == len(hits)
    assert spelling(key, seen) == pytest.approx(log2(expected) if hits else 0.0, abs=1e-9)


def test_observe_when_eight_values_show_one_form_then_the_slot_says_nothing() -> None:
    cells = [(Kind.NAME, f"佐藤 {given_name}") for given_name in "愛亮渉聡茂徹昇"]
    assert len(observe(cells)) == 7
    assert len(observe([*cells, (Kind.NAME, "佐藤 誠")])) == 0
    assert len(observe([*cells, (Kind.NAME, "佐藤　誠")])) == 8  # two forms: nobody made them alike
    assert len(observe([*cells, *cells])) == 7  # the same values again are not distinct


def test_observe_when_a_slot_is_constant_then_the_other_slots_still_speak() -> None:
    cells = [(Kind.ADDRESS, f"西町{n}丁目2番3号") for n in range(1, 9)]
    one = spell(Kind.ADDRESS, "西町9丁目2番3号", {"address-width": 0, "address-chome": 2})
    seen = observe([*cells, (Kind.ADDRESS, one)])
    assert len(seen) == 9 and set(seen.word.tolist()) == {2}


def test_observe_when_nothing_can_be_read_then_the_value_is_one() -> None:
    for cells in ([], [(Kind.NAME, "")], [(Kind.AMOUNT, "1 000")], [(Kind.NAME, "佐藤 愛"), (Kind.NAME, "佐藤　愛")]):
        seen = observe(cells)
        assert isinstance(seen, Spellings) and len(seen) == 0
        assert spelling(key_of(0), seen) == 0.0


@pytest.mark.parametrize("rows", [1, 10, 11_200_000])
@pytest.mark.parametrize("shown", [1, 2, 5])
def test_reference_when_averaged_over_what_can_be_hit_then_at_most_one(rows: int, shown: int) -> None:
    """P(a set of s texts are all references) <= q^s: with equality and independence the sum is the worst case."""
    from math import comb

    q = rows / 2.0**BITS
    total = sum(
        comb(shown, hits) * q**hits * (1 - q) ** (shown - hits) * 2 ** likelihood.reference(hits, shown - hits, rows)
        for hits in range(shown + 1)
    )
    assert total <= 1 + 1e-9


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 10**7))
def test_reference_when_any_counts_then_between_floor_and_hits(hits: int, misses: int, rows: int) -> None:
    value = likelihood.reference(hits, misses, rows)
    if hits + misses == 0:
        assert value == 0.0
    elif hits == 0:
        assert log2(0.125) <= value < 0
    assert likelihood.reference(hits + 1, misses, rows) > value or hits + misses == 0
    assert value >= log2(0.125) - 1e-9


def test_reference_when_guessed_then_never_of_a_copy() -> None:
    guessed = references(key_of(10**6), 2000)
    for number in range(20):
        assert not set(references(key_of(number), 2000)) & set(guessed)


@pytest.mark.parametrize("count", [1, 12, 200])
@pytest.mark.parametrize("chance", [1 / 8192, 1 / 21915, 1e-7, 1e-7 / 8192, 0.5])
@pytest.mark.parametrize("others", [0, 5])
def test_canaries_when_one_row_may_match_then_expectation_at_most_one(count: int, chance: float, others: int) -> None:
    matched = min(1.0, count * chance)  # the union bound over k canaries: the worst case
    hit = 2 ** likelihood.canaries([chance], others, count)
    miss = 2 ** likelihood.canaries([], others + 1, count)
    assert matched * hit + (1 - matched) * miss <= 1 + 1e-12


def test_canaries_when_averaged_over_random_keys_then_at_most_one() -> None:
    """A fixed row shown with name and kana against 200 canaries; the adversary may link it to any of them."""
    name = fictitious.SURNAMES[0][0] + fictitious.GIVEN_NAMES[0][0]
    numbers = 16 * np.arange(200, dtype=np.uint64)
    values, matched = [], 0
    for number in range(4000):
        key = key_of(number)
        surname, given_name = (prf_u64(key, b"azkcan/1", numbers + np.uint64(i)) for i in (0, 1))
        hits = np.flatnonzero((surname < 2**64 // 128) & (given_name < 2**64 // 64))
        chance = None
        if len(hits):
            chance = coincidence({Kind.NAME: name}, canary(key, int(hits[0])))
            assert chance == pytest.approx(1 / 8192)
            matched += 1
        values.append(2 ** likelihood.canaries([] if chance is None else [chance], 3 if chance else 4, 200))
    assert matched > 40
    assert_mean_at_most_one(values)


@given(st.lists(st.floats(1e-18, 1e-3), max_size=5), st.integers(0, 5), st.integers(1, 200))
def test_canaries_when_nothing_or_no_canary_then_one_and_never_below_the_floor(
    matches: list[float], others: int, count: int
) -> None:
    assert likelihood.canaries(matches, others, 0) == 0.0
    value = likelihood.canaries(matches, others, count)
    assert value >= log2(0.5) - 1e-9
    assert likelihood.canaries([], 0, count) == 0.0


@pytest.mark.parametrize(("rows", "shown"), [(2, 2), (5, 2), (5, 3), (6, 4), (6, 6), (7, 5)])
def test_order_when_averaged_over_every_arrangement_then_at_most_one(rows: int, shown: int) -> None:
    """Under a random key every placement of the shown rows is equally likely: all of them are counted."""
    values = [2 ** likelihood.order(positions, rows) for positions in permutations(range(rows), shown)]
    assert sum(values) / len(values) <= 1 + 1e-9


@pytest.mark.parametrize("design", ["by number", "reversed", "every third", "first twenty", "shuffled"])
def test_order_when_averaged_over_random_keys_then_at_most_one(design: str) -> None:
    numbers = np.arange(60, dtype=np.uint64)
    shown = {
        "by number": list(range(60)),
        "reversed": list(range(59, -1, -1)),
        "every third": list(range(0, 60, 3)),
        "first twenty": list(range(20)),
        "shuffled": np.random.default_rng(1).permutation(60).tolist(),
    }[design]
    values = []
    for number in range(3000):
        positions = np.empty(60, dtype=np.int64)
        positions[delivered_order(key_of(number), numbers)] = np.arange(60)
        values.append(2 ** likelihood.order(positions[shown].tolist(), 60))
    assert_mean_at_most_one(values)


@given(st.permutations(range(12)), st.integers(12, 10**6))
@settings(max_examples=50)
def test_order_when_computed_then_as_the_formula_says(positions: list[int], rows: int) -> None:
    from math import factorial, prod

    m = len(positions)
    inversions = sum(a > b for i, a in enumerate(positions) for b in positions[i + 1 :])
    expected = 0.25
    for weight, w in ((0.45, 0.99), (0.1, 0.7)):
        steps = zip(positions, positions[1:], strict=False)
        expected += weight * prod(
            1 - w + w * (rows - i) * (0.875 if b > a else 0.125) / (abs(b - a) * (abs(b - a) + 1))
            for i, (a, b) in enumerate(steps, 1)
        )
    expected += 0.05 * (factorial(m) if inversions == 0 else 0)
    for weight, f in ((0.1, 0.5), (0.05, 0.9)):
        expected += weight * factorial(m) * f**inversions / prod((1 - f**i) / (1 - f) for i in range(1, m + 1))
    assert likelihood.order(positions, rows) == pytest.approx(log2(expected), abs=1e-6)


def test_order_when_the_copy_was_leaked_as_it_is_then_large_and_when_one_row_then_nothing() -> None:
    assert likelihood.order(list(range(100, 130)), 10_000) > 300
    assert likelihood.order(sorted(range(0, 9000, 300)), 10_000) > 60  # thirty rows far apart, still in order
    assert likelihood.order([5], 10) == likelihood.order([], 10) == 0.0
