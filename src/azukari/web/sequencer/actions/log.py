"""Making a log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from azukari.errors import SignatureError, StateError
from azukari.ledger.note import Verifier
from azukari.web.sequencer.models import Log


def create(
    *,
    body_id: UUID,
    origin: str,
    vkey: str,
    wrapped_key: bytes | None,
    by: UUID,
    at: datetime,
    log_id: UUID | None = None,
) -> UUID:
    """Make the one log of a body and return its id.

    ``vkey`` is the log's verifier key, under the origin as its name; ``wrapped_key`` its signing seed,
    wrapped by the caller (give ``log_id`` to have the id in the purpose), None for a mirror. FormatError for a malformed key,
    SignatureError if its name is not the origin, StateError if the body has a log or the origin is taken.
    """
    if Verifier.parse(vkey).name != origin:
        raise SignatureError("the log's key does not bear the origin as its name")
    row = Log(
        id=log_id or uuid4(),
        body=body_id,
        origin=origin,
        vkey=vkey,
        wrapped_key=wrapped_key,
        created_at=at,
        created_by=by,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise StateError("the body has a log already, or the origin is taken") from None
    return row.id
