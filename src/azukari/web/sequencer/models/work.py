"""Work that takes more than one transaction: bulk appends under way, and who integrates."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from azukari.web.sequencer.models.log import Log


class Batch(models.Model):
    """一括記載。 Leaves that are appended in many short transactions; ``appended`` tells where to go on after a crash."""

    class Status(models.TextChoices):
        """状態。 Prepared until the last transaction logs one of the other two."""

        PREPARED = "prepared"
        RELEASED = "released"
        VOID = "void"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "log": "public",
        "body": "public",
        "status": "public",
        "total": "public",
        "appended": "public",
        "prepared_at": "none",
        "prepared_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    body = models.UUIDField()
    status = models.CharField(max_length=8, choices=Status.choices)
    total = models.BigIntegerField()
    appended = models.BigIntegerField()
    prepared_at = models.DateTimeField()
    prepared_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(appended__gte=0, total__gte=F("appended")), name="batch_within_total"),
            models.CheckConstraint(
                condition=~Q(status="released") | Q(total=F("appended")), name="batch_released_when_whole"
            ),
        )


class BatchRun(models.Model):
    """一括記載の区間。 Leaves ``offset``.. of a batch stand at the indexes from ``first`` on, ``count`` of them."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "batch": "public",
        "body": "public",
        "offset": "public",
        "first": "public",
        "count": "public",
    }

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="runs")
    body = models.UUIDField()
    offset = models.BigIntegerField()
    first = models.BigIntegerField()
    count = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["batch", "offset"], name="batch_run_offset_once"),)


class Lease(models.Model):
    """統合の当番。 The one process that integrates a log, until a moment that it puts off while it lives."""

    data_classes: ClassVar[dict[str, str]] = {"log": "public", "body": "public", "holder": "none", "until": "none"}

    log = models.OneToOneField(Log, primary_key=True, on_delete=models.PROTECT, related_name="+")
    body = models.UUIDField()
    holder = models.UUIDField()
    until = models.DateTimeField()
