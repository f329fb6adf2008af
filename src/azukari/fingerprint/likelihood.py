"""E-values of the four channels: how much better "from this copy" explains a sample than chance does.

For a copy that had no part in the sample, its keys are independent of the sample, so every value
below has expectation at most 1, whatever anybody did to the sample (docs/spec/fingerprint.md, section
8, with the proofs). Alternatives are averaged, never maximised. All results are base-2 logarithms.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import inf, lgamma, log, log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from azukari.fields.kinds import Kind
from azukari.fields.spelling import SLOTS, presentation, read
from azukari.fingerprint import references
from azukari.fingerprint.codes import WORDS, code_words, form_probabilities, tags

# (weight, parameter); the weights of a channel with its floor sum to 1.
# The floor is the weight of "this channel says nothing": what an unopened channel counts for.
SPELLING_FLOOR: Final = 0.125
SPELLING: Final = ((0.5, 0.97), (0.125, 0.85), (0.125, 0.65), (0.0625, 0.4), (0.0625, 0.2))
SPELLING_CONSTANT: Final = 8  # this many distinct values, all spelled alike: the sample was normalised
REFERENCE_FLOOR: Final = 0.125
REFERENCE: Final = ((0.5, 0.99), (0.25, 0.5), (0.125, 0.1))
CANARY_FLOOR: Final = 0.5
CANARY: Final = ((0.25, 1e-3), (0.25, 1e-1))
ORDER_FLOOR: Final = 0.25
ORDER_GAPS: Final = ((0.45, 0.99), (0.1, 0.7))
ORDER_INVERSIONS: Final = ((0.05, 0.0), (0.1, 0.5), (0.05, 0.9))
NEGLIGIBLE: Final = -100.0  # log2 of a term that changes no digit of a sum that holds a floor
FORWARD: Final = 0.875  # of the neighbours of a row, the share that follows it


def _log2_sum(weighted: Iterable[tuple[float, float]]) -> float:
    """log2 of the sum of weight * 2**exponent."""
    terms = [log2(weight) + exponent for weight, exponent in weighted if weight > 0 and exponent > -np.inf]
    top = max(terms)
    return top + log2(sum(2.0 ** (term - top) for term in terms))


@dataclass(frozen=True)
class Spellings:
    """標本に読み取れる表記。 What can be read off a sample, independent of any key.

    ``tags``: 16 bytes per distinct value; the arrays have one row per observed slot: which tag, which
    word of its code, how many forms, the form seen, and the probability of that form by chance.
    """

    tags: bytes
    tag: NDArray[np.intp]
    word: NDArray[np.intp]
    forms: NDArray[np.uint32]
    seen: NDArray[np.int64]
    chance: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.seen)

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Where the word of each observed slot stands among the words of all tags."""
        return self.tag * WORDS + self.word

    @cached_property
    def gains(self) -> NDArray[np.float64]:
        """What a hit adds to log2 of the ratio of its slot over a miss; shape (slots, alternatives)."""
        rho = np.array([rho for _, rho in SPELLING])
        return np.log2(1.0 + rho / (1.0 - rho) / self.chance[:, np.newaxis])


def observe(cells: Iterable[tuple[Kind, str]]) -> Spellings:
    """Read the slots of a sample: each distinct value once, ties and normalised slots left out."""
    votes: dict[tuple[Kind, str], dict[str, list[int]]] = {}
    for kind, text in cells:
        if kind in SLOTS and text:
            for name, form in read(kind, text).items():
                votes.setdefault((kind, presentation(kind, text)), {}).setdefault(name, []).append(form)
    decided = {value: _decide(slots) for value, slots in votes.items()}
    normalised = _normalised(decided)
    return _as_arrays(decided, normalised)


def _decide(slots: dict[str, list[int]]) -> dict[str, int]:
    majorities = {name: _majority(seen) for name, seen in slots.items()}
    return {name: form for name, form in majorities.items() if form is not None}


def _majority(seen: list[int]) -> int | None:
    counts = sorted(((seen.count(form), form) for form in set(seen)), reverse=True)
    return None if len(counts) > 1 and counts[0][0] == counts[1][0] else counts[0][1]


def _normalised(decided: dict[tuple[Kind, str], dict[str, int]]) -> set[str]:
    """Slots that show one form only in many distinct values: somebody made them alike, so they say nothing."""
    forms: dict[str, list[int]] = {}
    for slots in decided.values():
        for name, form in slots.items():
            forms.setdefault(name, []).append(form)
    return {name for name, seen in forms.items() if len(seen) >= SPELLING_CONSTANT and len(set(seen)) == 1}


def _as_arrays(decided: dict[tuple[Kind, str], dict[str, int]], left_out: set[str]) -> Spellings:
    tag_bytes, rows = [], []
    for number, ((kind, value), slots) in enumerate(decided.items()):
        tag_bytes.append(tags(kind, [value]))
        for slot in SLOTS[kind]:
            if slot.name in slots and slot.name not in left_out:
                form = slots[slot.name]
                rows.append((number, slot.number, slot.forms, form, form_probabilities(slot)[form]))
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), (), ()]
    return Spellings(
        b"".join(tag_bytes),
        np.array(columns[0], dtype=np.intp),
        np.array(columns[1], dtype=np.intp),
        np.array(columns[2], dtype=np.uint32),
        np.array(columns[3], dtype=np.int64),
        np.array(columns[4], dtype=np.float64),
    )


