"""Who gets reminders by mail, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts.models import User
from azukari.web.accounts.rules import Role


@dataclass(frozen=True)
class Mailbox:
    """通知先。 A person and the address that this person gave."""

    person: UUID
    address: str = field(repr=False)


def address_purpose(person_id: UUID) -> str:
    """What the address of a person is wrapped for."""
    return f"person/{person_id}/mail"


def address_of(person_id: UUID, kek: KeyEncryptionKey) -> str:
    """The address of a person, empty where none was given. KeyFileError under another key."""
    row = User.objects.filter(id=person_id, wrapped_mail__isnull=False).first()
    return "" if row is None else _mailbox(row, kek).address


def officers(body_id: UUID, kek: KeyEncryptionKey) -> list[Mailbox]:
    """The officers of a body who want mail, by id. KeyFileError."""
    found = User.objects.filter(body_id=body_id, role=Role.OFFICER, is_active=True, wrapped_mail__isnull=False)
    return [_mailbox(row, kek) for row in found.order_by("id")]


def _mailbox(row: User, kek: KeyEncryptionKey) -> Mailbox:
    assert row.wrapped_mail is not None
    return Mailbox(row.id, kek.unwrap(bytes(row.wrapped_mail), address_purpose(row.id)).decode("ascii"))
