"""What is to go inside: the submissions that wait, each once."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from azukari.seal.items import SentItem, moment_text
from azukari.web.counter import queries
from azukari.web.crossing.outgoing import Outgoing

_ONCE = "1"  # a submission never changes


def outgoing(body_id: UUID) -> Iterator[Outgoing]:
    """The waiting submissions of a body's firms, oldest first."""
    for sent in queries.outgoing(body_id):
        item = SentItem(
            sent.id.hex, sent.firm.hex, sent.kind, sent.sent_by.hex, moment_text(sent.sent_at), sent.data.decode()
        )
        yield Outgoing("sent", sent.id, _ONCE, read=item.encode)
