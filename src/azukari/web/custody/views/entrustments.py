"""Entrustments: the list, one with all that hangs on it, and a new one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from azukari.errors import AzukariError
from azukari.stores.clock import now, today
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.custody import queries
from azukari.web.custody.actions import entrustment as action
from azukari.web.custody.clauses import CLAUSES
from azukari.web.custody.forms.entrustments import STAGES, EntrustmentForm, StageForm
from azukari.web.custody.matrix import matrix
from azukari.web.custody.queries import listing, naming, permissions, register
from azukari.web.custody.queries.tree import tree
from azukari.web.custody.views import own
from azukari.web.ui.paging import page_number
from azukari.web.ui.words import language


@allow(*STAFF)
@require_safe
def entrustments(request: HttpRequest) -> HttpResponse:
    """A page of the list, searched by title or party."""
    text = request.GET.get("q", "")[:200]
    found = register.entrustments(acting(request).body, page=page_number(request), text=text)
    return render(request, "custody/entrustments.html", {"page": found, "q": text, "stages": STAGES})


@allow(*STAFF)
@require_safe
def entrustment(request: HttpRequest, entrustment_id: UUID) -> HttpResponse:
    """One entrustment: terms, clauses, sub-entrustments, permissions, hand-overs."""
    info = own.entrustment(request, entrustment_id)
    whole = tree(info.id)
    shown = {
        "entrustment": info,
        "party": queries.party(info.party),
        "above": queries.entrustment(info.parent) if info.parent else None,
        "tree": whole,
        "matrix": matrix(whole),
        "permissions": _permissions(info),
        "hand_overs": listing.hand_overs(info.body, entrustment_id=info.id, page=page_number(request)),
        "clauses": [(clause.label(language()), clause.key in info.clauses) for clause in CLAUSES],
        "stages": [(label, key == info.stage) for key, label in STAGES.items()],
        "today": today(),
    }
    return render(request, "custody/entrustment.html", shown)


def _permissions(info: queries.EntrustmentInfo) -> list[tuple[permissions.PermissionInfo, str]]:
    """What was asked under an entrustment, each with the name of the party."""
    found = permissions.permissions(info.body, entrustment_id=info.id)
    names = naming.names_of_parties(one.party for one in found)
    return [(one, names[one.party]) for one in found]


@allow(Role.OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def add_entrustment(request: HttpRequest) -> HttpResponse:
    """Register an entrustment."""
    who = acting(request)
    parties = [one for one in queries.parties(who.body) if one.status != "revoked"]
    form = EntrustmentForm(request.POST or None, parties=parties)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            party_id = UUID(given.pop("party"))
            made = action.create(body_id=who.body, party_id=party_id, by=who.id, at=now(), **given)
            return HttpResponseRedirect(reverse("entrustment", args=[made]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    shown = {"form": form, "parties": parties}
    return render(request, "custody/entrustment_form.html", shown, status=400 if form.errors else 200)


@allow(Role.OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def set_stage(request: HttpRequest, entrustment_id: UUID) -> HttpResponse:
    """Move on to another stage; tick the clauses of the contract."""
    info, who = own.entrustment(request, entrustment_id), acting(request)
    form = StageForm(request.POST or None, initial={"stage": info.stage, "clauses": info.clauses})
    if request.method == "POST" and form.is_valid():
        action.set_stage(entrustment_id=info.id, by=who.id, at=now(), **form.cleaned_data)
        return HttpResponseRedirect(reverse("entrustment", args=[info.id]))
    shown = {"form": form, "entrustment": info}
    return render(request, "custody/stage_form.html", shown, status=400 if form.errors else 200)
