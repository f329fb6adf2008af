"""What a firm hands in: checked here as far as it can be, so that nobody waits days for a refusal."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from azukari.errors import ForeignReceiptError, FormatError, NotFoundError, NotPermittedError, OptionError, StateError
from azukari.fields.kinds import Field
from azukari.seal.consignment import consignment_of
from azukari.seal.consignment import verify_receipt as verify_signed_for
from azukari.seal.identity import parse_card
from azukari.seal.items import Ask
from azukari.seal.manifest import Entry
from azukari.seal.receipt import Grade, hand_over_of, verify_receipt
from azukari.web.counter.models import Certificate, Consigned, Firm, Sent, Shelved, Work


@dataclass(frozen=True)
class SubAsked:
    """再委託先の申請。 The named sub-contractor, with the bytes of its key card, and what it would do.

    ``country``: two letters, where the data will be handled. ``renews``: the permission that this one follows.
    """

    name: str
    card: bytes
    country: str
    fields: tuple[Field, ...]
    people: int
    starts_on: date
    ends_on: date
    safeguards: str
    renews: UUID | None = None


def send_receipt(*, firm_id: UUID, note: bytes, by: UUID, at: datetime) -> UUID:
    """Take a receipt for a package of this firm, verified against the package's entry; returns the submission's id.

    FormatError, SignatureError, ForeignReceiptError (no package of this firm, or another grade than the recipient's own);
    StateError if the firm has sent a receipt for it that was not refused.
    """
    named = hand_over_of(note)
    with transaction.atomic():
        shelved = Shelved.objects.select_for_update(no_key=True).filter(id=_uuid(named), firm_id=firm_id).first()
        if shelved is None:
            raise ForeignReceiptError("no package of this firm")
        entry = bytes(shelved.entry)
        if verify_receipt(note, Entry.parse(entry), entry).grade is not Grade.RECEIPTED:
            raise ForeignReceiptError("a receipt of another key")
        return _keep_receipt(shelved, note, by=by, at=at)


def sign_for(*, firm_id: UUID, note: bytes, by: UUID, at: datetime) -> UUID:
    """Take the receipt for a consignment of this firm, verified against its entry; returns the submission's id.

    FormatError, SignatureError, ForeignReceiptError (no consignment of this firm, or one that names no key); StateError if it was
    called void, or the firm has sent a receipt for it that was not refused.
    """
    named = consignment_of(note)
    with transaction.atomic():
        row = Consigned.objects.select_for_update(no_key=True).filter(id=_uuid(named), firm_id=firm_id).first()
        if row is None:
            raise ForeignReceiptError("no consignment of this firm")
        verify_signed_for(note, bytes(row.entry))
        if row.voided_on is not None:
            raise StateError("this was called void")
        return _keep_receipt(row, note, by=by, at=at)


def _keep_receipt(row: Shelved | Consigned, note: bytes, *, by: UUID, at: datetime) -> UUID:
    """One at a time; a refused one may be followed by another."""
    if row.receipt not in (Shelved.Receipt.NONE, Shelved.Receipt.REFUSED):
        raise StateError("the receipt for this was sent already")
    made = _keep(row.firm, Sent.Kind.RECEIPT, row.id, note, by=by, at=at)
    row.receipt = Shelved.Receipt.WAITING
    row.save(update_fields=["receipt"])
    return made


def send_ask(*, firm_id: UUID, work_id: UUID, ask: SubAsked, by: UUID, at: datetime) -> UUID:
    """Ask for a permission for a named sub-contractor; returns the submission's id.

    NotFoundError if the firm has no such work, or no such permission to renew; OptionError for no name, fields, people or
    safeguards, a country that is none; FormatError, SignatureError for a card that does not hold; NotPermittedError
    for a field or a day outside the work, or the firm's own card; StateError if exactly this was asked before.
    """
    work = Work.objects.select_related("firm").filter(id=work_id, firm_id=firm_id).first()
    if work is None:
        raise NotFoundError("there is no such work")
    card, item = parse_card(ask.card), _item(work, ask)
    if card.vkey == work.firm.vkey:
        raise NotPermittedError("this party is the entrustee itself")
    if not set(item.fields) <= set(work.fields):
        raise NotPermittedError("a field that the entrustment above does not permit")
    if not work.starts_on <= ask.starts_on <= ask.ends_on <= work.ends_on:
        raise NotPermittedError("outside the period of the entrustment above")
    if ask.renews and not Certificate.objects.filter(id=ask.renews, asker=firm_id, work=work_id).exists():
        raise NotFoundError("there is no such permission to renew")
    with transaction.atomic():
        return _keep(work.firm, Sent.Kind.ASK, work.id, item.encode(), by=by, at=at)


def _item(work: Work, ask: SubAsked) -> Ask:
    safeguards = "\n".join(ask.safeguards.strip().splitlines())  # a browser sends CR LF, which no certificate carries
    try:
        return Ask(
            work=work.id.hex,
            name=ask.name.strip(),
            card=ask.card.decode("utf-8", "replace"),
            country=ask.country,
            fields=tuple(sorted({str(one) for one in ask.fields})),
            people=ask.people,
            starts_on=ask.starts_on.isoformat(),
            ends_on=ask.ends_on.isoformat(),
            safeguards=safeguards,
            renews=ask.renews.hex if ask.renews else "",
        )
    except FormatError as error:
        member = error.detail.rpartition(" ")[2]
        raise OptionError(f"{member} is missing or of no use") from None


def _keep(firm: Firm, kind: Sent.Kind, about: UUID, data: bytes, *, by: UUID, at: datetime) -> UUID:
    digest = hashlib.sha256(data).hexdigest()
    try:
        with transaction.atomic():
            row = Sent.objects.create(
                body_id=firm.body_id,
                firm=firm,
                kind=kind,
                about=about,
                data=data,
                digest=digest,
                sent_at=at,
                sent_by=by,
            )
    except IntegrityError:
        raise StateError("exactly this was sent already") from None
    return row.id


def _uuid(text: str) -> UUID:
    try:
        return UUID(hex=text)
    except ValueError:
        raise ForeignReceiptError("no package of this firm") from None
