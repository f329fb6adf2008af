"""Packages: the shelf, one of them, its bytes, and the receipt for it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.staticfiles import finders
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from azukari.errors import AzukariError, ForeignReceiptError, NotPermittedError, StorageError
from azukari.seal.receipt import MAX_RECEIPT, hand_over_of
from azukari.stores.clock import now
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import Role, allow
from azukari.web.counter import places, queries
from azukari.web.counter.actions import fetching
from azukari.web.counter.actions.sending import send_receipt
from azukari.web.counter.forms import ReceiptForm
from azukari.web.counter.uploads import small
from azukari.web.counter.views import own
from azukari.web.counter.views.paging import page
from azukari.web.ui.words import language

OPENER = "azukari/opener.html"
"""The page that opens packages offline, where it was built into this installation."""


@allow(Role.CONTRACTOR)
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """All packages of the firm, newest first."""
    firm = own.firm(request)
    found = page(request, lambda cut: queries.shelf(firm.id, cut))
    titles = queries.titles(firm.id, (one.work for one in found.rows))
    rows = [(one, titles.get(one.work, "")) for one in found.rows]
    return render(request, "counter/shelf.html", {"packages": rows, "page": found})


@allow(Role.CONTRACTOR)
@require_safe
def shelved(request: HttpRequest, package_id: UUID) -> HttpResponse:
    """One package: what is in it, how it is fetched and opened, and where its receipt is."""
    return _page(request, own.package(request, package_id), ReceiptForm())


def _page(request: HttpRequest, info: queries.ShelvedInfo, form: ReceiptForm) -> HttpResponse:
    shown = {
        "package": info,
        "work": queries.work(info.firm, info.work),
        "taken_back": queries.is_taken_back(info.body, info.work),
        "opener": OPENER if finders.find(OPENER) else "",
        "wants_receipt": info.receipt in {"", "refused"},
        "form": form,
    }
    return render(request, "counter/shelved.html", shown, status=400 if form.errors else 200)


@allow(Role.CONTRACTOR)
@require_safe
def fetch(request: HttpRequest, package_id: UUID) -> HttpResponseBase:
    """The sealed package; only the firm's key opens it."""
    return stream(request, own.package(request, package_id))


def stream(request: HttpRequest, info: queries.ShelvedInfo) -> FileResponse:
    """The bytes of a package, a block at a time; who fetched them first is noted.

    NotPermittedError once the permission was revoked, StorageError if they are not there.
    """
    if queries.is_taken_back(info.body, info.work):
        raise NotPermittedError("the permission was revoked")
    try:
        file = places.package(info.id).open("rb")
    except OSError as error:
        raise StorageError("the package cannot be read") from error
    if request.method == "GET":
        fetching.note(package_id=info.id, by=acting(request).id, at=now())
    return FileResponse(file, as_attachment=True, filename=f"{info.id.hex}.azk")


@allow(Role.CONTRACTOR)
@require_POST
def take_receipt(request: HttpRequest, package_id: UUID) -> HttpResponse:
    """Verify a receipt and keep it for the next crossing."""
    info, form = own.package(request, package_id), ReceiptForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            made = hand_in(request, info, small(form.cleaned_data["receipt"], MAX_RECEIPT))
            return HttpResponseRedirect(reverse("submission", args=[made]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    return _page(request, own.package(request, package_id), form)


def hand_in(request: HttpRequest, info: queries.ShelvedInfo, note: bytes) -> UUID:
    """Send the receipt for this package and no other; returns the submission's id. Raises as ``send_receipt``."""
    if hand_over_of(note) != info.id.hex:
        raise ForeignReceiptError("this receipt is for another hand-over")
    return send_receipt(firm_id=info.firm, note=note, by=acting(request).id, at=now())
