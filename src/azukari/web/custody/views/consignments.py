"""Hand-overs that are no table: the form, one of them, its slip, its receipts, and calling it void."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from azukari.errors import AzukariError, ForeignReceiptError
from azukari.fields.kinds import Field
from azukari.seal.consignment import MAX_ENTRY, SUFFIX, Unit, consignment_of
from azukari.seal.consignment_proof import SUFFIX as PROOF_SUFFIX
from azukari.stores.clock import now, today
from azukari.tables import read_table
from azukari.tables.guard import unguarded
from azukari.web import office
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.custody import queries
from azukari.web.custody.actions import consignment as action
from azukari.web.custody.actions import signed_for
from azukari.web.custody.forms.consignments import ConsignForm, PaperForm, ShowForm
from azukari.web.custody.forms.permissions import ReasonForm
from azukari.web.custody.forms.receipts import ReceiptForm
from azukari.web.custody.queries import consignment_proofs, naming
from azukari.web.custody.queries import consignments as found
from azukari.web.custody.views import own
from azukari.web.custody.withholding import anybody_protected, withhold_people
from azukari.web.jobs.uploads import SMALL, memory
from azukari.web.subjects.lists import local_ids
from azukari.web.ui.templatetags.ui import day, moment
from azukari.web.ui.words import language

SHOWN = 1_000  # the longest list of people that a page shows


@allow(Role.OFFICER, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def consign(request: HttpRequest, entrustment_id: UUID) -> HttpResponse:
    """Hand over paper, media or access under an entrustment; it stands in the ledger from now on."""
    info, who = own.entrustment(request, entrustment_id), acting(request)
    protected: tuple[str, ...] = ()
    form = ConsignForm(
        request.POST or None,
        request.FILES or None,
        permitted=info.fields,
        above=_above(info),
        protecting=anybody_protected(info.body, today()),
        initial={"day": today()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            slip = _slip(form.cleaned_data, info)
            protected = _protected(slip, info)
            made = action.consign(slip=slip, kek=office.key(), by=who.id, at=now())
            return HttpResponseRedirect(reverse("consignment", args=[made]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    shown = {"form": form, "entrustment": info, "party": queries.party(info.party), "protected": protected}
    return render(request, "custody/consign.html", shown, status=400 if form.errors else 200)


@allow(*STAFF)
@require_safe
def consignment(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """One of them: what went, to whom, how, and who signed for it."""
    return _page(request, own.consignment(request, consignment_id))


@allow(Role.OFFICER)
@require_safe
def slip(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """The entry as a file, for the recipient to sign for (`azukari consign sign`)."""
    info = own.consignment(request, consignment_id)
    headers = {"Content-Disposition": f'attachment; filename="{info.id.hex}{SUFFIX}"'}
    return HttpResponse(info.entry, content_type="application/json", headers=headers)


@allow(*STAFF)
@require_safe
def proof(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """What a stranger checks offline (`azukari verify`); ``show``: the values that it opens."""
    info = own.consignment(request, consignment_id)
    data = consignment_proofs.proof(info.id, request.GET.getlist("show"), office.key())
    headers = {"Content-Disposition": f'attachment; filename="{info.id.hex}{PROOF_SUFFIX}"'}
    return HttpResponse(data, content_type="application/json", headers=headers)


@allow(Role.OFFICER)
@require_POST
def take_receipt(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """Verify and keep the receipt that came back as a file."""
    info, form = own.consignment(request, consignment_id), ReceiptForm(request.POST, request.FILES)
    return _done(request, info, form, lambda: _take(request, info, form), "receipt")


@allow(Role.OFFICER)
@require_POST
def note_paper(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """Note a receipt on paper: the body's claim."""
    info, form = own.consignment(request, consignment_id), PaperForm(request.POST)

    def note() -> None:
        signed_for.note_paper(consignment_id=info.id, by=acting(request).id, at=now(), **form.cleaned_data)

    return _done(request, info, form, note, "paper")


