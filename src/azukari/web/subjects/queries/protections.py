"""Who is under protective measures on a day, and the list of them that screens show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from azukari.errors import NotFoundError, WrongKeyError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.subjects import queries
from azukari.web.subjects.cells import Place, open_cell
from azukari.web.subjects.local_ids import loose
from azukari.web.subjects.models import Protection
from azukari.web.ui.paging import Page, cut, page_of


@dataclass(frozen=True)
class Hold:
    """留め置き。 What stays of one person, all protections together: the whole row, or the address, or telephone too."""

    rows: bool
    phone: bool


@dataclass(frozen=True)
class ProtectionInfo:
    """支援措置。 ``holds`` is rows or address; the cells open under the person's key only."""

    id: UUID
    body: UUID
    subject: UUID
    starts_on: date
    ends_on: date | None
    holds: str
    phone: bool
    noted_at: datetime
    ended_at: datetime | None
    local_id_cell: bytes = field(repr=False)
    note_cell: bytes = field(repr=False)

    def in_force(self, today: date) -> bool:
        """Whether it holds anything back today."""
        over = self.ended_at is not None or (self.ends_on is not None and self.ends_on < today)
        return not over and self.starts_on <= today


@dataclass(frozen=True)
class Shown:
    """一覧の行。 ``local_id`` and ``note`` are None for who may not see them, for people who were erased, and where the key was lost."""

    info: ProtectionInfo
    local_id: str | None = field(repr=False)
    note: str | None = field(repr=False)


def local_id_place(protection_id: UUID) -> Place:
    """Where the local id of a protected person stands."""
    return Place("subjects.Protection", protection_id, "local_id_cell")


def note_place(protection_id: UUID) -> Place:
    """Where the text on a protection stands."""
    return Place("subjects.Protection", protection_id, "note_cell")


def holds_on(body_id: UUID, day: date) -> dict[bytes, Hold]:
    """Who is protected on ``day``, by pseudonym; empty where nobody is."""
    found: dict[bytes, Hold] = {}
    rows = _in_force(body_id, day).values_list("subject__pseudonym", "holds", "phone")
    for name, holds, phone in rows:
        before = found.get(bytes(name or b""), Hold(False, False))
        found[bytes(name or b"")] = Hold(before.rows or holds == Protection.Holds.ROWS, before.phone or phone)
    return found


def protected_ids(body_id: UUID, day: date, kek: KeyEncryptionKey) -> dict[str, Hold]:
    """The same people by their local ids in loose form: what a table says may lack the zeros in front.

    KeyFileError; WrongKeyError for a protection whose key was lost: it is ended and noted anew before anything leaves.
    """
    rows = list(_in_force(body_id, day))
    keys = queries.keys(queries.subjects({row.subject_id for row in rows}).values(), kek)
    found: dict[str, Hold] = {}
    for row in rows:
        name = loose(open_cell(bytes(row.local_id_cell), keys[row.subject_id], local_id_place(row.id)))
        before = found.get(name, Hold(False, False))
        found[name] = Hold(before.rows or row.holds == Protection.Holds.ROWS, before.phone or row.phone)
    return found


def protection(protection_id: UUID) -> ProtectionInfo:
    """The protection of this id, or NotFoundError."""
    row = Protection.objects.filter(id=protection_id).first()
    if row is None:
        raise NotFoundError("there is no such protection")
    return _info(row)


def page(body_id: UUID, number: int, kek: KeyEncryptionKey | None) -> Page[Shown]:
    """The protections of a body, newest first; the texts only with a key, for who may see them."""
    found = Protection.objects.filter(body_id=body_id).order_by("-noted_at", "id")[cut(number)]
    infos = [_info(row) for row in found]
    keys = _keys(infos, kek)
    return page_of([_shown(info, keys.get(info.subject)) for info in infos], number)


def shown(info: ProtectionInfo, kek: KeyEncryptionKey | None) -> Shown:
    """One protection with its texts, for who may see them."""
    return _shown(info, _keys([info], kek).get(info.subject))


def _keys(infos: Sequence[ProtectionInfo], kek: KeyEncryptionKey | None) -> Mapping[UUID, bytes]:
    """The keys of those who were not erased; none for who may not see the texts."""
    if kek is None:
        return {}
    people = queries.subjects({info.subject for info in infos}).values()
    return queries.keys((person for person in people if not person.erased), kek)


def _shown(info: ProtectionInfo, key: bytes | None) -> Shown:
    if key is None:
        return Shown(info, None, None)
    try:
        local_id = open_cell(info.local_id_cell, key, local_id_place(info.id))
        return Shown(info, local_id, open_cell(info.note_cell, key, note_place(info.id)))
    except WrongKeyError:  # the key of then was lost with a keystore
        return Shown(info, None, None)


def _in_force(body_id: UUID, day: date) -> QuerySet[Protection]:
    found = Protection.objects.filter(body_id=body_id, ended_at=None, starts_on__lte=day)
    return found.filter(Q(ends_on=None) | Q(ends_on__gte=day))


def _info(row: Protection) -> ProtectionInfo:
    return ProtectionInfo(
        row.id,
        row.body_id,
        row.subject_id,
        row.starts_on,
        row.ends_on,
        row.holds,
        row.phone,
        row.noted_at,
        row.ended_at,
        bytes(row.local_id_cell),
        bytes(row.note_cell),
    )
