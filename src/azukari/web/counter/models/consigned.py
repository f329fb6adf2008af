"""What a firm got that is no table: paper, media, access by terminal."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.web.counter.models.firm import Firm, Work
from azukari.web.counter.models.shelf import Shelved

BODY = "accounts.Body"


class Consigned(models.Model):
    """届いた現物。 One consignment of a firm, as the newest proof of it says (``proof``, an .azd).

    ``units`` and ``people`` are the exact counts, opened in the proof. ``recipient``: the key that the entry names, which signs
    for it; empty for a firm without one. ``receipt`` says where the firm's receipt is.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "firm": "public",
        "work": "public",
        "parent": "public",
        "medium": "public",
        "unit": "public",
        "units": "public",
        "people": "public",
        "fields": "public",
        "day": "public",
        "recipient": "public",
        "entry": "public",
        "proof": "public",
        "voided_on": "public",
        "receipt": "public",
        "shelved_at": "none",
        "shelved_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, editable=False)  # of the consignment
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="+")
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="+")
    parent = models.UUIDField(null=True)  # what the firm above got, of either kind
    medium = models.CharField(max_length=10)
    unit = models.CharField(max_length=10)
    units = models.BigIntegerField()
    people = models.BigIntegerField()
    fields = models.JSONField()  # list of ``kind/role``
    day = models.DateField()
    recipient = models.TextField(blank=True)
    entry = models.BinaryField()
    proof = models.BinaryField()
    voided_on = models.DateField(null=True)
    receipt = models.CharField(max_length=10, choices=Shelved.Receipt.choices, blank=True, default="")
    shelved_at = models.DateTimeField()
    shelved_by = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["firm", "-shelved_at"], name="consigned_of_firm"),)
        constraints = (
            models.CheckConstraint(condition=Q(medium__in=["paper", "media", "terminal"]), name="consigned_medium"),
            models.CheckConstraint(condition=Q(units__gt=0, people__gt=0), name="consigned_counts_positive"),
            models.CheckConstraint(
                condition=Q(receipt__in=["", "waiting", "exported", "accepted", "refused"]),
                name="consigned_receipt_known",
            ),
        )
