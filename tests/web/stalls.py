"""Firms at a counter outside, each with a sub-contractor: works, sealed packages, a certificate, people, what was sent."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tests.web import bodies
from tests.web.conftest import AT, BY

from azukari.fields.kinds import Field, Kind
from azukari.fingerprint.keys import HandOverKey
from azukari.handover.sealing import Parties, Plan, Secrets, seal_table
from azukari.seal.certificate import (
    LABELS,
    Mode,
    PermissionEntry,
    Reporting,
    State,
    StatusEntry,
    StatusProof,
    commitments_of,
    make_certificate,
    permitted_fields,
)
from azukari.seal.consignment import ConsignmentEntry, Medium, Unit, VoidEntry, opened
from azukari.seal.consignment import commitments_of as consignment_commitments
from azukari.seal.consignment_proof import COUNTS, Voiding, make_consignment_proof
from azukari.seal.identity import Identity, encode_card
from azukari.seal.items import AccountItem, BodyItem, FirmItem, WorkItem
from azukari.seal.logged import OpenValue
from azukari.seal.manifest import Entry
from azukari.seal.package import write_package
from azukari.seal.receipt import make_receipt
from azukari.stores.clock import now, today
from azukari.testing import fictitious_people
from azukari.testing.sealed import fixed_bytes, fixed_ledger, fixed_log, fixed_proof

FIELDS = (Field(Kind.NAME), Field(Kind.KANA))
OVERSIGHT = Identity.generate()
FIRST, LAST = date(2026, 4, 1), date(2099, 3, 31)


@dataclass
class Stall:
    """One firm: its key, one record of every kind, one person and a token of theirs. ``secret``: words of it alone."""

    body: UUID
    firm: UUID
    name: str
    identity: Identity
    work: UUID
    package: UUID = field(default_factory=uuid4)
    entry: Entry | None = None
    permission: UUID | None = None
    consignment: UUID = field(default_factory=uuid4)
    person: UUID | None = None
    token: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    secret: list[str] = field(default_factory=list)

    def receipt(self, day: date = date(2026, 4, 2)) -> bytes:
        """What opening the package makes."""
        assert self.entry is not None
        return make_receipt(self.entry, self.entry.encode(), 20, self.identity, day)

    def client(self, **named: Any) -> Any:
        """A browser in which the firm's person is signed in."""
        return bodies.client_of(self.person, **named)

    @property
    def bearer(self) -> dict[str, str]:
        """What a program of the firm sends."""
        return {"Authorization": f"Bearer {self.token}"}


@contextmanager
def outside() -> Iterator[None]:
    """The contractors' face in this process, and nothing counted from before."""
    from django.core.cache import cache

    with bodies.screens("outside"):
        cache.clear()
        yield


def a_body(name: str, key_id: str = bodies.KEK.key_id) -> UUID:
    """A body as a crossing makes it outside; ``key_id``: of the key of the office outside."""
    from azukari.web.accounts.actions import body
    from azukari.web.counter.actions import shelving

    body_id = body.create(name=name, key_id=key_id, by=BY, at=AT)
    item = BodyItem(body_id.hex, name, "", fixed_log().name, fixed_log().vkey)
    shelving.put_body(body_id=body_id, item=item, by=BY, at=AT)
    return body_id


def pair(body_id: UUID, mark: str, folder: Path, *, day: date | None = None) -> tuple[Stall, Stall]:
    """A firm and its sub-contractor with everything of theirs; names hold ``mark``. ``day``: of the certificate."""
    first = _firm(body_id, f"{mark} 商店", f"{mark}-a", None)
    sub = _firm(body_id, f"{mark} 工房", f"{mark}-b", first.work)
    for one in (first, sub):
        _package(one, first.package if one is sub else None, folder)
        shelve_consignment(one)
    first.permission = sub.permission = _certificate(first, sub, day or today())
    for one in (first, sub):
        _hand_in(one)
    return first, sub


