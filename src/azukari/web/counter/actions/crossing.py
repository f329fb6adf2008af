"""What came from inside goes to its place on the shelf, and what firms handed in goes on its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from azukari.errors import AzukariError, FormatError
from azukari.seal.items import (
    AccountItem,
    AnswerItem,
    BodyItem,
    CheckpointItem,
    EntriesItem,
    FirmItem,
    Item,
    WorkItem,
)
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.citizens.actions import arriving
from azukari.web.counter.actions import ledger, shelving
from azukari.web.counter.models import SIGNED_FOR, Sent, Shelved
from azukari.web.crossing.actions.taking import Incoming
from azukari.web.crossing.outgoing import Outgoing

_PUT: dict[str, tuple[type[Item], Any]] = {
    "body": (BodyItem, shelving.put_body),
    "firm": (FirmItem, shelving.put_firm),
    "work": (WorkItem, shelving.put_work),
    "account": (AccountItem, shelving.put_account),
    "answer": (AnswerItem, shelving.answer),
    "ledger": (EntriesItem, ledger.put_entries),
    "checkpoint": (CheckpointItem, ledger.put_checkpoint),
}


def apply(*, item: Incoming, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> AzukariError | None:
    """Put one item of a crossing from inside up, inside the caller's transaction; returns what was only kept as evidence.

    Raises as the functions of ``shelving``, ``ledger`` and ``citizens.actions.arriving``; FormatError for a kind that does not come from inside, or
    another id than the list's.
    """
    named: dict[str, Any] = {"body_id": body_id, "by": by, "at": at}
    if item.kind == "package":
        shelving.put_package(package_id=item.id, file=item.file, **named)
    elif item.kind == "consignment":
        shelving.put_consignment(consignment_id=item.id, data=item.data, **named)
    elif item.kind == "certificate":
        shelving.put_certificate(permission_id=item.id, data=item.data, **named)
    elif item.kind in _PUT:
        form, put = _PUT[item.kind]
        parsed: Any = form.parse(item.data)
        if UUID(hex=parsed.id) != item.id:
            raise FormatError("another identifier than the list's")
        refused: AzukariError | None = put(item=parsed, **named)
        return refused
    elif item.kind in arriving.KINDS:
        arriving.apply(item=item, kek=kek, **named)
    else:
        raise FormatError(f"an item of kind {item.kind} from inside")
    return None


def mark_exported(*, items: Sequence[Outgoing], by: UUID, at: datetime) -> None:
    """Note, inside the caller's transaction, that these submissions are on their way."""
    found = Sent.objects.filter(id__in=[item.id for item in items], status=Sent.Status.WAITING)
    about = list(found.filter(kind=Sent.Kind.RECEIPT).values_list("about", flat=True))
    found.update(status=Sent.Status.EXPORTED)
    for model in SIGNED_FOR:
        waiting = model._default_manager.filter(id__in=about, receipt=Shelved.Receipt.WAITING)
        waiting.update(receipt=Shelved.Receipt.EXPORTED)


def send_again(*, body_id: UUID, by: UUID, at: datetime) -> None:
    """All that was ever handed in waits again, inside the caller's transaction.

    Inside knows each by its id and answers anew; what a restored inside has forgotten, an accepted receipt too, it gets back.
    """
    found = Sent.objects.filter(body_id=body_id).exclude(status=Sent.Status.WAITING)
    about = list(found.filter(kind=Sent.Kind.RECEIPT).values_list("about", flat=True))
    found.update(status=Sent.Status.WAITING)
    for model in SIGNED_FOR:
        model._default_manager.filter(id__in=about, body_id=body_id).update(receipt=Shelved.Receipt.WAITING)
