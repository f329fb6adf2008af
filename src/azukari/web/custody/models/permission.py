"""Permissions of the first entruster, and what was said of them afterwards."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from azukari.web.custody.models.entrustment import Entrustment
from azukari.web.custody.models.party import Party

BODY = "accounts.Body"


class Permission(models.Model):
    """許諾。 What an entrustee asks of the first entruster (Number Act, art. 10(1)), and what was decided.

    Granted, it has a child entrustment, which is the only way in which one comes to be, and an entry in the ledger.
    """

    class Status(models.TextChoices):
        """許諾の状態。 asked, then granted or refused; a granted one may be revoked."""

        ASKED = "asked", "申請中"
        GRANTED = "granted", "許諾"
        REFUSED = "refused", "不許諾"
        REVOKED = "revoked", "取消し"

    class Mode(models.TextChoices):
        """許諾の時期。 For a use that is about to happen, or in advance for uses that will be reported."""

        NOW = "now", "都度"
        ADVANCE = "advance", "事前"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "entrustment": "public",
        "party": "public",
        "child": "public",
        "renews": "public",
        "status": "public",
        "country": "public",
        "fields": "public",
        "people": "public",
        "starts_on": "public",
        "ends_on": "public",
        "safeguards": "public",
        "mode": "public",
        "report": "public",
        "evidence": "public",
        "reason": "public",
        "opening_seed": "secret",
        "entry": "public",
        "entry_index": "public",
        "asked_at": "none",
        "asked_by": "pseudonym",
        "decided_at": "none",
        "decided_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    entrustment = models.ForeignKey(Entrustment, on_delete=models.PROTECT, related_name="+")  # that of who asks
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")  # the sub-contractor
    child = models.OneToOneField(Entrustment, null=True, on_delete=models.PROTECT, related_name="+")
    renews = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ASKED)
    country = models.CharField(max_length=2)  # where the data will be handled
    fields = models.JSONField()  # list of ``kind/role``
    people = models.BigIntegerField()  # the largest number of people
    starts_on = models.DateField()
    ends_on = models.DateField()
    safeguards = models.TextField()
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.NOW)
    report = models.CharField(max_length=10, blank=True)
    evidence = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    opening_seed = models.BinaryField()
    entry = models.BinaryField(null=True)
    entry_index = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.UUIDField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)

    class Meta:
        indexes = (models.Index(fields=["body", "-asked_at"], name="permission_newest"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["asked", "granted", "refused", "revoked"]), name="permission_status_known"
            ),
            models.CheckConstraint(condition=Q(mode__in=["now", "advance"]), name="permission_mode_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="permission_period"),
            models.CheckConstraint(condition=Q(people__gt=0), name="permission_people_positive"),
            models.CheckConstraint(condition=Q(country__regex=r"\A[A-Z]{2}\Z"), name="permission_country_alpha_2"),
            models.CheckConstraint(condition=Exact(Length("opening_seed"), 32), name="permission_seed_32_bytes"),
            models.CheckConstraint(
                condition=~Q(status__in=["granted", "revoked"])
                | Q(child__isnull=False, entry__isnull=False, entry_index__isnull=False),
                name="permission_granted_with_entry",
            ),
            models.CheckConstraint(
                condition=Q(status="asked") | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="permission_decided_by_somebody",
            ),
            models.UniqueConstraint(fields=["body", "entry_index"], name="permission_entry_once"),
        )


class PermissionStatus(models.Model):
    """許諾の現況。 What the ledger says of a permission on a day: still in force, or revoked."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "permission": "public",
        "state": "public",
        "day": "public",
        "entry": "public",
        "entry_index": "public",
        "said_at": "none",
        "said_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    permission = models.ForeignKey(Permission, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10)
    day = models.DateField()
    entry = models.BinaryField()
    entry_index = models.BigIntegerField()
    said_at = models.DateTimeField()
    said_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=["in-force", "revoked"]), name="permission_state_known"),
            models.UniqueConstraint(fields=["body", "entry_index"], name="permission_status_entry_once"),
        )
