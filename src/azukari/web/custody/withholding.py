"""What stays of a table because people in it are under protective measures (支援措置); in doubt nothing leaves.

Every way in which data of people leaves asks here: a table, and a list of the people in a box (docs/spec/subject.md, 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

import polars as pl

from azukari.errors import NothingToSealError, ProtectedError, StateError
from azukari.fields.kinds import Field, Kind
from azukari.handover.choosing import Choice
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.subjects.local_ids import loose, plain
from azukari.web.subjects.queries.protections import Hold, holds_on, protected_ids

ADDRESS: Final = frozenset({Kind.ADDRESS, Kind.POSTAL_CODE})


@dataclass(frozen=True, repr=False)
class Withheld:
    """留め置いた結果。 ``frame``: the source with addresses blanked, rows numbered as before; ``held``: rows that stay.

    ``blanked`` counts rows without their address, ``unmatched`` rows in which nobody could be told apart. ``holds``: who was
    under protective measures when the table was looked at.
    """

    frame: pl.DataFrame
    held: tuple[int, ...] = ()
    blanked: int = 0
    unmatched: int = 0
    holds: Mapping[bytes, Hold] = field(default_factory=dict)

    def require_matched(self, said: bool) -> None:
        """ProtectedError for rows that could not be looked at, unless the officer has said that they may leave."""
        if self.unmatched and not said:
            raise ProtectedError(f"{self.unmatched}")

    def require_still(self, body_id: UUID, day: date) -> None:
        """StateError if other people are under protective measures by now: sealing takes minutes, an order comes at any."""
        if holds_on(body_id, day) != self.holds:
            raise StateError("protective measures have changed while this was sealed; seal it again")


def withhold(source: pl.DataFrame, choice: Choice, body_id: UUID, day: date, kek: KeyEncryptionKey) -> Withheld:
    """Take out of a table what must not leave on ``day``; the columns that leave keep their names and order.

    A row is somebody's by any of its local ids, a relative's too, whether or not it has lost the zeros in front.
    NothingToSealError if no row is left.
    """
    holds = holds_on(body_id, day)
    if not holds:
        return Withheld(source)
    found = _holds_of_rows(source, _id_headers(choice), protected_ids(body_id, day, kek))
    held = tuple(row for row, hold in found.items() if hold.rows)
    if len(held) == source.height:
        raise NothingToSealError
    blanked = {row: hold for row, hold in found.items() if not hold.rows}
    frame, count = _blank(source, choice, blanked)
    return Withheld(frame, held, count, _unmatched(source, choice), holds)


@dataclass(frozen=True, repr=False)
class WithheldPeople:
    """一覧から留め置いた結果。 ``kept`` local ids go along; ``out`` and ``covered`` are those whose papers, or addresses, must not."""

    kept: tuple[str, ...]
    out: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()

    def require_done(self, said: bool) -> None:
        """ProtectedError while somebody is in it whose papers must come out, unless the officer says that it is done."""
        if (self.out or self.covered) and not said:
            raise ProtectedError(f"{len(self.out)} + {len(self.covered)}")


def withhold_people(
    local_ids: Iterable[str], fields: Iterable[Field], body_id: UUID, day: date, kek: KeyEncryptionKey
) -> WithheldPeople:
    """Who on a list must not be in a hand-over with these fields on ``day``; no id twice in what comes back."""
    ids = list(dict.fromkeys(plain(one) for one in local_ids))
    holds, kinds = protected_ids(body_id, day, kek), {field.kind for field in fields}
    found = {one: hold for one in ids if (hold := holds.get(loose(one)))}
    out = {one for one, hold in found.items() if hold.rows}
    covered = tuple(one for one, hold in found.items() if not hold.rows and kinds & _kinds(hold))
    return WithheldPeople(tuple(one for one in ids if one not in out), tuple(sorted(out)), covered)


def anybody_protected(body_id: UUID, day: date) -> bool:
    """Whether there is anybody to look for on ``day``."""
    return bool(holds_on(body_id, day))


def _id_headers(choice: Choice) -> list[str]:
    return [header for header, field, _ in choice.fates if field and field.kind is Kind.LOCAL_ID]


def _holds_of_rows(source: pl.DataFrame, headers: list[str], holds: Mapping[str, Hold]) -> dict[int, Hold]:
    found: dict[int, Hold] = {}
    for header in headers:
        known = {one: holds.get(loose(one)) for one in source[header].unique().to_list()}
        those = [one for one, hold in known.items() if hold]
        for row in source[header].is_in(those).arg_true().to_list():
            found[row] = _both(found.get(row), known[source[header][row]])
    return found


def _both(one: Hold | None, other: Hold | None) -> Hold:
    holds = [hold for hold in (one, other) if hold]
    return Hold(any(hold.rows for hold in holds), any(hold.phone for hold in holds))


def _blank(source: pl.DataFrame, choice: Choice, holds: dict[int, Hold]) -> tuple[pl.DataFrame, int]:
    """Blank what leaves of addresses, of every role: people who live together have one."""
    changed: set[int] = set()
    columns = []
    for header, leaving in choice.leaving:
        rows = [row for row, hold in sorted(holds.items()) if leaving.kind in _kinds(hold)]
        if rows:
            changed.update(row for row in rows if source[header][row])
            columns.append(source[header].scatter(rows, ""))
    return source.with_columns(columns), len(changed)


def _kinds(hold: Hold) -> frozenset[Kind]:
    return ADDRESS | {Kind.PHONE} if hold.phone else ADDRESS


def _unmatched(source: pl.DataFrame, choice: Choice) -> int:
    """Rows without the person's own local id: all of them, where there is no such column."""
    if choice.local_id is None:
        return source.height
    return int((source[choice.local_id].str.strip_chars() == "").sum())
