"""What came from inside is put on the shelf. Each may be repeated; none changes what belongs to another body."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import models, transaction

from azukari.errors import ForeignCrossingError, FormatError, StateError, StorageError
from azukari.seal.certificate import Said, State, read_certificate
from azukari.seal.consignment_proof import COUNTS, ProvenConsignment, verify_consignment_proof
from azukari.seal.items import AccountItem, AnswerItem, BodyItem, FirmItem, WorkItem, moment
from azukari.seal.manifest import SMALL_BAND, Entry
from azukari.seal.package import verify_package
from azukari.stores.files import put_in_place
from azukari.web.accounts.actions import body, mirroring
from azukari.web.accounts.queries import Invited
from azukari.web.counter import places
from azukari.web.counter.models import SIGNED_FOR, Certificate, Consigned, Entruster, Firm, Sent, Shelved, Work


def put_body(*, body_id: UUID, item: BodyItem, by: UUID, at: datetime) -> None:
    """The body's names and its ledger. ForeignCrossingError if the item names another body."""
    if UUID(hex=item.id) != body_id:
        raise ForeignCrossingError("an item of another body")
    with transaction.atomic():
        body.rename(body_id=body_id, name=item.name, name_en=item.name_en, by=by, at=at)
        values = {"origin": item.origin, "vkey": item.vkey, "updated_at": at, "updated_by": by}
        Entruster.objects.update_or_create(body_id=body_id, defaults=values)


def put_firm(*, body_id: UUID, item: FirmItem, by: UUID, at: datetime) -> None:
    """A firm and the state of its key. ForeignCrossingError if the id is another body's."""
    names = ("name", "country", "recipient", "vkey", "status")
    values = {name: getattr(item, name) for name in names} | {"updated_at": at, "updated_by": by}
    _put(Firm, body_id, UUID(hex=item.id), values)


def put_work(*, body_id: UUID, item: WorkItem, by: UUID, at: datetime) -> None:
    """An entrustment of a firm. ForeignCrossingError if it, or its firm, is not the body's."""
    values = {
        "firm": _own_firm(body_id, item.firm),
        "parent": UUID(hex=item.parent) if item.parent else None,
        "title": item.title,
        "purpose": item.purpose,
        "fields": list(item.fields),
        "starts_on": date.fromisoformat(item.starts_on),
        "ends_on": date.fromisoformat(item.ends_on),
        "stage": item.stage,
        "updated_at": at,
        "updated_by": by,
    }
    _put(Work, body_id, UUID(hex=item.id), values)


def put_package(*, body_id: UUID, package_id: UUID, file: Path, by: UUID, at: datetime) -> None:
    """Put a package on the shelf: ``file`` is moved to its place, durable before the caller's transaction ends.

    FormatError, PayloadError, SignatureError, ProofError if the package does not hold; ForeignCrossingError if it, its
    firm or its work is not the body's; StateError if another package lies there under this id; StorageError.
    """
    entry, entry_bytes = _read_package(file)
    if (UUID(hex=entry.hand_over), UUID(hex=entry.body)) != (package_id, body_id):
        raise ForeignCrossingError("a package of another hand-over or body")
    digest, size = _digest(file)
    there = Shelved.objects.filter(id=package_id).first()
    if there is not None and (there.body_id, there.sha256) != (body_id, digest):
        raise StateError("another package lies there under this identifier")
    with transaction.atomic():
        if there is None:
            _shelve(body_id, entry, entry_bytes, digest, size, by=by, at=at)
        put_in_place(file, places.package(package_id))


def put_certificate(*, body_id: UUID, permission_id: UUID, data: bytes, by: UUID, at: datetime) -> None:
    """Keep the newest certificate of a permission; an older one than there is changes nothing.

    Raises as ``seal.certificate.read_certificate``, and ForeignCrossingError for one of another body.
    """
    said = read_certificate(data)
    entry = said.permission
    if (UUID(hex=entry.body), UUID(hex=entry.permission)) != (body_id, permission_id):
        raise ForeignCrossingError("a certificate of another body or permission")
    there = Certificate.objects.filter(id=permission_id).first()
    if there is not None and not _newer(there, said):
        return
    values = {
        "asker": UUID(hex=entry.asker),
        "party": UUID(hex=entry.party),
        "work": UUID(hex=entry.entrustment),
        "child": UUID(hex=entry.child),
        "data": data,
        "state": said.state.value,
        "day": date.fromisoformat(said.as_of),
        "starts_on": date.fromisoformat(entry.starts_on),
        "ends_on": date.fromisoformat(entry.expires_on),
        "shelved_at": at,
        "shelved_by": by,
    }
    _put(Certificate, body_id, permission_id, values)


def put_consignment(*, body_id: UUID, consignment_id: UUID, data: bytes, by: UUID, at: datetime) -> None:
    """What a firm got that is no table, as its newest proof says; what was void once stays void, what was signed for signed for.

    Raises as ``seal.consignment_proof.verify_consignment_proof``; FormatError for a proof that opens no counts,
    ForeignCrossingError if it, its firm or its work is not the body's, StateError if another entry lies there under this id.
    """
    said = verify_consignment_proof(data)
    entry = said.entry
    if (UUID(hex=entry.body), UUID(hex=entry.consignment)) != (body_id, consignment_id):
        raise ForeignCrossingError("a consignment of another body or identifier")
    there = Consigned.objects.filter(id=consignment_id).first()
    if there is not None and (there.body_id, bytes(there.entry)) != (body_id, said.entry_bytes):
        raise StateError("another consignment lies there under this identifier")
    if there is not None and _says_less(there, said):
        return
    firm = _own_firm(body_id, entry.party)
    values = _consigned(said) | {"firm": firm, "work": _own_work(firm, entry.entrustment), "proof": data}
    receipt = Shelved.Receipt.ACCEPTED if said.signed_on else there.receipt if there else Shelved.Receipt.NONE
    _put(Consigned, body_id, consignment_id, values | {"receipt": receipt, "shelved_at": at, "shelved_by": by})


