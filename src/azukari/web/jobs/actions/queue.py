"""The states of a job. Each change is one statement with its condition in it, or under the row's lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from azukari.errors import NotFoundError, StateError
from azukari.web.jobs import uploads
from azukari.web.jobs.models import ENDED, Job, Upload

LEASE: Final = timedelta(seconds=30)
ATTEMPTS: Final = 3
INTERRUPTED: Final = "interrupted"
"""The word of a job that every worker who took it has died with."""


def enqueue(
    *, body_id: UUID, kind: str, arguments: Mapping[str, Any], by: UUID, at: datetime, upload_id: UUID | None = None
) -> UUID:
    """Put a job into the queue and return its id. ``arguments``: ids, kinds and counts, never personal data.

    NotFoundError without such an upload of the body, StateError if its key was destroyed.
    """
    if upload_id is not None:
        upload = Upload.objects.filter(id=upload_id, body=body_id).first()
        if upload is None:
            raise NotFoundError("there is no such upload")
        if upload.wrapped_key is None:
            raise StateError("the upload was destroyed")
    row = Job.objects.create(
        id=uuid4(),
        body=body_id,
        kind=kind,
        upload_id=upload_id,
        arguments=dict(arguments),
        created_at=at,
        created_by=by,
    )
    return row.id


def take(*, kinds: Collection[str], holder: str, by: UUID, at: datetime) -> UUID | None:
    """Claim the oldest job that waits, or whose holder was not heard of for its lease; None where there is none.

    A job that ``ATTEMPTS`` workers have died with is not tried again: it failed, with the word ``interrupted``.
    """
    with transaction.atomic():
        due = Job.objects.filter(kind__in=kinds).filter(
            Q(status=Job.Status.WAITING) | Q(status=Job.Status.RUNNING, lease_until__lt=at)
        )
        row = due.select_for_update(skip_locked=True, no_key=True).order_by("created_at", "id").first()
        if row is None:
            return None
        if row.cancelling or row.attempts >= ATTEMPTS:
            row.status = Job.Status.CANCELLED if row.cancelling else Job.Status.FAILED
            row.error, row.ended_at = "" if row.cancelling else INTERRUPTED, at
            row.save(update_fields=["status", "error", "ended_at"])
            return row.id
        row.status, row.holder, row.lease_until = Job.Status.RUNNING, holder, at + LEASE
        row.attempts += 1
        row.save(update_fields=["status", "holder", "lease_until", "attempts"])
        return row.id


def beat(*, job_id: UUID, holder: str, by: UUID, at: datetime, done: int = 0, total: int = 0) -> bool:
    """The holder lives: its lease goes on, and its progress is stored. False if the job is to be cancelled.

    StateError if another has the job by now: whoever hears that writes nothing more.
    """
    held = Job.objects.filter(id=job_id, holder=holder, status=Job.Status.RUNNING)
    values: dict[str, Any] = {"lease_until": at + LEASE}
    if total:
        values |= {"done": min(done, total), "total": total}
    if not held.update(**values):
        raise StateError("another worker has this job")
    return not Job.objects.filter(id=job_id, cancelling=True).exists()


def finish(*, job_id: UUID, holder: str, result: Mapping[str, Any], by: UUID, at: datetime) -> None:
    """The work is done. StateError if another has the job."""
    _end(job_id, holder, at, status=Job.Status.DONE, result=dict(result))


def fail(*, job_id: UUID, holder: str, word: str, by: UUID, at: datetime) -> None:
    """The work was refused; ``word`` is that of the error, and nothing else of it is kept. StateError as above."""
    _end(job_id, holder, at, status=Job.Status.FAILED, error=word)


def stopped(*, job_id: UUID, holder: str, by: UUID, at: datetime) -> None:
    """The holder has heard of the cancellation and left nothing behind. StateError as above."""
    _end(job_id, holder, at, status=Job.Status.CANCELLED)


def give_back(*, job_id: UUID, holder: str, by: UUID, at: datetime) -> None:
    """A worker that is told to end puts its job back, as if it had not tried. StateError as above."""
    held = Job.objects.filter(id=job_id, holder=holder, status=Job.Status.RUNNING)
    with transaction.atomic():
        row = held.select_for_update(no_key=True).first()
        if row is None:
            raise StateError("another worker has this job")
        row.status, row.holder, row.lease_until, row.attempts = Job.Status.WAITING, "", None, row.attempts - 1
        row.save(update_fields=["status", "holder", "lease_until", "attempts"])


def cancel(*, job_id: UUID, by: UUID, at: datetime) -> None:
    """Ask for the end: at once where nobody works on it, else at the holder's next beat.

    StateError if it has ended, NotFoundError.
    """
    if Job.objects.filter(id=job_id, status=Job.Status.WAITING).update(status=Job.Status.CANCELLED, ended_at=at):
        return
    if not Job.objects.filter(id=job_id, status=Job.Status.RUNNING).update(cancelling=True):
        if not Job.objects.filter(id=job_id).exists():
            raise NotFoundError("there is no such job")
        raise StateError("this work has ended")


def destroy_upload(*, upload_id: UUID, by: UUID, at: datetime) -> None:
    """Destroy the key, then the file: from the first on nobody can read it, also where the second fails."""
    Upload.objects.filter(id=upload_id).update(wrapped_key=None)
    uploads.remove_file(upload_id)


def sweep(*, by: UUID, at: datetime, age: timedelta = timedelta(days=1)) -> int:
    """Destroy uploads whose work has ended well or that nobody came back to for ``age``; returns how many."""
    live = Job.objects.exclude(status__in=ENDED).values("upload_id")
    over = Upload.objects.filter(wrapped_key__isnull=False, created_at__lt=at - age).exclude(id__in=live)
    ids = list(over.values_list("id", flat=True))
    for upload_id in ids:
        destroy_upload(upload_id=upload_id, by=by, at=at)
    uploads.remove_strays(set(Upload.objects.filter(wrapped_key__isnull=False).values_list("id", flat=True)))
    return len(ids)


def _end(job_id: UUID, holder: str, at: datetime, **values: Any) -> None:
    held = Job.objects.filter(id=job_id, holder=holder, status=Job.Status.RUNNING)
    if not held.update(ended_at=at, lease_until=None, **values):
        raise StateError("another worker has this job")
