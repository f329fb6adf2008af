"""What firms handed in outside, and what became of it here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.web.custody.models.party import Party
from azukari.web.custody.models.permission import Permission

BODY = "accounts.Body"


class Submission(models.Model):
    """提出。 A receipt or an ask that came over in a crossing, under the id that it has outside; taken once.

    ``outcome`` says whether it was taken, ``word`` and ``detail`` why not; an ask that was taken has its ``permission``.
    """

    class Outcome(models.TextChoices):
        """提出の結果。 Whether it was taken."""

        ACCEPTED = "accepted", "受理"
        REFUSED = "refused", "不受理"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "party": "public",
        "kind": "public",
        "outcome": "public",
        "word": "public",
        "detail": "public",
        "permission": "public",
        "sent_at": "none",
        "sent_by": "pseudonym",
        "taken_at": "none",
        "taken_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")  # null: nobody of the body
    kind = models.CharField(max_length=10)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    word = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    permission = models.ForeignKey(Permission, null=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    sent_by = models.UUIDField()
    taken_at = models.DateTimeField()
    taken_by = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["body", "-taken_at"], name="submission_newest"),)
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=["receipt", "ask"]), name="submission_kind_known"),
            models.CheckConstraint(
                condition=Q(outcome="accepted", word="", party__isnull=False) | Q(outcome="refused") & ~Q(word=""),
                name="submission_refused_with_a_word",
            ),
        )
