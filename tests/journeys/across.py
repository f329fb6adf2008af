"""Two faces of one office in processes of their own, and the stick between them; nothing else connects the two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.cli import scene as scenes
from tests.cli.scene import Scene
from tests.journeys.browser import azukari, serving
from tests.web import crossings
from tests.web.crossings import Gap

from azukari.testing.cast import ABROAD, KANA

FIRM, SUB = KANA, ABROAD  # who is entrusted with 2 of the 12 columns, and whom it wants to pass the work on to
TITLE = "照合"

# The second factor that everybody showed lies an hour back: what minutes of waiting would do.
_AGE = """
import sys
from pathlib import Path
from azukari.web import office
office.start(Path(sys.argv[1]))
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY as METHODS
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
for one in Session.objects.all():
    data = one.get_decoded()
    for each in data.get(METHODS, []):
        each["at"] -= 3_600
    Session.objects.filter(pk=one.pk).update(session_data=SessionStore().encode(data))
"""


@dataclass(frozen=True)
class Faces:
    """Both offices, their addresses, and the invitations that somebody handed over or read out."""

    gap: Gap
    inside: str
    outside: str
    codes: dict[str, str]

    def __truediv__(self, name: str) -> Path:
        return self.gap / name

    def office(self, *arguments: object, code: int = 0) -> Any:
        """A command of the officer, in a process of its own, that ends with this code; its answer."""
        keys = ("--office", self / "office", "--keys", self / "office.key", "--as", "officer")
        return answered(*arguments, *keys, code=code)

    def counter(self, *arguments: object) -> Any:
        """A command outside."""
        return answered(*arguments, "--office", self / "outside", "--keys", self / "outside.key")

    def over(self) -> None:
        """Somebody carries a stick from inside to outside."""
        self.gap.empty()
        self.office("export", self.gap.stick)
        assert all(not one["refused"] for one in self.counter("import", self.gap.stick)["crossings"])

    def back(self) -> None:
        """And one from outside to inside."""
        self.gap.empty()
        self.counter("export", self.gap.stick)
        assert all(not one["refused"] for one in self.office("import", self.gap.stick)["crossings"])

    def time_passes(self) -> None:
        """Every second factor that was shown inside is an hour old."""
        environment = os.environ | {"AZUKARI_OFFICE": str(self / "office"), "AZUKARI_FACE": "inside"}
        subprocess.run([sys.executable, "-c", _AGE, self / "office"], env=environment, check=True, timeout=60)


def answered(*arguments: object, code: int = 0) -> Any:
    """The JSON answer of a command in a process of its own."""
    ended, said = azukari(*arguments, "--json")
    assert ended == code, (arguments, ended, said)
    return json.loads(said)


@cache
def _furnished() -> Path:
    """An office of two faces, paired; an officer, an administrator and a clerk of the firm are invited."""
    gap = Gap(scenes.copied(scenes.registered(), scenes.root() / "across").folder)
    crossings.pair(gap)
    codes = {
        "officer": _code(gap.inside, "invite", "officer"),
        "kanri": _code(gap.inside, "add", "kanri", "--name", "三杉　操", "--role", "administrator"),
        "yamabiko-1": _code(
            gap.inside, "add", "yamabiko-1", "--name", "藤波　花", "--role", "contractor", "--party", FIRM.ja
        ),
    }
    (gap / "codes.json").write_text(json.dumps(codes), encoding="utf-8")
    scenes.close()
    return gap.folder


def _code(office: Scene, *arguments: object) -> str:
    return str(office.json("person", *arguments, "--as", "officer")["code"])


@contextmanager
def faces(folder: Path) -> Iterator[Faces]:
    """Both faces, served."""
    gap = crossings.copied(_furnished(), folder / "gap")
    codes = json.loads((gap / "codes.json").read_text(encoding="utf-8"))
    with (
        serving(gap / "office", gap / "office.key") as inside,
        serving(gap / "outside", gap / "outside.key", face="outside") as outside,
    ):
        yield Faces(gap, inside, outside, codes)