def _consigned(said: ProvenConsignment) -> dict[str, Any]:
    entry = said.entry
    if not set(COUNTS) <= set(said.opened):
        raise FormatError("a proof that opens no counts")
    return {label: int(said.opened[label]) for label in COUNTS} | {
        "parent": UUID(hex=entry.parent) if entry.parent else None,
        "medium": entry.medium.value,
        "unit": entry.unit.value,
        "fields": [str(one) for one in entry.fields],
        "day": date.fromisoformat(entry.day),
        "recipient": entry.recipient,
        "entry": said.entry_bytes,
        "voided_on": date.fromisoformat(said.voided_on) if said.voided_on else None,
    }


def _says_less(there: Consigned, said: ProvenConsignment) -> bool:
    """An older proof, which came again: it does not know of the voiding, or of the receipt."""
    known = verify_consignment_proof(bytes(there.proof))
    return bool((known.voided_on and not said.voided_on) or (known.signed_on and not said.signed_on))


def put_account(*, body_id: UUID, item: AccountItem, by: UUID, at: datetime) -> None:
    """The account of a person of a firm, with its invitation. ForeignCrossingError, and as ``mirroring.mirror``."""
    invited = None
    if item.code_hash:
        invited = Invited(item.code_hash, moment(item.invited_at), moment(item.expires_at))
    mirroring.mirror(
        body_id=body_id,
        person_id=UUID(hex=item.id),
        party=_own_firm(body_id, item.firm).id,
        login=item.login,
        name=item.name,
        is_active=item.is_active,
        invited=invited,
        by=by,
        at=at,
    )


def answer(*, body_id: UUID, item: AnswerItem, by: UUID, at: datetime) -> None:
    """What became of a submission. ForeignCrossingError if nothing of the body was sent under this id."""
    with transaction.atomic():
        row = Sent.objects.select_for_update(no_key=True).filter(id=UUID(hex=item.id), body_id=body_id).first()
        if row is None:
            raise ForeignCrossingError("an answer to nothing that was sent here")
        row.status, row.word, row.detail = item.outcome, item.word, item.detail
        row.permission = UUID(hex=item.permission) if item.permission else None
        row.decision, row.reason, row.answered_at = item.decision, item.reason, row.answered_at or at
        row.save(force_update=True)
        for model in SIGNED_FOR if row.kind == Sent.Kind.RECEIPT else ():
            model._default_manager.filter(id=row.about, body_id=body_id).update(receipt=item.outcome)


def _newer(there: Certificate, said: Said) -> bool:
    """A revoked permission never comes back."""
    revoked = State.REVOKED.value
    return there.day.isoformat() <= said.as_of and (there.state != revoked or said.state.value == revoked)


def _put(model: type[models.Model], body_id: UUID, row_id: UUID, values: dict[str, Any]) -> None:
    """Make or update a row of the body. Locked, so that nobody makes it another's between look and write."""
    with transaction.atomic():
        there = model._default_manager.select_for_update(no_key=True).filter(pk=row_id).first()
        if there is not None and there.body_id != body_id:  # type: ignore[attr-defined]
            raise ForeignCrossingError("an identifier of another body")
        model._default_manager.update_or_create(pk=row_id, body_id=body_id, defaults=values)


def _own_firm(body_id: UUID, firm: str) -> Firm:
    row = Firm.objects.filter(id=UUID(hex=firm), body_id=body_id).first()
    if row is None:
        raise ForeignCrossingError("the body has no such firm here")
    return row


def _own_work(firm: Firm, work: str) -> Work:
    row = Work.objects.filter(id=UUID(hex=work), body_id=firm.body_id, firm=firm).first()
    if row is None:
        raise ForeignCrossingError("the firm has no such work here")
    return row


def _shelve(body_id: UUID, entry: Entry, entry_bytes: bytes, digest: str, size: int, *, by: UUID, at: datetime) -> None:
    firm = _own_firm(body_id, entry.party)
    work = _own_work(firm, entry.entrustment)
    Shelved.objects.create(
        id=UUID(hex=entry.hand_over),
        body_id=body_id,
        firm=firm,
        work=work,
        parent=UUID(hex=entry.parent) if entry.parent else None,
        fields=[str(one) for one in entry.fields],
        rows=SMALL_BAND if entry.rows is None else str(entry.rows),
        day=date.fromisoformat(entry.day),
        bytes=size,
        sha256=digest,
        entry=entry_bytes,
        shelved_at=at.astimezone(UTC),
        shelved_by=by,
    )


def _read_package(file: Path) -> tuple[Entry, bytes]:
    """Verified as far as one can who holds no key of it: nothing is shelved that was cut short."""
    try:
        with file.open("rb") as source:
            package = verify_package(source)
    except OSError:
        raise StorageError(f"{file.name} cannot be read") from None
    return package.entry, package.entry_bytes


def _digest(file: Path) -> tuple[str, int]:
    try:
        with file.open("rb") as source:
            found = hashlib.file_digest(source, "sha256").hexdigest()
            return found, source.tell()
    except OSError:
        raise StorageError(f"{file.name} cannot be read") from None
