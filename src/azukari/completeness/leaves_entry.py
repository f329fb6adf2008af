"""The entry after the leaves of a hand-over: where they stand, so that anybody reconciles (docs/spec/completeness.md, 5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from azukari.errors import LimitError
from azukari.ledger.entry import canonical, parse_canonical
from azukari.ledger.limits import LIMITS

from .reading import MAX_COUNT, count, listed, members, require, text, unhexed

LEAVES: Final = "azukari/leaves/v1"
SMALL_BAND: Final = "<10"
SMALL_COUNT: Final = 10
_MEMBERS: Final = ("handover", "leaves", "manifest", "rows", "runs", "state", "type")


class State(StrEnum):
    """記載後の扱い。 What became of the hand-over when all of its leaves were logged."""

    RELEASED = "released"
    VOID = "void"


@dataclass(frozen=True)
class LeavesEntry:
    """受渡しの葉の記載。 The leaves of one hand-over, all of them, whether it left the office or not.

    ``handover``: 16 bytes as hex. ``manifest``: SHA-256 of the hand-over's entry, 32 bytes as hex. ``rows``: as in the
    manifest, None below ten. ``leaves``: count, at least one. ``runs``: (first index, count) of each stretch of the ledger,
    ascending, apart, ``leaves`` together. Anything else raises FormatError; LimitError if no entry can hold so many runs.
    """

    handover: str
    manifest: str
    rows: int | None
    leaves: int
    runs: tuple[tuple[int, int], ...]
    state: State

    def __post_init__(self) -> None:
        unhexed(self.handover, 16)
        unhexed(self.manifest, 32)
        require(self.rows is None or SMALL_COUNT <= self.rows <= MAX_COUNT, "rows")
        require(0 < self.leaves == sum(length for _, length in self.runs), "leaves")
        end = -1  # a run that begins where the one before ends is one with it
        for first, length in self.runs:
            require(first > end and length > 0 and first + length <= MAX_COUNT, "runs")
            end = first + length

    def encode(self) -> bytes:
        """The canonical bytes: the ledger entry."""
        data = canonical(
            {
                "type": LEAVES,
                "handover": self.handover,
                "leaves": self.leaves,
                "manifest": self.manifest,
                "rows": SMALL_BAND if self.rows is None else self.rows,
                "runs": [list(run) for run in self.runs],
                "state": self.state.value,
            }
        )
        if len(data) > LIMITS.entry_bytes:
            raise LimitError("the leaves of a hand-over lie in too many runs")
        return data

    @classmethod
    def parse(cls, data: bytes) -> LeavesEntry:
        """Read an entry strictly; FormatError for anything else."""
        value = members(parse_canonical(data, LEAVES), *_MEMBERS)
        require(text(value["state"]) in list(State), "state")
        return cls(
            handover=text(value["handover"]),
            manifest=text(value["manifest"]),
            rows=None if value["rows"] == SMALL_BAND else count(value["rows"]),
            leaves=count(value["leaves"]),
            runs=_runs(value["runs"]),
            state=State(value["state"]),
        )


def joined(runs: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Runs in ascending order, those that touch made one: as an entry lists them."""
    found: list[tuple[int, int]] = []
    for first, length in sorted(runs):
        if found and sum(found[-1]) == first:
            found[-1] = (found[-1][0], found[-1][1] + length)
        else:
            found.append((first, length))
    return tuple(found)


def _runs(value: Any) -> tuple[tuple[int, int], ...]:
    runs = [listed(run) for run in listed(value)]
    require(all(len(run) == 2 for run in runs), "runs")
    return tuple((count(first), count(length)) for first, length in runs)
