"""Leaks. A specimen is fixed in the ledger before it is traced; a disclosed mark counts as burned."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

BODY = "accounts.Body"


class Case(models.Model):
    """漏えい等事案。 One leak, as far as it is known; the title names no person."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "title": "none",
        "opened_at": "none",
        "opened_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    title = models.TextField()
    opened_at = models.DateTimeField()
    opened_by = models.UUIDField()


class Specimen(models.Model):
    """流出標本。 A leaked sample, here only as the commitment (64 hex digits) that stands in the ledger."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "case": "public",
        "commit": "public",
        "entry_index": "public",
        "rows": "public",
        "logged_at": "none",
        "logged_by": "pseudonym",
        "wrapped_opening": "secret",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    commit = models.CharField(max_length=64)
    entry_index = models.BigIntegerField()
    rows = models.BigIntegerField()
    logged_at = models.DateTimeField()
    logged_by = models.UUIDField()
    wrapped_opening = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "entry_index"], name="specimen_entry_once"),
            models.CheckConstraint(condition=Q(commit__regex=r"\A[0-9a-f]{64}\Z"), name="specimen_commit_hex"),
            models.CheckConstraint(condition=Q(rows__gt=0), name="specimen_has_rows"),
        )


class Disclosure(models.Model):
    """印の開示。 The channels of one hand-over's marks that evidence has disclosed; they prove nothing again."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "specimen": "public",
        "hand_over": "public",
        "channels": "public",
        "entry_index": "public",
        "disclosed_at": "none",
        "disclosed_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    specimen = models.ForeignKey(Specimen, on_delete=models.PROTECT, related_name="+")
    hand_over = models.ForeignKey("custody.HandOver", on_delete=models.PROTECT, related_name="+")
    channels = models.JSONField()  # list of channel names
    entry_index = models.BigIntegerField()
    disclosed_at = models.DateTimeField()
    disclosed_by = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["body", "entry_index"], name="disclosure_entry_once"),)
