"""The people of the body and of its firms: what an administrator sees. Here, since the accounts do not know the firms."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from azukari.stores.clock import now
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.queries import acting
from azukari.web.accounts.queries.consents import lately, need_two
from azukari.web.accounts.rules import Role, allow
from azukari.web.custody.queries.naming import names_of_parties


@allow(Role.ADMINISTRATOR)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody of the administrator's body who has an account, those who were let go too; of a contractor the firm."""
    found = accounts.people(acting(request).body, active_only=False)
    firms = names_of_parties(one.party for one in found if one.party)
    two = need_two(one.id for one in found)
    rows = [
        {"person": one, "firm": firms.get(one.party, "") if one.party else "", "two": one.id in two} for one in found
    ]
    shown = {"rows": rows, "invited_lately": lately(acting(request).id, now())}
    return render(request, "custody/people.html", shown)
