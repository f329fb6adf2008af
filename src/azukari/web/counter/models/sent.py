"""What firms hand in, and what became of it."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from azukari.web.counter.models.firm import Firm

BODY = "accounts.Body"


class Sent(models.Model):
    """提出。 A receipt or an ask on its way inside, and the answer to it.

    ``about`` is the package of a receipt, the work of an ask. The same bytes are taken once (``digest``). An accepted
    ask has a ``permission``, and later its ``decision`` with the ``reason``.
    """

    class Kind(models.TextChoices):
        """提出の種類。 What it is."""

        RECEIPT = "receipt", "受領書"
        ASK = "ask", "再委託の許諾の申請"

    class Status(models.TextChoices):
        """提出の状態。 waiting for a crossing, exported in one, then accepted or refused inside."""

        WAITING = "waiting", "便を待っています"
        EXPORTED = "exported", "送付済み"
        ACCEPTED = "accepted", "受理"
        REFUSED = "refused", "不受理"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "firm": "public",
        "kind": "public",
        "about": "public",
        "data": "public",
        "digest": "public",
        "status": "public",
        "word": "public",
        "detail": "public",
        "permission": "public",
        "decision": "public",
        "reason": "public",
        "sent_at": "none",
        "sent_by": "pseudonym",
        "answered_at": "none",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    about = models.UUIDField()
    data = models.BinaryField()
    digest = models.CharField(max_length=64)  # SHA-256 of ``data``, hex
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    word = models.CharField(max_length=40, blank=True)  # the verdict of a refusal
    detail = models.TextField(blank=True)
    permission = models.UUIDField(null=True)
    decision = models.CharField(max_length=10, blank=True)  # of the body on an ask: granted, refused, revoked
    reason = models.TextField(blank=True)
    sent_at = models.DateTimeField()
    sent_by = models.UUIDField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["firm", "-sent_at"], name="sent_of_firm"),)
        constraints = (
            models.UniqueConstraint(fields=["body", "kind", "digest"], name="sent_once"),
            models.CheckConstraint(condition=Q(kind__in=["receipt", "ask"]), name="sent_kind_known"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "exported", "accepted", "refused"]), name="sent_status_known"
            ),
            models.CheckConstraint(
                condition=Q(decision__in=["", "granted", "refused", "revoked"]), name="sent_decision_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["accepted", "refused"]) | Q(answered_at__isnull=False),
                name="sent_answered_at_some_time",
            ),
        )
