"""Two bodies in one office, each with people of every role and one record of every kind, and a way to sign them in."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.web.conftest import AT, BY, Ledger

from azukari.ledger import Signer
from azukari.seal.identity import Identity, card_of
from azukari.stores.keys import KeyEncryptionKey

SECRET = "JBSWY3DPEHPK3PXP"  # of the authenticator app of everybody here
PASSWORD = "mikan-no-ki-no-shita-de"
KEK = KeyEncryptionKey(bytes(range(32)))


@dataclass
class Records:
    """A body, its people by role, and the argument of every address that names a record."""

    body_id: UUID
    people: dict[str, UUID]
    arguments: dict[str, Any]
    names: list[str] = field(default_factory=list)  # that nobody of another body may see


@contextmanager
def screens(face: str = "inside") -> Iterator[None]:
    """A face of the office in this process, with its key."""
    from django.conf import settings
    from django.test import override_settings

    from azukari.web import office

    office.unlock(KEK)
    with override_settings(
        FACE=face,
        ROOT_URLCONF=f"azukari.web.faces.{face}",
        MIDDLEWARE=settings.MIDDLEWARES[face],
        FILE_UPLOAD_HANDLERS=settings.UPLOAD_HANDLERS[face],
        ALLOWED_HOSTS=["testserver"],
        SECRET_KEY="only-for-this-test",
        SESSION_COOKIE_SECURE=False,
        CSRF_COOKIE_SECURE=False,
        SESSION_COOKIE_NAME="azukari",
        CSRF_COOKIE_NAME="azukari-csrf",
    ):
        yield


def furnish(ledger: Ledger, mark: str, body_id: UUID | None = None) -> Records:
    """People, a party, an entrustment, a permission that is asked, a hand-over; names hold ``mark``."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from azukari.seal.consignment import Unit
    from azukari.web.accounts.actions import consent, person
    from azukari.web.accounts.rules import Role
    from azukari.web.custody.actions import consignment, document, entrustment, party, permission
    from azukari.web.enrolment.actions import enrolling
    from azukari.web.jobs.actions import queue
    from azukari.web.subjects.actions import protection
    from azukari.web.trail.actions import source

    body_id = ledger.body_id if body_id is None else body_id
    parties = []
    for name in ("委託先", "再委託先"):
        card = card_of(Identity.generate())
        parties.append(
            party.add(
                body_id=body_id, card=card, name=f"{mark} {name}", country="JP",
                wrapped_challenge=KEK.wrap(secrets.token_bytes(32), "x"), by=BY, at=AT,
            )
        )  # fmt: skip
        party.confirm(party_id=parties[-1], fingerprint=card.fingerprint, answer_ok=True, by=BY, at=AT)
    people = {
        role: person.create(
            body_id=body_id, login=f"{mark}-{role}", name=f"{mark} 職員", role=role, by=BY, at=AT,
            party=parties[0] if role == Role.CONTRACTOR else None,
        )
        for role in Role.values
    }  # fmt: skip
    for person_id in people.values():
        give_factor(person_id)
    days = {"starts_on": date(2026, 4, 1), "ends_on": date(2099, 3, 31)}
    work = entrustment.create(
        body_id=body_id, party_id=parties[0], title=f"{mark} 入力", purpose="届書の入力", fields=["name", "kana"],
        by=BY, at=AT, **days,
    )  # fmt: skip
    asked = permission.ask(
        entrustment_id=work, party_id=parties[1], country="JP", fields=["name"], people=100, safeguards="施錠",
        by=BY, at=AT, **days,
    )  # fmt: skip
    noted = protection.Terms(starts_on=date(2026, 4, 1), ends_on=None, holds="rows", note=f"{mark} 申出")
    held = protection.add(body_id=body_id, local_ids=[f"{mark}-417"], terms=noted, kek=KEK, by=BY, at=AT)
    terms = document.Terms("entrustment", work, "contract", f"{mark} 契約書")
    attached = SimpleUploadedFile("x.pdf", b"%PDF-1.7 " + mark.encode(), "application/pdf")
    slip = consignment.Slip(
        entrustment_id=work, party_id=parties[0], unit=Unit.BOX, units=1, fields=("name",), carrier=f"{mark} 便",
        day=AT.date(), local_ids=[f"{mark}-418"], unmatched=True,
    )  # fmt: skip
    letter = enrolling.enrol(
        body_id=body_id, local_id=f"{mark}-419", address="https://example.jp/my", kek=KEK, by=BY, at=AT
    )
    arguments = {
        "enrolment_id": letter.enrolment,
        "consignment_id": consignment.consign(slip=slip, kek=KEK, by=BY, at=AT),
        "document_id": document.add(body_id=body_id, terms=terms, file=attached, kek=KEK, by=BY, at=AT),
        "protection_id": held[0],
        "source_id": source.add(body_id=body_id, name=f"{mark} 台帳", terms=source.Terms(), by=BY, at=AT)[0],
        "party_id": parties[0],
        "entrustment_id": work,
        "permission_id": asked,
        "hand_over_id": hand_over(body_id, work, parties[0]),
        "person_id": people["auditor"],
        "consent_id": consent.ask(person_id=people["auditor"], by=BY, at=AT),
        "member_id": person.create(
            body_id=body_id,
            login=f"{mark}-clerk",
            name=f"{mark} 係",
            role=Role.CONTRACTOR,
            by=BY,
            at=AT,
            party=parties[0],
        ),
        "job_id": queue.enqueue(body_id=body_id, kind="look", arguments={"entrustment": work.hex}, by=BY, at=AT),
    }
    return Records(
        body_id,
        people,
        arguments,
        [
            f"{mark} 委託先",
            f"{mark} 入力",
            f"{mark}-officer",
            f"{mark} 職員",
            f"{mark} 契約書",
            f"{mark}-417",
            f"{mark}-418",
            f"{mark}-419",
            f"{mark} 便",
            f"{mark} 申出",
            f"{mark}-clerk",
            f"{mark} 係",
        ],
    )


