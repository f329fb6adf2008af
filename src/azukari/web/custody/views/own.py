"""What belongs to the body of who asks. Everything else is not there, and no answer tells that it is somewhere."""

from __future__ import annotations

from typing import Protocol, TypeVar
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from azukari.errors import LimitError, NotFoundError
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.queries import acting
from azukari.web.custody import queries
from azukari.web.custody.queries import consignments, documents, permissions
from azukari.web.jobs import queries as jobs
from azukari.web.jobs.queries import JobInfo


class _OfABody(Protocol):
    @property
    def body(self) -> UUID: ...


F = TypeVar("F", bound=_OfABody)


def party(request: HttpRequest, party_id: UUID) -> queries.PartyInfo:
    """A party of the body. NotFoundError."""
    return _own(request, queries.party(party_id))


def member(firm: queries.PartyInfo, person_id: UUID) -> accounts.Person:
    """A person of a firm of the body: no staff, and nobody of another firm. NotFoundError."""
    found = accounts.person_by_id(person_id)
    if (found.body, found.party) != (firm.body, firm.id):
        raise NotFoundError("there is no such person")
    return found


def entrustment(request: HttpRequest, entrustment_id: UUID) -> queries.EntrustmentInfo:
    """An entrustment of the body. NotFoundError."""
    return _own(request, queries.entrustment(entrustment_id))


def permission(request: HttpRequest, permission_id: UUID) -> permissions.PermissionInfo:
    """A permission of the body. NotFoundError."""
    return _own(request, permissions.permission(permission_id))


def hand_over(request: HttpRequest, hand_over_id: UUID) -> queries.HandOverInfo:
    """A hand-over of the body. NotFoundError."""
    return _own(request, queries.hand_over(hand_over_id))


def document(request: HttpRequest, document_id: UUID) -> documents.DocumentInfo:
    """A document of the body. NotFoundError."""
    return _own(request, documents.document(document_id))


def consignment(request: HttpRequest, consignment_id: UUID) -> consignments.ConsignmentInfo:
    """A consignment of the body. NotFoundError."""
    return _own(request, consignments.consignment(consignment_id))


def job(request: HttpRequest, job_id: UUID) -> JobInfo:
    """A job of the body. NotFoundError."""
    return _own(request, jobs.job(job_id))


def small(file: UploadedFile[bytes], limit: int) -> bytes:
    """The bytes of a small uploaded file. LimitError."""
    if file.size is None or file.size > limit:
        raise LimitError("the file is too large")
    data: bytes = file.read()
    return data


def _own(request: HttpRequest, found: F) -> F:
    if found.body != acting(request).body:
        raise NotFoundError("there is no such record")
    return found
