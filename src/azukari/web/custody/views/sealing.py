"""Hand over in the browser: upload, see what would leave, seal in the background, watch, cancel."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from azukari import errors
from azukari.errors import AzukariError, NotFoundError, StateError
from azukari.stores.clock import now, today
from azukari.web import office
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import Role, allow
from azukari.web.custody import queries, work
from azukari.web.custody.forms.sealing import UploadForm
from azukari.web.custody.queries import naming, permissions
from azukari.web.custody.views import failed, looked, own
from azukari.web.jobs import queries as jobs
from azukari.web.jobs import uploads
from azukari.web.jobs.actions import queue
from azukari.web.jobs.queries import JobInfo
from azukari.web.jobs.worker import INTERNAL
from azukari.web.ui.templatetags.ui import moment
from azukari.web.ui.words import language

REFRESH = 2  # seconds
PASSING = frozenset({errors.StorageError.word, errors.NotWitnessedError.word, queue.INTERRUPTED, INTERNAL})
"""Words of failures that another time need not meet; every other refusal would come again."""


@allow(Role.OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, entrustment_id: UUID) -> HttpResponse:
    """The table to hand over under an entrustment; a worker looks at it."""
    info, who = own.entrustment(request, entrustment_id), acting(request)
    form = UploadForm(request.POST or None, request.FILES or None, above=_above(info))
    if request.method == "POST" and form.is_valid():
        try:
            permissions.require_in_force(info, today())
            kept = uploads.keep(form.cleaned_data["table"], body_id=who.body, kek=office.key(), by=who.id, at=now())
            named = {"entrustment": info.id.hex, "parent": form.cleaned_data.get("parent", "")}
            job_id = queue.enqueue(
                body_id=who.body, kind=work.LOOK, arguments=named, upload_id=kept, by=who.id, at=now()
            )
            return HttpResponseRedirect(reverse("sealing", args=[job_id]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    shown = {"form": form, "entrustment": info, "party": queries.party(info.party)}
    return render(request, "custody/upload.html", shown, status=400 if form.errors else 200)


def _above(info: queries.EntrustmentInfo) -> list[tuple[str, str]] | None:
    """For a sub-entrustment: the released hand-overs of the party above."""
    if info.parent is None:
        return None
    found = naming.released(info.parent)
    return [(one.id.hex, f"{moment(one.created_at)} ({one.rows:,})") for one in found]


@allow(Role.OFFICER)
@require_safe
def progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Where it stands: what the table was taken for, or how far the sealing is."""
    job = _own(request, job_id)
    if job.kind == work.LOOK and job.status == "done":
        return looked.page(request, job, looked.form_of(job))
    kept = job.status in ("failed", "cancelled") and jobs.is_kept(job.upload)
    shown = {
        "job": job,
        "entrustment": own.entrustment(request, UUID(job.arguments["entrustment"])),
        "percent": 100 * job.done // job.total if job.total else None,
        "refusal": failed.sentence(job.error),
        "hand_over": UUID(job.result["hand_over"]) if job.result.get("hand_over") else None,
        "kept": kept,
        "may_retry": kept and (not job.error or job.error in PASSING),
        "looked": UUID(job.arguments["look"]) if kept and job.arguments.get("look") else None,
        "logged": job.ended and not job.result and queries.is_hand_over(job.id),
        "refresh": REFRESH,
    }
    return render(request, "custody/sealing.html", shown)


@allow(Role.OFFICER, fresh=True)
@require_POST
def start(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Seal, as the officer has said of each column."""
    job, who = looked.own_look(request, job_id), acting(request)
    form = looked.form_of(job, request.POST)
    if not form.is_valid():
        return looked.page(request, job, form)
    said = {"columns": form.said(), "strict": form.cleaned_data["strict"], "look": job.id.hex}
    arguments = {**job.arguments, **said, "unmatched": form.cleaned_data["unmatched"]}
    started = queue.enqueue(
        body_id=who.body, kind=work.SEAL, arguments=arguments, upload_id=job.upload, by=who.id, at=now()
    )
    return HttpResponseRedirect(reverse("sealing", args=[started]))


@allow(Role.OFFICER, fresh=True)
@require_POST
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Once more, after what hindered it is over: a full disk, an interruption, a change of mind."""
    job, who = _own(request, job_id), acting(request)
    if job.error and job.error not in PASSING:
        raise StateError("the same would be refused again")
    queue.retry(job_id=job.id, by=who.id, at=now())
    return HttpResponseRedirect(reverse("sealing", args=[job.id]))


@allow(Role.OFFICER)
@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Cancel; of work that has ended, destroy the table, unless other work is on it."""
    job, who = _own(request, job_id), acting(request)
    if job.ended:
        if job.upload is not None:
            queue.discard(upload_id=job.upload, by=who.id, at=now())
        return HttpResponseRedirect(reverse("entrustment", args=[UUID(job.arguments["entrustment"])]))
    queue.cancel(job_id=job.id, by=who.id, at=now())
    return HttpResponseRedirect(reverse("sealing", args=[job.id]))


def _own(request: HttpRequest, job_id: UUID) -> JobInfo:
    """A look or a sealing of the body; other work has a page of its own. NotFoundError."""
    job = own.job(request, job_id)
    if job.kind not in (work.LOOK, work.SEAL):
        raise NotFoundError("there is no such job")
    return job