def spelling(key: bytes, seen: Spellings) -> float:
    """log2 e of the spelling channel under the copy's key; 0 if no slot could be read."""
    if not len(seen):
        return 0.0
    words = code_words(key, seen.tags).ravel().take(seen.places).astype(np.uint32)
    hit = ((words * seen.forms) >> 16) == seen.seen
    exponents = hit.astype(np.float64) @ seen.gains
    terms = [(SPELLING_FLOOR, 0.0)]
    for (weight, rho), gained in zip(SPELLING, exponents.tolist(), strict=True):
        terms.append((weight, len(seen) * log2(1.0 - rho) + gained))
    return _log2_sum(terms)


def reference(hits: int, misses: int, rows: int) -> float:
    """log2 e of the reference channel: ``hits`` of the distinct references shown belong to a copy of ``rows`` rows."""
    if not hits + misses:
        return 0.0
    strength = 2.0**references.BITS / rows
    terms = [(REFERENCE_FLOOR, 0.0)]
    terms += [(w, hits * log2(p * strength + 1 - p) + misses * log2(1 - p)) for w, p in REFERENCE]
    return _log2_sum(terms)


def canaries(matches: Sequence[float], others: int, count: int) -> float:
    """log2 e of the canary channel.

    ``matches``: for each sample row that equals a canary, the probability of that by chance for one
    canary; ``others``: distinct sample rows that equal none; ``count``: canaries in the copy.
    """
    if not count or not len(matches) + others:
        return 0.0
    terms = [(CANARY_FLOOR, 0.0)]
    for weight, p in CANARY:
        hit = sum(log2(p / min(1.0, count * chance) + 1 - p) for chance in matches)
        terms.append((weight, hit + others * log2(1 - p)))
    return _log2_sum(terms)


def order(positions: Sequence[int] | NDArray[np.int64], rows: int, shown: int | None = None) -> float:
    """log2 e of the order channel: delivered positions of the counted sample rows, in sample order, distinct.

    ``shown``: rows of the whole sample, of which the counted ones are a choice. The choice is paid for: in
    every sample some subset of rows stands in the order of an innocent copy, and leaving out the others must
    not accuse it. None where nothing could be left out.
    """
    if len(positions) < 2:
        return 0.0 if shown is None else log2(ORDER_FLOOR)
    terms = [(ORDER_FLOOR, 0.0)]
    charge = 0.0 if shown is None else _choices(shown, len(positions))
    places = np.asarray(positions, dtype=np.int64)
    gaps = [value - charge for value in _gaps(places, rows)]
    terms += zip((weight for weight, _ in ORDER_GAPS), gaps, strict=True)
    inversions = _inversions(places.tolist()) if _ordered_at_all(places) else inf
    terms += [(weight, _mallows(len(positions), inversions, phi) - charge) for weight, phi in ORDER_INVERSIONS]
    return _log2_sum(terms)


def _choices(shown: int, counted: int) -> float:
    """log2 of the number of ways to choose the counted rows, and how many there are."""
    chosen = lgamma(shown + 1) - lgamma(counted + 1) - lgamma(shown - counted + 1)
    return chosen / log(2) + log2(shown + 1)


def _gaps(positions: NDArray[np.int64], rows: int) -> list[float]:
    """Each next row is a neighbour with probability ``near``, at distance d with weight 1/(d(d+1))."""
    steps = np.diff(positions)
    distance = np.abs(steps).astype(np.float64)
    left = rows - np.arange(1, len(positions))
    ratio = left * np.where(steps > 0, FORWARD, 1 - FORWARD) / (distance * (distance + 1))
    return [float(np.log2(1 - near + near * ratio).sum()) for _, near in ORDER_GAPS]


def _mallows(count: int, inversions: float, phi: float) -> float:
    """The sample kept the copy's order but for a few exchanges (Mallows model, dispersion phi)."""
    if phi == 0.0:
        return lgamma(count + 1) / log(2) if inversions == 0 else -np.inf
    return lgamma(count + 1) / log(2) + inversions * log2(phi) - _mallows_scale(count, phi)


@lru_cache(maxsize=256)
def _mallows_scale(count: int, phi: float) -> float:
    return sum(log2((1 - phi**i) / (1 - phi)) for i in range(1, count + 1))


def _ordered_at_all(positions: NDArray[np.int64]) -> bool:
    """Whether the inversions can matter: a lower bound on them shows when the terms vanish in the sum.

    There are at least half as many as the ranks are off in sum (Diaconis and Graham 1977).
    """
    count = len(positions)
    ranks = np.empty(count, dtype=np.int64)
    ranks[np.argsort(positions)] = np.arange(count)
    least = float(np.abs(ranks - np.arange(count)).sum()) / 2
    return max(_mallows(count, least, phi) for _, phi in ORDER_INVERSIONS) > NEGLIGIBLE


def _inversions(positions: Sequence[int]) -> int:
    """Pairs of rows that stand the other way round."""
    seen: list[int] = []
    count = 0
    for position in positions:
        place = bisect(seen, position)
        count += len(seen) - place
        seen.insert(place, position)
    return count
