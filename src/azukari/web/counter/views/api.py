"""For programs of contractors: list packages, fetch one, send its receipt. With an access token, without a session.

Answers are JSON but for a package's bytes; ``{"error": word, "message": sentence}`` with the words of docs/exit-codes.md.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from azukari.errors import FormatError, LimitError
from azukari.seal.receipt import MAX_RECEIPT
from azukari.web.accounts.bearer import by_token
from azukari.web.accounts.rules import Role
from azukari.web.counter import queries
from azukari.web.counter.uploads import PATIENCE
from azukari.web.counter.views import own
from azukari.web.counter.views.packages import hand_in, stream
from azukari.web.counter.views.paging import page
from azukari.web.ui.refusals import refused_as_json

KINDS: Final = ("application/octet-stream", "text/plain")
"""Content types of a receipt."""


@by_token(Role.CONTRACTOR, methods=("GET", "HEAD"))
def packages(request: HttpRequest) -> JsonResponse:
    """The packages of the firm, newest first, fifty to a page."""
    firm = own.firm(request)
    found = page(request, lambda cut: queries.shelf(firm.id, cut))
    return JsonResponse({"packages": [_shown(one) for one in found.rows], "page": found.number, "more": found.more})


@by_token(Role.CONTRACTOR, methods=("GET", "HEAD"))
def package(request: HttpRequest, package_id: UUID) -> HttpResponseBase:
    """The bytes of a package."""
    return stream(request, own.package(request, package_id))


@by_token(Role.CONTRACTOR, methods=("PUT",))
def receipt(request: HttpRequest, package_id: UUID) -> JsonResponse:
    """Verify the receipt in the request and keep it for the next crossing: 201."""
    info = own.package(request, package_id)
    if request.content_type not in KINDS:
        return refused_as_json(FormatError("the content type of a receipt"), 415)
    made = hand_in(request, info, _body(request))
    return JsonResponse({"id": made.hex, "status": "waiting"}, status=201)


def _body(request: HttpRequest) -> bytes:
    """The receipt that was sent. Of what is too large nothing is kept; some of it is read away, so that its sender hears."""
    note = request.read(MAX_RECEIPT + 1)
    if len(note) <= MAX_RECEIPT:
        return note
    for _ in range(PATIENCE // MAX_RECEIPT):
        if not request.read(MAX_RECEIPT):
            break
    raise LimitError("the receipt is too large")


def _shown(one: queries.ShelvedInfo) -> dict[str, Any]:
    return {
        "id": one.id.hex,
        "work": one.work.hex,
        "fields": [str(field) for field in one.fields],
        "rows": one.rows,
        "day": one.day.isoformat(),
        "bytes": one.bytes,
        "sha256": one.sha256,
        "fetched_at": one.fetched_at and one.fetched_at.isoformat(),
        "receipt": one.receipt or "none",
        "package_url": reverse("api_package", args=[one.id]),
        "receipt_url": reverse("api_receipt", args=[one.id]),
    }
