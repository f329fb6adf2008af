"""An ask, its grant and its revocation over the gap, the inside on both databases, the outside on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.web.bodies import KEK, Records, furnish
from tests.web.conftest import AT, BY, Ledger

from azukari.fields.kinds import Field
from azukari.seal.crossing import Side
from azukari.seal.identity import Identity, encode_card
from azukari.seal.pairing import SideCard, parse_side_card
from azukari.stores.crossing import crossings_in


class Sides:
    """Two open offices in one process, one at a time."""

    def __init__(self, inside: Path, outside: Path, ledger: Ledger, folder: Path) -> None:
        self.places, self.ledger, self.stick = {"inside": inside, "outside": outside}, ledger, folder / "stick"
        self.body: UUID = ledger.body_id
        self.records: Records = furnish(ledger, "甲")

    def on(self, side: str) -> None:
        from azukari.web import office

        office.start(self.places[side])

    def card(self, side: str, *, origin: str = "", vkey: str = "") -> SideCard:
        from azukari.web.crossing import queries

        note = queries.card(self.body, KEK, name="霞ヶ浜年金機構", name_en="", origin=origin, log_vkey=vkey)
        return parse_side_card(note)

    def pair(self) -> None:
        from azukari.web import founding
        from azukari.web.crossing.actions import pairing

        self.on("inside")
        pairing.prepare(body_id=self.body, side=Side.INSIDE, kek=KEK, by=BY, at=AT)
        inside = self.card("inside")
        self.on("outside")
        founding.add_outside(card=inside, kek=KEK, at=AT)
        outside = self.card("outside")
        named: dict[str, Any] = {"body_id": self.body, "by": BY, "at": AT}
        pairing.pair(card=inside, fingerprint=inside.fingerprint.upper(), **named)
        self.on("inside")
        pairing.pair(card=outside, fingerprint=outside.fingerprint, **named)

    def over(self) -> list[Any]:
        """Inside writes, outside takes; what was refused."""
        self.on("inside")
        self.ledger.integrate()
        from azukari.web.counter.actions import crossing as counter
        from azukari.web.custody.queries import crossing as register

        self._write(register.outgoing(self.body, KEK))
        self.on("outside")
        return self._take(lambda item: counter.apply(item=item, body_id=self.body, by=BY, at=AT), Side.INSIDE)

    def back(self) -> list[Any]:
        self.on("outside")
        from azukari.web.counter.actions import crossing as counter
        from azukari.web.counter.queries import crossing as waiting
        from azukari.web.custody.actions import crossing as register

        self._write(waiting.outgoing(self.body), lambda items: counter.mark_exported(items=items, by=BY, at=AT))
        self.on("inside")
        return self._take(
            lambda item: register.apply(item=item, body_id=self.body, kek=KEK, by=BY, at=AT), Side.OUTSIDE
        )

    def _write(self, items: Any, left: Callable[[Any], None] = lambda items: None) -> None:
        from azukari.web.crossing.actions import writing

        writing.make(body_id=self.body, candidates=items, kek=KEK, by=BY, at=AT, left=left)
        writing.write(body_id=self.body, folder=self.stick)

    def _take(self, apply: Callable[[Any], None], side: Side) -> list[Any]:
        from azukari.web.crossing import queries
        from azukari.web.crossing.actions import taking

        number = queries.expected(self.body).sequence
        (folder,) = [one for one in crossings_in(self.stick) if one.name.endswith(f"{side.value}-{number:06}")]
        came = taking.take(body_id=self.body, folder=folder, apply=apply, kek=KEK, by=BY, at=AT)
        return [(one.kind, one.error) for one in came.refused]


@pytest.fixture
def sides(ledger: Ledger, template: Path, tmp_path: Path) -> Iterator[Sides]:
    import shutil

    from azukari.web import office

    shutil.copytree(template, tmp_path / "outside")
    made = Sides(office.folder(), tmp_path / "outside", ledger, tmp_path)
    from azukari.web.custody.models import HandOver

    HandOver.objects.update(status="prepared")  # the register's example has no package
    made.pair()
    yield made


def test_ask_when_it_crosses_from_either_database_then_decision_and_certificate_come_back(sides: Sides) -> None:
    assert sides.over() == []
    from azukari.web.counter import queries
    from azukari.web.counter.actions import sending

    firm = sides.records.arguments["party_id"]
    (work,) = queries.works(firm)
    ask = sending.SubAsked(
        "白磯入力", encode_card(Identity.generate()), "JP", (Field.parse("name/person"),), 20, date(2026, 4, 1),
        date(2027, 3, 31), "施錠",
    )  # fmt: skip
    person = sides.records.people["contractor"]
    sent = sending.send_ask(firm_id=firm, work_id=work.id, ask=ask, by=person, at=AT)
    assert sides.back() == []
    from azukari.web.custody.actions import permission
    from azukari.web.custody.queries import permissions

    asked = next(one for one in permissions.permissions(sides.body) if one.people == 20)
    assert asked.status == "asked"
    child = permission.grant(permission_id=asked.id, decision=permission.Decision(), by=BY, at=AT)
    assert sides.over() == []
    (certificate,) = queries.certificates(firm)
    assert (certificate.id, certificate.child, certificate.state) == (asked.id, child, "in-force")
    sides.on("inside")
    permission.revoke(permission_id=asked.id, reason="体制の不足", by=BY, at=AT)
    assert sides.over() == []
    assert [one.state for one in queries.certificates(firm)] == ["revoked"]
    answered = queries.submission(firm, sent)
    assert (answered.status, answered.decision, answered.reason) == ("accepted", "revoked", "体制の不足")


def test_chain_when_written_to_by_hand_then_the_database_keeps_it_free_of_gaps_and_forks(sides: Sides) -> None:
    from django.db import IntegrityError, transaction

    sides.over()
    sides.on("inside")
    from azukari.web.crossing.models import Crossed, Peer

    (first,) = Crossed.objects.filter(direction="out")
    bad: list[dict[str, Any]] = [
        {"sequence": 1, "previous": "0" * 64, "digest": "b" * 64},  # a second first one
        {"sequence": 2, "previous": "0" * 64, "digest": "b" * 64},  # after nothing
        {"sequence": 0, "previous": first.digest, "digest": "b" * 64},
        {"sequence": 2, "previous": first.digest, "digest": first.digest},  # the same once more
        {"sequence": 2, "previous": first.digest, "digest": "b" * 64, "note": None},
        {"sequence": 2, "previous": first.digest, "digest": "b" * 64, "direction": "up"},
        {"sequence": 2, "previous": first.digest, "digest": "b" * 64, "count": -1},
    ]
    given = {"body": sides.body, "direction": "out", "count": 0, "note": b"n", "crossed_at": AT, "crossed_by": BY}
    for values in bad:
        with pytest.raises(IntegrityError), transaction.atomic():
            Crossed.objects.create(**(given | values))
    with pytest.raises(IntegrityError), transaction.atomic():
        Peer.objects.update(vkey="")
    Crossed.objects.create(**(given | {"sequence": 2, "previous": first.digest, "digest": "b" * 64}))
    with pytest.raises(IntegrityError), transaction.atomic():  # a fork
        Crossed.objects.create(**(given | {"sequence": 3, "previous": first.digest, "digest": "c" * 64}))
