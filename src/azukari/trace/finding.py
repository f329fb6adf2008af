"""Steps 5, 7 and 8: who is accused, whether the specimen is ours, what is excluded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log2
from typing import Any, Final

from azukari.fields.kinds import Field, derivable
from azukari.seal.receipt import Grade
from azukari.trace.measure import Measurement, Shams

EPSILON: Final = "1e-9"
NULL_HYPOTHESIS: Final = {
    "ja": "帰無仮説：この標本は、写し h にも、その鍵から計算されたものにも触れずに作られた。",
    "en": "Null hypothesis: this sample was made without access to copy h or anything computed from its key.",
}


class Genuine(StrEnum):
    """標本の真偽。 Whether the values are those of our snapshot. It says nothing yet about a copy."""

    GENUINE = "genuine"
    NOT_OURS = "not-ours"
    CANNOT_SAY = "cannot-say"


@dataclass(frozen=True)
class Leaked:
    """漏えい項目。 A field of the specimen: its non-blank cells in counted rows, and how many open a commitment."""

    field: Field
    cells: int
    opened: int

    @property
    def certain(self) -> bool:
        """At least half of the cells open, and at least three or all of them (trace.md, step 8)."""
        return self.opened > 0 and 2 * self.opened >= self.cells and (self.opened >= 3 or self.opened == self.cells)


@dataclass(frozen=True)
class Exclusion:
    """除外。 Why a copy is not the source: a leaked field it never held, or (field None) rows it never held."""

    hand_over: str
    field: Field | None
    rows: int
    grade: Grade


@dataclass(frozen=True)
class Finding:
    """所見。 The answer of a trace; figures are base-2 logarithms."""

    specimen: str
    commitment: str
    rows: int
    linkable: int
    linked: int
    genuine: Genuine
    hand_overs: int
    specimens_in_case: int
    threshold: float
    measurements: Mapping[str, Measurement]
    accused: tuple[str, ...]
    burned: tuple[str, ...]
    expired: tuple[str, ...]
    leaked: tuple[Leaked, ...]
    excluded: tuple[Exclusion, ...]
    shams: Shams

    @property
    def bound(self) -> float:
        """k x eps: the bound on any false accusation in the whole case."""
        return self.specimens_in_case * float(EPSILON)

    def as_json(self) -> dict[str, Any]:
        """Plain data, publishable within the office: no cell value."""
        return {
            "type": "azukari/finding/v1",
            "specimen": self.specimen,
            "commitment": self.commitment,
            "rows": self.rows,
            "linkable": self.linkable,
            "linked": self.linked,
            "genuine": self.genuine.value,
            "handovers": self.hand_overs,
            "specimens_in_case": self.specimens_in_case,
            "epsilon": EPSILON,
            "bound": self.bound,
            "threshold": round(self.threshold, 3),
            "accused": list(self.accused),
            "burned": list(self.burned),
            "expired": list(self.expired),
            "log2_e": {
                name: {channel.value: round(e, 3) for channel, e in m.channels.items()} | {"total": round(m.total, 3)}
                for name, m in self.measurements.items()
            },
            "leaked": [{"field": str(x.field), "cells": x.cells, "opened": x.opened} for x in self.leaked],
            "excluded": [
                {
                    "handover": x.hand_over,
                    "field": None if x.field is None else str(x.field),
                    "rows": x.rows,
                    "grade": x.grade.value,
                }
                for x in self.excluded
            ],
            "shams": {
                "drawn": self.shams.drawn,
                "reached": self.shams.reached,
                "highest": round(self.shams.highest, 3),
            },
        }


def threshold(hand_overs: int, epsilon: float = float(EPSILON)) -> float:
    """log2(n / eps)."""
    return log2(max(1, hand_overs)) - log2(epsilon)


def judge_genuine(linkable: int, linked: int) -> Genuine:
    """Step 7, from the rows that could be linked and those that were and count."""
    if linkable < 3:
        return Genuine.CANNOT_SAY
    if 2 * linked >= linkable:
        return Genuine.GENUINE
    if linkable >= 5 and 20 * linked < linkable:
        return Genuine.NOT_OURS
    return Genuine.CANNOT_SAY


def excluded_by_field(
    hand_over: str, held: Sequence[Field], grade: Grade, leaked: Sequence[Leaked]
) -> Exclusion | None:
    """Step 8: the first leaked field that this copy never held and could not derive."""
    for item in leaked:
        if item.certain and not derivable(item.field, frozenset(held)):
            return Exclusion(hand_over, item.field, 0, grade)
    return None
