"""Hand-overs: the list, one of them, its package and its receipt."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from azukari.errors import AzukariError, ForeignReceiptError, NotFoundError, NotPermittedError, StorageError
from azukari.seal.receipt import MAX_RECEIPT, hand_over_of
from azukari.stores.clock import now
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.custody import places, queries
from azukari.web.custody.actions.receiving import add_receipt
from azukari.web.custody.forms.receipts import ReceiptForm
from azukari.web.custody.queries import listing, permissions
from azukari.web.custody.queries.copies import best_grade
from azukari.web.custody.views import own
from azukari.web.ui.paging import page_number
from azukari.web.ui.words import language


@allow(*STAFF)
@require_safe
def hand_overs(request: HttpRequest) -> HttpResponse:
    """A page of the list."""
    found = listing.hand_overs(acting(request).body, page=page_number(request))
    return render(request, "custody/hand_overs.html", {"page": found})


@allow(*STAFF)
@require_safe
def hand_over(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    """One hand-over: what left, for whom, and what came back."""
    return _page(request, own.hand_over(request, hand_over_id), ReceiptForm())


def _page(request: HttpRequest, info: queries.HandOverInfo, form: ReceiptForm) -> HttpResponse:
    shown = {
        "hand_over": info,
        "entrustment": queries.entrustment(info.entrustment),
        "party": queries.party(info.party),
        "receipts": queries.receipts(info.id),
        "returns": queries.returns(info.id),
        "grade": best_grade(info.id).label(language()),
        "may_leave": info.status == "released" and not _taken_back(info),
        "form": form,
    }
    return render(request, "custody/hand_over.html", shown, status=400 if form.errors else 200)


@allow(Role.OFFICER)
@require_safe
def package(request: HttpRequest, hand_over_id: UUID) -> HttpResponseBase:
    """The sealed package, to be carried to the party; only its key opens it. Not once the permission was revoked."""
    info = own.hand_over(request, hand_over_id)
    if info.status != "released":
        raise NotFoundError("the package was not released")
    if _taken_back(info):
        raise NotPermittedError("the permission was revoked")
    try:
        file = places.package(info.id).open("rb")
    except OSError as error:
        raise StorageError("the package cannot be read") from error
    return FileResponse(file, as_attachment=True, filename=f"{info.id.hex}.azk")


def _taken_back(info: queries.HandOverInfo) -> bool:
    return info.entrustment in permissions.taken_back(info.body)


@allow(Role.OFFICER)
@require_POST
def take_receipt(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    """Verify and keep the receipt that came back as a file."""
    info, form = own.hand_over(request, hand_over_id), ReceiptForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            _take(request, info, own.small(form.cleaned_data["receipt"], MAX_RECEIPT))
            return HttpResponseRedirect(reverse("hand_over", args=[info.id]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    return _page(request, info, form)


def _take(request: HttpRequest, info: queries.HandOverInfo, note: bytes) -> None:
    if hand_over_of(note) != info.id.hex:
        raise ForeignReceiptError("this receipt is for another hand-over")
    add_receipt(note=note, body_id=info.body, by=acting(request).id, at=now())
