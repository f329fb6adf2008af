"""What belongs to the firm and the body of who asks. Everything else is not there, and no answer tells that it is somewhere."""

from __future__ import annotations

from typing import Protocol, TypeVar
from uuid import UUID

from django.http import HttpRequest

from azukari.errors import NotFoundError
from azukari.web.accounts.queries import acting
from azukari.web.counter import queries
from azukari.web.counter.queries import consigned


class _OfABody(Protocol):
    @property
    def body(self) -> UUID: ...


F = TypeVar("F", bound=_OfABody)


def firm(request: HttpRequest) -> queries.FirmInfo:
    """The firm of who asks. NotFoundError for somebody of no firm here."""
    who = acting(request)
    if who.party is None:
        raise NotFoundError("there is no such firm")
    return _own(request, queries.firm(who.party))


def work(request: HttpRequest, work_id: UUID) -> queries.WorkInfo:
    """A work of the firm. NotFoundError."""
    return _own(request, queries.work(firm(request).id, work_id))


def package(request: HttpRequest, package_id: UUID) -> queries.ShelvedInfo:
    """A package of the firm. NotFoundError."""
    return _own(request, queries.shelved(firm(request).id, package_id))


def consignment(request: HttpRequest, consignment_id: UUID) -> consigned.ConsignedInfo:
    """Something that the firm got and is no table. NotFoundError."""
    return _own(request, consigned.consignment(firm(request).id, consignment_id))


def certificate(request: HttpRequest, permission_id: UUID) -> queries.CertificateInfo:
    """A certificate that the firm asked for, or that permits it. NotFoundError."""
    return _own(request, queries.certificate(firm(request).id, permission_id))


def submission(request: HttpRequest, sent_id: UUID) -> queries.SentInfo:
    """Something that the firm has sent. NotFoundError."""
    return _own(request, queries.submission(firm(request).id, sent_id))


def _own(request: HttpRequest, found: F) -> F:
    if found.body != acting(request).body:
        raise NotFoundError("there is no such record")
    return found
