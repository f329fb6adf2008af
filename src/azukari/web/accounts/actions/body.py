"""Registering a body, and following its name."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from azukari.errors import NotFoundError, OptionError
from azukari.web.accounts.models import Body


def create(
    *,
    name: str,
    name_en: str = "",
    recipient: str = "",
    vkey: str = "",
    key_id: str = "",
    by: UUID,
    at: datetime,
    body_id: UUID | None = None,
) -> UUID:
    """Register a body with the public keys of its office and return its id; OptionError without a name."""
    if not name.strip():
        raise OptionError("a body needs a name")
    row = Body.objects.create(
        id=body_id or uuid4(),
        name=name,
        name_en=name_en,
        recipient=recipient,
        vkey=vkey,
        key_id=key_id,
        created_at=at,
        created_by=by,
    )
    return row.id


def rename(*, body_id: UUID, name: str, name_en: str, by: UUID, at: datetime) -> None:
    """Follow the body's own names, which came from inside. OptionError without a name, NotFoundError."""
    if not name.strip():
        raise OptionError("a body needs a name")
    if not Body.objects.filter(id=body_id).update(name=name, name_en=name_en):
        raise NotFoundError("there is no such body")


def set_key_id(*, body_id: UUID, key_id: str, by: UUID, at: datetime) -> None:
    """Name the key-encryption key that wraps the body's secrets from now on. NotFoundError."""
    if not Body.objects.filter(id=body_id).update(key_id=key_id):
        raise NotFoundError("there is no such body")
