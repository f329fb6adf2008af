"""The people of a firm: who may sign in outside for it. Their codes are handed over by hand, and never cross the gap."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from azukari.errors import AzukariError
from azukari.stores.clock import now
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.actions import invitation, person
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import Role, allow
from azukari.web.custody.forms.parties import MemberForm
from azukari.web.custody.views import own
from azukari.web.ui.words import language


@allow(Role.OFFICER, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add_member(request: HttpRequest, party_id: UUID) -> HttpResponse:
    """A new account for somebody of the firm, and the code of the first sign-in, shown once."""
    info, form = own.party(request, party_id), MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        who, at, role = acting(request), now(), Role.CONTRACTOR.value
        given = {"body_id": who.body, "role": role, "party": info.id, "by": who.id, "at": at, **form.cleaned_data}
        try:
            return _code(request, info.id, person.create(**given))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    shown = {"form": form, "party": info}
    return render(request, "custody/member_form.html", shown, status=400 if form.errors else 200)


@allow(Role.OFFICER, fresh=True)
@require_POST
def invite_member(request: HttpRequest, party_id: UUID, member_id: UUID) -> HttpResponse:
    """A new code, for somebody of the firm who has lost every factor or the first code."""
    info = own.party(request, party_id)
    return _code(request, info.id, own.member(info, member_id).id)


@allow(Role.OFFICER, fresh=True)
@require_POST
def deactivate_member(request: HttpRequest, party_id: UUID, member_id: UUID) -> HttpResponse:
    """Let somebody of the firm go; outside, it holds from the next crossing on."""
    info = own.party(request, party_id)
    person.deactivate(person_id=own.member(info, member_id).id, by=acting(request).id, at=now())
    return HttpResponseRedirect(reverse("party", args=[info.id]))


def _code(request: HttpRequest, party_id: UUID, person_id: UUID) -> HttpResponse:
    code = invitation.invite(person_id=person_id, by=acting(request).id, at=now())
    shown = {"person": accounts.person_by_id(person_id), "code": code, "days": invitation.DAYS, "party_id": party_id}
    return render(request, "accounts/invited.html", shown)
