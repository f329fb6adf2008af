"""What comes back: receipts and returns."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from azukari.web.custody.models.hand_over import HandOver

BODY = "accounts.Body"


class Receipt(models.Model):
    """受領。 A signed note over the rows: ``receipted`` by the recipient, ``opened`` by the oversight key."""

    class Grade(models.TextChoices):
        """受領の程度。 Whose key has confirmed the rows and the field list."""

        RECEIPTED = "receipted", "受領"
        OPENED = "opened", "監督の鍵で開封"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "hand_over": "public",
        "grade": "public",
        "note": "public",
        "received_at": "none",
        "received_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="+")
    grade = models.CharField(max_length=10, choices=Grade.choices)
    note = models.TextField()
    received_at = models.DateTimeField()
    received_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["hand_over", "grade"], name="receipt_grade_once"),
            models.CheckConstraint(condition=Q(grade__in=["receipted", "opened"]), name="receipt_grade_known"),
        )


class Return(models.Model):
    """返却。 The count of one return against its hand-over, in rows."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "hand_over": "public",
        "returned": "public",
        "missing": "public",
        "added": "public",
        "changed": "public",
        "returned_at": "none",
        "returned_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="+")
    returned = models.BigIntegerField()
    missing = models.BigIntegerField()
    added = models.BigIntegerField()
    changed = models.BigIntegerField()
    returned_at = models.DateTimeField()
    returned_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(returned__gte=0, missing__gte=0, added__gte=0, changed__gte=0),
                name="return_counts_not_negative",
            ),
        )
