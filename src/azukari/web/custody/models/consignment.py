"""Hand-overs that are no table, and the people in them where a list was given."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from azukari.web.custody.models.entrustment import Entrustment
from azukari.web.custody.models.hand_over import HandOver
from azukari.web.custody.models.party import Party

BODY = "accounts.Body"
SUBJECT = "subjects.Subject"


class Consignment(models.Model):
    """現物の受渡し。 Paper, media or terminal access for one party; its entry stands in the ledger from the first moment.

    It is never edited: what was wrong is called void, by another entry with a reason. ``unlisted`` counts people whom
    nobody could look at for protective measures, by the officer's word.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "entrustment": "public",
        "party": "public",
        "above_hand_over": "public",
        "above_consignment": "public",
        "medium": "public",
        "unit": "public",
        "units": "public",
        "people": "public",
        "fields": "public",
        "carrier": "public",
        "note": "public",
        "day": "public",
        "withheld_people": "none",
        "withheld_addresses": "none",
        "unlisted": "none",
        "wrapped_seed": "secret",
        "entry": "public",
        "entry_index": "public",
        "receipted_at": "none",
        "voided_at": "none",
        "voided_by": "pseudonym",
        "void_reason": "public",
        "void_index": "public",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    entrustment = models.ForeignKey(Entrustment, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    above_hand_over = models.ForeignKey(HandOver, null=True, on_delete=models.PROTECT, related_name="+")
    above_consignment = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    medium = models.CharField(max_length=10)
    unit = models.CharField(max_length=10)
    units = models.BigIntegerField()
    people = models.BigIntegerField()
    fields = models.JSONField()  # list of ``kind/role``
    carrier = models.TextField()  # how it gets there: by whom, in what
    note = models.TextField(blank=True)
    day = models.DateField()
    withheld_people = models.BigIntegerField(default=0)
    withheld_addresses = models.BigIntegerField(default=0)
    unlisted = models.BigIntegerField(default=0)
    wrapped_seed = models.BinaryField()
    entry = models.BinaryField()
    entry_index = models.BigIntegerField()
    receipted_at = models.DateTimeField(null=True)  # of either kind of receipt; set together with its row
    voided_at = models.DateTimeField(null=True)
    voided_by = models.UUIDField(null=True)
    void_reason = models.TextField(blank=True)
    void_index = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        indexes = (
            models.Index(fields=["body", "-created_at"], name="consignment_newest"),
            models.Index(fields=["entrustment", "-created_at"], name="consignment_of_entrustment"),
            models.Index(
                fields=["body", "created_at"],
                condition=Q(receipted_at=None, voided_at=None),
                name="consignment_without_receipt",
            ),
        )
        constraints = (
            models.CheckConstraint(condition=Q(medium__in=["paper", "media", "terminal"]), name="consignment_medium"),
            models.CheckConstraint(condition=Q(units__gt=0, people__gt=0), name="consignment_counts_positive"),
            models.CheckConstraint(
                condition=Q(withheld_people__gte=0, withheld_addresses__gte=0, unlisted__gte=0),
                name="consignment_withheld_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(above_hand_over=None) | Q(above_consignment=None), name="consignment_one_above"
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, voided_by=None, void_index=None, void_reason="")
                | (Q(voided_at__isnull=False, voided_by__isnull=False, void_index__isnull=False) & ~Q(void_reason="")),
                name="consignment_void_with_entry",
            ),
            models.UniqueConstraint(fields=["body", "entry_index"], name="consignment_entry_once"),
        )


class ConsignedPerson(models.Model):
    """現物に載る本人。 One of the people in a consignment; the local id as it was given, under the person's own key."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "consignment": "public",
        "subject": "pseudonym",
        "local_id_cell": "personal",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    consignment = models.ForeignKey(Consignment, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(SUBJECT, on_delete=models.PROTECT, related_name="+")
    local_id_cell = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["consignment", "subject"], name="consigned_person_once"),)


class ConsignmentReceipt(models.Model):
    """現物の受領。 ``receipted``: a signed note over the entry; ``claimed``: a paper that the officer has seen."""

    class Grade(models.TextChoices):
        """受領の程度。 Whose word it is."""

        CLAIMED = "claimed", "紙の受領書（機関の申告）"
        RECEIPTED = "receipted", "受領"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "consignment": "public",
        "grade": "public",
        "note": "public",
        "received_at": "none",
        "received_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    consignment = models.ForeignKey(Consignment, on_delete=models.PROTECT, related_name="+")
    grade = models.CharField(max_length=10, choices=Grade.choices)
    note = models.TextField()  # the signed note, or where the paper is filed
    received_at = models.DateTimeField()
    received_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["consignment", "grade"], name="consignment_receipt_grade_once"),
            models.CheckConstraint(
                condition=Q(grade__in=["claimed", "receipted"]), name="consignment_receipt_grade_known"
            ),
        )
