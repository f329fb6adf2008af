"""Parties and the state of their keys."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

BODY = "accounts.Body"


class Party(models.Model):
    """当事者。 A firm or body that may receive data; nothing is sealed to it before its key is confirmed."""

    class Status(models.TextChoices):
        """鍵の状態。 Where the registration of the party's key stands."""

        PENDING = "pending", "確認待ち"
        CONFIRMED = "confirmed", "確認済み"
        REVOKED = "revoked", "失効"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "name": "public",
        "country": "public",
        "corporate_number": "public",
        "roster": "public",
        "grade": "public",
        "recipient": "public",
        "vkey": "public",
        "fingerprint": "public",
        "status": "public",
        "wrapped_challenge": "secret",
        "created_at": "none",
        "created_by": "pseudonym",
        "confirmed_at": "none",
        "confirmed_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    name = models.TextField()
    country = models.CharField(max_length=2)
    corporate_number = models.CharField(max_length=13, blank=True)  # 法人番号; empty abroad and for who has none
    roster = models.IntegerField(null=True)  # people who would work on it, as the party says
    grade = models.CharField(max_length=10, blank=True)  # 入札参加資格の等級
    recipient = models.TextField()
    vkey = models.TextField()
    fingerprint = models.TextField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    wrapped_challenge = models.BinaryField()
    created_at = models.DateTimeField()
    created_by = models.UUIDField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.UUIDField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "vkey"], name="party_key_once"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "confirmed", "revoked"]), name="party_status_known"
            ),
            models.CheckConstraint(condition=Q(country__regex=r"\A[A-Z]{2}\Z"), name="party_country_alpha_2"),
            models.CheckConstraint(
                condition=Q(corporate_number="") | Q(corporate_number__regex=r"\A[1-9][0-9]{12}\Z"),
                name="party_corporate_number_13_digits",
            ),
            models.CheckConstraint(condition=Q(roster__isnull=True) | Q(roster__gt=0), name="party_roster_positive"),
            models.CheckConstraint(
                condition=~Q(status="confirmed") | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="party_confirmed_by_somebody",
            ),
        )
