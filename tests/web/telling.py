"""Sources in an office of a test, and what they tell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.web.bodies import KEK
from tests.web.conftest import BY
from tests.web.listing import NOW, Office

NAME = "urn:kasumigahama:juki"


def event(number: int | str, subject: str = "a", **data: Any) -> dict[str, Any]:
    """A CloudEvent of the source `NAME`; what is None among ``data`` is left out, top members are named as such."""
    told = {
        "act": "view", "purpose": "https://w3id.org/dpv#Verification", "purpose_label": "住民票の写しの交付",
        "basis": "住民基本台帳法第12条", "unit": "市民課", "role": "窓口", "party": "霞ヶ浜市", "system": "住民記録",
        "fields": ["name/person"], "visibility": "shown",
    } | data  # fmt: skip
    top = {name: told.pop(name) for name in ("source", "time", "type", "specversion") if name in told}
    return {
        "specversion": "1.0", "type": "azukari.use.v1", "source": NAME, "id": str(number),
        "time": "2026-11-19T14:30:05+09:00", "subject": subject, "datacontenttype": "application/json",
        "data": {name: value for name, value in told.items() if value is not None},
    } | top  # fmt: skip


@dataclass
class Telling:
    """A source of an office."""

    office: Office
    token: str
    id: Any

    @property
    def info(self) -> Any:
        from azukari.web.trail import queries

        return queries.source(self.id)

    def take(self, *events: Any, at: datetime = NOW) -> Any:
        """Tell these events; what came of it."""
        from azukari.web.trail import elements
        from azukari.web.trail.actions import taking

        told = elements.of_batch(self.info, json.dumps(list(events)).encode(), at)
        return taking.all_of(source=self.info, elements=told, kek=KEK, by=BY, at=at)

    def again(self) -> Any:
        from azukari.web.trail.actions import again

        return again.again(source=self.info, kek=KEK, by=BY, at=NOW)

    def mend(self, **terms: Any) -> None:
        from azukari.web.trail.actions import source

        source.mend(source_id=self.id, terms=source.Terms(**terms), by=BY, at=NOW)


def telling(office: Office, name: str = NAME, people: tuple[str, ...] = ("a", "b"), **terms: Any) -> Telling:
    """An office that knows these people, with a source."""
    from azukari.web.trail.actions import source

    office.numbers(people)
    made, token = source.add(body_id=office.ledger.body_id, name=name, terms=source.Terms(**terms), by=BY, at=NOW)
    return Telling(office, token, made)


def listed(office: Office, local_id: str) -> list[Any]:
    """What a person reads in their report, which is checked."""
    _, made = office.checked(local_id)
    return [entry.event for one in made.lists for entry in one.entries]
