"""The counter: what came from inside is put up for its firm alone, and what a firm hands in is checked and kept once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.web.conftest import AT, BY

from azukari.errors import (
    AzukariError,
    ForeignCrossingError,
    ForeignReceiptError,
    FormatError,
    NotFoundError,
    NotPermittedError,
    OptionError,
    SignatureError,
    StateError,
)
from azukari.fields.kinds import Field
from azukari.seal.identity import Identity, card_of, encode_card
from azukari.seal.items import AccountItem, AnswerItem, Ask, BodyItem, FirmItem, WorkItem, moment_text

FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
NAME = Field.parse("name/person")


@dataclass(frozen=True)
class Counter:
    """A body with one firm and one work of it, and a second body beside it."""

    body: UUID
    other: UUID
    firm: UUID
    work: UUID
    identity: Identity

    def put(self, **changes: Any) -> None:
        from azukari.web.counter.actions import shelving

        shelving.put_work(body_id=self.body, item=replace(self.item, **changes), by=BY, at=AT)

    @property
    def item(self) -> WorkItem:
        fields = ("kana/person", "name/person")
        return WorkItem(
            self.work.hex,
            self.firm.hex,
            "",
            "入力",
            "届書の入力",
            fields,
            FIRST.isoformat(),
            LAST.isoformat(),
            "performance",
        )

    def account(self, **changes: Any) -> AccountItem:
        item = AccountItem(uuid4().hex, self.firm.hex, "seiran", "藤波　花", True, "", "", "")
        return replace(item, **changes)


def firm_item(firm: UUID, identity: Identity, **changes: Any) -> FirmItem:
    item = FirmItem(firm.hex, "青嵐データ入力", "JP", identity.recipient, identity.vkey, "confirmed")
    return replace(item, **changes)


@pytest.fixture
def counter(open_office: Path) -> Counter:
    from azukari.web.accounts.actions import body
    from azukari.web.counter.actions import shelving

    made = Counter(
        body.create(name="霞ヶ浜年金機構", by=BY, at=AT),
        body.create(name="別の市", by=BY, at=AT),
        uuid4(),
        uuid4(),
        Identity.generate(),
    )
    shelving.put_firm(body_id=made.body, item=firm_item(made.firm, made.identity), by=BY, at=AT)
    made.put()
    return made


def asked(**changes: Any) -> Any:
    from azukari.web.counter.actions.sending import SubAsked

    given = {
        "name": "白磯入力",
        "card": encode_card(Identity.generate()),
        "country": "JP",
        "fields": (NAME,),
        "people": 300,
    }
    return SubAsked(**(given | {"starts_on": FIRST, "ends_on": LAST, "safeguards": "施錠"} | changes))


def send(counter: Counter, **changes: Any) -> UUID:
    from azukari.web.counter.actions import sending

    return sending.send_ask(firm_id=counter.firm, work_id=counter.work, ask=asked(**changes), by=BY, at=AT)


def test_put_when_repeated_or_changed_then_there_is_one_row_and_it_is_the_last(counter: Counter) -> None:
    from azukari.web.counter import queries

    counter.put()
    counter.put(title="入力と照合", stage="end")
    (work,) = queries.works(counter.firm)
    assert (work.title, work.stage, work.fields) == ("入力と照合", "end", (Field.parse("kana/person"), NAME))


def test_put_when_another_body_names_what_is_not_its_own_then_nothing_changes(counter: Counter) -> None:
    from azukari.web.counter import queries
    from azukari.web.counter.actions import shelving

    before = queries.firm(counter.firm), queries.works(counter.firm)
    named: dict[str, Any] = {"body_id": counter.other, "by": BY, "at": AT}
    tries: list[Callable[[], None]] = [
        lambda: shelving.put_firm(item=firm_item(counter.firm, counter.identity, name="横取り"), **named),
        lambda: shelving.put_work(item=counter.item, **named),
        lambda: shelving.put_work(item=replace(counter.item, id=uuid4().hex), **named),
        lambda: shelving.put_account(item=counter.account(), **named),
        lambda: shelving.put_body(item=BodyItem(counter.body.hex, "x", "", "o", counter.identity.vkey), **named),
        lambda: shelving.answer(item=AnswerItem(send(counter).hex, "accepted", "", "", "", "", ""), **named),
    ]
    for attempt in tries:
        with pytest.raises(ForeignCrossingError):
            attempt()
    assert (queries.firm(counter.firm), queries.works(counter.firm)) == before
    assert [one.status for one in queries.sent(counter.firm)] == ["waiting"]


def test_ask_when_sent_then_it_waits_for_a_crossing_and_its_answer_is_kept(counter: Counter) -> None:
    from azukari.web.counter import queries
    from azukari.web.counter.actions import shelving

    made = send(counter, safeguards="施錠\r\n記録")
    (waiting,) = queries.outgoing(counter.body)
    assert waiting.id == made and Ask.parse(waiting.data).safeguards == "施錠\n記録"
    permission = uuid4()
    item = AnswerItem(made.hex, "accepted", "", "", permission.hex, "refused", "体制の不足")
    shelving.answer(body_id=counter.body, item=item, by=BY, at=AT)
    shelving.answer(body_id=counter.body, item=item, by=BY, at=AT + timedelta(days=1))
    (sent,) = queries.sent(counter.firm)
    assert (sent.status, sent.permission, sent.decision, sent.reason) == (
        "accepted",
        permission,
        "refused",
        "体制の不足",
    )
    assert sent.answered_at == AT and not queries.outgoing(counter.body)


BAD: list[tuple[type[AzukariError], dict[str, Any]]] = [
    (OptionError, {"name": " "}),
    (OptionError, {"people": 0}),
    (OptionError, {"people": 2**60}),
    (OptionError, {"country": "日本"}),
    (OptionError, {"fields": ()}),
    (OptionError, {"safeguards": "\r\n"}),
    (OptionError, {"starts_on": LAST, "ends_on": FIRST}),
    (OptionError, {"name": "a\x00b"}),
    (FormatError, {"card": b""}),
    (FormatError, {"card": b"no card"}),
    (FormatError, {"card": bytes(range(256))}),
    (NotPermittedError, {"fields": (NAME, Field.parse("amount/person"))}),
    (NotPermittedError, {"ends_on": LAST + timedelta(days=1)}),
    (NotPermittedError, {"starts_on": FIRST - timedelta(days=1)}),
    (NotFoundError, {"renews": uuid4()}),
]


def test_ask_when_it_cannot_hold_then_it_is_refused_and_nothing_waits(counter: Counter) -> None:
    from azukari.web.counter import queries

    for error, changes in BAD:
        with pytest.raises(error):
            send(counter, **changes)
            pytest.fail(f"taken: {list(changes)}")
    assert not queries.outgoing(counter.body)


def test_ask_when_it_is_for_the_firm_itself_or_a_forged_card_or_again_then_it_is_refused(counter: Counter) -> None:
    own, other = encode_card(counter.identity), encode_card(Identity.generate())
    with pytest.raises(NotPermittedError):
        send(counter, card=own)
    forged = other.replace(card_of(Identity.generate()).vkey.encode()[-8:], b"AAAAAAAA")
    send(counter, card=forged)  # nothing was replaced: a card that holds
    with pytest.raises(SignatureError):
        send(counter, card=other.split(b"\n\n")[0] + b"\n\n" + own.split(b"\n\n")[1])
    with pytest.raises(StateError):
        send(counter, card=other)
    with pytest.raises(NotFoundError):
        from azukari.web.counter.actions import sending

        sending.send_ask(firm_id=uuid4(), work_id=counter.work, ask=asked(), by=BY, at=AT)


def test_receipt_when_it_is_for_nothing_on_the_shelf_then_it_is_foreign(counter: Counter) -> None:
    from azukari.web.counter.actions import sending

    for note, error in ((b"", FormatError), (b"x" * 300_000, FormatError), (b"azukari/receipt/v1\n", FormatError)):
        with pytest.raises(error):
            sending.send_receipt(firm_id=counter.firm, note=note, by=BY, at=AT)
    with pytest.raises(ForeignReceiptError):
        sending._uuid("not an identifier")


def invited(code: str, at: Any = AT) -> dict[str, str]:
    from django.contrib.auth.hashers import make_password

    hashed = make_password(code)
    return {"code_hash": hashed, "invited_at": moment_text(at), "expires_at": moment_text(at + timedelta(days=7))}


def test_account_when_it_came_over_then_its_code_opens_once_and_a_repeat_opens_nothing(counter: Counter) -> None:
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import invitation
    from azukari.web.counter.actions import shelving

    code = secrets.choice("AB") + "BCDEFGHJKLMNPQRSTUV"
    item = counter.account(**invited(code))
    put: dict[str, Any] = {"body_id": counter.body, "by": BY, "at": AT}
    shelving.put_account(item=item, **put)
    accept: dict[str, Any] = {"login": "seiran", "code": code, "password": "mikan-no-ki-no-shita", "by": BY, "at": AT}
    assert invitation.accept(**accept) == UUID(hex=item.id)
    shelving.put_account(item=item, **put)
    with pytest.raises(NotPermittedError):
        invitation.accept(**accept)
    person = queries.person("seiran")
    assert (person.role, person.party, person.is_active) == ("contractor", counter.firm, True)
    shelving.put_account(item=replace(item, **invited("C" + code[1:], AT + timedelta(days=1))), **put)
    invitation.accept(**(accept | {"code": "C" + code[1:]}))
    shelving.put_account(item=item, **put)  # the older invitation does not come back
    with pytest.raises(NotPermittedError):
        invitation.accept(**accept)
    shelving.put_account(item=replace(item, is_active=False), **put)
    assert not queries.person("seiran").is_active


def test_account_when_the_login_is_taken_or_the_hash_is_weak_then_it_is_refused_whole(counter: Counter) -> None:
    from azukari.web.accounts import queries
    from azukari.web.counter.actions import shelving

    put: dict[str, Any] = {"body_id": counter.body, "by": BY, "at": AT}
    item = counter.account()
    shelving.put_account(item=item, **put)
    with pytest.raises(StateError):
        shelving.put_account(item=counter.account(), **put)
    second = firm_item(uuid4(), Identity.generate())
    shelving.put_firm(item=second, **put)
    with pytest.raises(NotPermittedError):
        shelving.put_account(item=replace(item, firm=second.id), **put)
    for weak in ("md5$a$b", "plain", "!unusable", "pbkdf2_sha256$1$a$b"):
        with pytest.raises(FormatError):
            shelving.put_account(item=counter.account(login="b", **(invited("x") | {"code_hash": weak})), **put)
    assert [one.login for one in queries.contractors(counter.body)] == ["seiran"]


def test_person_when_the_party_does_not_suit_the_role_then_neither_action_nor_database_takes_it(
    counter: Counter,
) -> None:
    from django.db import IntegrityError, transaction

    from azukari.web.accounts.actions import person
    from azukari.web.accounts.models import User

    given: dict[str, Any] = {"body_id": counter.body, "login": "x", "name": "x"}
    for role, party in (("contractor", None), ("officer", UUID(int=1)), ("auditor", UUID(int=1))):
        with pytest.raises(OptionError):
            person.create(role=role, party=party, by=BY, at=AT, **given)
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(role=role, party=party, created_at=AT, created_by=BY, **given)
