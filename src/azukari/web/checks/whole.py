"""Look at all of it, in the order in which one would put it right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from django.db import Error

from azukari.errors import AzukariError, StorageError
from azukari.web.checks import machine, register, work
from azukari.web.checks.observation import Grade, Installation, Observation, broken

Look = Callable[[Installation], Observation | None]

MACHINE: Final[Mapping[str, Look]] = {
    "folders": machine.folders,
    "key-file": machine.key_file,
    "certificate": machine.certificate,
    "disk": machine.disk,
    "backups": machine.backups,
    "keystore-backups": machine.keystore_backups,
}
DATABASE: Final[Mapping[str, Look]] = {"database": register.database}
SCHEMA: Final[Mapping[str, Look]] = {"schema": register.schema}
OFFICE: Final[Mapping[str, Look]] = {
    "wall": register.wall,
    "key": register.key,
    "keystore": register.keystore,
    "held": work.held,
    "ledger-check": work.ledger_check,
    "clock": work.clock,
    "recovery": work.recovery,
    "jobs": work.work,
    "crossings": work.crossings,
    "sources": work.sources,
    "public-ledger": work.public_ledger,
}


def observe(seen: Installation) -> list[Observation]:
    """Look at the open office and the machine around it. Raises nothing: what cannot be looked at is broken."""
    found = list(_all(MACHINE, seen))
    for stage in (DATABASE, SCHEMA, OFFICE):  # where one is broken, the next cannot be asked
        told = list(_all(stage, seen))
        found += told
        if any(one.grade is Grade.BROKEN for one in told):
            break
    return found


def _all(looks: Mapping[str, Look], seen: Installation) -> Iterator[Observation]:
    for subject, one in looks.items():
        try:
            told = one(seen)
        except AzukariError as error:
            told = _refused(subject, error)
        except (Error, OSError):
            told = _refused(subject, StorageError("it does not answer"))
        if told is not None:
            yield told


def _refused(subject: str, error: AzukariError) -> Observation:
    return broken(subject, error.sentence("ja"), error.sentence("en"))
