"""What crossed, as the page shows it: where each item leads, and what firms handed in with the last one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from azukari.web.accounts import queries as accounts
from azukari.web.crossing import queries as crossing
from azukari.web.custody.actions.carrying import OF_THE_LEDGER
from azukari.web.custody.models import Consignment, Entrustment, HandOver, Party, Permission, Submission
from azukari.web.sequencer import queries as sequencer

MOST = 100
"""Shown at a time, the newest; older ones stand with their party."""


@dataclass(frozen=True)
class Leads:
    """行き先。 What an item is about, in words, and the page of it: the name of its address and the id; none: no page."""

    title: str
    page: str = ""
    id: UUID | None = None


@dataclass(frozen=True)
class HandedIn:
    """届いた提出。 A receipt or an ask, whether it was taken, and if not, why; an ask that was taken has a ``permission``."""

    kind: str
    accepted: bool
    word: str
    detail: str
    firm: Leads
    permission: UUID | None


@dataclass(frozen=True)
class NotTaken:
    """外側で取り込めなかった品。 Of ours, with its reason and where it leads; ``again``: it goes out once more, which it may (``may_again``)."""

    id: UUID
    kind: str
    number: int
    word: str
    detail: str
    at: datetime
    leads: Leads
    again: bool
    may_again: bool


def handed_in(body_id: UUID, at: datetime) -> list[HandedIn]:
    """What was taken at this moment, which is one crossing's, or that of all in one file."""
    found = Submission.objects.filter(body_id=body_id, taken_at=at).select_related("party").order_by("sent_at", "id")
    return [
        HandedIn(
            row.kind,
            row.outcome == Submission.Outcome.ACCEPTED,
            row.word,
            row.detail,
            Leads(row.party.name, "party", row.party.id) if row.party else Leads(""),
            row.permission_id,
        )
        for row in found[:MOST]
    ]


def not_taken(body_id: UUID) -> list[NotTaken]:
    """What the outside could not take, the newest first; of people who were let go since nothing."""
    found = [one for one in crossing.refusals(body_id, "out") if one.word][:MOST]
    versions, leads = crossing.exported(body_id), _leads(body_id, {(one.kind, one.item) for one in found})
    return [
        NotTaken(
            one.id,
            one.kind,
            one.number,
            one.word,
            one.detail,
            one.at,
            leads[one.kind, one.item],
            not versions.get((one.kind, one.item)),
            one.kind not in OF_THE_LEDGER,
        )
        for one in found
        if (one.kind, one.item) in leads
    ]


def _leads(body_id: UUID, items: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], Leads]:
    """Where items lead; what is there no more, or wanted no more, is left out. One query for each kind."""
    made: dict[tuple[str, UUID], Leads] = {}
    for kind, found in _LEADS.items():
        ids = {item for one, item in items if one == kind}
        if ids:
            made |= {(kind, item): leads for item, leads in found(body_id, ids)}
    return made


Found = Iterable[tuple[UUID, Leads]]


def _body(body_id: UUID, ids: set[UUID]) -> Found:
    return [(body_id, Leads(accounts.body(body_id).name))]


def _firm(body_id: UUID, ids: set[UUID]) -> Found:
    return [(row.id, Leads(row.name, "party", row.id)) for row in Party.objects.filter(body_id=body_id, id__in=ids)]


def _work(body_id: UUID, ids: set[UUID]) -> Found:
    found = Entrustment.objects.filter(body_id=body_id, id__in=ids)
    return [(row.id, Leads(row.title, "entrustment", row.id)) for row in found]


def _account(body_id: UUID, ids: set[UUID]) -> Found:
    people = [one for one in accounts.contractors(body_id) if one.id in ids and one.is_active]
    return [(one.id, Leads(one.name, "party", one.party)) for one in people]


def _package(body_id: UUID, ids: set[UUID]) -> Found:
    found = HandOver.objects.filter(body_id=body_id, id__in=ids).select_related("entrustment", "party")
    return [(row.id, Leads(f"{row.entrustment.title} ({row.party.name})", "hand_over", row.id)) for row in found]


def _consignment(body_id: UUID, ids: set[UUID]) -> Found:
    found = Consignment.objects.filter(body_id=body_id, id__in=ids).select_related("entrustment", "party")
    return [(row.id, Leads(f"{row.entrustment.title} ({row.party.name})", "consignment", row.id)) for row in found]


def _certificate(body_id: UUID, ids: set[UUID]) -> Found:
    found = Permission.objects.filter(body_id=body_id, id__in=ids).select_related("party")
    return [(row.id, Leads(row.party.name, "permission", row.id)) for row in found]


def _answer(body_id: UUID, ids: set[UUID]) -> Found:
    for row in Submission.objects.filter(body_id=body_id, id__in=ids).select_related("party"):
        if row.permission_id:
            yield row.id, Leads(row.party.name if row.party else "", "permission", row.permission_id)
        elif row.party:
            yield row.id, Leads(row.party.name, "party", row.party.id)


def _ledger(body_id: UUID, ids: set[UUID]) -> Found:
    origin = sequencer.log_of(body_id).origin
    return [(item, Leads(origin)) for item in ids]


def _somebody(body_id: UUID, ids: set[UUID]) -> Found:
    """Whose it is stands nowhere on a page about crossings."""
    return [(item, Leads("")) for item in ids]


_LEADS: dict[str, Callable[[UUID, set[UUID]], Found]] = {
    "body": _body,
    "firm": _firm,
    "work": _work,
    "account": _account,
    "package": _package,
    "consignment": _consignment,
    "certificate": _certificate,
    "answer": _answer,
    "ledger": _ledger,
    "checkpoint": _ledger,
    "event": _ledger,
    "citizen": _somebody,
    "box": _somebody,
}
