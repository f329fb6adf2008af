"""What witnesses were asked for, and what they signed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.web.sequencer.models.log import Log


class WitnessPolicy(models.Model):
    """証人の定め。 A C2SP tlog-policy that the body adopted; the newest is in force."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "log": "public",
        "body": "public",
        "text": "public",
        "entry_index": "public",
        "adopted_at": "none",
        "adopted_by": "pseudonym",
    }
    wall_door: ClassVar[str] = "ledger"

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    body = models.UUIDField()
    text = models.BinaryField()
    entry_index = models.BigIntegerField()
    adopted_at = models.DateTimeField()
    adopted_by = models.UUIDField()


class Cosignature(models.Model):
    """連署。 What a witness of the policy signed over the checkpoint of ``size``; ``time`` in POSIX seconds."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "log": "public",
        "body": "public",
        "size": "public",
        "witness": "public",
        "key_id": "public",
        "line": "public",
        "time": "public",
        "received_at": "none",
    }
    wall_door: ClassVar[str] = "ledger"

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    body = models.UUIDField()
    size = models.BigIntegerField()
    witness = models.TextField()
    key_id = models.CharField(max_length=8)
    line = models.TextField()
    time = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["log", "size", "witness", "key_id"], name="cosignature_once"),
            models.CheckConstraint(condition=Q(size__gte=0, time__gte=0), name="cosignature_not_negative"),
        )
