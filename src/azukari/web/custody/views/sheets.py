"""The register as a sheet: saved as Excel or CSV, and taken in again."""

from __future__ import annotations

import io

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from azukari.errors import AzukariError
from azukari.stores.clock import now
from azukari.tables import read_table
from azukari.tables.guard import guarded, unguarded
from azukari.tables.workbook_out import write_workbook
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.custody.actions.importing import Taken, take_in
from azukari.web.custody.forms.entrustments import SheetForm
from azukari.web.custody.hand_over_sheet import hand_over_sheet
from azukari.web.custody.sheets import sheet
from azukari.web.custody.views import own
from azukari.web.jobs.uploads import SMALL, memory
from azukari.web.ui.words import language

KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@allow(*STAFF)
@require_safe
def save(request: HttpRequest, kind: str) -> HttpResponse:
    """All entrustments of the body. In neither kind can a cell become a formula."""
    return _file(sheet(acting(request).body), "entrustments", kind)


@allow(*STAFF)
@require_safe
def save_hand_overs(request: HttpRequest, kind: str) -> HttpResponse:
    """All hand-overs of the body, tables and what is none; who is in them stands nowhere here."""
    return _file(hand_over_sheet(acting(request).body), "hand-overs", kind)


def _file(frame: pl.DataFrame, name: str, kind: str) -> HttpResponse:
    out = io.BytesIO()
    if kind == "xlsx":
        write_workbook(frame, out)
    else:
        guarded(frame).write_csv(out, include_bom=True, line_terminator="\r\n", quote_style="always")
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return HttpResponse(out.getvalue(), content_type=KINDS[kind], headers=headers)


@allow(Role.OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: HttpRequest) -> HttpResponse:
    """A sheet with entrustments: all are registered, or the rows that cannot be are shown."""
    form, taken = SheetForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        try:
            taken = _taken(request, own.small(form.cleaned_data["sheet"], SMALL))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    shown = {
        "form": form,
        "taken": taken,
        "refused": [(one.row, one.sentence(language())) for one in taken.refused] if taken else [],
    }
    status = 400 if form.errors or (taken and taken.refused) else 200
    return render(request, "custody/sheet_form.html", shown, status=status)


def _taken(request: HttpRequest, data: bytes) -> Taken:
    who = acting(request)
    with memory([data]) as path:
        frame: pl.DataFrame = read_table(path).frame
    return take_in(frame=unguarded(frame), body_id=who.body, by=who.id, at=now())
