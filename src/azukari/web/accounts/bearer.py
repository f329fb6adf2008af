"""Programs with an access token: who they act as, how a view says that it answers them, and JSON for what is refused.

A wrong token is counted by the address it comes from; too many, and nothing from there is looked at for a while.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection
from typing import Any, Final

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from azukari.errors import AzukariError, LimitError, NotPermittedError, OptionError
from azukari.stores.clock import now
from azukari.web.accounts import queries
from azukari.web.accounts.rules import Role, Rule, here, ruled
from azukari.web.ui.refusals import refused_as_json, status_of

WRONG: Final = 20
"""Wrong tokens from one address in ``WINDOW`` seconds; then 429 until that time has passed."""
WINDOW: Final = 300
_TOKEN: Final = re.compile(r"Bearer ([A-Za-z0-9_-]{1,100})\Z")
_View = Callable[..., HttpResponseBase]


def by_token(*roles: Role, methods: Collection[str]) -> Callable[[_View], _View]:
    """Answers programs that come with a token of somebody in these roles; refusals are JSON, never a page."""

    def ruling(view: _View) -> _View:
        @csrf_exempt  # no cookie is looked at, so no other page can ask in somebody's name
        @functools.wraps(view)
        def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                refusal = refused_as_json(OptionError("the method of the request"), 405)
                return _with(refusal, "Allow", ", ".join(methods))
            try:
                return view(request, *args, **kwargs)
            except AzukariError as error:
                return refused_as_json(error, status_of(error))

        return ruled(answering, Rule(frozenset(role.value for role in roles), token=True))

    return ruling


def admit(request: HttpRequest, rule: Rule) -> HttpResponse | None:
    """None lets the request pass as the token's person; else the refusal: 401, 403 or 429."""
    if (refusal := locked_out(request)) is not None:
        return refusal
    person = _person(request)
    if person is None:
        return wrong(request)
    if person.role not in (rule.roles or frozenset()) & here():
        return refused_as_json(NotPermittedError(), 403)
    request.user = person
    return None


def shown(request: HttpRequest) -> str | None:
    """The token of a request, as it was written; None where there is none."""
    found = _TOKEN.match(request.headers.get("Authorization", ""))
    return found.group(1) if found else None


def locked_out(request: HttpRequest) -> HttpResponse | None:
    """429 while too many wrong tokens came from this address: then no other is looked at."""
    if _wrong(_address(request)) < WRONG:
        return None
    return _with(refused_as_json(LimitError("too many wrong tokens"), 429), "Retry-After", str(WINDOW))


def wrong(request: HttpRequest) -> HttpResponse:
    """401 for a token that is nobody's, which is counted."""
    address = _address(request)
    cache.set(_key(address), _wrong(address) + 1, WINDOW)  # a lost count lets one more guess pass, of 2^256
    refusal = refused_as_json(NotPermittedError("a valid access token is needed"), 401)
    return _with(refusal, "WWW-Authenticate", 'Bearer realm="azukari"')


def _person(request: HttpRequest) -> Any:
    token = shown(request)
    return None if token is None else queries.bearer(token, now())


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _wrong(address: str) -> int:
    return int(cache.get(_key(address), 0))


def _key(address: str) -> str:
    return f"wrong-tokens-{re.sub('[^0-9a-fA-F.:]', '', address)[:45]}"


def _with(answer: HttpResponse, name: str, value: str) -> HttpResponse:
    answer[name] = value
    return answer
