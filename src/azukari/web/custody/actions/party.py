"""Registering a party and confirming its key."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from azukari.errors import FormatError, NotFoundError, NotPermittedError, OptionError, StateError
from azukari.fields.numbers import is_corporate_number
from azukari.ledger.entry import canonical
from azukari.ledger.note import Verifier
from azukari.seal.identity import KEY_NAME, Card, require_fingerprint
from azukari.web.accounts import queries as accounts
from azukari.web.custody.models import Party
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry

ENTRY_TYPE = "azukari/party/v1"
_COUNTRY = re.compile(r"[A-Z]{2}")


def add(
    *,
    body_id: UUID,
    card: Card,
    name: str,
    country: str,
    wrapped_challenge: bytes,
    by: UUID,
    at: datetime,
    party_id: UUID | None = None,
    corporate_number: str = "",
    roster: int | None = None,
    grade: str = "",
) -> UUID:
    """Register a party from its card, which the caller has verified; its key is pending. Returns the id.

    ``wrapped_challenge``: the 32-byte secret of the challenge, wrapped by the caller (give ``party_id`` to have
    the id in the purpose). OptionError for an empty name, a country that is no ISO 3166 alpha-2 code, a corporate
    number whose check digit is wrong, or a roster of nobody,
    FormatError for another kind of key, StateError if the key is registered, NotFoundError without the body.
    """
    if not name.strip() or not _COUNTRY.fullmatch(country):
        raise OptionError("a party needs a name and a country of two letters")
    if corporate_number and not is_corporate_number(corporate_number):
        raise OptionError("the check digit of the corporate number is wrong")
    if roster is not None and roster < 1:
        raise OptionError("a roster has at least one person")
    if Verifier.parse(card.vkey).name != KEY_NAME:
        raise FormatError("a party's key bears a name of its own")  # the key stands in the ledger
    row = Party(
        id=party_id or uuid4(),
        body_id=accounts.body(body_id).id,
        name=name.strip(),
        country=country,
        corporate_number=_digits(corporate_number),
        roster=roster,
        grade=grade.strip(),
        recipient=card.recipient,
        vkey=card.vkey,
        fingerprint=card.fingerprint,
        wrapped_challenge=wrapped_challenge,
        created_at=at,
        created_by=by,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise StateError("this key is registered already") from None
    return row.id


def confirm(*, party_id: UUID, fingerprint: str, answer_ok: bool, by: UUID, at: datetime) -> int:
    """Confirm a pending key; returns the index of its ledger entry.

    ``fingerprint`` is what the officer typed while it was read out (case, width, spaces and hyphens do not
    matter), ``answer_ok`` whether the answer to the challenge verified. NotPermittedError if either does not
    hold, StateError if the key is not pending, NotFoundError without such a party.
    """
    with transaction.atomic():
        row = Party.objects.select_for_update(no_key=True).filter(id=party_id).first()
        if row is None:
            raise NotFoundError("there is no such party")
        if row.status != Party.Status.PENDING:
            raise StateError("the key of the party is not pending")
        if not answer_ok:
            raise NotPermittedError("the answer to the challenge does not verify")
        require_fingerprint(fingerprint, row.fingerprint)
        row.status, row.confirmed_at, row.confirmed_by = Party.Status.CONFIRMED, at, by
        row.save(update_fields=["status", "confirmed_at", "confirmed_by"])
        log_id = sequencer.log_of(row.body_id).id
        data = canonical({"type": ENTRY_TYPE, "party": str(row.id), "vkey": row.vkey})
        return entry.append(log_id=log_id, data=data, by=by, at=at)


def _digits(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isdigit())
