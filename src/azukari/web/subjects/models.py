"""People concerned. Nothing here says who they are to anybody without the office's key."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

BODY = "accounts.Body"


class Subject(models.Model):
    """本人。 Somebody whose data the body holds, under a random id.

    ``number``, of this installation, from 1, is the person's slot in the keystore too; it never leaves the office.
    ``pseudonym`` is the keyed hash of the agency-local id, and gone once erased. ``generation``: of the list key.
    ``destroyed_at``: when an erased person's key was gone from the keystore; until then the next start destroys it.
    ``wrapped_key``: a key of before the keystore, until it has moved there.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "pseudonym",
        "number": "pseudonym",
        "body": "public",
        "pseudonym": "pseudonym",
        "generation": "none",
        "wrapped_key": "secret",
        "erased_at": "none",
        "destroyed_at": "none",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.BigIntegerField(unique=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    pseudonym = models.BinaryField(null=True)
    generation = models.IntegerField(default=0)
    wrapped_key = models.BinaryField(null=True)
    erased_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "pseudonym"], name="subject_once"),
            models.CheckConstraint(
                condition=Q(erased_at=None, destroyed_at=None, pseudonym__isnull=False)
                | Q(erased_at__isnull=False, pseudonym=None, wrapped_key=None),
                name="subject_erased_without_name",
            ),
            models.CheckConstraint(
                condition=Q(pseudonym=None) | Q(Exact(Length("pseudonym"), 32)), name="subject_pseudonym_32_bytes"
            ),
            models.CheckConstraint(condition=Q(number__gt=0, generation__gte=0), name="subject_numbers_in_range"),
        )
        indexes = (
            # Each start asks these three; nearly nobody is in them.
            models.Index(fields=["number"], condition=Q(wrapped_key__isnull=False), name="subject_of_before"),
            models.Index(fields=["number"], condition=Q(erased_at__isnull=False), name="subject_erased"),
            models.Index(fields=["number"], condition=Q(generation__gt=0), name="subject_rekeyed"),
        )


class Listed(models.Model):
    """通し番号。 How many entries the list of a person has (docs/spec/completeness.md, 2): ``count`` is the last n given.

    A narrow table of its own: a hand-over counts on for millions, and a person's row is twenty times as wide.
    ``number`` is the person's; no key of the database, which would be looked up for each.
    """

    data_classes: ClassVar[dict[str, str]] = {"number": "pseudonym", "body": "public", "count": "none"}

    number = models.BigIntegerField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    count = models.BigIntegerField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(count__gt=0), name="listed_from_one"),)


class Protection(models.Model):
    """支援措置。 What must not leave of a person from ``starts_on`` to ``ends_on``, both included; open without an end.

    Source of the measure: 住民基本台帳事務における支援措置 (住民基本台帳事務処理要領 第5の10). ``holds`` says whether the
    person's rows stay, or the address alone; ``phone`` adds telephone numbers to the address. The cells are k_P's.
    """

    class Holds(models.TextChoices):
        """留め置くもの。 The whole row, or the address in it."""

        ROWS = "rows", "行ごと渡さない"
        ADDRESS = "address", "住所を伏せる"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "subject": "pseudonym",
        "starts_on": "personal",
        "ends_on": "personal",
        "holds": "personal",
        "phone": "personal",
        "local_id_cell": "personal",
        "note_cell": "personal",
        "noted_at": "none",
        "noted_by": "pseudonym",
        "ended_at": "none",
        "ended_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    holds = models.CharField(max_length=10, choices=Holds.choices)
    phone = models.BooleanField(default=False)
    local_id_cell = models.BinaryField()
    note_cell = models.BinaryField()  # who asked for it, and why
    noted_at = models.DateTimeField()
    noted_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["body", "-noted_at"], name="protection_newest"),
            models.Index(fields=["body", "starts_on"], condition=Q(ended_at=None), name="protection_not_ended"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(holds__in=["rows", "address"]), name="protection_holds_known"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="protection_period"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="protection_ended_by_somebody",
            ),
        )
