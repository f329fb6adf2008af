"""An office outside with a firm, its sub-contractor, their packages and a certificate, served in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from tests.cli import scene as scenes
from tests.journeys.browser import serving
from tests.web.conftest import BY
from tests.web.stalls import Stall, a_body, outside, pair

CODE = "ABCD-EFGH-JKLM-NPQR-STUV"


@dataclass(frozen=True)
class Stand:
    """The address of the face, two firms of one body and one of another, and a token of a time that is over."""

    address: str
    folder: Path
    first: Stall
    sub: Stall
    foreign: Stall
    late: str
    revoked: str


@contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    """Furnish the office, then serve it; nothing here is asked by this process while the server runs."""
    made = furnished(folder)
    with serving(folder / "outside", folder / "outside.key", face="outside") as address:
        yield replace(made, address=address)


def furnished(folder: Path) -> Stand:
    """The office, its key beside it, and nobody serves it yet."""
    from azukari.stores.keys import create_key_file
    from azukari.web import office

    kek = create_key_file(folder / "outside.key", None)
    office.create(folder / "outside")
    with outside():
        body, other = (a_body(name, kek.key_id) for name in ("霞ヶ浜年金機構", "別の市"))
        first, sub = pair(body, "aoi", folder)
        foreign, _ = pair(other, "kiku", folder)
        _invited(first)
        late, revoked = _ended(first)
    scenes.close()
    return Stand("", folder / "outside", first, sub, foreign, late, revoked)


def _invited(stall: Stall) -> None:
    """Somebody new of the firm, whose invitation came over."""
    from django.contrib.auth.hashers import make_password

    from azukari.seal.items import AccountItem, moment_text
    from azukari.stores.clock import now
    from azukari.web.counter.actions import shelving

    days = (moment_text(now()), moment_text(now() + timedelta(days=7)))
    hashed = make_password(CODE.replace("-", ""))
    item = AccountItem(uuid4().hex, stall.firm.hex, "seiran", "藤波　花", True, hashed, *days)
    shelving.put_account(body_id=stall.body, item=item, by=BY, at=now())


def _ended(stall: Stall) -> tuple[str, str]:
    from azukari.stores.clock import now
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import token

    assert stall.person is not None
    named = {"person_id": stall.person, "days": 1, "by": BY}
    late = token.make(label="late", at=now() - timedelta(days=2), **named)
    revoked = token.make(label="revoked", at=now(), **named)
    (found,) = [one for one in queries.tokens(stall.person, now()) if one.label == "revoked"]
    token.revoke(token_id=found.id, person_id=stall.person, by=BY, at=now())
    return late, revoked