def _firm(body_id: UUID, name: str, mark: str, parent: UUID | None) -> Stall:
    from azukari.web.counter.actions import shelving

    made = Stall(body_id, uuid4(), name, Identity.generate(), uuid4())
    keys = (made.identity.recipient, made.identity.vkey, "confirmed")
    put: dict[str, Any] = {"body_id": body_id, "by": BY, "at": AT}
    shelving.put_firm(item=FirmItem(made.firm.hex, name, "JP", *keys), **put)
    above = parent.hex if parent else ""
    fields = tuple(sorted(map(str, FIELDS)))
    days = (FIRST.isoformat(), LAST.isoformat(), "performance")
    item = WorkItem(made.work.hex, made.firm.hex, above, f"{mark} 入力", f"{mark} のための入力", fields, *days)
    shelving.put_work(item=item, **put)
    made.person = uuid4()
    account = AccountItem(made.person.hex, made.firm.hex, f"{mark}-person", f"{mark} 担当", True, "", "", "")
    shelving.put_account(item=account, **put)
    bodies.give_factor(made.person)
    made.secret = [f"{mark} 入力", f"{mark} のための入力", f"{mark}-person", f"{mark} 担当"]
    return made


def _package(stall: Stall, parent: UUID | None, folder: Path) -> None:
    from azukari.web.counter.actions import shelving

    entry, payload = _sealed(stall, parent)
    stall.entry = entry
    path = folder / f"{uuid4()}.arriving"
    with path.open("wb") as file:
        write_package(file, entry.encode(), io.BytesIO(payload), fixed_proof(fixed_ledger([entry.encode()]), 0))
    shelving.put_package(body_id=stall.body, package_id=stall.package, file=path, by=BY, at=AT)


def _sealed(stall: Stall, parent: UUID | None) -> tuple[Entry, bytes]:
    columns = tuple(zip(("氏名", "フリガナ"), FIELDS, strict=True))
    parties = Parties(
        hand_over=stall.package.hex, body=stall.body.hex, entrustment=stall.work.hex, party=stall.firm.hex,
        snapshot=uuid4().hex, parent=parent.hex if parent else "", party_name=stall.name, purpose="入力",
        recipient=stall.identity.recipient, recipient_vkey=stall.identity.vkey, oversight=OVERSIGHT.recipient,
        oversight_vkey=OVERSIGHT.vkey, day="2026-04-01", expires="2104-03-31",
    )  # fmt: skip
    secrets = Secrets(HandOverKey(stall.package.bytes * 2), fixed_bytes("record"), fixed_bytes("index"))
    out, source = io.BytesIO(), fictitious_people(20, seed=7).select("氏名", "フリガナ")
    entry = seal_table(source, Plan(columns, None, canaries=0), parties, secrets, out, io.BytesIO())
    return entry, out.getvalue()


def certificate(
    first: Stall, sub: Stall, day: date, permission: UUID, *, revoked: bool = False, safeguards: str = "施錠"
) -> bytes:
    """The certificate of a permission, whose state was last said in the ledger on ``day``."""
    values = {
        "asker": first.name,
        "body": "機関",
        "party": sub.name,
        "purpose": "入力",
        "safeguards": safeguards,
        "evidence": "",
    }
    openings = {label: OpenValue(fixed_bytes(f"opening/{label}"), values[label]) for label in LABELS}
    entry = PermissionEntry(
        permission=permission.hex, body=first.body.hex, entrustment=first.work.hex, child=sub.work.hex,
        asker=first.firm.hex, party=sub.firm.hex, vkey=sub.identity.vkey, country="JP",
        fields=permitted_fields(FIELDS[:1]), people=300, starts_on=FIRST.isoformat(), expires_on=LAST.isoformat(),
        decided="2026-04-01", mode=Mode.NOW, report=Reporting.NONE, renews="", commitments=commitments_of(openings),
    ).encode()  # fmt: skip
    said = StatusEntry(permission.hex, State.REVOKED if revoked else State.IN_FORCE, day.isoformat()).encode()
    ledger = fixed_ledger([entry, said])
    return make_certificate(entry, 0, openings, fixed_proof(ledger, 0), StatusProof(said, 1, fixed_proof(ledger, 1)))


