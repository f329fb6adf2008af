"""Both sides of an office in one process, paired: the inside on either database, the outside on SQLite."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.web.bodies import KEK, Records, furnish
from tests.web.conftest import AT, BY, Ledger

from azukari.seal.crossing import Side
from azukari.seal.pairing import SideCard, parse_side_card
from azukari.stores.crossing import crossings_in


def made(ledger: Ledger, template: Path, folder: Path, *, paired: bool = True) -> Sides:
    """The open office is the inside; ``template`` becomes the outside."""
    from azukari.web import office
    from azukari.web.custody.models import HandOver

    shutil.copytree(template, folder / "outside")
    found = Sides(office.folder(), folder / "outside", ledger, folder)
    HandOver.objects.update(status="prepared")  # the register's example has no package
    if paired:
        found.pair()
    return found


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
        return self._take(lambda item: counter.apply(item=item, body_id=self.body, kek=KEK, by=BY, at=AT), Side.INSIDE)

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
        from azukari.web.crossing import outgoing
        from azukari.web.crossing.actions import writing

        writing.make(body_id=self.body, candidates=items, kek=KEK, by=BY, at=AT, left=left)
        outgoing.write(body_id=self.body, folder=self.stick)

    def _take(self, apply: Callable[[Any], None], side: Side) -> list[Any]:
        from azukari.web.crossing import queries
        from azukari.web.crossing.actions import taking

        number = queries.expected(self.body).sequence
        (folder,) = [one for one in crossings_in(self.stick) if one.name.endswith(f"{side.value}-{number:06}")]
        came = taking.take(body_id=self.body, folder=folder, apply=apply, kek=KEK, by=BY, at=AT)
        return [(one.kind, one.error) for one in came.refused]
