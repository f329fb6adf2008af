"""One way to a body's provider and back, for one browser: what the views of signing in call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from allauth.core.internal import ratelimit
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from azukari.errors import AzukariError, LimitError, NotFoundError, SignInError
from azukari.web import office
from azukari.web.accounts import queries
from azukari.web.accounts.oidc import answering, asking
from azukari.web.accounts.oidc.asking import Pending
from azukari.web.accounts.oidc.discovery import discover
from azukari.web.accounts.queries import ProviderInfo
from azukari.web.ui.words import language, pick

RATES: Final = {"provider": "30/m/ip"}
_KEPT: Final = "sign-in-provider"
_WAIT: Final = "wait a minute"


def begin(request: HttpRequest, provider: ProviderInfo, pending: Pending) -> str:
    """Where the browser is to go; what it has to come back with is kept in its session. Raises what ``discover`` does."""
    metadata = discover(provider.issuer, provider.method)
    request.session[_KEPT] = pending.kept()
    return asking.address(metadata, provider.client_id, _redirect_uri(request), pending)


def take(request: HttpRequest, at: datetime) -> Pending:
    """What was kept, which is gone from now on: an answer is looked at once. SignInError."""
    return Pending.of(request.session.pop(_KEPT, None), at)


def subject(request: HttpRequest, provider: ProviderInfo, pending: Pending, at: datetime) -> str:
    """The account that an answer is about. SignInError, NotFoundError, FormatError, LimitError, KeyFileError."""
    metadata = discover(provider.issuer, provider.method)
    code = answering.code_of(_once(request), pending, metadata)
    token = answering.token_of(code, pending, metadata, client(provider), _redirect_uri(request))
    keys = answering.keys_of(metadata)
    return answering.subject_of(token, keys, metadata, provider.client_id, pending.nonce, at)


def client(provider: ProviderInfo) -> answering.Client:
    """Who the office is to the provider. KeyFileError where the office is not unlocked."""
    secret = office.key().unwrap(provider.wrapped_secret, queries.provider_purpose(provider.id))
    return answering.Client(provider.client_id, provider.method, provider.algorithm, secret)


def provider_of(pending: Pending) -> ProviderInfo:
    """The provider to which somebody went; SignInError if it was taken away meanwhile."""
    try:
        return queries.provider(UUID(pending.provider))
    except NotFoundError:
        raise SignInError("the provider was removed") from None


def back(request: HttpRequest) -> str:
    """Where the person wanted to go: an address of this office, or nothing."""
    wanted = request.GET.get("next", "")
    here = {request.get_host()}
    kept = url_has_allowed_host_and_scheme(wanted, allowed_hosts=here, require_https=request.is_secure())
    return wanted if kept and wanted.startswith("/") and len(wanted) <= 1_000 else ""


def slow_down(request: HttpRequest) -> None:
    """LimitError for an address that asks too often."""
    if not ratelimit.consume(request, app="azukari.accounts", action="provider", config=RATES, limit_get=True):
        raise LimitError(_WAIT)


def sentence(error: AzukariError) -> str:
    """What a person reads; nothing of what the provider or the browser sent."""
    if isinstance(error, LimitError) and error.detail == _WAIT:
        return pick("回数が多すぎます。1 分待ってからお試しください。", "Too often. Wait a minute and try again.")
    if isinstance(error, SignInError):
        return error.ja if language() == "ja" else error.en
    return pick(
        "ログインの提供元に接続できないか、その答えを使えませんでした。時間をおいてお試しください。",
        "The sign-in provider cannot be reached, or its answer cannot be used. Try again later.",
    )


def _once(request: HttpRequest) -> Mapping[str, str]:
    """The parameters of an answer; SignInError if one is there twice."""
    if any(len(request.GET.getlist(name)) > 1 for name in request.GET):
        raise SignInError("step 3: a parameter twice")
    return {name: str(value) for name, value in request.GET.items()}


def _redirect_uri(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("provider_answer"))
