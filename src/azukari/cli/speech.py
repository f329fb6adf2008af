"""What the command line says: one sentence in the chosen language, or one JSON object with `--json`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from azukari.errors import Language

QUIET_SECONDS: Final = 2.0  # what takes longer shows its progress


@dataclass
class Speech:
    """話し方。 Language and form of the answers of one command."""

    language: Language = "ja"
    as_json: bool = False

    def pick(self, ja: str, en: str) -> str:
        """The sentence in the chosen language."""
        return ja if self.language == "ja" else en

    def say(self, ja: str, en: str) -> None:
        """A line for people; nothing with `--json`."""
        if not self.as_json:
            click.echo(self.pick(ja, en))

    def answer(self, value: Mapping[str, Any]) -> None:
        """The one JSON object of a command; nothing without `--json`."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False))


class Progress:
    """進み具合。 A bar on standard error for anything longer than two seconds; call it with (done, total)."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._started = time.monotonic()
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        """Draw the bar; at the end, finish the line."""
        if not self._shown and (done >= total or time.monotonic() - self._started < QUIET_SECONDS):
            return
        self._shown = True
        share = done / total if total else 1.0
        if sys.stderr.isatty():
            bar = "#" * int(30 * share)
            click.echo(f"\r{self._label} [{bar:<30}] {share:4.0%}", err=True, nl=done >= total)
        elif done >= total:
            click.echo(f"{self._label} 100%", err=True)


def language_of(choice: str | None, environ: Mapping[str, str]) -> Language:
    """The language asked for, else that of the environment, else Japanese."""
    wanted = choice or next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "ja")
    return "en" if wanted.lower().startswith("en") else "ja"


speech: Final = click.make_pass_decorator(Speech, ensure=True)
