"""Which party gets which field: one word in each cell, so that no colour has to be seen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from azukari.fields.kinds import Field, Kind
from azukari.web.custody.queries.tree import Node
from azukari.web.ui.words import language, pick


class Mark(StrEnum):
    """項目の扱い。 What holds between a party and a field; the strongest word first."""

    AGAIN = "again"  # handed over before, and would leave now
    NOW = "now"
    HANDED = "handed"
    PERMITTED = "permitted"
    NEVER = "never"

    @property
    def label(self) -> str:
        """What stands in the cell."""
        words = {
            Mark.AGAIN: ("渡した・今回も渡す", "handed over, leaves again"),
            Mark.NOW: ("今回渡す", "would leave now"),
            Mark.HANDED: ("渡した", "handed over"),
            Mark.PERMITTED: ("渡してよい", "permitted"),
            Mark.NEVER: ("渡さない", "never"),
        }
        return pick(*words[self])


@dataclass(frozen=True)
class Row:
    """一覧の行。 One field, and for each party what holds of it."""

    label: str
    cells: tuple[tuple[Node, Mark], ...]


@dataclass(frozen=True)
class Matrix:
    """項目と相手の一覧。 Parties in the order of the tree, one row a field."""

    parties: tuple[Node, ...]
    rows: tuple[Row, ...]


def matrix(root: Node, leaving: Collection[Field] = (), in_table: Collection[Field] = ()) -> Matrix:
    """The fields of the tree, of the table in hand, and the individual number, against all parties of the tree.

    ``leaving``: what would leave now, to the party that the tree was asked for.
    """
    parties = tuple(root.walk())
    fields = {Field(Kind.INDIVIDUAL_NUMBER), *in_table}.union(*(one.permitted | one.handed for one in parties))
    rows = (Row(f.label(language()), tuple((p, _mark(p, f, leaving)) for p in parties)) for f in sorted(fields))
    return Matrix(parties, tuple(rows))


def _mark(party: Node, field: Field, leaving: Collection[Field]) -> Mark:
    now, before = party.here and field in leaving, field in party.handed
    if now:
        return Mark.AGAIN if before else Mark.NOW
    if before:
        return Mark.HANDED
    return Mark.PERMITTED if field in party.permitted else Mark.NEVER
