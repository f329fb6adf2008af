"""Hand-overs and the states of source tables that they were taken from."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from azukari.web.custody.models.entrustment import Entrustment
from azukari.web.custody.models.party import Party

BODY = "accounts.Body"


class Snapshot(models.Model):
    """元データの控え。 A state of a source table, known by a keyed hash only; its index file has an own key."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "table_mac": "pseudonym",
        "wrapped_index_key": "secret",
        "rows": "none",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    table_mac = models.BinaryField()
    wrapped_index_key = models.BinaryField()
    rows = models.BigIntegerField()
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "table_mac"], name="snapshot_once"),
            models.CheckConstraint(condition=Q(rows__gte=0), name="snapshot_rows_not_negative"),
            models.CheckConstraint(condition=Exact(Length("table_mac"), 32), name="snapshot_mac_32_bytes"),
        )


class HandOver(models.Model):
    """受渡し。 One package for one party; from ``logged`` on its entry stands in the ledger.

    ``expires_on`` is the day after which the copy record is removed: the file beside this row that is
    classed personal (docs/spec/package.md, section 9).
    """

    class Status(models.TextChoices):
        """受渡しの状態。 prepared, sealed, logged, released in this order; or void."""

        PREPARED = "prepared", "準備中"
        SEALED = "sealed", "封印済み"
        LOGGED = "logged", "台帳に記載済み"
        RELEASED = "released", "引渡し済み"
        VOID = "void", "取消し"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "entrustment": "public",
        "party": "public",
        "parent": "public",
        "snapshot": "none",
        "status": "public",
        "fields": "public",
        "rows": "public",
        "withheld_rows": "none",
        "withheld_addresses": "none",
        "unmatched_rows": "none",
        "wrapped_key": "secret",
        "wrapped_data_key": "secret",
        "entry_index": "public",
        "entry": "public",
        "output_path": "none",
        "expires_on": "public",
        "burned_at": "none",
        "record_removed_at": "none",
        "receipted_at": "none",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    entrustment = models.ForeignKey(Entrustment, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREPARED)
    fields = models.JSONField()  # list of ``kind/role``
    rows = models.BigIntegerField()
    # Under protective measures: rows that stayed, rows without their address, and rows that nobody could look at.
    withheld_rows = models.BigIntegerField(default=0)
    withheld_addresses = models.BigIntegerField(default=0)
    unmatched_rows = models.BigIntegerField(default=0)
    wrapped_key = models.BinaryField()
    wrapped_data_key = models.BinaryField()
    entry_index = models.BigIntegerField(null=True)
    entry = models.BinaryField(null=True)
    output_path = models.TextField(null=True)
    expires_on = models.DateField()
    burned_at = models.DateTimeField(null=True)
    record_removed_at = models.DateTimeField(null=True)
    receipted_at = models.DateTimeField(null=True)  # of the recipient's receipt; set together with its row
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        indexes = (
            models.Index(fields=["body", "-created_at"], name="hand_over_newest"),
            models.Index(fields=["entrustment", "-created_at"], name="hand_over_of_entrustment"),
            models.Index(
                fields=["body", "created_at"],
                condition=Q(status="released", receipted_at__isnull=True),
                name="hand_over_without_receipt",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["prepared", "sealed", "logged", "released", "void"]),
                name="hand_over_status_known",
            ),
            models.CheckConstraint(condition=Q(rows__gte=0), name="hand_over_rows_not_negative"),
            models.CheckConstraint(
                condition=Q(withheld_rows__gte=0, withheld_addresses__gte=0, unmatched_rows__gte=0),
                name="hand_over_withheld_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["logged", "released"]) | Q(entry_index__isnull=False, entry__isnull=False),
                name="hand_over_logged_with_entry",
            ),
            models.UniqueConstraint(fields=["body", "entry_index"], name="hand_over_entry_once"),
        )
