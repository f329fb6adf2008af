"""Sources of uses, what each has told, and what of it waits."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

BODY = "accounts.Body"


class Source(models.Model):
    """記録元。 A system that tells uses, under one name. Whoever has its token, or its file at the office, speaks for it.

    ``mapping``: canonical bytes of its columns, where it tells tables. ``every_hours``: silent once it has told nothing for
    longer. ``adds_people``: a local id that the body does not know is a new person; else such a use waits.
    """

    class Form(models.TextChoices):
        """形式。 What its files are (docs/spec/use.md, Sources)."""

        EVENTS = "events", "CloudEvents"
        TABLE = "table", "表 / table"
        FHIR = "fhir", "FHIR AuditEvent"

    wall_door: ClassVar[str] = "sign-in"  # found by its token, before it is known whose it is
    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "name": "public",
        "form": "none",
        "mapping": "none",
        "every_hours": "none",
        "adds_people": "none",
        "digest": "secret",
        "heard_at": "none",
        "created_at": "none",
        "created_by": "pseudonym",
        "ended_at": "none",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    form = models.CharField(max_length=8, choices=Form.choices)
    mapping = models.BinaryField()
    every_hours = models.IntegerField(null=True)
    adds_people = models.BooleanField(default=False)
    digest = models.BinaryField(unique=True)  # of its token
    heard_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "name"], name="source_name_once"),
            models.CheckConstraint(condition=Exact(Length("digest"), 32), name="source_digest_32_bytes"),
            models.CheckConstraint(condition=Q(every_hours=None) | Q(every_hours__gte=1), name="source_every_hours"),
        )


class Told(models.Model):
    """告げられた利用。 A use of a source under its number there, and the leaf that it became: told again it is no second one.

    ``id``: 16 bytes of the hash of source and number, the ``id`` of the event too. ``mark``: keyed hash of what was told.
    """

    data_classes: ClassVar[dict[str, str]] = {"id": "public", "body": "public", "index": "public", "mark": "pseudonym"}

    id = models.BinaryField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+", db_index=False)
    index = models.BigIntegerField()
    mark = models.BinaryField()


class Waiting(models.Model):
    """保留。 What a source told that is no use yet: its place, one reason, the member, and itself, sealed."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "source": "public",
        "place": "none",
        "reason": "none",
        "member": "none",
        "mark": "pseudonym",
        "line": "personal",
        "told_at": "none",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    place = models.BigIntegerField()  # line, row or element of what was told, from 1
    reason = models.CharField(max_length=20)
    member = models.CharField(max_length=20, blank=True)
    mark = models.BinaryField()  # keyed hash of the line: told again it waits once
    line = models.BinaryField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "mark"], name="waiting_once"),)
