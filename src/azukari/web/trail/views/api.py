"""For programs that are sources: they tell uses, with the token of the source, without a session.

``{"told", "taken", "before", "waiting", "reasons": [{"place", "reason", "member"}]}``, or ``{"error", "message"}`` with the
words of docs/exit-codes.md, of which nothing is kept. What was told once may be told again: it is counted as ``before``.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from azukari.errors import AzukariError, FormatError, LimitError, OptionError
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts import bearer
from azukari.web.accounts.rules import anybody
from azukari.web.postgresql import wall
from azukari.web.trail import elements, queries
from azukari.web.trail.actions import taking
from azukari.web.trail.queries import SourceInfo
from azukari.web.ui.refusals import refused_as_json, status_of

MOST: Final = 8 << 20
"""Bytes of one request: 1,000 events of 8 KiB."""
_LINES: Final = ("application/jsonl", "application/x-ndjson")
_BATCH: Final = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/fhir+json",
)
_KINDS: Final = (*_BATCH, *_LINES)


@anybody  # that is: whoever has the token of a source, which is looked at here
@csrf_exempt  # no cookie is looked at, so no other page can ask in somebody's name
def uses(request: HttpRequest) -> HttpResponse:
    """Take uses: one event, a batch of at most 1,000, or as many lines."""
    if request.method != "POST":
        answer = refused_as_json(OptionError("the method of the request"), 405)
        answer["Allow"] = "POST"
        return answer
    if (refusal := bearer.locked_out(request)) is not None:
        return refusal
    source = queries.with_token(bearer.shown(request) or "")
    if source is None:
        return bearer.wrong(request)
    try:
        with wall.acting(wall.of(source.body)):
            told = _elements(request, source)
            found = taking.all_of(source=source, elements=told, kek=office.key(), by=source.id, at=now())
            return JsonResponse(_told(found))
    except AzukariError as error:
        return refused_as_json(error, status_of(error))


def _elements(request: HttpRequest, source: SourceInfo) -> list[elements.Element]:
    if source.form == "table":
        raise OptionError("a source of tables tells by its files")
    if request.content_type not in _KINDS:
        raise FormatError("the content type of uses")
    data = request.read(MOST + 1)
    if len(data) > MOST:
        raise LimitError(f"at most {MOST} bytes")
    if request.content_type in _LINES:
        return elements.of_text(source, data, now())
    return elements.of_batch(source, data, now())


def _told(found: elements.Counts) -> dict[str, Any]:
    return {
        "told": found.told,
        "taken": found.taken,
        "before": found.before,
        "waiting": found.waiting,
        "reasons": [
            {"place": place, "reason": reason.value, "member": member} for place, reason, member in found.reasons
        ],
    }
