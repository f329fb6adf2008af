"""Jobs and uploads. Neither row holds personal data: ids, counts, and the word of a refusal."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

LIVE = ("waiting", "running")
ENDED = ("done", "failed", "cancelled")


class Upload(models.Model):
    """預けたファイル。 A file that was uploaded; without ``wrapped_key`` nobody can read it any more."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "bytes": "none",
        "wrapped_key": "secret",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.UUIDField()
    bytes = models.BigIntegerField()
    wrapped_key = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(bytes__gte=0), name="upload_bytes_not_negative"),)


class Job(models.Model):
    """作業。 Something to be done by a worker; ``arguments`` and ``result`` hold ids, kinds and counts only."""

    class Status(models.TextChoices):
        """作業の状態。 waiting, running, then done, failed or cancelled."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "kind": "none",
        "upload": "none",
        "arguments": "public",
        "status": "none",
        "cancelling": "none",
        "done": "none",
        "total": "none",
        "attempts": "none",
        "holder": "none",
        "lease_until": "none",
        "result": "none",
        "error": "none",
        "created_at": "none",
        "created_by": "pseudonym",
        "ended_at": "none",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.UUIDField()
    kind = models.CharField(max_length=20)
    upload = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT, related_name="+")
    arguments = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    cancelling = models.BooleanField(default=False)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    holder = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["status", "created_at"], name="job_waiting"),)
        constraints = (
            models.CheckConstraint(condition=Q(status__in=[*LIVE, *ENDED]), name="job_status_known"),
            models.CheckConstraint(condition=Q(done__gte=0, total__gte=F("done")), name="job_within_total"),
            models.CheckConstraint(
                condition=Q(status__in=ENDED, ended_at__isnull=False) | (~Q(status__in=ENDED) & Q(ended_at=None)),
                name="job_ended_at_its_end",
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_until__isnull=False), name="job_running_under_a_lease"
            ),
            models.CheckConstraint(
                condition=(Q(status="failed") & ~Q(error="")) | (~Q(status="failed") & Q(error="")),
                name="job_error_of_a_failure",
            ),
            models.CheckConstraint(condition=Q(attempts__gte=0), name="job_attempts_not_negative"),
            models.UniqueConstraint(fields=["upload"], condition=Q(status__in=LIVE), name="job_one_live_per_upload"),
        )
