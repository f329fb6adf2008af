"""What is to go out: of each body only what its firms outside may see. No key, no opening that is not theirs, no other firm.

A firm takes delivery outside if somebody of it has an account there. What changed since it went out last is found by the
``version`` of each item (``crossing.actions.writing``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from uuid import UUID

from django.db.models import Q

from azukari.seal.consignment_proof import COUNTS
from azukari.seal.crossing import KINDS
from azukari.seal.items import MAX_LINE, AccountItem, AnswerItem, BodyItem, FirmItem, Item, WorkItem, moment_text
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts import queries as accounts
from azukari.web.crossing.outgoing import Outgoing, changed
from azukari.web.crossing.queries import card
from azukari.web.custody import places
from azukari.web.custody.models import Entrustment, HandOver, Party, Permission, Submission
from azukari.web.custody.queries import consignment_proofs, ledger
from azukari.web.custody.queries.certificates import certificate, certificate_versions
from azukari.web.custody.queries.permissions import taken_back
from azukari.web.sequencer import queries as sequencer

_PUBLISHED = "1"  # the version of what never changes: a released package


def outgoing(body_id: UUID, kek: KeyEncryptionKey) -> Iterator[Outgoing]:
    """Everything that a body shows outside, in the order in which it is to be taken there."""
    yield from _register(body_id, kek)
    yield from ledger.outgoing(body_id)


def _register(body_id: UUID, kek: KeyEncryptionKey) -> Iterator[Outgoing]:
    people = accounts.contractors(body_id)
    firms = {person.party for person in people if person.party is not None}
    yield _outgoing("body", body_id, _body(body_id))
    yield from _firms(body_id, firms)
    yield from _works(body_id, firms)
    yield from _accounts(people)
    yield from _packages(body_id, firms)
    yield from _consignments(body_id, firms, kek)
    yield from _certificates(body_id, firms)
    yield from _answers(body_id)


def waiting(body_id: UUID, kek: KeyEncryptionKey) -> dict[str, int]:
    """How many items of each kind are new or changed since they went out last, in the order in which they are taken.

    Of the ledger it is entries that are counted, and not its checkpoint, of which there is a newer one each day.
    """
    counts = Counter(item.kind for item in changed(body_id, _register(body_id, kek)))
    if entries := ledger.entries_waiting(body_id):
        counts["ledger"] = entries
    return {kind: counts[kind] for kind in KINDS if kind in counts}


def side_card(body_id: UUID, kek: KeyEncryptionKey) -> bytes:
    """The card of the inside of this body, signed. StateError where its key was not made yet, KeyFileError."""
    named = _body(body_id)
    return card(body_id, kek, name=named.name, name_en=named.name_en, origin=named.origin, log_vkey=named.vkey)


def _body(body_id: UUID) -> BodyItem:
    body, log = accounts.body(body_id), sequencer.log_of(body_id)
    return BodyItem(body_id.hex, _line(body.name), _line(body.name_en), log.origin, log.vkey)


def _firms(body_id: UUID, firms: set[UUID]) -> Iterator[Outgoing]:
    for row in Party.objects.filter(body_id=body_id, id__in=firms).order_by("id"):
        yield _outgoing(
            "firm", row.id, FirmItem(row.id.hex, _line(row.name), row.country, row.recipient, row.vkey, row.status)
        )


def _works(body_id: UUID, firms: set[UUID]) -> Iterator[Outgoing]:
    found = Entrustment.objects.filter(body_id=body_id, party_id__in=firms).order_by("entry_index")
    for row in found.prefetch_related("permitted"):
        item = WorkItem(
            id=row.id.hex,
            firm=row.party_id.hex,
            parent=row.parent_id.hex if row.parent_id else "",
            title=_line(row.title),
            purpose=_text(row.purpose),
            fields=tuple(sorted(one.field for one in row.permitted.all())),
            starts_on=row.starts_on.isoformat(),
            ends_on=row.ends_on.isoformat(),
            stage=row.stage,
        )
        yield _outgoing("work", row.id, item)


def _accounts(people: list[accounts.Person]) -> Iterator[Outgoing]:
    invited = accounts.invitations(person.id for person in people)
    for person in people:
        assert person.party is not None  # a contractor
        code = invited.get(person.id)
        item = AccountItem(
            id=person.id.hex,
            firm=person.party.hex,
            login=person.login,
            name=_line(person.name),
            is_active=person.is_active,
            code_hash=code.code_hash if code else "",
            invited_at=moment_text(code.invited_at) if code else "",
            expires_at=moment_text(code.expires_at) if code else "",
        )
        yield _outgoing("account", person.id, item)


def _packages(body_id: UUID, firms: set[UUID]) -> Iterator[Outgoing]:
    """Released ones that are a file here (paper is none), but for those whose permission was revoked meanwhile."""
    found = HandOver.objects.filter(body_id=body_id, party_id__in=firms, status=HandOver.Status.RELEASED)
    found = found.exclude(entrustment_id__in=taken_back(body_id))
    for hand_over_id in found.order_by("created_at", "id").values_list("id", flat=True):
        if not places.package(hand_over_id).exists():
            continue
        yield Outgoing("package", hand_over_id, _PUBLISHED, path=f"packages/{hand_over_id}.azk")


def _consignments(body_id: UUID, firms: set[UUID], kek: KeyEncryptionKey) -> Iterator[Outgoing]:
    """The newest proof of each, with its exact counts and nothing else that the entry hides; what no checkpoint covers yet waits.

    One whose permission was revoked meanwhile goes out all the same: the firm has it, and may sign for it.
    """
    for consignment_id, version in consignment_proofs.versions(body_id, firms).items():
        read = partial(consignment_proofs.proof, consignment_id, COUNTS, kek)
        yield Outgoing("consignment", consignment_id, version, read=read)


def _certificates(body_id: UUID, firms: set[UUID]) -> Iterator[Outgoing]:
    """The newest of each, for the firm that asked and the firm that is permitted; what no checkpoint covers yet waits."""
    found = Permission.objects.filter(body_id=body_id, entry__isnull=False)
    concerned = found.filter(Q(party_id__in=firms) | Q(entrustment__party_id__in=firms))
    for permission_id, version in certificate_versions(body_id, concerned).items():
        yield Outgoing("certificate", permission_id, version, read=partial(certificate, permission_id))


def _answers(body_id: UUID) -> Iterator[Outgoing]:
    for row in Submission.objects.filter(body_id=body_id).select_related("permission").order_by("taken_at", "id"):
        decided = row.permission if row.permission and row.permission.status != Permission.Status.ASKED else None
        item = AnswerItem(
            id=row.id.hex,
            outcome=row.outcome,
            word=row.word,
            detail=_line(row.detail),
            permission=row.permission_id.hex if row.permission_id else "",
            decision=decided.status if decided else "",
            reason=_text(decided.reason) if decided else "",
        )
        yield _outgoing("answer", row.id, item)


def _line(text: str) -> str:
    """A name as items carry it: one line, whatever was typed."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:MAX_LINE]


def _text(text: str) -> str:
    """A text as items carry it: lines end in a newline alone, no other control character."""
    return "\n".join(map(_line, text.splitlines()))


def _outgoing(kind: str, item_id: UUID, item: Item) -> Outgoing:
    data = item.encode()
    return Outgoing(kind, item_id, hashlib.sha256(data).hexdigest(), read=lambda: data)
