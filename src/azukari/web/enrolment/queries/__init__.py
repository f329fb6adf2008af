"""Reading who is enrolled, as small frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from azukari.errors import NotFoundError
from azukari.web.enrolment.models import Enrolment

PAGE: Final = 50


@dataclass(frozen=True)
class EnrolmentInfo:
    """利用者登録。 ``letter``: the name on the newest letter. ``erased``: the person was; it has ended with that."""

    id: UUID
    body: UUID
    subject: UUID
    letter: str
    address: str
    issued_at: datetime
    expires_at: datetime
    enrolled_at: datetime
    ended_at: datetime | None
    erased: bool

    @property
    def over(self) -> bool:
        """Whether nothing of the person is to be outside."""
        return self.ended_at is not None or self.erased


@dataclass(frozen=True)
class Page:
    """一頁。 Rows of the list, the number of this page from 1, and whether there is another."""

    rows: Sequence[EnrolmentInfo]
    number: int
    more: bool


def enrolment(enrolment_id: UUID) -> EnrolmentInfo:
    """The enrolment of this id, or NotFoundError."""
    row = Enrolment.objects.select_related("subject").filter(id=enrolment_id).first()
    if row is None:
        raise NotFoundError("there is no such enrolment")
    return _info(row)


def page(body_id: UUID, number: int) -> Page:
    """The enrolments of a body, newest first."""
    first = (number - 1) * PAGE
    found = Enrolment.objects.select_related("subject").filter(body_id=body_id).order_by("-enrolled_at", "id")
    rows = [_info(row) for row in found[first : first + PAGE + 1]]
    return Page(rows[:PAGE], number, len(rows) > PAGE)


def every(body_id: UUID) -> list[tuple[EnrolmentInfo, str]]:
    """All enrolments of a body, oldest first, each with the hash of its code: what goes outside."""
    found = Enrolment.objects.select_related("subject").filter(body_id=body_id).order_by("enrolled_at", "id")
    return [(_info(row), row.code_hash) for row in found]


def last_address(body_id: UUID) -> str:
    """The address of the page outside that the newest letter gives; empty before the first."""
    found = Enrolment.objects.filter(body_id=body_id).order_by("-issued_at").values_list("address", flat=True)
    return found.first() or ""


def _info(row: Enrolment) -> EnrolmentInfo:
    return EnrolmentInfo(
        row.id,
        row.body_id,
        row.subject_id,
        row.letter,
        row.address,
        row.issued_at,
        row.expires_at,
        row.enrolled_at,
        row.ended_at,
        row.subject.erased_at is not None,
    )
