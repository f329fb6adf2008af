"""Jobs as screens show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from azukari.errors import NotFoundError
from azukari.web.jobs.models import ENDED, Job, Upload


@dataclass(frozen=True)
class JobInfo:
    """作業。 ``status`` is waiting, running, done, failed or cancelled; ``error`` the word of a refusal."""

    id: UUID
    body: UUID
    kind: str
    upload: UUID | None
    arguments: Mapping[str, Any]
    status: str
    cancelling: bool
    done: int
    total: int
    attempts: int
    result: Mapping[str, Any]
    error: str
    created_at: datetime
    created_by: UUID
    ended_at: datetime | None

    @property
    def ended(self) -> bool:
        """Nothing more happens to it."""
        return self.status in ENDED


def job(job_id: UUID) -> JobInfo:
    """The job of this id, or NotFoundError."""
    row = Job.objects.filter(id=job_id).first()
    if row is None:
        raise NotFoundError("there is no such job")
    return _info(row)


def is_kept(upload_id: UUID | None) -> bool:
    """Whether an upload can still be read."""
    return upload_id is not None and Upload.objects.filter(id=upload_id, wrapped_key__isnull=False).exists()


def upload_bytes(upload_id: UUID) -> int:
    """The clear bytes of an upload, counted. NotFoundError."""
    row = Upload.objects.filter(id=upload_id).first()
    if row is None:
        raise NotFoundError("there is no such upload")
    return row.bytes


def jobs(body_id: UUID, *, kind: str | None = None, limit: int = 100) -> list[JobInfo]:
    """The newest jobs of a body, newest first; of one kind, or of all."""
    found = Job.objects.filter(body=body_id)
    if kind is not None:
        found = found.filter(kind=kind)
    return [_info(row) for row in found.order_by("-created_at", "-id")[:limit]]


def failed_since(at: datetime) -> int:
    """How many jobs of all bodies have failed since."""
    return Job.objects.filter(status=Job.Status.FAILED, ended_at__gte=at).count()


def oldest_waiting() -> datetime | None:
    """Since when the job has waited that has waited longest, of any body; None where none waits."""
    found = Job.objects.filter(status=Job.Status.WAITING).order_by("created_at")
    return found.values_list("created_at", flat=True).first()


def _info(row: Job) -> JobInfo:
    return JobInfo(
        row.id,
        row.body,
        row.kind,
        row.upload_id,
        row.arguments,
        row.status,
        row.cancelling,
        row.done,
        row.total,
        row.attempts,
        row.result,
        row.error,
        row.created_at,
        row.created_by,
        row.ended_at,
    )
