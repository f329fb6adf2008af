"""The works of a firm, one of them with all that hangs on it, and asking for a permission under it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from azukari.errors import AzukariError
from azukari.stores.clock import now, today
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import Role, allow
from azukari.web.counter import queries
from azukari.web.counter.actions.sending import send_ask
from azukari.web.counter.forms import AskForm
from azukari.web.counter.queries.consigned import consignments
from azukari.web.counter.views import own
from azukari.web.counter.views.paging import page
from azukari.web.ui.words import language


@allow(Role.CONTRACTOR)
@require_safe
def works(request: HttpRequest) -> HttpResponse:
    """What the firm was entrusted with."""
    firm = own.firm(request)
    return render(request, "counter/works.html", {"page": page(request, lambda cut: queries.works(firm.id, cut))})


@allow(Role.CONTRACTOR)
@require_safe
def work(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """One work: terms, packages, permissions, what was asked."""
    info = own.work(request, work_id)
    held = queries.certificates(info.firm, work_id=info.id)
    shown = {
        "work": info,
        "packages": queries.shelf(info.firm, work_id=info.id),
        "consignments": consignments(info.firm, work_id=info.id),
        "above": [one for one in held if one.child == info.id],
        "below": [one for one in held if one.work == info.id],
        "asks": queries.sent(info.firm, work_id=info.id),
        "today": today(),
    }
    return render(request, "counter/work.html", shown)


@allow(Role.CONTRACTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """Ask the body to permit a sub-contractor."""
    info, who = own.work(request, work_id), acting(request)
    form = AskForm(request.POST or None, request.FILES or None, work=info)
    if request.method == "POST" and form.is_valid():
        try:
            made = send_ask(firm_id=info.firm, work_id=info.id, ask=form.asked(), by=who.id, at=now())
            return HttpResponseRedirect(reverse("submission", args=[made]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    shown = {"form": form, "work": info}
    return render(request, "counter/ask_form.html", shown, status=400 if form.errors else 200)
