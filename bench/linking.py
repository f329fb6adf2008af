"""Can anybody who reads the public ledger tell that two leaves are of one person?

    python bench/linking.py [--quick]

A body hands over the records of 1,000,000 people five times; one in twenty is missing each time. The adversary reads what the ledger
shows: labels, commitments, places, order, and moments of the checkpoints. It links every leaf of a hand-over to one of the next: to
that at the same share of the block, to that with the next label, and by each of 64 bits of label and commitment. What
it guesses right by chance is known, so each guess is a test; and each is made a second time on a ledger whose leaves
were appended in the order of the register, to show that it would have found something. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import math
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

HAND_OVERS = 5
LABEL = 26  # bytes of a leaf before its label
MISSING = 0.05  # share of the people who are not in a given hand-over
SIGMAS = 5.0  # the largest of the thousand figures that are looked at exceeds this by chance once in 1,700 runs


@dataclass(frozen=True)
class Block:
    """一回分の葉。 What is public of one hand-over, in the order of the ledger, and, for the judge alone, whose each leaf is."""

    labels: NDArray[np.uint64]  # the first eight bytes of each
    commits: NDArray[np.uint64]
    people: NDArray[np.int64]


def blocks(people: int, sort: bool) -> list[Block]:
    """Five hand-overs of the same people, as the product makes their leaves."""
    from azukari.completeness.leaf import head
    from azukari.completeness.making import label_of, shown

    front, event = head(1, secrets.token_bytes(16), date(2026, 11, 20)), secrets.token_bytes(32)
    keys, counters, found = [secrets.token_bytes(32) for _ in range(people)], np.zeros(people, np.int64), []
    for _ in range(HAND_OVERS):
        who = np.flatnonzero(np.random.default_rng().random(people) >= MISSING)
        counters[who] += 1
        leaves = list(shown(front, (keys[person] for person in who), counters[who].tolist(), event))
        order = (
            sorted(range(len(who)), key=[label_of(leaf) for leaf in leaves].__getitem__) if sort else range(len(who))
        )
        found.append(_block([leaves[place] for place in order], who[list(order)]))
    return found


def _block(leaves: list[bytes], people: NDArray[np.int64]) -> Block:
    """What the bytes of the ledger show."""
    words = np.frombuffer(b"".join(leaf[LABEL:] for leaf in leaves), ">u8").reshape(len(leaves), 8).astype(np.uint64)
    return Block(words[:, 0], words[:, 4], people)


@dataclass(frozen=True)
class Pair:
    """二回の受渡し。 Two hand-overs, and where the leaves of everybody who is in both stand in each."""

    one: Block
    other: Block
    here: NDArray[np.intp]
    there: NDArray[np.intp]

    @classmethod
    def of(cls, one: Block, other: Block) -> Pair:
        """The true pairs: what the adversary would like to know, and the judge does."""
        _, here, there = np.intersect1d(one.people, other.people, assume_unique=True, return_indices=True)
        return cls(one, other, here, there)

    def hits(self, guess: NDArray[np.intp]) -> int:
        """How many leaves of the first are linked to the leaf of the same person by ``guess``, a place in the second for each."""
        return int(np.count_nonzero(self.one.people == self.other.people[guess]))


def same_share(pair: Pair) -> NDArray[np.intp]:
    """The leaf at the same share of the block: whoever keeps the order of the register gives this away."""
    many, to = len(pair.one.people), len(pair.other.people)
    return np.minimum(np.arange(many) * to // many, to - 1)


def next_label(pair: Pair) -> NDArray[np.intp]:
    """The leaf with the next label."""
    order = np.argsort(pair.other.labels)
    found = np.searchsorted(pair.other.labels[order], pair.one.labels)
    return np.asarray(order[found % len(order)])


def next_commit(pair: Pair) -> NDArray[np.intp]:
    """The leaf with the next commitment."""
    order = np.argsort(pair.other.commits)
    found = np.searchsorted(pair.other.commits[order], pair.one.commits)
    return np.asarray(order[found % len(order)])


GUESSES: list[Callable[[Pair], NDArray[np.intp]]] = [same_share, next_label, next_commit]


def leanings(pair: Pair) -> Iterator[tuple[str, float]]:
    """What would be 0 with a spread of 1 if leaves of one person were like those of any two: name and figure."""
    many = len(pair.here)
    yield "place", _correlation(pair.here, pair.there) * math.sqrt(many)
    yield "checkpoint", _correlation(pair.here // 4096, pair.there // 4096) * math.sqrt(many)  # one moment for each
    columns = {"label": (pair.one.labels, pair.other.labels), "commit": (pair.one.commits, pair.other.commits)}
    for left, (ours, _) in columns.items():
        for right, (_, theirs) in columns.items():
            same = ~(ours[pair.here] ^ theirs[pair.there])
            for bit in range(64):
                agreed = int(np.count_nonzero((same >> np.uint64(bit)) & np.uint64(1)))
                yield f"bit {bit} of {left} and {right}", (agreed - many / 2) / math.sqrt(many / 4)


def _correlation(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    return float(np.corrcoef(one, other)[0, 1])


@dataclass(frozen=True)
class Outcome:
    """当て推量の結果。 Links that were right, those expected by chance, and the largest leaning with its name."""

    right: dict[str, int]
    expected: float
    largest: float
    name: str


def attack(found: list[Block]) -> Outcome:
    """All guesses and leanings over each two hand-overs that follow one another."""
    pairs = [Pair.of(one, other) for one, other in pairwise(found)]
    right = {guess.__name__: sum(pair.hits(guess(pair)) for pair in pairs) for guess in GUESSES}
    expected = sum(len(pair.here) / len(pair.other.people) for pair in pairs)
    name, largest = max((one for pair in pairs for one in leanings(pair)), key=lambda one: abs(one[1]))
    return Outcome(right, expected, abs(largest), name)


def surprise(right: int, expected: float) -> float:
    """-log10 of the chance of at least so many right links of a Poisson figure (Chernoff's bound): 0 at what is expected."""
    if right <= expected:
        return 0.0
    return (right * math.log(right / expected) - right + expected) / math.log(10)


def main() -> int:
    """Print what was linked, sorted and unsorted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    people, size = (100_000, "_quick") if quick else (1_000_000, "")
    outcomes = {
        "sorted by label": attack(blocks(people, True)),
        "in the register's order": attack(blocks(people, False)),
    }
    for how, one in outcomes.items():
        print(
            f"{how}: right links {one.right}, by chance {one.expected:.1f}; largest leaning {one.largest:.1f} ({one.name})"
        )
    ours, power = outcomes.values()
    surprises = [surprise(right, ours.expected) for right in ours.right.values()]
    print(
        json.dumps(
            {
                f"linking_largest_leaning{size}": {"figure": round(ours.largest, 2), "goal": SIGMAS, "better": "lower"},
                f"linking_surprise{size}": {"figure": round(max(surprises), 2), "goal": 6, "better": "lower"},
                f"linking_power{size}": {"figure": round(power.largest), "goal": 100, "better": "higher"},
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
