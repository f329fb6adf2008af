"""The first screen of a contractor: what waits."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from azukari.stores.clock import now, today
from azukari.web.accounts.queries import acting, consents
from azukari.web.accounts.rules import Role, allow
from azukari.web.counter.queries.waiting import Waiting, waiting
from azukari.web.counter.views import own
from azukari.web.ui import verdicts
from azukari.web.ui.words import language, pick

_KINDS = {
    "fetch": ("包みを受け取ってください", "Fetch the package"),
    "receipt": ("受領書を送ってください", "Send the receipt"),
    "sign": ("受け取った現物の受領書に署名してください", "Sign for what you received"),
    "receipt-refused": ("受領書が受理されませんでした", "The receipt was refused"),
    "asked": ("許諾の決定を待っています", "The decision is awaited"),
    "ask-refused": ("申請が受理されませんでした", "What was asked was refused"),
    "not-permitted": ("許諾されませんでした", "Not permitted"),
    "permission-ends": ("許諾の期限が近づいています", "Permission ends soon"),
    "revoked": ("許諾が取り消されました", "Permission revoked"),
    "stale": ("許諾書が古くなりました", "The certificate is too old"),
}


@allow(Role.CONTRACTOR)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this firm has to do, and what it waits for."""
    firm = own.firm(request)
    rows = [_row(one) for one in waiting(firm.id, today())]
    shown = {"firm": firm, "waiting": rows, "invited_lately": consents.lately(acting(request).id, now())}
    return render(request, "counter/home.html", shown)


def _row(one: Waiting) -> dict[str, object]:
    why = one.why or (verdicts.sentence(one.word, "", language()) if one.word else "")
    url = reverse(one.page, args=[one.id])
    return {"label": pick(*_KINDS[one.kind]), "what": one.what, "day": one.day, "why": why, "url": url}
