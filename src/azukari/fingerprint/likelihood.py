"""E-values of the four channels: how much better "from this copy" explains a sample than chance does.

For a copy that had no part in the sample, its keys are independent of the sample, so every value
below has expectation at most 1, whatever anybody did to the sample (docs/spec/fingerprint.md, section
8, with the proofs). Alternatives are averaged, never maximised. All results are base-2 logarithms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import lgamma, log, log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from azukari.fields.kinds import Kind
from azukari.fields.spelling import SLOTS, presentation, read
from azukari.fingerprint import references
from azukari.fingerprint.codes import code_words, form_probabilities, tags

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
    words = code_words(key, seen.tags)[seen.tag, seen.word].astype(np.uint32)
    hit = ((words * seen.forms) >> 16) == seen.seen
    gain = 1.0 / seen.chance
    terms = [(SPELLING_FLOOR, 0.0)]
    for weight, rho in SPELLING:
        ratio = (1.0 - rho) + np.where(hit, rho * gain, 0.0)
        terms.append((weight, float(np.log2(ratio).sum())))
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


def order(positions: Sequence[int], rows: int) -> float:
    """log2 e of the order channel: delivered positions of the counted sample rows, in sample order, distinct."""
    if len(positions) < 2:  # noqa: PLR2004 - an order needs two
        return 0.0
    terms = [(ORDER_FLOOR, 0.0)]
    terms += [(weight, _gaps(positions, rows, p)) for weight, p in ORDER_GAPS]
    inversions = _inversions(positions)
    terms += [(weight, _mallows(len(positions), inversions, phi)) for weight, phi in ORDER_INVERSIONS]
    return _log2_sum(terms)


def _gaps(positions: Sequence[int], rows: int, near: float) -> float:
    """Each next row is a neighbour with probability ``near``, at distance d with weight 1/(d(d+1))."""
    total = 0.0
    for used, (before, after) in enumerate(zip(positions, positions[1:], strict=False), start=1):
        distance = abs(after - before)
        side = FORWARD if after > before else 1 - FORWARD
        total += log2(1 - near + near * (rows - used) * side / (distance * (distance + 1)))
    return total


def _mallows(count: int, inversions: int, phi: float) -> float:
    """The sample kept the copy's order but for a few exchanges (Mallows model, dispersion phi)."""
    if phi == 0.0:
        return lgamma(count + 1) / log(2) if inversions == 0 else -np.inf
    scale = sum(log2((1 - phi**i) / (1 - phi)) for i in range(1, count + 1))
    return lgamma(count + 1) / log(2) + inversions * log2(phi) - scale


def _inversions(positions: Sequence[int]) -> int:
    """Pairs of rows that stand the other way round; O(k log k) by merge sort."""
    values = list(positions)
    if len(values) < 2:  # noqa: PLR2004
        return 0
    middle = len(values) // 2
    left, right = values[:middle], values[middle:]
    count = _inversions(left) + _inversions(right)
    left.sort()
    right.sort()
    taken = 0
    for value in right:
        while taken < len(left) and left[taken] < value:
            taken += 1
        count += len(left) - taken
    return count
