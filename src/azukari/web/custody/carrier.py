"""What a worker does with a large file of crossings: take it. May be begun again by another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from azukari.errors import InputError, RefusedError, ReplayedCrossingError, StateError, VerificationError
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.crossing import queries as crossing
from azukari.web.crossing.actions.taking import Came
from azukari.web.custody.actions import carrying
from azukari.web.jobs import queries as jobs
from azukari.web.jobs import uploads
from azukari.web.jobs.actions import queue
from azukari.web.jobs.queries import JobInfo
from azukari.web.jobs.worker import Context

CARRY: Final = "carry"


def carry(context: Context) -> Mapping[str, Any]:
    """Take the crossings of the upload that are next; its key is destroyed with the work, and with a refusal too.

    The result counts: crossings, items taken, items passed over. Which they are, the register says.
    """
    job = context.job
    if job.upload is None:
        raise StateError("this work has no file")
    try:
        came = _take(context, job.upload)
    except (VerificationError, RefusedError, InputError):
        queue.destroy_upload(upload_id=job.upload, by=job.created_by, at=now())
        raise
    queue.destroy_upload(upload_id=job.upload, by=job.created_by, at=now())
    return {
        "crossings": len(came),
        "taken": sum(one.taken for one in came),
        "refused": sum(len(one.refused) for one in came),
    }


def _take(context: Context, upload: UUID) -> Sequence[Came]:
    job, kek = context.job, office.key()
    try:
        return carrying.take_file(
            body_id=job.body,
            blocks=uploads.blocks(upload, kek),
            size=jobs.upload_bytes(upload),
            kek=kek,
            by=job.created_by,
            at=now(),
            progress=context.progress,
        )
    except ReplayedCrossingError:
        if not _taken_before(job):
            raise
        return ()


def _taken_before(job: JobInfo) -> bool:
    """Whether a worker that died with this job had got as far as its end."""
    last = crossing.chain(job.body, "in").at
    return job.attempts > 1 and last is not None and last >= job.created_at