def another_body(ledger: Ledger) -> UUID:
    """A second body in the same office, with a log of its own."""
    from azukari.web.accounts.actions import body
    from azukari.web.sequencer.actions import log

    body_id = body.create(name="別の市", by=BY, at=AT)
    vkey = Signer("ledger.example/another", b"\x09" * 32).vkey
    log.create(body_id=body_id, origin="ledger.example/another", vkey=vkey, wrapped_key=b"w", by=BY, at=AT)
    return body_id


def hand_over(body_id: UUID, entrustment_id: UUID, party_id: UUID) -> UUID:
    """A released hand-over in the register, without the files of a real one."""
    from azukari.web.custody.models import HandOver, Snapshot

    snapshot = Snapshot.objects.create(
        body_id=body_id,
        table_mac=secrets.token_bytes(32),
        wrapped_index_key=b"w",
        rows=10,
        created_at=AT,
        created_by=BY,
    )
    made = HandOver.objects.create(
        id=uuid4(), body_id=body_id, entrustment_id=entrustment_id, party_id=party_id, snapshot=snapshot,
        status="released", fields=["reference/person", "name/person"], rows=10, wrapped_key=b"w", wrapped_data_key=b"w",
        entry_index=1_000 + HandOver.objects.count(), entry=b"{}", expires_on=date(2104, 3, 31), created_at=AT,
        created_by=BY,
    )  # fmt: skip
    return made.id


def give_factor(person_id: UUID) -> None:
    """An authenticator app with ``SECRET``."""
    from allauth.mfa.models import Authenticator

    from azukari.web import office
    from azukari.web.accounts.adapters import FactorAdapter

    office.unlock(KEK)
    Authenticator.objects.create(user_id=person_id, type="totp", data={"secret": FactorAdapter().encrypt(SECRET)})


def client_of(person_id: UUID | None, *, shown: timedelta | None = timedelta(0)) -> Any:
    """A browser in which this person is signed in; ``shown``: how long ago the second factor was."""
    from allauth.account.internal.flows import login as flows
    from django.test import Client

    from azukari.web.accounts.models import User

    client = Client()
    if person_id is None:
        return client
    user = User.objects.get(id=person_id)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    if shown is not None:
        session[flows.AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "mfa", "type": "totp", "at": time.time() - shown.total_seconds(), "reauthenticated": True}
        ]
        session[flows._AUTHENTICATION_METHODS_USER_SESSION_KEY] = flows.user_id_to_str(user)
    session.save()
    return client


def code_now() -> str:
    """The six digits that the authenticator app shows, with seconds left to type them."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    left = 30 - time.time() % 30
    if left < 8:
        time.sleep(left + 0.1)
    return str(format_hotp_value(hotp_value(SECRET, int(time.time()) // 30)))
