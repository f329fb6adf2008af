"""The second wall: for whom a connection acts, told to PostgreSQL itself, whose policies (``policies``) read it.

The first wall is the filter in every query. Where one is forgotten, the database shows the rows of the body that was
named here and no others; where nobody was named, none at all. On SQLite all of this does nothing.

A process says once for whom its connections act (``stand``), a request or a thread changes that for itself
(``acting``, ``turn``). It guards against a mistake in a query, not against a process that was taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

BODY: Final = "azukari.body"
DOOR: Final = "azukari.door"
"""The two settings of a connection: an id or nothing, and the name of a door or nothing."""


@dataclass(frozen=True)
class Scope:
    """見える範囲。 The rows of one body, or what lies behind a door; by default nothing."""

    body: UUID | None = None
    door: str = ""


NOTHING: Final = Scope()
ALL: Final = Scope(door="all")
"""Every body: the command line, the worker, the integrator."""
SIGN_IN: Final = Scope(door="sign-in")
"""A request of nobody yet: accounts and what they are opened with, and the ledger, which everybody may read."""
LEDGER: Final = Scope(door="ledger")
"""The public ledger, read only."""
_standing: Final[dict[str, Scope]] = {}


def of(body_id: UUID) -> Scope:
    """The rows of this body and no others."""
    return Scope(body=body_id)


def stand(scope: Scope) -> None:
    """For whom every connection of this process acts from now on, where nothing else was said for its thread."""
    _standing["process"] = scope
    turn(None)


def standing() -> Scope:
    """What ``stand`` said last; nothing is visible where nobody has said anything."""
    return _standing.get("process", NOTHING)


def turn(scope: Scope | None) -> None:
    """For whom this thread's connection acts from now on; None: as the process does.

    Django's OperationalError only inside a transaction: elsewhere a connection that cannot be told is closed, and the
    next one is told when it opens.
    """
    wrapper: Any = connection
    if connection.vendor == "postgresql":
        wrapper.act_for(scope)


@contextmanager
def acting(scope: Scope) -> Iterator[None]:
    """This thread's connection acts for ``scope`` while the block runs, and afterwards for whom it did before."""
    wrapper: Any = connection
    before = wrapper.scope if connection.vendor == "postgresql" else None
    turn(scope)
    try:
        yield
    finally:
        turn(before)
