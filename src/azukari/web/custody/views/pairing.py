"""The inside and the outside get to know each other: our card, and the fingerprint of the other one as it was heard."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from azukari.errors import AzukariError
from azukari.seal.crossing import Side
from azukari.seal.pairing import MAX_CARD, parse_side_card
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import Role, allow
from azukari.web.crossing import queries as crossing
from azukari.web.crossing.actions import pairing as action
from azukari.web.custody.forms.crossings import PairForm
from azukari.web.custody.queries.crossing import side_card
from azukari.web.custody.views import own
from azukari.web.ui.words import language


@allow(Role.OFFICER, fresh=True)
@require_POST
def prepare(request: HttpRequest) -> HttpResponse:
    """Make the key of the inside, unless it is there."""
    who = acting(request)
    action.prepare(body_id=who.body, side=Side.INSIDE, kek=office.key(), by=who.id, at=now())
    return HttpResponseRedirect(reverse("pair_sides"))


@allow(Role.OFFICER)
@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """Our card, to be carried to the outside. StateError before the key was made."""
    headers = {"Content-Disposition": 'attachment; filename="inside.card"'}
    data = side_card(acting(request).body, office.key())
    return HttpResponse(data, content_type="application/octet-stream", headers=headers)


@allow(Role.OFFICER, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def pair(request: HttpRequest) -> HttpResponse:
    """Pin the key of the outside, by its card and the fingerprint that was read out: whatever goes out is for that key."""
    form = PairForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            _pair(request, form)
            return HttpResponseRedirect(reverse("crossings"))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    body_id = acting(request).body
    peer = crossing.peer(body_id)
    shown = {
        "form": form,
        "peer": peer,
        "fingerprint": crossing.fingerprint(body_id, office.key()) if peer else "",
    }
    return render(request, "custody/pair_sides.html", shown, status=400 if form.errors else 200)


def _pair(request: HttpRequest, form: PairForm) -> None:
    who = acting(request)
    action.pair(
        card=parse_side_card(own.small(form.cleaned_data["card"], MAX_CARD)),
        body_id=who.body,
        fingerprint=form.cleaned_data["fingerprint"],
        by=who.id,
        at=now(),
    )
