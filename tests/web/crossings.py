"""Both sides of an office: the registered scene inside, an outside beside it, paired, with a stick between them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.cli import scene as scenes
from tests.cli.scene import Answer, Scene, call

from azukari.testing.cast import KANA, KEYING

FIRM, OTHER = KEYING, KANA  # who has accounts outside; the other one has none
SUB = "白磯入力"


@dataclass(frozen=True)
class Gap:
    """Two offices in one folder, and the stick."""

    folder: Path

    @property
    def inside(self) -> Scene:
        return Scene(self.folder)

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    @property
    def stick(self) -> Path:
        (self / "stick").mkdir(exist_ok=True)
        return self / "stick"

    def out(self, *arguments: object, lang: str = "ja") -> Answer:
        """A command of the outside office."""
        return call(*arguments, "--office", self / "outside", "--keys", self / "outside.key", lang=lang)

    def out_json(self, *arguments: object) -> dict[str, Any]:
        answer = self.out(*arguments, "--json")
        assert answer.code == 0, answer
        return answer.json

    def over(self) -> dict[str, Any]:
        """From inside to outside, on an empty stick; the outside's answer."""
        self.inside.json("export", self.empty())
        return self.out_json("import", self.stick)

    def back(self) -> dict[str, Any]:
        """From outside to inside."""
        self.out_json("export", self.empty())
        return self.inside.json("import", self.stick)

    def empty(self) -> Path:
        """The stick, with nothing on it."""
        shutil.rmtree(self.stick)
        return self.stick

    def start_outside(self) -> None:
        """Open the outside in this process, whatever bodies it has."""
        from azukari.web import office

        office.start(self / "outside")

    def on(self, side: str) -> Any:
        """Open one of the two in this process; returns its body."""
        from azukari.web import office

        office.start(self / {"inside": "office", "outside": "outside"}[side])
        from azukari.web.accounts import queries as accounts

        return accounts.bodies()[0]


def pair(gap: Gap, office: str = "outside") -> None:
    """Cards both ways, each with its fingerprint."""
    card = gap.inside.json("crossing", "card", "-o", gap / "inside.card")
    made = call("outside", "init", gap / office, "--keys", gap / f"{office}.key", "--body-card", gap / "inside.card",
                "-o", gap / f"{office}.card", "--json").json  # fmt: skip
    gap.out_json("crossing", "pair", gap / "inside.card", "--fingerprint", card["fingerprint"])
    gap.inside.json("crossing", "pair", gap / f"{office}.card", "--fingerprint", made["fingerprint"])


@cache
def paired() -> Path:
    """The registered office, one firm with a person outside, and a package for it and for another firm."""
    gap = Gap(scenes.copied(scenes.registered(), scenes.root() / "paired").folder)
    pair(gap)
    gap.inside.json("person", "add", "aoarashi-1", "--name", "藤波　花", "--role", "contractor", "--party", FIRM.ja)
    for firm in (FIRM, OTHER):
        gap.inside.seal(firm.slug)
    scenes.close()
    return gap.folder


@cache
def crossed() -> Path:
    """The same, after the first crossing was taken outside."""
    gap = Gap(scenes.copied(paired(), scenes.root() / "crossed").folder)
    gap.over()
    scenes.close()
    return gap.folder


def copied(template: Path, to: Path) -> Gap:
    return Gap(scenes.copied(template, to).folder)