@allow(Role.OFFICER, fresh=True)
@require_POST
def void(request: HttpRequest, consignment_id: UUID) -> HttpResponse:
    """Call it void, with a reason; the first entry stays."""
    info, form = own.consignment(request, consignment_id), ReasonForm(request.POST, auto_id="void_%s")

    def call() -> None:
        action.void(consignment_id=info.id, kek=office.key(), by=acting(request).id, at=now(), **form.cleaned_data)

    return _done(request, info, form, call, "void")


def _done(request: HttpRequest, info: found.ConsignmentInfo, form: Any, act: Any, name: str) -> HttpResponse:
    """Do it and go back to the page, or show there why not."""
    if form.is_valid():
        try:
            act()
            return HttpResponseRedirect(reverse("consignment", args=[info.id]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    return _page(request, info, **{name: form})


def _page(request: HttpRequest, info: found.ConsignmentInfo, **forms: Any) -> HttpResponse:
    officer, listed = acting(request).role == Role.OFFICER, found.listed(info.id)
    shown = {
        "one": info,
        "medium": info.medium.label(language()),
        "unit": info.unit.label(language()),
        "entrustment": queries.entrustment(info.entrustment),
        "party": queries.party(info.party),
        "receipts": found.receipts(info.id),
        "listed": listed,
        "local_ids": found.local_ids(info.id, office.key()) if officer and listed <= SHOWN else None,
        "show": ShowForm(voided=info.voided_at is not None),
        "receipt": forms.get("receipt") or ReceiptForm(),
        "paper": forms.get("paper") or PaperForm(),
        "void": forms.get("void") or ReasonForm(auto_id="void_%s"),
    }
    return render(request, "custody/consignment.html", shown, status=400 if forms else 200)


def _slip(given: dict[str, Any], info: queries.EntrustmentInfo) -> action.Slip:
    return action.Slip(
        entrustment_id=info.id,
        party_id=info.party,
        unit=Unit(given["unit"]),
        units=given["units"],
        fields=tuple(given["fields"]),
        carrier=given["carrier"],
        day=given["day"],
        people=given["people"],
        note=given["note"],
        local_ids=_listed(given["sheet"]) if given["sheet"] else None,
        parent_id=UUID(given["parent"]) if given.get("parent") else None,
        taken_out=given.get("taken_out", False),
        unmatched=given.get("unmatched", False),
    )


def _listed(file: Any) -> list[str]:
    with memory([own.small(file, SMALL)]) as path:
        return local_ids(unguarded(read_table(path).frame))


def _protected(slip: action.Slip, info: queries.EntrustmentInfo) -> tuple[str, ...]:
    """Whose papers an officer has to look for; shown on the page that refuses, and nowhere else."""
    fields = [Field.parse(str(field)) for field in slip.fields]
    found_ = withhold_people(slip.local_ids or (), fields, info.body, slip.day, office.key())
    return found_.out + found_.covered


def _above(info: queries.EntrustmentInfo) -> list[tuple[str, str]] | None:
    """For a sub-entrustment: what the party above holds, of either kind."""
    if info.parent is None:
        return None
    paper = [
        (one.id.hex, f"{one.medium.label(language())} {day(one.day)} ({one.people:,})")
        for one in found.held_by_above(info.parent)
    ]
    tables = [(one.id.hex, f"{moment(one.created_at)} ({one.rows:,})") for one in naming.released(info.parent)]
    return [*tables, *paper]


def _take(request: HttpRequest, info: found.ConsignmentInfo, form: ReceiptForm) -> None:
    note = own.small(form.cleaned_data["receipt"], MAX_ENTRY)
    if consignment_of(note) != info.id.hex:
        raise ForeignReceiptError("this receipt is for another consignment")
    signed_for.add_receipt(note=note, body_id=info.body, by=acting(request).id, at=now())
