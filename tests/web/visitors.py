"""Two people who look at their lists outside, each with entries of their own, in one office without the gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tests.web.bodies import KEK
from tests.web.conftest import BY, Ledger
from tests.web.listing import Office, event

from azukari.fields.days import day_of


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Visit:
    """A citizen, the letter, and a browser."""

    id: UUID
    local_id: str
    name: str
    code: str

    def client(self) -> Any:
        """Signed in with the letter's code."""
        from django.test import Client

        client = Client()
        answer = self.sign_in(client)
        assert answer.status_code == 302, answer.content.decode()
        return client

    def sign_in(self, client: Any, name: str | None = None, code: str | None = None) -> Any:
        given = {"letter": self.name if name is None else name, "code": self.code if code is None else code}
        return client.post("/my/sign-in", given)


def letter_of(office: Office, local_id: str) -> Visit:
    from azukari.web.enrolment.actions import enrolling

    made = enrolling.enrol(
        body_id=office.ledger.body_id, local_id=local_id, address="https://example.jp/my", kek=KEK, by=BY, at=now()
    )
    return Visit(made.enrolment, local_id, made.name, made.code)


def used(office: Office, local_id: str, word: str, **told: Any) -> None:
    """A use whose purpose is this word."""
    office.note(
        local_id, event=event(purpose=word, day=day_of(now()), at=now(), unit="給付課 職員", system="年金台帳"), **told
    )


def crossed(ledger: Ledger) -> None:
    """What an export would carry is put where an import puts it; both sides are one office here."""
    from azukari.web.citizens.actions import arriving
    from azukari.web.crossing.actions.taking import Incoming
    from azukari.web.enrolment.queries import crossing

    for one in crossing.outgoing(ledger.body_id, KEK, day_of(now())):
        incoming = Incoming(one.kind, one.id, one.read(), Path())
        arriving.apply(item=incoming, body_id=ledger.body_id, kek=KEK, by=BY, at=now())


def two(ledger: Ledger) -> tuple[Visit, Visit]:
    """A and B: a hand-over with both, in one row as spouses; a use of each; one of A that is withheld."""
    office = Office(ledger)
    office.hand_over(["701", "702", "703"], spouses=["702", "", ""])
    used(office, "701", "甲の審査")
    used(office, "702", "乙の審査")
    used(office, "701", "丙の調査", until=day_of(now()) + timedelta(days=9))
    visits = letter_of(office, "701"), letter_of(office, "702")
    office.index(at=now())
    crossed(ledger)
    return visits


def fresh_id() -> str:
    return uuid4().hex
