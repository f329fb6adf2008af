"""Which reminders went out by mail."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.web.custody.models.party import BODY


class ReminderMail(models.Model):
    """メールでの通知。 The one mail of a day to one officer. It is claimed before it is handed in, so that it never goes twice.

    ``claimed``: being sent, or whoever sent it died; nobody knows whether it went, and it does not go again that day.
    """

    class Status(models.TextChoices):
        """通知の状態。 Only a failed one is tried again."""

        CLAIMED = "claimed", "送信中"
        SENT = "sent", "送信済み"
        FAILED = "failed", "失敗"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "person": "pseudonym",
        "day": "none",
        "status": "none",
        "tries": "none",
        "code": "none",
        "tried_at": "none",
        "tried_by": "pseudonym",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    status = models.CharField(max_length=10, choices=Status.choices)
    tries = models.IntegerField()
    code = models.IntegerField()  # of the relay's last answer, 0 without one
    tried_at = models.DateTimeField()
    tried_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["person", "day"], name="reminder_mail_once_a_day"),
            models.CheckConstraint(condition=Q(status__in=["claimed", "sent", "failed"]), name="reminder_mail_status"),
        )
