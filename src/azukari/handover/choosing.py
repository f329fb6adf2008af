"""Choose what leaves: permitted, typed columns and nothing else. In doubt a column stays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from azukari.errors import ColumnError, NothingToSealError, NumberInTextError
from azukari.fields.kinds import Field, Kind
from azukari.tables.twelve import find_number_cells, find_numbers_in_text
from azukari.tables.typing import ColumnTyping


class Fate(StrEnum):
    """列の扱い。 What happens to a column, and why."""

    LEAVES = "leaves"
    UNTYPED = "untyped"  # nobody knows what it is, so it stays
    NOT_PERMITTED = "not-permitted"  # the entrustment does not name the field
    LOCAL_ID = "local-id"  # stays in the office, under the row reference


@dataclass(frozen=True)
class Choice:
    """渡す列の選択。 The columns of a source with their fates; ``leaving`` in the order of the source."""

    fates: tuple[tuple[str, Field | None, Fate], ...]

    @property
    def leaving(self) -> list[tuple[str, Field]]:
        """(header, field) of every column that leaves."""
        return [(header, field) for header, field, fate in self.fates if field and fate is Fate.LEAVES]

    @property
    def local_id(self) -> str | None:
        """The header of the column that holds the office's own id of each person."""
        for header, field, _ in self.fates:
            if field == Field(Kind.LOCAL_ID):
                return header
        return None


# Kinds whose cells may be twelve digits: there the check digit is asked. In the others twelve digits are enough.
_MAY_HAVE_TWELVE_DIGITS = frozenset({Kind.LOCAL_ID, Kind.CODE, Kind.AMOUNT})


def choose(typings: Sequence[ColumnTyping], permitted: Collection[Field]) -> Choice:
    """Decide the fate of each column under the fields that an entrustment permits."""
    return Choice(tuple((t.header, t.field, _fate(t.field, permitted)) for t in typings))


def _fate(field: Field | None, permitted: Collection[Field]) -> Fate:
    if field is None:
        return Fate.UNTYPED
    if field in permitted:
        return Fate.LEAVES
    return Fate.LOCAL_ID if field == Field(Kind.LOCAL_ID) else Fate.NOT_PERMITTED


def unique_rows(source: pl.DataFrame, choice: Choice) -> int:
    """How many rows no other row equals in what would leave: with those columns alone, each is one person."""
    headers = [header for header, _ in choice.leaving]
    return int(source.select(headers).is_unique().sum()) if headers else 0


def verify_choice(source: pl.DataFrame, choice: Choice) -> None:
    """Refuse a choice that must not be sealed.

    Raises NothingToSealError if no column leaves, ColumnError if two columns could be the ids by which the office knows
    people: with a running number in front of them, everybody's entry would stand in the list of somebody else or of
    nobody. NumberInTextError if a column that would leave holds, in any
    cell, what may be an individual number: free text above all, but a number keyed into a name, telephone or
    amount column leaves just as well (names the first rows, counted from 1 as in a spreadsheet without
    its header, never the text).
    """
    if not choice.leaving or not source.height:
        raise NothingToSealError
    _require_one_id(choice)
    for header, field in choice.leaving:
        rows = _numbers(source[header], field.kind)
        if rows:
            shown = ", ".join(str(row) for row in rows[:5])
            raise NumberInTextError(f"{header}: {shown}{' ...' if len(rows) > 5 else ''}", rows=len(rows))


def _require_one_id(choice: Choice) -> None:
    """Of each role; whoever declares the columns says which. Headers stay unsaid: one of them may be somebody's."""
    roles = [field.role for _, field, _ in choice.fates if field and field.kind is Kind.LOCAL_ID]
    if len(set(roles)) < len(roles):
        raise ColumnError("several columns are read as local ids of one person; leave one, declare the others")


def _numbers(column: pl.Series, kind: Kind) -> list[int]:
    """Rows with what may be an individual number; its own column leaves where the entrustment names it."""
    if kind is Kind.INDIVIDUAL_NUMBER:
        return []
    return find_number_cells(column) if kind in _MAY_HAVE_TWELVE_DIGITS else find_numbers_in_text(column)
