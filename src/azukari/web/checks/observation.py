"""What is told of one thing, and from where on it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path


class Grade(StrEnum):
    """所見の区分。 Nothing to do; somebody should look at it; put it right before going on."""

    GOOD = "good"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True)
class Observation:
    """所見。 What was seen of one thing, in one sentence of each language; neither holds personal data."""

    subject: str
    grade: Grade
    ja: str
    en: str


@dataclass(frozen=True)
class Bounds:
    """所見の境目。 From where on something is looked at or broken. Bytes, and spans of time.

    A certificate is due a month before its end, as it needs an authority; the backup is nightly, the ledger check weekly
    (deploy/systemd), so one that failed twice in a row shows. ``keystore_lives``: a backup of the keystore that is older
    holds keys that were to be gone; a day more is let pass for the nightly run.
    """

    least_free: int = 1 << 30
    little_free: int = 10 << 30
    certificate: timedelta = timedelta(days=30)
    backup_old: timedelta = timedelta(days=2)
    backup_missing: timedelta = timedelta(days=8)
    keystore_lives: timedelta = timedelta(days=14)
    ledger_check: timedelta = timedelta(days=15)
    failed_job: timedelta = timedelta(days=7)
    waiting_job: timedelta = timedelta(hours=1)
    clock: timedelta = timedelta(minutes=2)


@dataclass(frozen=True)
class Installation:
    """点検の対象。 Where everything lies; ``certificate`` and ``backups`` are None where they are elsewhere.

    ``handed``: the key file was handed over by the service manager, whose rights on it are no bits of a mode.
    """

    office: Path
    keys: Path
    at: datetime
    passphrase: bytes | None = field(default=None, repr=False)
    certificate: Path | None = None
    backups: Path | None = None
    crossing: timedelta = timedelta(days=7)
    handed: bool = False
    bounds: Bounds = Bounds()


def good(subject: str, ja: str, en: str) -> Observation:
    """Nothing to do."""
    return Observation(subject, Grade.GOOD, ja, en)


def look(subject: str, ja: str, en: str) -> Observation:
    """Somebody should look at it."""
    return Observation(subject, Grade.LOOK, ja, en)


def broken(subject: str, ja: str, en: str) -> Observation:
    """To be put right before going on."""
    return Observation(subject, Grade.BROKEN, ja, en)
