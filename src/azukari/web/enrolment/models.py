"""Who was enrolled, and the newest letter of each."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

BODY = "accounts.Body"


class Enrolment(models.Model):
    """利用者登録。 A person who may look at their own list outside, under a random id that is derived from nothing.

    ``letter``: the name on the newest letter, random letters; ``code_hash``: scrypt of its code, which is never stored.
    ``address``: of the page outside, as the letter gives it. ``ended_at``: from then on nothing of the person is outside.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "pseudonym",
        "body": "public",
        "subject": "pseudonym",
        "letter": "pseudonym",
        "code_hash": "secret",
        "address": "public",
        "issued_at": "none",
        "expires_at": "none",
        "enrolled_at": "none",
        "enrolled_by": "pseudonym",
        "ended_at": "none",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey("subjects.Subject", on_delete=models.PROTECT, related_name="+")
    letter = models.CharField(max_length=40, unique=True)
    code_hash = models.TextField()
    address = models.CharField(max_length=200)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    enrolled_at = models.DateTimeField()
    enrolled_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subject"], condition=Q(ended_at=None), name="enrolment_once"),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("issued_at")), name="enrolment_letter_lasts"),
        )
