"""What the firm has sent, and what became of it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from azukari.fields.kinds import Field
from azukari.seal.consignment import is_receipt
from azukari.seal.items import Ask
from azukari.web.accounts.rules import Role, allow
from azukari.web.counter import queries
from azukari.web.counter.views import own
from azukari.web.counter.views.paging import page
from azukari.web.ui import verdicts
from azukari.web.ui.words import language


@allow(Role.CONTRACTOR)
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Receipts and asks, newest first."""
    firm = own.firm(request)
    return render(request, "counter/sent.html", {"page": page(request, lambda cut: queries.sent(firm.id, cut))})


@allow(Role.CONTRACTOR)
@require_safe
def submission(request: HttpRequest, sent_id: UUID) -> HttpResponse:
    """One of them, with what was said to it."""
    info = own.submission(request, sent_id)
    asked = Ask.parse(info.data) if info.kind == "ask" else None
    shown = {
        "sent": info,
        "asked": asked,
        "signed_for": is_receipt(info.data),
        "period": [date.fromisoformat(text) for text in (asked.starts_on, asked.ends_on)] if asked else [],
        "fields": [Field.parse(text) for text in asked.fields] if asked else [],
        "verdict": verdicts.sentence(info.word, info.detail, language()) if info.word else "",
    }
    return render(request, "counter/submission.html", shown)
