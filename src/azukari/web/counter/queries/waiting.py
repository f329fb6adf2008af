"""What waits for a firm: what it has to do, what it waits for, and what ends soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from azukari.fields.days import day_of
from azukari.seal.certificate import FRESH_DAYS, State
from azukari.web.counter.models import Consigned, Sent, Shelved, Work
from azukari.web.counter.queries import certificates_of

SOON: Final = timedelta(days=30)
"""How long before its end something is told, and how long after the answer a refusal is."""
MOST: Final = 50
"""Of one kind, so that no first screen grows without end."""


@dataclass(frozen=True)
class Waiting:
    """待っていること。 ``kind`` says what, ``page`` the name of the address under which ``id`` is shown; ``why`` may be empty."""

    kind: str
    what: str
    day: date
    page: str
    id: UUID
    why: str = ""
    word: str = ""


def waiting(firm_id: UUID, today: date) -> list[Waiting]:
    """All of it: packages, receipts, asks, refusals, permissions; each kind oldest first."""
    return [*_packages(firm_id), *_consignments(firm_id), *_asks(firm_id, today), *_permissions(firm_id, today)]


def _packages(firm_id: UUID) -> list[Waiting]:
    """Not yet fetched; fetched and without a receipt; with a receipt that was refused."""
    shelved = Shelved.objects.filter(firm_id=firm_id).select_related("work").defer("entry").order_by("shelved_at")
    kinds = {
        "fetch": shelved.filter(fetched_at__isnull=True, receipt=Shelved.Receipt.NONE),
        "receipt": shelved.filter(fetched_at__isnull=False, receipt=Shelved.Receipt.NONE),
        "receipt-refused": shelved.filter(receipt=Shelved.Receipt.REFUSED),
    }
    return [
        Waiting(kind, row.work.title, day_of(row.shelved_at), "shelved", row.id)
        for kind, found in kinds.items()
        for row in found[:MOST]
    ]


def _consignments(firm_id: UUID) -> list[Waiting]:
    """Not yet signed for by the key that is named; with a receipt that was refused."""
    found = Consigned.objects.filter(firm_id=firm_id, voided_on=None).exclude(recipient="").select_related("work")
    kinds = {
        "sign": found.filter(receipt=Shelved.Receipt.NONE),
        "receipt-refused": found.filter(receipt=Shelved.Receipt.REFUSED),
    }
    return [
        Waiting(kind, row.work.title, row.day, "consigned", row.id)
        for kind, rows in kinds.items()
        for row in rows.defer("entry", "proof").order_by("shelved_at")[:MOST]
    ]


def _asks(firm_id: UUID, today: date) -> list[Waiting]:
    """Without a decision yet; refused lately, here or by the body."""
    asks = Sent.objects.filter(firm_id=firm_id, kind=Sent.Kind.ASK).order_by("sent_at")
    lately = asks.filter(answered_at__date__gte=today - SOON)
    kinds = {
        "asked": asks.filter(~Q(status=Sent.Status.REFUSED), decision=""),
        "ask-refused": lately.filter(status=Sent.Status.REFUSED),
        "not-permitted": lately.filter(decision="refused"),
    }
    found = [(kind, row) for kind, rows in kinds.items() for row in rows[:MOST]]
    titles = dict(Work.objects.filter(id__in={row.about for _, row in found}).values_list("id", "title"))
    return [
        Waiting(kind, titles.get(row.about, ""), day_of(row.sent_at), "submission", row.id, row.reason, row.word)
        for kind, row in found
    ]


def _permissions(firm_id: UUID, today: date) -> list[Waiting]:
    """That end soon, that were taken back, whose certificate is too old to rely on."""
    held = certificates_of(firm_id).filter(ends_on__gte=today).order_by("ends_on")
    stands = held.filter(state=State.IN_FORCE.value)
    kinds = {
        "permission-ends": stands.filter(ends_on__lte=today + SOON),
        "revoked": held.filter(state=State.REVOKED.value),
        "stale": stands.filter(day__lt=today - timedelta(days=FRESH_DAYS)),
    }
    found = [(kind, row) for kind, rows in kinds.items() for row in rows.defer("data")[:MOST]]
    titles = dict(
        Work.objects.filter(
            id__in={one for _, row in found for one in (row.work, row.child)}, firm_id=firm_id
        ).values_list("id", "title")
    )
    return [
        Waiting(
            kind,
            titles.get(row.work) or titles.get(row.child, ""),
            row.ends_on if kind == "permission-ends" else row.day,
            "certificate",
            row.id,
        )
        for kind, row in found
    ]
