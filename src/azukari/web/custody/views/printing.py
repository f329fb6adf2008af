"""What is printed, and what goes into a calendar."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from azukari.fields.days import day_of
from azukari.stores.clock import now
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, allow
from azukari.web.custody.calendar import MEDIA_TYPE, calendar, window
from azukari.web.custody.queries.ends import ends
from azukari.web.custody.queries.printing import printed
from azukari.web.custody.register_paper import entrustment_pdf, register_pdf
from azukari.web.custody.views import own
from azukari.web.ui.words import language


@allow(*STAFF)
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """The whole register of the body as PDF."""
    body = accounts.body(acting(request).body)
    data = register_pdf(printed(body.id), body.name, language(), now())
    return _saved(data, "application/pdf", "register.pdf")


@allow(*STAFF)
@require_safe
def entrustment(request: HttpRequest, entrustment_id: UUID) -> HttpResponse:
    """One entrustment, and those below it, as PDF."""
    info = own.entrustment(request, entrustment_id)
    data = entrustment_pdf(printed(info.body, under=info.id), accounts.body(info.body).name, language(), now())
    return _saved(data, "application/pdf", f"entrustment-{info.id.hex[:12]}.pdf")


@allow(*STAFF)
@require_safe
def reminders(request: HttpRequest) -> HttpResponse:
    """Last days as a calendar."""
    body_id, at = acting(request).body, now()
    found = ends(body_id, *window(day_of(at)))
    return _saved(calendar(found, body_id, language(), at), MEDIA_TYPE, "reminders.ics")


def _saved(data: bytes, media_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
