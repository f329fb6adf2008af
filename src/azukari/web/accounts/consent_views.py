"""Invitations that two people give: asking for one, consenting to it; and what a person sees of their own."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from azukari.errors import NotFoundError
from azukari.stores.clock import now
from azukari.web.accounts import queries
from azukari.web.accounts.actions import consent as action
from azukari.web.accounts.actions.invitation import DAYS
from azukari.web.accounts.queries import acting, consents
from azukari.web.accounts.rules import Role, allow, signed_in


@allow(Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR)
@require_safe
def invitations(request: HttpRequest) -> HttpResponse:
    """What waits for somebody's consent, and all that was decided."""
    who = acting(request)
    shown = {"consents": consents.consents(who.body), "may_decide": who.role in consents.DECIDING}
    return render(request, "accounts/invitations.html", shown)


@allow(Role.ADMINISTRATOR, fresh=True)
@require_POST
def ask(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Ask that somebody is invited whom nobody invites alone."""
    who = acting(request)
    if queries.person_by_id(person_id).body != who.body:
        raise NotFoundError("there is no such person")
    action.ask(person_id=person_id, by=who.id, at=now())
    return HttpResponseRedirect(reverse("invitations"))


@allow(Role.ADMINISTRATOR, Role.APPROVER, fresh=True)
@require_POST
def give(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    """Consent; the code is shown once, to who consents."""
    info = _own(request, consent_id)
    code = action.give(consent_id=info.id, by=acting(request).id, at=now())
    shown = {"person": queries.person_by_id(info.person), "code": code, "days": DAYS, "consented": True}
    return render(request, "accounts/invited.html", shown)


@allow(Role.ADMINISTRATOR, Role.APPROVER, fresh=True)
@require_POST
def refuse(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    """Refuse, or take back."""
    action.refuse(consent_id=_own(request, consent_id).id, by=acting(request).id, at=now())
    return HttpResponseRedirect(reverse("invitations"))


@signed_in
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """How one was invited anew, ever: nobody can take this off the list."""
    return render(request, "accounts/own_invitations.html", {"consents": consents.given_to(acting(request).id)})


def _own(request: HttpRequest, consent_id: UUID) -> consents.ConsentInfo:
    """What another body has asked is not there."""
    info = consents.consent(consent_id)
    if info.body != acting(request).body:
        raise NotFoundError("there is no such invitation")
    return info
