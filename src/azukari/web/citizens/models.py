"""Who may look at which list outside, what is sealed for each, and the events that many share."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

BODY = "accounts.Body"


class Citizen(models.Model):
    """足あとを見る人。 Somebody who may look at one list. The row goes when the inside says that it is over.

    ``wrapped_keys``: the list keys of all generations, 32 bytes each, one after another. ``letter`` and ``code_hash``: what
    somebody signs in with, by scrypt; ``lasting``: a code that was made here after the letter's was used, and that may be
    used again. ``expires_at``: of a letter's code, None once it is a lasting one. ``tries``: wrong ones since the last right one.
    """

    wall_door: ClassVar[str] = "sign-in"
    data_classes: ClassVar[dict[str, str]] = {
        "id": "pseudonym",
        "body": "public",
        "wrapped_keys": "secret",
        "letter": "pseudonym",
        "code_hash": "secret",
        "lasting": "none",
        "issued_at": "none",
        "expires_at": "none",
        "tries": "none",
        "came_at": "none",
        "came_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    wrapped_keys = models.BinaryField()
    letter = models.CharField(max_length=40, unique=True)
    code_hash = models.TextField()
    lasting = models.BooleanField(default=False)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    came_at = models.DateTimeField()
    came_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(lasting=True, expires_at=None) | Q(lasting=False, expires_at__isnull=False),
                name="citizen_letter_ends",
            ),
            models.CheckConstraint(condition=Q(tries__gte=0), name="citizen_tries_not_negative"),
        )


class Box(models.Model):
    """一件の箱。 Event and opening of one entry, which only the citizen's list key opens."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "pseudonym",
        "body": "public",
        "citizen": "pseudonym",
        "index": "pseudonym",
        "sealed": "personal",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="+")
    index = models.BigIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["citizen", "index"], name="box_once"),
            models.CheckConstraint(condition=Q(index__gte=0), name="box_index_not_negative"),
        )


class Happening(models.Model):
    """受渡しの出来事。 The event of a hand-over for one role of its rows: of everybody who stands there, so it names nobody."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "source": "public",
        "day": "public",
        "data": "public",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    source = models.UUIDField()
    day = models.DateField()
    data = models.BinaryField()

    class Meta:
        indexes = (models.Index(fields=["body", "day"], name="happening_of_a_day"),)
