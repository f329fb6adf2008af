"""The one gate before every page: signed in, second factor there, the view's rule kept. In doubt it stays shut."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import resolve, reverse
from django.utils.http import urlencode

from azukari.errors import KeyFileError
from azukari.web.accounts import bearer, queries, suspended, visitors
from azukari.web.accounts.factors import FACTORS
from azukari.web.accounts.rules import ANYBODY, Role, Rule, here
from azukari.web.postgresql import wall
from azukari.web.ui.words import pick

# Label and name of an address, and the roles that see it in the menu.
_MENU: Final = (
    ("委託", "Entrustments", "entrustments", {"officer", "approver", "auditor"}),
    ("相手", "Parties", "parties", {"officer", "approver", "auditor"}),
    ("許諾", "Permissions", "permissions", {"officer", "approver", "auditor"}),
    ("受渡し", "Hand-overs", "hand_overs", {"officer", "approver", "auditor"}),
    ("便", "Crossings", "crossings", {"officer", "approver", "auditor"}),
    ("記録元", "Sources", "sources", {"officer", "approver", "auditor"}),
    ("支援措置", "Protective measures", "protections", {"officer", "approver", "auditor"}),
    ("利用者登録", "Enrolments", "enrolments", {"officer", "approver", "auditor"}),
    ("職員", "People", "people", {"administrator"}),
    ("招待", "Invitations", "invitations", {"approver", "auditor", "administrator"}),
    ("委託", "Work", "works", {"contractor"}),
    ("包み", "Packages", "shelf", {"contractor"}),
    ("紙・媒体", "Paper, media", "consignments", {"contractor"}),
    ("許諾書", "Certificates", "certificates", {"contractor"}),
    ("送ったもの", "Sent", "sent", {"contractor"}),
)


class GateMiddleware:
    """門。 Runs before each view; a view without a rule answers nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; what a signed-in person sees is kept by no cache. The database shows only what opens to nobody yet."""
        with wall.acting(wall.SIGN_IN):
            response = self._get_response(request)
            if _is_somebodys(request):
                response["Cache-Control"] = "no-store"
            return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """None lets the request pass; from here on the database shows it the rows of the person's body alone."""
        return admit(request, view)


def _is_somebodys(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return (user is not None and user.is_authenticated) or visitors.visitor(request) is not None


def admit(request: HttpRequest, view: Callable[..., Any]) -> HttpResponse | None:
    """Ask the rule of a view: None, or the answer that the request gets instead. Raises PermissionDenied."""
    rule = rule_of(view)
    if rule is None:
        raise PermissionDenied
    if rule == ANYBODY:
        return None
    if rule.token:
        refusal = bearer.admit(request, rule)
        if refusal is None:
            _within(request)
        return refusal
    if rule.visiting:
        return visitors.admit(request)
    user: Any = request.user
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("home"))
    _within(request)
    if user.role not in here():  # a second wall: signing in is refused already
        raise PermissionDenied
    if not is_mfa_enabled(user, FACTORS):
        return None if rule.enrolling else HttpResponseRedirect(reverse("second_factor"))
    if rule.roles is None or user.role not in rule.roles:
        raise PermissionDenied
    return ask_again(request) if rule.fresh and not is_fresh(request) else None


def _within(request: HttpRequest) -> None:
    """From here on the database shows the rows of this person's body alone."""
    user: Any = request.user
    wall.turn(wall.of(user.body_id))


def rule_of(view: Callable[..., Any]) -> Rule | None:
    """The rule of a view; the public ledger's pages are everybody's."""
    if getattr(view, "__module__", "") == "azukari.web.sequencer.views":
        return ANYBODY
    return getattr(view, "rule", None)


def is_fresh(request: HttpRequest) -> bool:
    """Whether a second factor was shown in the last ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds."""
    user: Any = request.user
    shown = [record["at"] for record in get_authentication_records(request, user) if record.get("method") == "mfa"]
    return bool(shown) and 0 <= time.time() - max(shown) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def ask_again(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the second factor; afterwards the request goes on where it was (``resume``)."""
    passkey = is_mfa_enabled(request.user, [Authenticator.Type.WEBAUTHN])
    if request.method == "POST":
        suspended.keep(request)
    again = reverse("mfa_reauthenticate_webauthn" if passkey else "mfa_reauthenticate")
    return HttpResponseRedirect(f"{again}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")


def resume(request: HttpRequest, state: dict[str, Any]) -> HttpResponse:
    """What waited for the second factor goes on, past the gate once more; if the person is on the way elsewhere, not."""
    wanted = get_next_redirect_url(request) or reverse("home")
    try:
        if suspended.path_of(request, state) != wanted:
            return HttpResponseRedirect(wanted)
        suspended.put_back(request, state)
    except KeyFileError:  # of before a change of key: the form is to be filled in again
        return HttpResponseRedirect(wanted)
    found = request.resolver_match = resolve(request.path_info)
    refusal = admit(request, found.func)
    return refusal or found.func(request, *found.args, **found.kwargs)


def page(request: HttpRequest) -> dict[str, Any]:
    """What stands around every page: the body, and the menu of the role."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.role not in here():
        return {}
    body_id: UUID = user.body_id
    return {
        "body": queries.body(body_id),
        "role_label": queries.role_label(user.role),
        "may_write": user.role == Role.OFFICER,
        "menu": [
            {"label": pick(ja, en), "url": reverse(name), "here": request.path.startswith(reverse(name))}
            for ja, en, name, roles in _MENU
            if user.role in roles
        ],
    }
