"""Signing in through the body's provider: to it, back from it, and which account is whose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from azukari.errors import AzukariError, NotFoundError, RefusedError, SignInError
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts import provider, queries
from azukari.web.accounts.actions import invitation
from azukari.web.accounts.actions import provider as action
from azukari.web.accounts.adapters import elsewhere
from azukari.web.accounts.forms import InvitedForm
from azukari.web.accounts.gate import is_fresh
from azukari.web.accounts.models import User
from azukari.web.accounts.oidc.asking import Pending
from azukari.web.accounts.queries import ProviderInfo, acting
from azukari.web.accounts.rules import STAFF, Role, allow, anybody, here
from azukari.web.accounts.views import BACKEND
from azukari.web.ui.words import language, pick

_OWN: Final = (*STAFF, Role.ADMINISTRATOR)


@anybody
@require_safe
def start(request: HttpRequest, provider_id: UUID) -> HttpResponse:
    """Send the browser to a provider, to be signed in when it comes back."""
    found = queries.provider(provider_id)
    pending = Pending(found.id.hex, "sign-in", now().timestamp(), back=provider.back(request))
    try:
        provider.slow_down(request)
        return HttpResponseRedirect(provider.begin(request, found, pending))
    except AzukariError as error:
        return _sorry(request, error)


@anybody
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def first(request: HttpRequest) -> HttpResponse:
    """Login name and invitation code, then the provider instead of a password."""
    form = InvitedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        at = now()
        try:
            provider.slow_down(request)
            person_id, invited = invitation.show(roles=here(), by=office.ITSELF, at=at, **form.cleaned_data)
            found = queries.provider_of(queries.person_by_id(person_id).body)
            pending = Pending(found.id.hex, "first", at.timestamp(), person_id.hex, invited.isoformat())
            return _onward(request, found, provider.begin(request, found, pending))
        except RefusedError as error:
            role = error.facts.get("role")
            form.add_error(None, pick(*elsewhere(str(role))) if role else error.sentence(language()))
        except AzukariError as error:
            form.add_error(None, provider.sentence(error))
    return render(request, "accounts/first_provider.html", {"form": form}, status=400 if form.errors else 200)


@allow(*_OWN)
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Whether an account of the provider signs this person in."""
    who = acting(request)
    found = [one for one in queries.providers() if one.body == who.body]
    linked = bool(found) and queries.is_linked(who.id, found[0].issuer)
    return render(request, "accounts/provider.html", {"provider": found[0] if found else None, "linked": linked})


@allow(*_OWN, fresh=True)
@require_POST
def link(request: HttpRequest) -> HttpResponse:
    """Begin to link an account: the person goes to the provider by a link of the next page."""
    who = acting(request)
    found = queries.provider_of(who.body)
    pending = Pending(found.id.hex, "link", now().timestamp(), who.id.hex)
    try:
        provider.slow_down(request)
        return _onward(request, found, provider.begin(request, found, pending))
    except AzukariError as error:
        return _sorry(request, error)


@allow(*_OWN, fresh=True)
@require_POST
def unlink(request: HttpRequest) -> HttpResponse:
    """No account of the provider signs this person in any more."""
    who = acting(request)
    action.unlink(person_id=who.id, by=who.id, at=now())
    return HttpResponseRedirect(reverse("provider_account"))


@anybody
@require_safe
def answer(request: HttpRequest) -> HttpResponse:
    """Where the provider sends the browser back. Whatever it brings is looked at once."""
    at = now()
    try:
        provider.slow_down(request)
        pending = provider.take(request, at)
        found = provider.provider_of(pending)
        subject = provider.subject(request, found, pending, at)
        return _ENDS[pending.purpose](request, found, pending, subject, at)
    except AzukariError as error:
        return _sorry(request, error)


def _sign_in(request: HttpRequest, found: ProviderInfo, pending: Pending, subject: str, at: datetime) -> HttpResponse:
    """In the password's place: allauth goes on to the second factor."""
    try:
        person = queries.person_linked(found.body, found.issuer, subject)
    except NotFoundError:
        raise SignInError("an account that is nobody's") from None
    user = User.objects.get(id=person.id)
    record_authentication(request, user, method="provider")
    response: HttpResponse = perform_login(
        request, Login(user=user, redirect_url=pending.back or reverse("home"), signal_kwargs={"by_provider": True})
    )
    return response


def _first(request: HttpRequest, found: ProviderInfo, pending: Pending, subject: str, at: datetime) -> HttpResponse:
    person_id = UUID(pending.person)
    if queries.person_by_id(person_id).body != found.body:
        raise SignInError("a provider of another body")
    invitation.accept_with_provider(
        person_id=person_id,
        invited=datetime.fromisoformat(pending.invited),
        issuer=found.issuer,
        subject=subject,
        by=person_id,
        at=at,
    )
    user = User.objects.get(id=person_id)
    login(request, user, backend=BACKEND)
    record_authentication(request, user, method="provider")
    return HttpResponseRedirect(reverse("second_factor"))


def _link(request: HttpRequest, found: ProviderInfo, pending: Pending, subject: str, at: datetime) -> HttpResponse:
    if not request.user.is_authenticated or acting(request).id != UUID(pending.person) or not is_fresh(request):
        raise SignInError("somebody else, or too late")
    who = acting(request)
    if who.body != found.body:
        raise SignInError("a provider of another body")
    action.link(person_id=who.id, issuer=found.issuer, subject=subject, by=who.id, at=at)
    messages.success(request, pick("提供元のアカウントを結び付けました。", "The account is linked."))
    return HttpResponseRedirect(reverse("provider_account"))


_ENDS: Final[dict[str, Callable[..., HttpResponse]]] = {"sign-in": _sign_in, "first": _first, "link": _link}


def _onward(request: HttpRequest, found: ProviderInfo, url: str) -> HttpResponse:
    """A page with a link: a form that is answered by another host's page would be stopped by the content policy."""
    return render(request, "accounts/provider_onward.html", {"provider": found, "url": url})


def _sorry(request: HttpRequest, error: AzukariError) -> HttpResponse:
    """One sentence, where the person can begin again."""
    own = isinstance(error, RefusedError) and not isinstance(error, SignInError)
    messages.error(request, error.sentence(language()) if own else provider.sentence(error))
    back = "provider_account" if request.user.is_authenticated else "account_login"
    return HttpResponseRedirect(reverse(back))
