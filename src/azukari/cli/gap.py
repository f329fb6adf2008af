"""The two sides of the demo's office, and the stick that is carried between them: one process, now on this side, now on that."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from azukari.cli.options import Office, start
from azukari.cli.outside import write_card
from azukari.cli.sides import OpenSide
from azukari.seal.crossing import Side
from azukari.seal.pairing import SideCard
from azukari.stores.files import creating
from azukari.stores.keys import KeyEncryptionKey, create_key_file

_OFFICES = {Side.INSIDE: "office", Side.OUTSIDE: "outside"}


@dataclass(frozen=True)
class Gap:
    """網の分離。 Both sides of one body, each an office of its own in ``folder``; nothing else connects them."""

    folder: Path
    inside: Office
    outside_kek: KeyEncryptionKey

    def on(self, side: Side) -> OpenSide:
        """Open this side in the process."""
        start(self.folder / _OFFICES[side])
        known = self.inside
        kek = known.kek if side is Side.INSIDE else self.outside_kek
        return OpenSide(side, kek, (known.body_id,), known.by, known.at)

    def carry(self, to: Side) -> None:
        """Write what is new on the other side, take it on this one, and stay here."""
        from azukari.cli import carrying

        stick = self.folder / "stick"
        shutil.rmtree(stick, ignore_errors=True)
        stick.mkdir()
        carrying.export(self.on(to.other), self.inside.body_id, stick, _silent)
        opened = self.on(to)
        for found in carrying.chosen(opened, stick):
            carrying.take(opened, found, _silent)

    def fetch(self, hand_over: UUID, person: UUID, target: Path) -> None:
        """A firm's person takes a package off the shelf outside."""
        from azukari.web.counter import places
        from azukari.web.counter.actions import fetching

        self.on(Side.OUTSIDE)
        with creating(target) as out, places.package(hand_over).open("rb") as source:
            shutil.copyfileobj(source, out)
        fetching.note(package_id=hand_over, by=person, at=self.inside.at)

    def hand_in(self, firm: UUID, person: UUID, receipt: bytes) -> None:
        """A firm's person hands a receipt in outside."""
        from azukari.web.counter.actions import sending

        self.on(Side.OUTSIDE)
        sending.send_receipt(firm_id=firm, note=receipt, by=person, at=self.inside.at)


def divide(folder: Path, inside: Office) -> Gap:
    """Found the outside of the office that is open, and pair the two; the inside is open afterwards."""
    from azukari.web.founding import found_outside

    gap = Gap(folder, inside, create_key_file(folder / "outside.key", None))
    card = _card(gap, Side.INSIDE)
    found_outside(folder / "outside", card=card, kek=gap.outside_kek, at=inside.at)
    made = _card(gap, Side.OUTSIDE)
    _pair(gap, Side.OUTSIDE, card)
    _pair(gap, Side.INSIDE, made)
    return gap


def _card(gap: Gap, side: Side) -> SideCard:
    from azukari.web.crossing.actions import pairing

    opened, body_id = gap.on(side), gap.inside.body_id
    pairing.prepare(body_id=body_id, side=side, kek=opened.kek, by=opened.by, at=opened.at)
    return write_card(body_id, opened.kek, gap.folder / f"{_OFFICES[side]}.card")


def _pair(gap: Gap, side: Side, card: SideCard) -> None:
    """The fingerprint is read out and typed in."""
    from azukari.web.crossing.actions import pairing

    opened, body_id = gap.on(side), gap.inside.body_id
    pairing.pair(card=card, body_id=body_id, fingerprint=card.fingerprint, by=opened.by, at=opened.at)


def _silent(done: int, total: int) -> None:
    """The whole takes less than two seconds."""
