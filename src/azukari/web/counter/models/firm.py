"""Who entrusts, the firms that take delivery here, and their works."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

BODY = "accounts.Body"


class Entruster(models.Model):
    """委託元。 What a contractor may know of a body beyond its name: where its ledger is, and who signs it."""

    data_classes: ClassVar[dict[str, str]] = {
        "body": "public",
        "origin": "public",
        "vkey": "public",
        "updated_at": "none",
        "updated_by": "pseudonym",
    }

    body = models.OneToOneField(BODY, primary_key=True, on_delete=models.PROTECT, related_name="+")
    origin = models.TextField()
    vkey = models.TextField()
    updated_at = models.DateTimeField()
    updated_by = models.UUIDField()


class Firm(models.Model):
    """委託先。 A party of a body that takes delivery here, a sub-contractor too; the id is the party's in the register."""

    class Status(models.TextChoices):
        """鍵の状態。 Where the registration of the firm's key stands inside."""

        PENDING = "pending", "確認待ち"
        CONFIRMED = "confirmed", "確認済み"
        REVOKED = "revoked", "失効"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "name": "public",
        "country": "public",
        "recipient": "public",
        "vkey": "public",
        "status": "public",
        "updated_at": "none",
        "updated_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    name = models.TextField()
    country = models.CharField(max_length=2)
    recipient = models.TextField()
    vkey = models.TextField()
    status = models.CharField(max_length=10, choices=Status.choices)
    updated_at = models.DateTimeField()
    updated_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["pending", "confirmed", "revoked"]), name="firm_status_known"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="firm_has_a_name"),
        )


class Work(models.Model):
    """委託。 One entrustment of a firm; ``parent`` is the id of the one above, which another firm holds."""

    class Stage(models.TextChoices):
        """委託の段階。 Where the work stands."""

        SELECTION = "selection", "委託先の選定"
        CONTRACT = "contract", "契約の締結"
        PERFORMANCE = "performance", "履行中の監督"
        END = "end", "納品と終了"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "firm": "public",
        "parent": "public",
        "title": "public",
        "purpose": "public",
        "fields": "public",
        "starts_on": "public",
        "ends_on": "public",
        "stage": "public",
        "updated_at": "none",
        "updated_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="+")
    parent = models.UUIDField(null=True)  # a plain key: the firm above need not take delivery here
    title = models.TextField()
    purpose = models.TextField()
    fields = models.JSONField()  # list of ``kind/role``
    starts_on = models.DateField()
    ends_on = models.DateField()
    stage = models.CharField(max_length=12, choices=Stage.choices)
    updated_at = models.DateTimeField()
    updated_by = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["firm", "-starts_on"], name="work_of_firm"),)
        constraints = (
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="work_period"),
            models.CheckConstraint(
                condition=Q(stage__in=["selection", "contract", "performance", "end"]), name="work_stage_known"
            ),
        )
