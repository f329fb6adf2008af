"""What the firm got that is no table: the list, one of them, its slip, its proof, and the receipt for it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from azukari.errors import AzukariError, ForeignReceiptError
from azukari.seal.consignment import MAX_ENTRY, SUFFIX, consignment_of
from azukari.seal.consignment_proof import SUFFIX as PROOF_SUFFIX
from azukari.stores.clock import now
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import Role, allow
from azukari.web.counter import queries
from azukari.web.counter.actions.sending import sign_for
from azukari.web.counter.forms import ReceiptForm
from azukari.web.counter.queries.consigned import ConsignedInfo, consignments
from azukari.web.counter.uploads import small
from azukari.web.counter.views import own
from azukari.web.counter.views.packages import OPENER
from azukari.web.counter.views.paging import page
from azukari.web.ui.words import language


@allow(Role.CONTRACTOR)
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """All of them, newest first."""
    firm = own.firm(request)
    found = page(request, lambda cut: consignments(firm.id, cut))
    titles = queries.titles(firm.id, (one.work for one in found.rows))
    rows = [(one, *_labels(one), titles.get(one.work, "")) for one in found.rows]
    return render(request, "counter/consignments.html", {"rows": rows, "page": found})


@allow(Role.CONTRACTOR)
@require_safe
def consigned(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """One of them: what came, how it is signed for, and where the receipt is."""
    return _page(request, own.consignment(request, consignment_id), ReceiptForm())


def _page(request: HttpRequest, info: ConsignedInfo, form: ReceiptForm) -> HttpResponse:
    medium, unit = _labels(info)
    shown = {
        "one": info,
        "medium": medium,
        "unit": unit,
        "work": queries.work(info.firm, info.work),
        "opener": OPENER if finders.find(OPENER) else "",
        "form": form,
    }
    return render(request, "counter/consigned.html", shown, status=400 if form.errors else 200)


def _labels(info: ConsignedInfo) -> tuple[str, str]:
    return info.unit.medium.label(language()), info.unit.label(language())


@allow(Role.CONTRACTOR)
@require_safe
def slip(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """The entry as a file, over which the firm's own key signs."""
    info = own.consignment(request, consignment_id)
    return _file(info.entry, f"{info.id.hex}{SUFFIX}")


@allow(Role.CONTRACTOR)
@require_safe
def proof(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """The proof as it came, which `azukari verify` checks offline."""
    info = own.consignment(request, consignment_id)
    return _file(info.proof, f"{info.id.hex}{PROOF_SUFFIX}")


def _file(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type="application/json", headers=headers)


@allow(Role.CONTRACTOR)
@require_POST
def take_receipt(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """Verify a receipt and keep it for the next crossing."""
    info, form = own.consignment(request, consignment_id), ReceiptForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            made = _hand_in(request, info, small(form.cleaned_data["receipt"], MAX_ENTRY))
            return HttpResponseRedirect(reverse("submission", args=[made]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    return _page(request, own.consignment(request, consignment_id), form)


def _hand_in(request: HttpRequest, info: ConsignedInfo, note: bytes) -> UUID:
    """Send the receipt for this one and no other; returns the submission's id. Raises as ``sign_for``."""
    if consignment_of(note) != info.id.hex:
        raise ForeignReceiptError("this receipt is for another consignment")
    return sign_for(firm_id=info.firm, note=note, by=acting(request).id, at=now())
