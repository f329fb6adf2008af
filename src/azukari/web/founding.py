"""Found an office: body, first officer, ledger, oversight key; or an outside one. The one place where all of them are made together."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.db import transaction

from azukari.errors import ForeignCrossingError, OptionError, StateError
from azukari.ledger.note import Signer, check_name
from azukari.seal.crossing import Side
from azukari.seal.identity import Card
from azukari.seal.pairing import SideCard
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import office


@dataclass(frozen=True)
class Founded:
    """開設した機関。 Ids of the body and its first officer, and the ledger's verifier key."""

    body_id: UUID
    officer_id: UUID
    vkey: str


def found(
    folder: Path,
    *,
    name: str,
    name_en: str,
    origin: str,
    login: str,
    officer: str,
    oversight: Card,
    kek: KeyEncryptionKey,
    at: datetime,
    database: str | None = None,
) -> Founded:
    """Make an office directory with one body. ``oversight``: the public half of the key that is kept offline.
    ``database``: the address of an empty PostgreSQL database; without it the register is an SQLite file.

    Raises OptionError, FormatError (an origin that no checkpoint can carry), StateError, StorageError.
    """
    check_name(origin)
    if not name.strip() or not officer.strip() or not login.strip():
        raise OptionError("an office needs a body and an officer")
    office.create(folder, database)
    from azukari.web.accounts.actions import body, person  # models exist once the office is started
    from azukari.web.keyring.actions import root
    from azukari.web.sequencer.actions import log
    from azukari.web.sequencer.queries.signing import wrap_seed

    by = office.ITSELF
    body_id = body.create(
        name=name,
        name_en=name_en,
        recipient=oversight.recipient,
        vkey=oversight.vkey,
        key_id=kek.key_id,
        by=by,
        at=at,
    )
    root.create(body_id=body_id, kek=kek, by=by, at=at)
    officer_id = person.create(body_id=body_id, login=login, name=officer, role="officer", by=by, at=at)
    log_id, seed = uuid4(), secrets.token_bytes(32)
    vkey = Signer(origin, seed).vkey
    log.create(
        body_id=body_id,
        origin=origin,
        vkey=vkey,
        wrapped_key=wrap_seed(kek, log_id, seed),
        log_id=log_id,
        by=officer_id,
        at=at,
    )
    return Founded(body_id, officer_id, vkey)


def found_outside(
    folder: Path, *, card: SideCard, kek: KeyEncryptionKey, at: datetime, database: str | None = None
) -> None:
    """Make the outside office of a body: its own database and key, no ledger, no officer; accounts arrive in crossings.

    ``card``: the inside's, whose fingerprint is compared when the two are paired. Raises OptionError, StateError,
    StorageError, ForeignCrossingError for a card of an outside.
    """
    _require_inside(card)
    office.create(folder, database)
    add_outside(card=card, kek=kek, at=at)


def add_outside(*, card: SideCard, kek: KeyEncryptionKey, at: datetime) -> None:
    """Another body in the open outside office, strictly apart. StateError if it is there; ForeignCrossingError as above."""
    from azukari.web.accounts import queries as accounts  # models exist once the office is started
    from azukari.web.accounts.actions import body
    from azukari.web.crossing.actions import pairing

    body_id = UUID(hex=card.body)
    _require_inside(card)
    with transaction.atomic():
        if any(known.id == body_id for known in accounts.bodies()):
            raise StateError("this body is there already")
        named = {"name": card.name, "name_en": card.name_en, "key_id": kek.key_id}
        body.create(body_id=body_id, by=office.ITSELF, at=at, **named)
        pairing.prepare(body_id=body_id, side=Side.OUTSIDE, kek=kek, by=office.ITSELF, at=at)


def _require_inside(card: SideCard) -> None:
    if card.side is not Side.INSIDE:
        raise ForeignCrossingError("the card of an outside")
