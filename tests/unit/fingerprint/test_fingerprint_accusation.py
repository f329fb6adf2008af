"""The promise itself: no innocent copy is accused more often than the bound allows, whatever the sample looks like.

Twenty innocent copies of one register stand beside the copy that leaked; each run draws their keys anew. The
register is unkind on purpose: few names, so that names and readings repeat, households with one address, people
entered twice. The number of runs in which anybody innocent reaches n / eps is compared with the binomial law.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from math import ceil, log2
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azukari.fields.kinds import Kind
from azukari.fingerprint import likelihood
from azukari.fingerprint.keys import Channel, HandOverKey
from azukari.fingerprint.likelihood import Spellings, observe
from azukari.fingerprint.marking import spell_column
from azukari.fingerprint.order import delivered_order
from azukari.fingerprint.references import references

ROWS, COPIES, RUNS = 120, 20, 2_000
NUMBERS = np.arange(ROWS, dtype=np.uint64)
KINDS = {"氏名": Kind.NAME, "カナ": Kind.KANA, "電話": Kind.PHONE, "住所": Kind.ADDRESS}
Order: TypeAlias = Callable[[bytes], NDArray[np.intp]]


def register() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    families, given = ["佐藤", "鈴木", "髙橋"], ["愛", "亮", "和子", "一郎"]
    readings = {"佐藤": "サトウ", "鈴木": "スズキ", "髙橋": "タカハシ", "愛": "アイ", "亮": "アイ"}
    readings |= {"和子": "カズコ", "一郎": "イチロウ"}
    rows = []
    for number in range(ROWS - 10):
        family, first = rng.choice(families), rng.choice(given)
        house = number // 4  # four to a household
        phone = f"090-0{house:03d}-{house:04d}"
        address = f"東京都霞浜市西町{house // 9 + 1}丁目{house % 9 + 1}番{house + 1}号　青葉荘{100 + house}号室"
        rows.append((f"{family}　{first}", f"{readings[family]}　{readings[first]}", phone, address))
    rows += [rows[int(i)] for i in rng.integers(0, len(rows), 10)]  # people entered twice
    return pl.DataFrame(rows, schema=list(KINDS), orient="row")


PEOPLE = register()


def by_row_number(key: bytes) -> NDArray[np.intp]:
    return delivered_order(key, NUMBERS)


def by_kana(key: bytes) -> NDArray[np.intp]:
    """What must not be done: the order keyed on a value that repeats."""
    keys = [sha256(key + kana.encode()).digest()[:8] for kana in PEOPLE["カナ"]]
    return np.array(sorted(range(ROWS), key=lambda row: (keys[row], row)), dtype=np.intp)


def leaked_copy(order: Order = by_row_number) -> tuple[pl.DataFrame, HandOverKey, NDArray[np.intp]]:
    """The copy that leaks, in delivered order, its key, and the source row of each of its rows."""
    key = HandOverKey(sha256(b"the leaking copy").digest())
    delivered = order(key.channel(Channel.ORDER))
    spelling = key.channel(Channel.SPELLING)
    marked = pl.DataFrame([spell_column(PEOPLE[c], kind, spelling)[0].alias(c) for c, kind in KINDS.items()])
    names = references(key.channel(Channel.REFERENCE), ROWS)
    return marked[delivered].with_columns(pl.Series("行参照", names)), key, delivered


def designs(copy: pl.DataFrame, sources: NDArray[np.intp]) -> list[tuple[pl.DataFrame, list[int], bool]]:
    """Samples: rows as shown, their source rows in the order shown, and whether references are among them."""
    rng = np.random.default_rng(11)
    numbers = np.arange(ROWS)
    kana = np.array(sorted(numbers.tolist(), key=lambda i: (copy["カナ"][i], int(sources[i]))))
    chosen = [
        numbers,  # all of it, as it came
        kana,  # sorted by reading
        numbers[np.argsort(sources)],  # back in the order of the register
        numbers[:30],
        kana[:40],
        np.sort(rng.choice(ROWS, 30, replace=False)),
        rng.permutation(ROWS)[:60],
        numbers[::-1],
        np.argsort(copy["住所"].to_numpy(), kind="stable")[:40],  # households together
        np.array([3]),
    ]
    samples = [(copy[rows], sources[rows].tolist(), number % 2 == 0) for number, rows in enumerate(chosen)]
    narrow = copy.with_columns(pl.col("氏名", "カナ").str.replace("\u3000", " "))
    conflicting = pl.concat([copy[:40], narrow[:40]])  # every name in both spellings
    return [*samples, (narrow, sources.tolist(), False), (conflicting, sources[:40].tolist(), True)]


def observed(sample: pl.DataFrame) -> Spellings:
    return observe([(kind, cell) for row in sample.rows(named=True) for c, kind in KINDS.items() for cell in [row[c]]])


def measured(key: bytes, seen: Spellings, shown: list[int], reference: float, order: Order) -> float:
    """log2 E of a copy with this key; every row of the sample is linked to its true place, the worst case."""
    positions = np.empty(ROWS, dtype=np.int64)
    positions[order(key[::-1])] = NUMBERS
    return likelihood.spelling(key, seen) + likelihood.order(positions[shown].tolist(), ROWS) + reference


def accusations(runs: int, order: Order, eps: tuple[float, ...]) -> dict[float, int]:
    """In how many runs at least one of the innocent copies reaches n / eps."""
    copy, _, sources = leaked_copy(order)
    prepared = [
        (observed(s), shown, likelihood.reference(0, s["行参照"].n_unique(), ROWS) if with_references else 0.0)
        for s, shown, with_references in designs(copy, sources)
    ]
    found = dict.fromkeys(eps, 0)
    for run in range(runs):
        seen, shown, reference = prepared[run % len(prepared)]
        keys = [sha256(b"run %d copy %d" % (run, number)).digest() for number in range(COPIES)]
        highest = max(measured(key, seen, shown, reference, order) for key in keys)
        for bound in eps:
            found[bound] += highest >= log2(COPIES) - log2(bound)
    return found


def binomial_limit(runs: int, probability: float, risk: float = 1e-6) -> int:
    """The least count that Binomial(runs, probability) exceeds with less than ``risk``."""
    term, total = (1 - probability) ** runs, 0.0
    for count in range(runs + 1):
        total += term
        if 1 - total < risk:
            return count
        term *= (runs - count) / (count + 1) * probability / (1 - probability)
    return runs


def test_binomial_limit_when_computed_then_above_the_mean_by_some_deviations() -> None:
    for eps in (0.1, 0.01):
        mean, deviation = RUNS * eps, (RUNS * eps * (1 - eps)) ** 0.5
        assert mean + 4 * deviation < binomial_limit(RUNS, eps) < mean + 7 * deviation


def test_innocent_copies_when_two_thousand_cases_are_run_then_accused_no_more_often_than_the_bound() -> None:
    found = accusations(RUNS, by_row_number, (0.1, 0.01))
    assert found[0.1] <= binomial_limit(RUNS, 0.1), found
    assert found[0.01] <= binomial_limit(RUNS, 0.01), found


def test_innocent_copies_when_the_order_is_keyed_on_the_reading_then_the_bound_breaks() -> None:
    """The demonstration that the test above can fail: equal readings then stand together in every copy."""
    runs = 120
    found = accusations(runs, by_kana, (0.1, 0.01))
    assert found[0.1] > binomial_limit(runs, 0.1)
    assert found[0.01] > ceil(runs / 4) > binomial_limit(runs, 0.01)


def test_leaking_copy_when_measured_on_the_same_samples_then_accused() -> None:
    """Nor is the bound kept by accusing nobody: the true key reaches n / eps on every sample with enough rows."""
    copy, key, sources = leaked_copy()
    positions = np.empty(ROWS, dtype=np.int64)
    positions[sources] = NUMBERS
    for sample, shown, _ in designs(copy, sources):
        e = likelihood.spelling(key.channel(Channel.SPELLING), observed(sample))
        e += likelihood.order(positions[shown].tolist(), ROWS)
        if sample.height >= 30:
            assert e >= log2(COPIES) - log2(1e-9), sample.height


def test_colluding_copies_when_rows_are_mixed_then_the_others_are_accused_no_more_often() -> None:
    """Two leakers mix their rows, half of them spelled by the second; they have no other key."""
    copy, _, sources = leaked_copy()
    rng = np.random.default_rng(3)
    highest, runs = [], 200
    for run in range(runs):
        if run % 20 == 0:
            other = sha256(b"second leaker %d" % run).digest()
            respelled = copy.with_columns(spell_column(copy[c], kind, other)[0].alias(c) for c, kind in KINDS.items())
        rows = rng.permutation(ROWS)[:50]
        seen, shown = observed(pl.concat([copy[rows[:25]], respelled[rows[25:]]])), sources[rows].tolist()
        keys = [sha256(b"mixed %d copy %d" % (run, number)).digest() for number in range(COPIES)]
        highest.append(max(measured(key, seen, shown, 0.0, by_row_number) for key in keys))
    for eps in (0.1, 0.01):
        assert sum(e >= log2(COPIES / eps) for e in highest) <= binomial_limit(runs, eps)
