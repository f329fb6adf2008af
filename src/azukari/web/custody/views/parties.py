"""Parties: registered from their card, confirmed by their answer and a fingerprint that was heard."""

from __future__ import annotations

import secrets
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from azukari.errors import AzukariError
from azukari.seal.identity import MAX_TEXT, Card, make_challenge, parse_card, verify_answer
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.custody import queries, vault
from azukari.web.custody.actions import party as action
from azukari.web.custody.forms.parties import ConfirmForm, PartyForm
from azukari.web.custody.views import own
from azukari.web.ui.words import language


@allow(*STAFF)
@require_safe
def parties(request: HttpRequest) -> HttpResponse:
    """All parties of the body."""
    return render(request, "custody/parties.html", {"parties": queries.parties(acting(request).body)})


@allow(Role.OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def add_party(request: HttpRequest) -> HttpResponse:
    """Register a party as pending."""
    form = PartyForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return HttpResponseRedirect(reverse("party", args=[_add(request, form)]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    return render(request, "custody/party_form.html", {"form": form}, status=400 if form.errors else 200)


def _add(request: HttpRequest, form: PartyForm) -> UUID:
    given, who, party_id = form.cleaned_data, acting(request), uuid4()
    return action.add(
        body_id=who.body,
        card=parse_card(own.small(given["card"], MAX_TEXT)),
        name=given["name"],
        country=given["country"],
        corporate_number=given["corporate_number"],
        roster=given["roster"],
        grade=given["grade"],
        wrapped_challenge=office.key().wrap(secrets.token_bytes(32), vault.challenge_purpose(party_id)),
        party_id=party_id,
        by=who.id,
        at=now(),
    )


@allow(*STAFF)
@require_safe
def party(request: HttpRequest, party_id: UUID) -> HttpResponse:
    """One party, its people, and what is to be done next to confirm its key."""
    info = own.party(request, party_id)
    return render(request, "custody/party.html", {"party": info, "members": accounts.members(info.body, info.id)})


@allow(Role.OFFICER)
@require_safe
def challenge(request: HttpRequest, party_id: UUID) -> HttpResponse:
    """The challenge to send to the party: sealed to its key, so that only its holder can answer."""
    info = own.party(request, party_id)
    secret = office.key().unwrap(info.wrapped_challenge, vault.challenge_purpose(info.id))
    return _file(make_challenge(Card(info.recipient, info.vkey), secret), f"{info.id.hex}.challenge")


@allow(Role.OFFICER, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_party(request: HttpRequest, party_id: UUID) -> HttpResponse:
    """Confirm the key by the party's answer and the fingerprint that was read out."""
    info = own.party(request, party_id)
    form = ConfirmForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            answer = own.small(form.cleaned_data["answer"], MAX_TEXT)
            action.confirm(
                party_id=info.id,
                fingerprint=form.cleaned_data["fingerprint"],
                answer_ok=_answers(info, answer),
                by=acting(request).id,
                at=now(),
            )
            return HttpResponseRedirect(reverse("party", args=[info.id]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    shown = {"form": form, "party": info}
    return render(request, "custody/party_confirm.html", shown, status=400 if form.errors else 200)


def _answers(info: queries.PartyInfo, answer: bytes) -> bool:
    secret = office.key().unwrap(info.wrapped_challenge, vault.challenge_purpose(info.id))
    try:
        verify_answer(Card(info.recipient, info.vkey), secret, answer)
    except AzukariError:
        return False
    return True


def _file(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type="application/octet-stream", headers=headers)
