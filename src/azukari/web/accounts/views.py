"""First sign-in, second factor, and what an administrator does with people. Their list is ``custody.views.people``."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from azukari.errors import AzukariError, LimitError, NotFoundError, StateError
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts import factors, provider, queries
from azukari.web.accounts.actions import consent, invitation, person
from azukari.web.accounts.adapters import elsewhere
from azukari.web.accounts.forms import InvitationForm, PersonForm
from azukari.web.accounts.models import User
from azukari.web.accounts.queries import acting
from azukari.web.accounts.queries.consents import DECIDING
from azukari.web.accounts.rules import Role, allow, anybody, enrolling, here, signed_in
from azukari.web.ui.words import language, pick

BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"


@anybody
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def first_sign_in(request: HttpRequest) -> HttpResponse:
    """Login name and invitation code give a password; then a second factor has to be set up."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("login", "code", "password")}
        try:
            provider.slow_down(request)  # each code that is tried costs a scrypt
            person_id = invitation.accept(roles=here(), by=office.ITSELF, at=now(), **given)
        except AzukariError as error:
            role = error.facts.get("role")
            form.add_error(None, pick(*elsewhere(str(role))) if role else _sentence(error))
        else:
            user = User.objects.get(id=person_id)
            login(request, user, backend=BACKEND)
            record_authentication(request, user, method="password", reauthenticated=True)
            return HttpResponseRedirect(reverse("second_factor"))
    return render(request, "accounts/first_sign_in.html", {"form": form}, status=400 if form.errors else 200)


@enrolling
@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """Passkey or authenticator app: one of them is compulsory."""
    return render(request, "accounts/second_factor.html")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a passkey, but never the last second factor: allauth asks nobody here."""
    with factors.held(acting(request).id):
        if factors.is_last(acting(request).id):
            raise StateError("the last second factor stays")
        response: HttpResponseBase = passkeys.remove_webauthn(request, pk=pk)
        return response


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def remove_app(request: HttpRequest) -> HttpResponseBase:
    """Remove the authenticator app; allauth asks ``FactorAdapter`` whether it is the last, here while nobody else removes."""
    with factors.held(acting(request).id):
        response: HttpResponseBase = totp.deactivate_totp(request)
        return response


@allow(Role.ADMINISTRATOR, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add_person(request: HttpRequest) -> HttpResponse:
    """A new account, and the code of its first sign-in, shown once; of somebody who consents to invitations, by another."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        who, at = acting(request), now()
        try:
            person_id = person.create(body_id=who.body, by=who.id, at=at, **form.cleaned_data)
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
        else:
            if form.cleaned_data["role"] in DECIDING:
                consent.ask(person_id=person_id, by=who.id, at=at)
                return HttpResponseRedirect(reverse("invitations"))
            return _code(request, person_id, who)
    return render(request, "accounts/person_form.html", {"form": form}, status=400 if form.errors else 200)


@allow(Role.ADMINISTRATOR, fresh=True)
@require_POST
def invite(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A new code, for somebody who has lost the first one. StateError where two are needed (``consent_views.ask``)."""
    who = acting(request)
    _own(who, person_id)
    return _code(request, person_id, who)


@allow(Role.ADMINISTRATOR, fresh=True)
@require_POST
def deactivate(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Let a person go; every session of theirs ends."""
    who = acting(request)
    _own(who, person_id)
    person.deactivate(person_id=person_id, by=who.id, at=now())
    return HttpResponseRedirect(reverse("people"))


def _sentence(error: AzukariError) -> str:
    return provider.sentence(error) if isinstance(error, LimitError) else error.sentence(language())


def _own(who: queries.Person, person_id: UUID) -> None:
    """People of another body are not there for this administrator."""
    if queries.person_by_id(person_id).body != who.body:
        raise NotFoundError("there is no such person")


def _code(request: HttpRequest, person_id: UUID, who: queries.Person) -> HttpResponse:
    code = invitation.invite(person_id=person_id, by=who.id, at=now())
    shown: dict[str, Any] = {"person": queries.person_by_id(person_id), "code": code, "days": invitation.DAYS}
    return render(request, "accounts/invited.html", shown)
