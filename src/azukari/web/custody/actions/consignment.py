"""Hand over what is no table: register row, ledger entry, the people on the list and their leaves in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction

from azukari.errors import (
    LimitError,
    NotFoundError,
    NotPermittedError,
    OptionError,
    ProtectedError,
    StateError,
)
from azukari.fields.days import day_of
from azukari.fields.kinds import Field
from azukari.seal.commitments import OPENING_BYTES
from azukari.seal.consignment import (
    REASON,
    ConsignmentEntry,
    Medium,
    Unit,
    VoidEntry,
    commitments_of,
    consigned_fields,
    opened,
)
from azukari.seal.logged import committed
from azukari.seal.manifest import SMALL_COUNT
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.custody import queries, vault
from azukari.web.custody.actions import listing
from azukari.web.custody.models import ConsignedPerson, Consignment, HandOver
from azukari.web.custody.queries import consignments, permissions
from azukari.web.custody.terms import parse_fields
from azukari.web.custody.withholding import WithheldPeople, anybody_protected, withhold_people
from azukari.web.leaves.actions import bulk as leaves
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry as ledger
from azukari.web.subjects import queries as subjects
from azukari.web.subjects.actions import subject
from azukari.web.subjects.cells import seal

MAX_PEOPLE: Final = 1_000_000  # on one list
AHEAD: Final = timedelta(days=31)  # how far off the day may be
_MAX_TEXT: Final = 2_000


@dataclass(frozen=True)
class Slip:
    """現物の受渡しの指示。 What changes hands, how and when; ``parent_id``: what the party above holds, for one below it.

    ``local_ids``: the people in it, where there is a list. ``taken_out``: the officer's word that the papers of people
    under protective measures were taken out, or their addresses covered. ``unmatched``: that it may leave though
    somebody in it cannot be looked up.
    """

    entrustment_id: UUID
    party_id: UUID
    unit: Unit
    units: int
    fields: tuple[Field | str, ...]
    carrier: str
    day: date
    people: int | None = None  # None: as many as are on the list
    note: str = ""
    local_ids: Sequence[str] | None = None
    parent_id: UUID | None = None
    taken_out: bool = False
    unmatched: bool = False


def consign(*, slip: Slip, kek: KeyEncryptionKey, by: UUID, at: datetime) -> UUID:
    """Log a hand-over that is no table; returns its id. All or nothing is written.

    Raises NotPermittedError (as for sealing; a field that the entrustment does not let out), ExpiredError,
    ProtectedError (somebody under protective measures is in it, or may be), OptionError (counts, texts, days),
    FormatError (a local id, its place only; a text that no proof carries), NumberInTextError (a local id), LimitError, NotFoundError, KeyFileError.
    A confirmed key of the party is not needed: paper is not sealed to one, and a receipt may be on paper too.
    """
    seen = _look(slip, kek, at)
    kept, log = seen.withheld.kept, sequencer.log_of(seen.terms.body)
    with transaction.atomic():
        taken = _take(seen.terms.body, kept, kek, by=by, at=at)  # before the log is locked: others wait for less
        row = _row(slip, seen, kek, by=by, at=at)
        row.entry_index = ledger.append(log_id=log.id, data=bytes(row.entry), by=by, at=at)
        _require_may_receive(
            slip, seen.terms, at
        )  # the log is locked: a revocation stands before this entry, or after it
        row.save(force_insert=True)
        _list_people(row, kept, kek, by=by, at=at)
        if taken is not None:
            _leaves(row, seen.terms, seen.party, seen.fields, taken, kek, by=by, at=at)
    return row.id


@dataclass(frozen=True)
class _Looked:
    """What a slip became when all was asked. ``above``: a hand-over or a consignment of the party above, or neither."""

    terms: queries.EntrustmentInfo
    party: queries.PartyInfo
    fields: tuple[Field, ...]
    above: tuple[UUID | None, UUID | None]
    withheld: WithheldPeople
    people: int


def _look(slip: Slip, kek: KeyEncryptionKey, at: datetime) -> _Looked:
    """Everything that is asked before anything is written. Raises as ``consign``."""
    terms, party = queries.entrustment(slip.entrustment_id), queries.party(slip.party_id)
    fields = _fields(slip, terms)
    _check_texts(slip)
    _require_may_receive(slip, terms, at)
    above = _above(slip.parent_id, terms)
    withheld = _withheld(slip, fields, terms.body, kek)
    return _Looked(terms, party, fields, above, withheld, _people(slip, withheld))


def void(*, consignment_id: UUID, reason: str, kek: KeyEncryptionKey, by: UUID, at: datetime) -> int:
    """Say in the ledger that a consignment is void, with the reason committed to; returns the index of that entry.

    StateError if it was called void before, OptionError without a reason, NotFoundError.
    """
    if not 0 < len(reason.strip()) <= _MAX_TEXT:
        raise OptionError("calling it void needs a reason")
    with transaction.atomic():
        row = Consignment.objects.select_for_update(no_key=True).filter(id=consignment_id).first()
        if row is None:
            raise NotFoundError("there is no such consignment")
        if row.voided_at is not None:
            raise StateError("this was called void before")
        seed = kek.unwrap(bytes(row.wrapped_seed), vault.seed_purpose(row.id))
        row.voided_at, row.voided_by, row.void_reason = at, by, _lines(reason)
        said = VoidEntry(row.id.hex, day_of(at).isoformat(), committed(REASON, opened(seed, REASON, row.void_reason)))
        row.void_index = ledger.append(log_id=sequencer.log_of(row.body_id).id, data=said.encode(), by=by, at=at)
        row.save(update_fields=["voided_at", "voided_by", "void_reason", "void_index"])
    return row.void_index


def _lines(text: str) -> str:
    """Without what a browser adds: no proof of the text carries CR LF."""
    return "\n".join(text.strip().splitlines())


def _fields(slip: Slip, terms: queries.EntrustmentInfo) -> tuple[Field, ...]:
    fields = consigned_fields(map(Field.parse, parse_fields(slip.fields)))
    if not set(terms.fields).issuperset(fields):
        raise NotPermittedError("a field that the entrustment does not let out")
    return fields


def _check_texts(slip: Slip) -> None:
    if not 0 < len(slip.carrier.strip()) <= _MAX_TEXT or len(slip.note) > _MAX_TEXT:
        raise OptionError("how it gets there is needed, in at most 2,000 characters as the note")
    if not 0 < slip.units < 2**63 or (slip.people is not None and not 0 < slip.people < 2**63):
        raise OptionError("counts begin with 1")


def _require_may_receive(slip: Slip, terms: queries.EntrustmentInfo, at: datetime) -> None:
    """On the day itself, and today."""
    for day in {_within_reach(slip.day, day_of(at)), day_of(at)}:
        permissions.require_may_receive(terms, slip.party_id, day)


def _within_reach(day: date, today: date) -> date:
    if day > today + AHEAD:
        raise OptionError("the day is more than 31 days ahead")
    return day


def _above(parent_id: UUID | None, terms: queries.EntrustmentInfo) -> tuple[UUID | None, UUID | None]:
    """What the party above holds, of either kind: needed below an entrustment, and nowhere else."""
    if terms.parent is None:
        if parent_id is not None:
            raise NotPermittedError("only what a sub-contractor gets hangs on another")
        return None, None
    held = {"entrustment_id": terms.parent, "id": parent_id}
    if parent_id is not None and HandOver.objects.filter(**held, status=HandOver.Status.RELEASED).exists():
        return parent_id, None
    if parent_id is not None and Consignment.objects.filter(**held, voided_at=None).exists():
        return None, parent_id
    raise NotPermittedError("what a sub-contractor gets hangs on a hand-over that the party above holds")


def _withheld(slip: Slip, fields: tuple[Field, ...], body_id: UUID, kek: KeyEncryptionKey) -> WithheldPeople:
    if slip.local_ids is not None and len(slip.local_ids) > MAX_PEOPLE:
        raise LimitError("a list holds 1,000,000 people at most")
    found = withhold_people(slip.local_ids or (), fields, body_id, slip.day, kek)
    found.require_done(slip.taken_out)
    listed = len(found.kept) + len(found.out)
    unseen = slip.local_ids is None or (slip.people or 0) > listed
    if unseen and not slip.unmatched and anybody_protected(body_id, slip.day):
        raise ProtectedError("people who are not on the list" if slip.local_ids is not None else "no list")
    return found


def _people(slip: Slip, withheld: WithheldPeople) -> int:
    """How many people go along; OptionError for fewer than the list holds, or for nobody."""
    people = len(withheld.kept) if slip.people is None else slip.people
    if people < max(1, len(withheld.kept)):
        raise OptionError("fewer people than the list holds, or nobody at all")
    return people


def _row(slip: Slip, seen: _Looked, kek: KeyEncryptionKey, *, by: UUID, at: datetime) -> Consignment:
    """The row with its entry, neither written yet; a seed of its own opens what the entry hides."""
    row, seed = Consignment(id=uuid4(), created_at=at, created_by=by), secrets.token_bytes(OPENING_BYTES)
    row.body_id, row.entrustment_id, row.party_id = seen.terms.body, seen.terms.id, seen.party.id
    row.above_hand_over_id, row.above_consignment_id = seen.above
    _describe(row, slip, seen)
    _count_withheld(row, slip, seen)
    row.wrapped_seed = kek.wrap(seed, vault.seed_purpose(row.id))
    row.entry = _entry(row, seen.terms, seen.party, seed).encode()
    return row


def _describe(row: Consignment, slip: Slip, seen: _Looked) -> None:
    """What changes hands, how and when."""
    row.medium, row.unit, row.units, row.people = slip.unit.medium.value, slip.unit.value, slip.units, seen.people
    row.fields = [str(field) for field in seen.fields]
    row.carrier, row.note, row.day = _lines(slip.carrier), _lines(slip.note), slip.day


def _count_withheld(row: Consignment, slip: Slip, seen: _Looked) -> None:
    """How many people under protective measures were kept out, and how many nobody could look up."""
    row.withheld_people, row.withheld_addresses = len(seen.withheld.out), len(seen.withheld.covered)
    row.unlisted = seen.people - len(seen.withheld.kept) if slip.unmatched else 0


def _entry(row: Consignment, terms: queries.EntrustmentInfo, party: queries.PartyInfo, seed: bytes) -> ConsignmentEntry:
    values = {
        "carrier": row.carrier,
        "note": row.note,
        "party": party.name,
        "people": str(row.people),
        "purpose": terms.purpose,
        "units": str(row.units),
    }
    above = row.above_hand_over_id or row.above_consignment_id
    return ConsignmentEntry(
        consignment=row.id.hex,
        body=terms.body.hex,
        entrustment=terms.id.hex,
        party=party.id.hex,
        parent=above.hex if above else "",
        medium=Medium(row.medium),
        unit=Unit(row.unit),
        units=row.units if row.units >= SMALL_COUNT else None,
        people=row.people if row.people >= SMALL_COUNT else None,
        fields=tuple(map(Field.parse, row.fields)),
        day=row.day.isoformat(),
        recipient=party.vkey if party.status == "confirmed" else "",
        commitments=commitments_of(seed, values),
    )


def _take(
    body_id: UUID, local_ids: Sequence[str], kek: KeyEncryptionKey, *, by: UUID, at: datetime
) -> leaves.Taken | None:
    """The n that everybody on the list has next; None without a list."""
    if not local_ids:
        return None
    numbers = subject.numbers(body_id=body_id, local_ids=local_ids, kek=kek, by=by, at=at)
    return leaves.take(body_id=body_id, roles={listing.PERSON: numbers}, by=by, at=at)


def _leaves(
    row: Consignment,
    terms: queries.EntrustmentInfo,
    party: queries.PartyInfo,
    fields: tuple[Field, ...],
    taken: leaves.Taken,
    kek: KeyEncryptionKey,
    *,
    by: UUID,
    at: datetime,
) -> None:
    """A leaf for everybody on the list, in the same transaction: paper leaves by hand, and nothing can hold it back."""
    day, kind = day_of(at), 1 if terms.parent is None else 2
    told: dict[str, Any] = {
        "source": row.id,
        "terms": terms,
        "party": party,
        "fields": fields,
        "told": [listing.PERSON],
        "day": day,
    }
    of = leaves.HandOver(row.id, terms.body, kind, terms.id, day, bytes(row.entry), taken.people.leaves)
    acting: dict[str, Any] = {"by": by, "at": at}
    leaves.at_once(of=of, taken=taken, events=listing.events(**told, **acting), kek=kek, **acting)


def _list_people(row: Consignment, local_ids: Sequence[str], kek: KeyEncryptionKey, *, by: UUID, at: datetime) -> None:
    people = subject.ensure(body_id=row.body_id, local_ids=local_ids, kek=kek, by=by, at=at)
    keys = subjects.keys(people, kek)
    ConsignedPerson.objects.bulk_create(
        (_person(row, person, local_id, keys[person.id]) for person, local_id in zip(people, local_ids, strict=True)),
        batch_size=subjects.CHUNK,
    )


def _person(row: Consignment, person: subjects.SubjectInfo, local_id: str, key: bytes) -> ConsignedPerson:
    made = uuid4()
    cell = seal(local_id, key, consignments.local_id_place(made))
    return ConsignedPerson(
        id=made, body_id=row.body_id, consignment_id=row.id, subject_id=person.id, local_id_cell=cell
    )
