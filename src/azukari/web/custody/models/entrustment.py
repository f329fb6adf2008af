"""Entrustments, a tree, and the kinds of field that each lets out."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from azukari.web.custody.models.party import Party

BODY = "accounts.Body"


class Entrustment(models.Model):
    """委託。 Work given to a party for a purpose and a period; a child is a sub-entrustment (再委託).

    The ledger holds only a commitment to the purpose; ``purpose_opening`` opens it. ``stage`` follows the four of the
    regulator's paper on supervising contractors.
    """

    class Stage(models.TextChoices):
        """委託の段階。 Where the work stands."""

        SELECTION = "selection", "委託先の選定"
        CONTRACT = "contract", "契約の締結"
        PERFORMANCE = "performance", "履行中の監督"
        END = "end", "納品と終了"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "party": "public",
        "parent": "public",
        "title": "public",
        "purpose": "public",
        "purpose_opening": "secret",
        "stage": "public",
        "legal_basis": "public",
        "places": "public",
        "clauses": "public",
        "starts_on": "public",
        "ends_on": "public",
        "entry_index": "public",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    title = models.TextField()
    purpose = models.TextField()
    purpose_opening = models.BinaryField()
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.PERFORMANCE)
    legal_basis = models.TextField(blank=True)
    places = models.TextField(blank=True)
    clauses = models.JSONField(default=list)  # keys of ``custody.clauses`` that the contract holds
    starts_on = models.DateField()
    ends_on = models.DateField()
    entry_index = models.BigIntegerField()
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="entrustment_period"),
            models.CheckConstraint(condition=Exact(Length("purpose_opening"), 32), name="entrustment_opening_32_bytes"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="entrustment_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["selection", "contract", "performance", "end"]), name="entrustment_stage_known"
            ),
            models.UniqueConstraint(fields=["body", "entry_index"], name="entrustment_entry_once"),
        )


class PermittedField(models.Model):
    """渡してよい項目。 One kind of field, as ``kind/role``, that an entrustment lets out."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "entrustment": "public",
        "field": "public",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    entrustment = models.ForeignKey(Entrustment, on_delete=models.CASCADE, related_name="permitted")
    field = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["entrustment", "field"], name="permitted_field_once"),
            models.CheckConstraint(condition=Q(field__contains="/"), name="permitted_field_kind_role"),
        )
