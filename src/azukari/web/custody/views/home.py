"""The first screen: what waits, what ends soon, and the figures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from azukari.stores.clock import now, today
from azukari.web.accounts.queries import acting, consents
from azukari.web.accounts.rules import Role, signed_in
from azukari.web.custody.queries import register
from azukari.web.ui.words import pick

_KINDS = {
    "asked": ("許諾の申請が届いています", "asks for a permission"),
    "key": ("鍵の確認待ち", "key waits to be confirmed"),
    "unreceipted": ("受領書がまだありません", "no receipt yet"),
    "permission-ends": ("許諾の期限が近づいています", "permission ends soon"),
    "document-expires": ("書類の有効期限です", "document expires"),
    "entrustment-ends": ("委託の期間が終わります", "entrustment ends soon"),
}


@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the officer has to do; an administrator goes to the accounts, which is all that role sees."""
    who = acting(request)
    if who.role == Role.ADMINISTRATOR:
        return HttpResponseRedirect(reverse("people"))
    waiting: list[dict[str, object]] = [
        {"label": pick(*_KINDS[one.kind]), "what": one.what, "day": one.day, "url": reverse(one.page, args=[one.id])}
        for one in register.reminders(who.body, today())
    ]
    if who.role == Role.APPROVER and (asked := consents.waiting(who.body, who.id)):
        waiting.insert(0, _invitations(asked))
    shown = {"totals": register.totals(who.body), "invited_lately": consents.lately(who.id, now())}
    return render(request, "custody/home.html", shown | {"waiting": waiting})


def _invitations(count: int) -> dict[str, object]:
    label, what = pick("招待への同意待ち", "waits for consent"), pick(f"{count} 件の招待", f"{count} invitations")
    return {"label": label, "what": what, "day": None, "url": reverse("invitations")}
