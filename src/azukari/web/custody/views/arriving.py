"""A file of crossings from outside: taken at once, or by a worker; with what came of it, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from azukari.errors import AzukariError, NotFoundError
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import Role, allow
from azukari.web.crossing import queries as crossing
from azukari.web.crossing.actions.taking import Came
from azukari.web.custody import carrier
from azukari.web.custody.actions import carrying
from azukari.web.custody.forms.crossings import CrossingForm
from azukari.web.custody.views import failed, own
from azukari.web.custody.views.crossings import page
from azukari.web.jobs import uploads
from azukari.web.jobs.actions import queue
from azukari.web.ui.words import language, pick

REFRESH = 2  # seconds


@allow(Role.OFFICER)
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take the crossings of a file: at once where it is small, by a worker where it may take longer."""
    form, who = CrossingForm(request.POST, request.FILES), acting(request)
    if form.is_valid():
        given = form.cleaned_data["file"]
        try:
            crossing.paired(who.body)
            if isinstance(given, uploads.SealedFile):
                return HttpResponseRedirect(reverse("taking_crossing", args=[_queue(who, given)]))
            _tell(request, _take(who, given))
            return HttpResponseRedirect(reverse("crossings"))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    return page(request, form)


def _take(who: accounts.Person, given: UploadedFile[bytes]) -> Sequence[Came]:
    named: dict[str, Any] = {"body_id": who.body, "kek": office.key(), "by": who.id, "at": now()}
    return carrying.take_file(blocks=given.chunks(), size=given.size or 0, **named)


def _queue(who: accounts.Person, given: UploadedFile[bytes]) -> UUID:
    at = now()
    kept = uploads.keep(given, body_id=who.body, kek=office.key(), by=who.id, at=at)
    return queue.enqueue(body_id=who.body, kind=carrier.CARRY, arguments={}, upload_id=kept, by=who.id, at=at)


def _tell(request: HttpRequest, came: Sequence[Came]) -> None:
    counts = len(came), sum(one.taken for one in came), sum(len(one.refused) for one in came)
    (messages.warning if counts[2] or not came else messages.success)(request, _said(*counts))


def _said(crossed: int, taken: int, refused: int) -> str:
    """What came of a file, in one line."""
    if not crossed:
        return pick("新しい便はありませんでした。すべて取込み済みです。", "Nothing new: all of it was taken before.")
    said = pick(
        f"便を {crossed} 通、品を {taken} 件取り込みました。", f"{crossed} crossing(s) with {taken} item(s) taken."
    )
    if refused:
        said += pick(f"{refused} 件は取り込めませんでした。", f" {refused} could not be taken.")
    return said


@allow(Role.OFFICER)
@require_safe
def taking(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """How far the worker is with a large file, and what came of it."""
    job = own.job(request, job_id)
    if job.kind != carrier.CARRY:
        raise NotFoundError("there is no such job")
    shown = {
        "job": job,
        "percent": 100 * job.done // job.total if job.total else None,
        "said": _said(*(job.result[one] for one in ("crossings", "taken", "refused"))) if job.result else "",
        "refusal": failed.sentence(job.error),
        "refresh": REFRESH,
    }
    return render(request, "custody/crossing_taking.html", shown)
