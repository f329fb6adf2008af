"""The list, and its proof to be saved."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from azukari.completeness.report import SUFFIX, Report
from azukari.errors import NotAuditedError, NotFoundError, NotWitnessedError, OptionError
from azukari.fields.days import day_of
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.rules import anybody, visiting
from azukari.web.citizens.queries import listing
from azukari.web.citizens.queries.timeline import Wanted, timeline
from azukari.web.citizens.views import own
from azukari.web.sequencer import queries as sequencer
from azukari.web.ui.words import language

CHECKER: Final = "azukari/report/azukari_report.html"
_WORD: Final = 100  # characters that are searched for


@visiting
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """Everything that is known of this person here, newest first."""
    known, register, today = own.citizen(request), own.register(request), day_of(now())
    wanted = Wanted(*(request.GET.get(name, "")[:_WORD] for name in ("act", "party", "word")))
    report = _listed(known.id)
    shown = {
        "body": accounts.body(known.body),
        "lasting": known.lasting,
        "easy": register == "easy",
        "wanted": wanted,
        "found": None if report is None else timeline(report, wanted, register, today),
        "acts": [] if report is None else _acts(report),
        "vkey": sequencer.log_of(known.body).vkey if report else "",
    }
    return render(request, "citizens/trail.html", shown)


@visiting
@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """The report, *.azl; ``since``: the size of the checkpoint of the last visit. 404 before the first index has come."""
    known, since = own.citizen(request), request.GET.get("since", "")
    if since and not (since.isascii() and since.isdigit() and len(since) <= 16):
        raise OptionError("since")
    made = listing.report(known.id, office.key(), day_of(now()), int(since) if since else None)
    name = f"azukari-{day_of(made.index.entry.at)}{SUFFIX}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(made.encode(), content_type="application/json", headers=headers)


@anybody
@require_safe
def checker(request: HttpRequest) -> HttpResponse:
    """The page that checks a report offline, one file: for everybody, and the same for everybody."""
    found = finders.find(CHECKER)
    if found is None:
        raise NotFoundError("the page that checks lists was not built into this installation")
    headers = {"Content-Disposition": 'attachment; filename="azukari_report.html"'}
    return HttpResponse(Path(found).read_bytes(), content_type="text/html", headers=headers)


def _listed(citizen_id: UUID) -> Report | None:
    """None before anything can be shown."""
    try:
        return listing.listed(citizen_id, office.key(), day_of(now()))
    except (NotFoundError, NotWitnessedError, NotAuditedError):
        return None


def _acts(report: Report) -> list[tuple[str, str]]:
    """Value and label of each kind of entry that there is."""
    found = {entry.event.act for one in report.lists for entry in one.entries if entry.event is not None}
    return [(act.value, act.label(language())) for act in sorted(found, key=lambda act: act.kind)]
