"""Access tokens on the account page: the list, a new one, and the end of one."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from azukari.errors import AzukariError
from azukari.stores.clock import now
from azukari.web.accounts import queries
from azukari.web.accounts.actions import token as action
from azukari.web.accounts.forms import TokenForm
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import Role, allow
from azukari.web.ui.words import language


@allow(Role.CONTRACTOR)
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens of who asks."""
    return _page(request, TokenForm())


@allow(Role.CONTRACTOR, fresh=True)
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """A new token, shown once."""
    form, who = TokenForm(request.POST), acting(request)
    if form.is_valid():
        try:
            made = action.make(person_id=who.id, by=who.id, at=now(), **form.cleaned_data)
            return render(request, "accounts/token.html", {"token": made, "days": form.cleaned_data["days"]})
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    return _page(request, form)


@allow(Role.CONTRACTOR)
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """End a token: at once, and without a second factor, since it may have been stolen."""
    who = acting(request)
    action.revoke(token_id=token_id, person_id=who.id, by=who.id, at=now())
    return HttpResponseRedirect(reverse("tokens"))


def _page(request: HttpRequest, form: TokenForm) -> HttpResponse:
    shown = {"tokens": queries.tokens(acting(request).id, now()), "form": form}
    return render(request, "accounts/tokens.html", shown, status=400 if form.errors else 200)