def consigned(stall: Stall, **changes: Any) -> ConsignmentEntry:
    """Three boxes with the papers of forty people, some of it changed."""
    values = {"carrier": "直接", "note": "", "party": stall.name, "people": "40", "purpose": "入力", "units": "3"}
    given: dict[str, Any] = {
        "consignment": stall.consignment.hex, "body": stall.body.hex, "entrustment": stall.work.hex,
        "party": stall.firm.hex, "parent": "", "medium": Medium.PAPER, "unit": Unit.BOX, "units": None, "people": 40,
        "fields": tuple(sorted(FIELDS, key=str)), "day": "2026-04-01", "recipient": stall.identity.vkey,
        "commitments": consignment_commitments(fixed_bytes("consignment"), values),
    }  # fmt: skip
    return ConsignmentEntry(**given | changes)


def consignment_proof(
    entry: ConsignmentEntry, *, receipt: bytes | None = None, void: bool = False, shown: tuple[str, ...] = COUNTS
) -> bytes:
    """What crosses of it; ``void``: after it was called void."""
    raw, values = entry.encode(), {"people": "40", "units": "3", "carrier": "直接"}
    said = VoidEntry(entry.consignment, "2026-04-09", "00" * 32).encode()
    ledger = fixed_ledger([raw, said])
    openings = {label: opened(fixed_bytes("consignment"), label, values[label]) for label in shown}
    voiding = Voiding(said, 1, fixed_proof(ledger, 1)) if void else None
    return make_consignment_proof(raw, 0, fixed_proof(ledger, 0), openings, receipt, voiding)


def shelve_consignment(stall: Stall, data: bytes | None = None) -> None:
    """It came over, or its newer state did."""
    from azukari.web.counter.actions import shelving

    proof = consignment_proof(consigned(stall)) if data is None else data
    shelving.put_consignment(body_id=stall.body, consignment_id=stall.consignment, data=proof, by=BY, at=AT)


def _certificate(first: Stall, sub: Stall, day: date) -> UUID:
    permission = uuid4()
    shelve_certificate(first, sub, day, permission)
    return permission


def shelve_certificate(first: Stall, sub: Stall, day: date, permission: UUID, *, revoked: bool = False) -> None:
    """It came over, or its newer state did."""
    from azukari.web.counter.actions import shelving

    data = certificate(first, sub, day, permission, revoked=revoked)
    shelving.put_certificate(body_id=first.body, permission_id=permission, data=data, by=BY, at=AT)


def _hand_in(stall: Stall) -> None:
    """An ask on its way, a token of the person, and the arguments of every address."""
    from azukari.web.accounts.actions import token
    from azukari.web.accounts.models import Token
    from azukari.web.counter.actions import sending

    assert stall.person is not None
    sent = sending.send_ask(firm_id=stall.firm, work_id=stall.work, ask=asking(), by=stall.person, at=AT)
    stall.token = token.make(person_id=stall.person, label="program", days=30, by=stall.person, at=now())
    stall.arguments = {
        "work_id": stall.work,
        "package_id": stall.package,
        "permission_id": stall.permission,
        "consignment_id": stall.consignment,
        "sent_id": sent,
        "token_id": Token.objects.get(person_id=stall.person).id,
    }


def asking(**changes: Any) -> Any:
    """What a firm may ask for under the work of a stall."""
    from azukari.web.counter.actions.sending import SubAsked

    given = {"name": "白磯入力", "card": encode_card(Identity.generate()), "country": "JP", "fields": FIELDS[:1]}
    days = {"starts_on": FIRST, "ends_on": FIRST + timedelta(days=90)}
    return SubAsked(**(given | days | {"people": 300, "safeguards": "施錠"} | changes))
