"""What people will read of a use: the event of their list (docs/spec/completeness.md, 4), made of what a source told."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from azukari.completeness.event import Act, Event
from azukari.fields.days import day_of
from azukari.uses.use import Use

MARK: Final = 16  # bytes
_ID: Final = b"azukari/use-id/v1\0"
_SAME: Final = (
    "act", "purpose", "purpose_label", "basis", "unit", "role", "party", "system", "country", "items", "entrustment",
)  # fmt: skip
_of_same: Final = attrgetter(*_SAME)
_DPV: Final = "https://w3id.org/"


def use_id(source_id: UUID, number: str) -> bytes:
    """The id of a use, 16 bytes, of its source and its number there."""
    return sha256(_ID + source_id.bytes + number.encode()).digest()[:16]


def mark(key: bytes, use: Use) -> bytes:
    """What tells whether the same is told again, 16 bytes under ``key``: all members, the person among them."""
    told = [use.subject, use.visibility.value, _moment(use.time), _moment(use.noted), str(use.reveal_after or "")]
    told += _of_same(use)
    told += map(str, use.fields)
    return hmac.digest(key, "\0".join(told).encode(), "sha256")[:MARK]  # no member holds a control character


def events(body: str) -> Callable[[Use, bytes], Event]:
    """The event of a use, for a body of this name and a use's id."""

    def event(use: Use, number: bytes) -> Event:
        return Event(
            act=Act.USE,
            at=use.time.replace(microsecond=0),
            basis=use.basis,
            body=body,
            country=use.country,
            day=day_of(use.time),
            deed=use.act.value,
            entrustment=use.entrustment,
            fields=use.fields,
            id=number.hex(),
            next="",
            party=use.party,
            purpose=purpose(use),
            role="person",
            system=use.system,
            unit="　".join(part for part in (use.unit, use.role) if part),
        )

    return event


def purpose(use: Use) -> str:
    """What people read: the label, the concept of the vocabulary, and what was used in the source's own words."""
    concept = use.purpose.removeprefix(_DPV)
    named = f"{use.purpose_label}（{concept}）" if use.purpose_label and concept else use.purpose_label or use.purpose
    return f"{named}　項目: {use.items}" if use.items else named


def same(use: Use) -> tuple[Any, ...]:
    """What two uses have in common that share a pattern."""
    return _of_same(use), use.fields


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""
