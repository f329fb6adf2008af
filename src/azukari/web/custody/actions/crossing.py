"""What came in from outside: receipts and asks of firms, each taken once, each answered; a bad one stops no other."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from azukari.errors import (
    AzukariError,
    ForeignCrossingError,
    ForeignReceiptError,
    FormatError,
    InputError,
    NotFoundError,
    RefusedError,
    StateError,
    VerificationError,
)
from azukari.seal.consignment import consignment_of, is_receipt
from azukari.seal.identity import Card, parse_card
from azukari.seal.items import Ask, SentItem, moment
from azukari.seal.receipt import Grade, hand_over_of
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts import queries as accounts
from azukari.web.crossing.actions.taking import Incoming
from azukari.web.custody import queries, vault
from azukari.web.custody.actions import party, permission, receiving, signed_for
from azukari.web.custody.models import Entrustment, Party, Receipt, Submission
from azukari.web.custody.queries import consignments


def apply(*, item: Incoming, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Take one item of a crossing from outside, inside the caller's transaction, and keep what is to be answered.

    FormatError, ForeignCrossingError for what is no submission; a submission that is refused is recorded as such.
    """
    if item.kind != "sent":
        raise ForeignCrossingError(f"an item of kind {item.kind} from outside")
    sent = SentItem.parse(item.data)
    if UUID(hex=sent.id) != item.id:
        raise FormatError("another identifier than the list's")
    if Submission.objects.filter(id=item.id).exists():
        return  # it came before
    found: UUID | None = None
    refusal: AzukariError | None = None
    firm = _firm(body_id, sent)
    try:
        with transaction.atomic():
            found = _take(sent, firm, kek, by=by, at=at)
    except (VerificationError, RefusedError, InputError) as error:
        refusal = error
    _keep(sent, body_id, firm, found, refusal, by=by, at=at)


def _firm(body_id: UUID, sent: SentItem) -> Party | None:
    """The firm in whose name it was sent, if whoever sent it works there."""
    with suppress(NotFoundError):
        person = accounts.person_by_id(UUID(hex=sent.by))
        firm_id = UUID(hex=sent.firm)
        if (person.body, person.party) == (body_id, firm_id):
            return Party.objects.filter(id=firm_id, body_id=body_id).first()
    return None


def _take(sent: SentItem, firm: Party | None, kek: KeyEncryptionKey, *, by: UUID, at: datetime) -> UUID | None:
    """The permission that an ask became; None for a receipt."""
    if firm is None:
        raise NotFoundError("nobody of this firm sent it")
    if sent.kind == "receipt":
        take = _take_signed_for if is_receipt(sent.text.encode()) else _take_receipt
        take(sent.text.encode(), firm, sent_by=UUID(hex=sent.by), at=at)
        return None
    return _take_ask(Ask.parse(sent.text.encode()), firm, UUID(hex=sent.by), kek, by=by, at=at)


def _take_receipt(note: bytes, firm: Party, *, sent_by: UUID, at: datetime) -> None:
    """A receipt that came by hand before is as good as this one."""
    with suppress(ValueError, NotFoundError):
        if queries.hand_over(UUID(hex=hand_over_of(note))).party != firm.id:
            raise ForeignReceiptError("a receipt for another firm's hand-over")
    try:
        with transaction.atomic():
            _, grade = receiving.add_receipt(note=note, body_id=firm.body_id, by=sent_by, at=at)
            if grade is not Grade.RECEIPTED:
                raise ForeignReceiptError("a receipt of another key")
    except StateError:
        if not Receipt.objects.filter(hand_over_id=UUID(hex=hand_over_of(note)), grade=Grade.RECEIPTED).exists():
            raise


def _take_signed_for(note: bytes, firm: Party, *, sent_by: UUID, at: datetime) -> None:
    """The receipt for what was no table; one that came by hand before is as good as this one."""
    with suppress(ValueError, NotFoundError):
        if consignments.consignment(UUID(hex=consignment_of(note))).party != firm.id:
            raise ForeignReceiptError("a receipt for another firm's hand-over")
    try:
        signed_for.add_receipt(note=note, body_id=firm.body_id, by=sent_by, at=at)
    except StateError:
        if not consignments.is_signed_for(UUID(hex=consignment_of(note))):
            raise


def _take_ask(ask: Ask, firm: Party, asker: UUID, kek: KeyEncryptionKey, *, by: UUID, at: datetime) -> UUID:
    above = Entrustment.objects.filter(id=UUID(hex=ask.work), body_id=firm.body_id, party=firm).first()
    if above is None:
        raise NotFoundError("the firm has no such entrustment")
    return permission.ask(
        entrustment_id=above.id,
        party_id=_sub(ask, firm.body_id, kek, by=by, at=at),
        country=ask.country,
        fields=ask.fields,
        people=ask.people,
        starts_on=date.fromisoformat(ask.starts_on),
        ends_on=date.fromisoformat(ask.ends_on),
        safeguards=ask.safeguards,
        renews_id=UUID(hex=ask.renews) if ask.renews else None,
        by=asker,
        at=at,
    )


def _sub(ask: Ask, body_id: UUID, kek: KeyEncryptionKey, *, by: UUID, at: datetime) -> UUID:
    """The party with this card; a new one is registered, and its key waits for the officer's confirmation."""
    card = parse_card(ask.card.encode())
    known = Party.objects.filter(body_id=body_id, vkey=card.vkey).first()
    if known is not None:
        return known.id
    return _register(ask, card, body_id, kek, by=by, at=at)


def _register(ask: Ask, card: Card, body_id: UUID, kek: KeyEncryptionKey, *, by: UUID, at: datetime) -> UUID:
    party_id = uuid4()
    return party.add(
        body_id=body_id,
        card=card,
        name=ask.name,
        country=ask.country,
        wrapped_challenge=kek.wrap(secrets.token_bytes(32), vault.challenge_purpose(party_id)),
        party_id=party_id,
        by=by,
        at=at,
    )


def _keep(
    sent: SentItem,
    body_id: UUID,
    firm: Party | None,
    found: UUID | None,
    refusal: AzukariError | None,
    *,
    by: UUID,
    at: datetime,
) -> None:
    Submission.objects.create(
        id=UUID(hex=sent.id),
        body_id=body_id,
        party=firm,
        kind=sent.kind,
        outcome=Submission.Outcome.REFUSED if refusal else Submission.Outcome.ACCEPTED,
        word=refusal.word if refusal else "",
        detail=refusal.detail[:400] if refusal else "",
        permission_id=found,
        sent_at=moment(sent.at),
        sent_by=UUID(hex=sent.by),
        taken_at=at,
        taken_by=by,
    )
