"""Sources come and go, and what their columns mean is mended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from azukari.errors import NotFoundError, OptionError, StateError
from azukari.uses.mapping import ColumnMapping
from azukari.web.accounts.tokens import digest_of, new_token
from azukari.web.trail.models import Source


@dataclass(frozen=True)
class Terms:
    """記録元の定め。 Its form, the canonical bytes of its mapping (empty for none), hours after which it is silent, and whether
    people whom the body does not know are new ones.
    """

    form: str = "events"
    mapping: bytes = b""
    every_hours: int | None = None
    adds_people: bool = False


def add(*, body_id: UUID, name: str, terms: Terms, by: UUID, at: datetime) -> tuple[UUID, str]:
    """A new source: its id, and its token, which is shown this once.

    OptionError for a name, form, mapping or hours that are none; FormatError for another mapping; StateError if the name
    is taken.
    """
    _require(terms)
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise OptionError("the name of a source has 1 to 200 characters")
    token, made = new_token(), uuid4()
    with transaction.atomic():
        if Source.objects.filter(body_id=body_id, name=name.strip()).exists():
            raise StateError("there is a source of this name")
        row = Source(id=made, body_id=body_id, name=name.strip(), digest=digest_of(token), created_at=at, created_by=by)
        _set(row, terms)
        row.save(force_insert=True)
    return made, token


def mend(*, source_id: UUID, terms: Terms, by: UUID, at: datetime) -> None:
    """Other terms from now on; what waits is judged under them when it is tried again. NotFoundError, and as ``add``."""
    _require(terms)
    with transaction.atomic():
        row = _locked(source_id)
        _set(row, terms)
        row.save(update_fields=["form", "mapping", "every_hours", "adds_people"])


def renew(*, source_id: UUID, by: UUID, at: datetime) -> str:
    """Another token in the place of the old one, which ends at once. NotFoundError."""
    token = new_token()
    with transaction.atomic():
        row = _locked(source_id)
        row.digest = digest_of(token)
        row.save(update_fields=["digest"])
    return token


def end(*, source_id: UUID, by: UUID, at: datetime) -> None:
    """It tells nothing any more, and is silent no more. What it told stays. NotFoundError."""
    with transaction.atomic():
        row = _locked(source_id)
        row.ended_at = row.ended_at or at
        row.save(update_fields=["ended_at"])


def _require(terms: Terms) -> None:
    if terms.form not in Source.Form.values:
        raise OptionError("the form of a source")
    if (terms.form == Source.Form.TABLE) != bool(terms.mapping):
        raise OptionError("a source of tables has a mapping, and no other has")
    if terms.mapping:
        ColumnMapping.parse(terms.mapping)
    if terms.every_hours is not None and not 1 <= terms.every_hours <= 24 * 366:
        raise OptionError("a source tells something every 1 to 8,784 hours")


def _set(row: Source, terms: Terms) -> None:
    row.form, row.mapping = terms.form, terms.mapping
    row.every_hours, row.adds_people = terms.every_hours, terms.adds_people


def _locked(source_id: UUID) -> Source:
    row = Source.objects.select_for_update(no_key=True).filter(id=source_id).first()
    if row is None:
        raise NotFoundError("there is no such source")
    return row
