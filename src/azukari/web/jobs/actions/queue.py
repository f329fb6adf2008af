"""The states of a job. Each change is one statement with its condition in it, or under the row's lock.

Order of locks: the upload, then the job.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet

from azukari.errors import NotFoundError, StateError
from azukari.web.jobs import uploads
from azukari.web.jobs.models import ENDED, LIVE, Job, Upload

LEASE: Final = timedelta(seconds=30)
ATTEMPTS: Final = 3
INTERRUPTED: Final = "interrupted"
"""The word of a job that every worker who took it has died with."""
STRAY: Final = timedelta(hours=1)
"""A file of no upload that was last written so long ago belongs to no upload under way."""


def enqueue(
    *, body_id: UUID, kind: str, arguments: Mapping[str, Any], by: UUID, at: datetime, upload_id: UUID | None = None
) -> UUID:
    """Put a job into the queue and return its id. ``arguments``: ids, kinds and counts, never personal data.

    NotFoundError without such an upload of the body, StateError if its key was destroyed or another job works on it.
    """
    with transaction.atomic():
        if upload_id is not None:
            _require_free(upload_id, body_id)
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

    A job that ``ATTEMPTS`` workers have died with is not tried again: it failed, with the word ``interrupted``. A lease
    that ends much later than one could have been given now was written under another clock, and is void.
    """
    lapsed = Q(lease_until__lt=at) | Q(lease_until__gt=at + 2 * LEASE)
    due = Job.objects.filter(Q(status=Job.Status.WAITING) | Q(status=Job.Status.RUNNING) & lapsed, kind__in=list(kinds))
    if not due.exists():  # SQLite has one lock for all who write: who finds nothing to do leaves it to them
        return None
    with transaction.atomic():
        row = due.select_for_update(skip_locked=True, no_key=True).order_by("created_at", "id").first()
        if row is None:
            return None
        if row.cancelling:
            _change(row, status=Job.Status.CANCELLED, ended_at=at, **_NOBODY)
        elif row.attempts >= ATTEMPTS:
            _change(row, status=Job.Status.FAILED, error=INTERRUPTED, ended_at=at, **_NOBODY)
        else:
            claimed = {"holder": holder, "lease_until": at + LEASE, "attempts": row.attempts + 1}
            _change(row, status=Job.Status.RUNNING, **claimed)
        return row.id


def beat(*, job_id: UUID, holder: str, by: UUID, at: datetime, done: int = 0, total: int = 0) -> bool:
    """The holder lives: its lease goes on, and its progress is stored. False if the job is to be cancelled.

    StateError if another has the job by now: whoever hears that writes nothing more.
    """
    values: dict[str, Any] = {"lease_until": at + LEASE}
    if total > 0:
        values |= {"done": min(max(done, 0), total), "total": total}
    if not _held(job_id, holder).update(**values):
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
    """A worker that is told to end puts its job back, as if it had not tried; one that was cancelled has ended.

    StateError as above.
    """
    with transaction.atomic():
        row = _held(job_id, holder).select_for_update(no_key=True).first()
        if row is None:
            raise StateError("another worker has this job")
        if row.cancelling:
            _change(row, status=Job.Status.CANCELLED, ended_at=at, **_NOBODY)
        else:
            _change(row, status=Job.Status.WAITING, attempts=row.attempts - 1, **_NOBODY)


def cancel(*, job_id: UUID, by: UUID, at: datetime) -> None:
    """Ask for the end: at once where nobody works on it, else at the holder's next beat.

    StateError if it has ended, NotFoundError.
    """
    with transaction.atomic():
        row = _locked(job_id)
        if row.status in ENDED:
            raise StateError("this work has ended")
        if row.status == Job.Status.WAITING:
            _change(row, status=Job.Status.CANCELLED, ended_at=at)
        else:
            _change(row, cancelling=True)


def retry(*, job_id: UUID, by: UUID, at: datetime) -> None:
    """Put a job that failed or was cancelled back into the queue, with all its attempts.

    It keeps its id, so that the work finds what an earlier attempt got done; a new job would do that a second time.
    StateError unless it failed or was cancelled, and where its upload was destroyed or another job works on it;
    NotFoundError.
    """
    with transaction.atomic():
        found = Job.objects.filter(id=job_id).values_list("upload_id", "body").first()
        if found is not None and found[0] is not None:
            _require_free(*found)
        row = _locked(job_id)
        if row.status not in (Job.Status.FAILED, Job.Status.CANCELLED):
            raise StateError("this work has not failed")
        begun_anew = {"cancelling": False, "attempts": 0, "done": 0, "total": 0, "error": "", "ended_at": None}
        _change(row, status=Job.Status.WAITING, **begun_anew)


def destroy_upload(*, upload_id: UUID, by: UUID, at: datetime) -> None:
    """Destroy the key, then the file: from the first on nobody can read it, also where the second fails."""
    Upload.objects.filter(id=upload_id).update(wrapped_key=None)
    uploads.remove_file(upload_id)


def discard(*, upload_id: UUID, by: UUID, at: datetime) -> None:
    """Destroy an upload that nobody wants any more. StateError if a job waits for it or works on it; StorageError."""
    if not _destroy_idle(upload_id):
        raise StateError("this upload is being worked on")


def sweep(*, by: UUID, at: datetime, age: timedelta = timedelta(days=1)) -> int:
    """Destroy uploads older than ``age`` that no job waits for or works on; returns how many.

    Files of no upload, which a crash or a browser that went away left, go too. StorageError.
    """
    old = Upload.objects.filter(wrapped_key__isnull=False, created_at__lt=at - age)
    count = sum(_destroy_idle(upload_id) for upload_id in list(old.values_list("id", flat=True)))
    kept = Upload.objects.filter(wrapped_key__isnull=False).values_list("id", flat=True)
    uploads.remove_strays(set(kept), before=(at - STRAY).timestamp())
    return count


def _destroy_idle(upload_id: UUID) -> bool:
    with transaction.atomic():  # under the lock that whoever puts a job into the queue takes first
        Upload.objects.select_for_update(no_key=True).filter(id=upload_id).first()
        if Job.objects.filter(upload_id=upload_id, status__in=LIVE).exists():
            return False
        Upload.objects.filter(id=upload_id).update(wrapped_key=None)
    uploads.remove_file(upload_id)
    return True


def _require_free(upload_id: UUID, body_id: UUID) -> None:
    """Lock an upload: two jobs on one, both live, would hand it over twice."""
    upload = Upload.objects.select_for_update(no_key=True).filter(id=upload_id, body=body_id).first()
    if upload is None:
        raise NotFoundError("there is no such upload")
    if upload.wrapped_key is None:
        raise StateError("the upload was destroyed")
    if Job.objects.filter(upload_id=upload_id, status__in=LIVE).exists():
        raise StateError("this upload is being worked on")


def _locked(job_id: UUID) -> Job:
    row = Job.objects.select_for_update(no_key=True).filter(id=job_id).first()
    if row is None:
        raise NotFoundError("there is no such job")
    return row


def _held(job_id: UUID, holder: str) -> QuerySet[Job]:
    return Job.objects.filter(id=job_id, holder=holder, status=Job.Status.RUNNING)


_NOBODY: Final[dict[str, Any]] = {"holder": "", "lease_until": None}


def _change(row: Job, **values: Any) -> None:
    """Of a row that is locked."""
    Job.objects.filter(id=row.id).update(**values)


def _end(job_id: UUID, holder: str, at: datetime, **values: Any) -> None:
    if not _held(job_id, holder).update(ended_at=at, **_NOBODY, **values):
        raise StateError("another worker has this job")
