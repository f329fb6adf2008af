"""Taking a sheet of entrustments into the register: all of it, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import polars as pl
from django.db import transaction

from azukari.errors import AzukariError, ColumnError, Language, OptionError
from azukari.web.custody import queries
from azukari.web.custody.actions import entrustment
from azukari.web.custody.sheets import NEEDED, values_of

MAX_ROWS: Final = 5_000


@dataclass(frozen=True)
class RowRefused:
    """取り込めない行。 The row's number in the sheet, without its header, and why."""

    row: int
    error: AzukariError

    def sentence(self, language: Language) -> str:
        """What people read."""
        return self.error.sentence(language)


@dataclass(frozen=True)
class Taken:
    """取込みの結果。 How many were registered, and how many were there already; with any refusal none was."""

    made: int
    known: int
    refused: tuple[RowRefused, ...]


def take_in(*, frame: pl.DataFrame, body_id: UUID, by: UUID, at: datetime) -> Taken:
    """Register what a sheet has and the register does not: all rows, or none if any is refused.

    A row whose 番号 is in the register is passed over, so that a sheet that was exported can come back. Sub-entrustments
    are never taken in: they need a permission. ColumnError for a sheet without a needed column, OptionError for one of
    more than 5,000 rows.
    """
    missing = [header for header in NEEDED if header not in frame.columns]
    if missing:
        raise ColumnError(f"the sheet has no column {missing[0]}")
    if frame.height > MAX_ROWS:
        raise OptionError(f"at most {MAX_ROWS} rows")
    parties = _by_name(body_id)
    there = {one.id.hex for one in queries.entrustments(body_id)}
    given, refused, known = [], [], 0
    for number, row in enumerate(frame.fill_null("").iter_rows(named=True), start=1):
        if row.get("番号", "").strip() in there:
            known += 1
            continue
        try:
            given.append((number, values_of(row, parties)))
        except AzukariError as error:
            refused.append(RowRefused(number, error))
    with transaction.atomic():
        for number, values in given if not refused else []:
            try:
                entrustment.create(body_id=body_id, by=by, at=at, **values)
            except AzukariError as error:
                refused.append(RowRefused(number, error))
        if refused:
            transaction.set_rollback(True)
    return Taken(0 if refused else len(given), known, tuple(sorted(refused, key=lambda one: one.row)))


def _by_name(body_id: UUID) -> dict[str, UUID | None]:
    """Whom a name means: the one with a confirmed key, else the only one; None where that is not clear.

    A contractor who asks for a sub-contractor gives its name, which may be that of a firm that is here already.
    """
    named: dict[str, list[queries.PartyInfo]] = {}
    for one in queries.parties(body_id):
        named.setdefault(one.name, []).append(one)
    found: dict[str, UUID | None] = {}
    for name, alike in named.items():
        meant = [one for one in alike if one.status == "confirmed"] or alike
        found[name] = meant[0].id if len(meant) == 1 else None
    return found
