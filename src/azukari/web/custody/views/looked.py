"""What a table was taken for, and what would follow if it were sealed; and another look after the officer's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from azukari.errors import StateError
from azukari.fields.kinds import Field
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import Role, allow
from azukari.web.custody import foresight, queries, work
from azukari.web.custody.forms.sealing import ColumnsForm
from azukari.web.custody.matrix import matrix
from azukari.web.custody.queries.tree import tree
from azukari.web.custody.views import own
from azukari.web.jobs.actions import queue
from azukari.web.jobs.queries import JobInfo
from azukari.web.ui.words import language, pick


def own_look(request: HttpRequest, job_id: UUID) -> JobInfo:
    """A look of the body that is done. NotFoundError, StateError."""
    job = own.job(request, job_id)
    if job.kind != work.LOOK or job.status != "done":
        raise StateError("this table was not looked at yet")
    return job


@allow(Role.OFFICER)
@require_POST
def look_again(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Look at the same table under what the officer says of its columns; nothing is handed over by that."""
    job, who = own_look(request, job_id), acting(request)
    form = form_of(job, request.POST)
    if not form.is_valid():
        return page(request, job, form)
    arguments = {**job.arguments, "columns": form.said(), "strict": form.cleaned_data["strict"]}
    again = queue.enqueue(
        body_id=who.body, kind=work.LOOK, arguments=arguments, upload_id=job.upload, by=who.id, at=now()
    )
    return HttpResponseRedirect(reverse("sealing", args=[again]))


def form_of(job: JobInfo, data: Mapping[str, Any] | None = None) -> ColumnsForm:
    """A choice for each column under its header, or under its number once the table was destroyed."""
    columns = job.result["columns"]
    said = {"strict": bool(job.arguments.get("strict"))}  # what was said before the last look stays said
    return ColumnsForm(data, columns=columns, headers=_headers(len(columns), _noted(job)), initial=said)


def page(request: HttpRequest, job: JobInfo, form: ColumnsForm) -> HttpResponse:
    """The page of a look that is done."""
    info, columns = own.entrustment(request, UUID(job.arguments["entrustment"])), job.result["columns"]
    noted = _noted(job)
    headers = _headers(len(columns), noted)
    found = [Field.parse(column["field"]) for column in columns if column["field"]]
    leaving = [Field.parse(c["field"]) for c in columns if c["field"] and work.leaves(c["fate"])]
    shown = {
        "job": job,
        "form": form,
        "columns": [_column(column, form[f"column_{number}"]) for number, column in enumerate(columns)],
        "rows": job.result["rows"],
        "unique": job.result["unique"],
        "withheld": dict(zip(("rows", "addresses", "unmatched"), job.result.get("withheld", ()), strict=False)),
        "entrustment": info,
        "party": queries.party(info.party),
        "matrix": matrix(tree(info.id), leaving, found),
        "marks": _marks(job.result.get("marks"), headers),
        "examples": noted,
    }
    shown |= _holding(job.result.get("holding"), job.result["rows"])
    return render(request, "custody/looked.html", shown, status=400 if form.errors else 200)


def _column(column: Mapping[str, str], field: Any) -> dict[str, Any]:
    return {"field": field, "leaves": work.leaves(column["fate"]), "why": column[language()]}


def _noted(job: JobInfo) -> Mapping[str, Any] | None:
    return foresight.examples(job.upload, office.key())


def _headers(count: int, noted: Mapping[str, Any] | None) -> list[str]:
    """Those of the table; numbers once it was destroyed."""
    numbers = [f"{pick('列', 'Column')} {number}" for number in range(1, count + 1)]
    return numbers if noted is None else list(noted["columns"])


def _marks(marks: Mapping[str, Any] | None, headers: Sequence[str]) -> Mapping[str, Any] | None:
    if marks is None:
        return None
    return {**marks, "columns": [{**one, "header": headers[one["column"]]} for one in marks["columns"]]}


def _holding(found: Mapping[str, Any] | None, rows: int) -> dict[str, Any]:
    """What the party would hold; a look that another version did has none."""
    if found is None:
        return {"holding": None, "inexact": False, "leaving": rows}
    unions = [{"rows": one["rows"], "fields": _parsed(one["fields"])} for one in found["unions"]]
    inexact = any(low != high for low, high in (found["known"], found["people"]))
    return {
        "holding": {**found, "unions": unions, "before": _parsed(found["before"])},
        "inexact": inexact,
        "leaving": found["rows"],
    }


def _parsed(texts: list[str]) -> list[Field]:
    return [Field.parse(text) for text in texts]
