"""Who gets reminders and what they say: addresses wrapped, numbers that agree with the list, one claim a day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.web import bodies
from tests.web.bodies import KEK, Records, client_of, furnish
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import KeyFileError, NotFoundError, OptionError
from azukari.stores.keys import KeyEncryptionKey
from azukari.stores.mail import Outcome, Posted


@pytest.fixture
def office(ledger: Ledger) -> Records:
    return furnish(ledger, "kasumi")


def keep(person: UUID, address: str, kek: KeyEncryptionKey = KEK) -> None:
    from azukari.web.accounts.actions import mail_address

    mail_address.keep(person_id=person, address=address, kek=kek, by=BY, at=AT)


def remind(office: Records, send: Any, at: Any = AT) -> Any:
    from azukari.web.custody.actions.mailing import remind as action

    link, sender = "https://azukari.town.example/", "azukari@town.example"
    return action(body_id=office.body_id, kek=KEK, send=send, sender=sender, link=link, by=BY, at=at)


@pytest.mark.parametrize(
    "address",
    ["", " sumie@town.example ", "a@b.jp", "o'brien+x@a-b.co.jp", "a.b.c@x.example", f"{'a' * 64}@town.example"],
)  # fmt: skip
def test_address_when_kept_then_only_the_offices_key_opens_it(office: Records, address: str) -> None:
    from azukari.web.accounts.models import User
    from azukari.web.accounts.queries.mail import address_of

    person = office.people["officer"]
    keep(person, address)
    assert address_of(person, KEK) == address.strip()
    stored = User.objects.get(id=person).wrapped_mail
    assert ((stored is None) == (not address) and address.strip().encode() not in bytes(stored or b"-")) or not address
    if address:
        with pytest.raises(KeyFileError):
            address_of(person, KeyEncryptionKey(b"\x01" * 32))


@pytest.mark.parametrize(
    "address",
    ["sumie", "@town.example", "sumie@", "sumie@town", "a@b@c.example", "a b@town.example", "a@town.example\nBcc: x@y.example",
     "a@town.example\r\n", "霧生@town.example", "a@町.example", "a@-b.example", ".a@town.example", "a..b@town.example",
     f"{'a' * 65}@town.example", f"a@{'b' * 64}.example", f"a@{'b.' * 130}example", '"a b"@town.example',
     "a@town.example, b@town.example", "<a@town.example>", "a@[127.0.0.1]"],
)  # fmt: skip
def test_address_when_it_is_none_then_option_and_the_one_before_stays(office: Records, address: str) -> None:
    from azukari.web.accounts.queries.mail import address_of

    person = office.people["officer"]
    keep(person, "sumie@town.example")
    if address.strip() != "a@town.example":  # what stands around it is no part of it
        with pytest.raises(OptionError):
            keep(person, address)
        assert address_of(person, KEK) == "sumie@town.example"


def test_address_when_there_is_no_such_person_or_it_was_let_go_then_not_found_and_gone(office: Records) -> None:
    from azukari.web.accounts.actions import person as people
    from azukari.web.accounts.models import User

    with pytest.raises(NotFoundError):
        keep(uuid4(), "a@b.example")
    person = office.people["officer"]
    keep(person, "a@b.example")
    people.deactivate(person_id=person, by=BY, at=AT)
    assert User.objects.get(id=person).wrapped_mail is None
    with pytest.raises(NotFoundError):
        keep(person, "a@b.example")


def test_page_when_an_officer_sets_the_address_then_it_is_shown_and_no_other_role_has_the_page(office: Records) -> None:
    from azukari.web.accounts.queries.mail import address_of

    with bodies.screens():
        client = client_of(office.people["officer"])
        assert client.post("/account/mail", {"address": "nobody"}).status_code == 400
        assert client.post("/account/mail", {"address": "sumie@town.example"}).status_code == 302
        assert "sumie@town.example" in client.get("/account/mail").content.decode()
        assert 'href="/account/mail"' in client.get("/account").content.decode()
        assert client.post("/account/mail", {"address": ""}).status_code == 302
        assert address_of(office.people["officer"], KEK) == ""
        for role in ("approver", "auditor", "administrator"):
            assert client_of(office.people[role]).get("/account/mail").status_code == 403
            assert 'href="/account/mail"' not in client_of(office.people[role]).get("/account").content.decode()


def test_tally_when_counted_then_it_agrees_with_the_list_of_every_day(office: Records) -> None:
    from azukari.web.custody.queries import register
    from azukari.web.custody.queries.tally import tally

    seen = set()
    for days in (0, 1, *range(26_600, 26_680, 3)):
        today = AT.date() + timedelta(days=days)
        listed = register.reminders(office.body_id, today)
        wanted = {}
        for one in listed:
            count, first = wanted.get(one.kind, (0, date.max))
            wanted[one.kind] = (count + 1, min(first, one.day or date.max))
        assert {one.kind: (one.count, one.day) for one in tally(office.body_id, today)} == wanted
        seen |= set(wanted)
    assert {"asked", "unreceipted", "entrustment-ends"} <= seen


def test_remind_when_another_is_at_it_meanwhile_then_one_of_them_sends(office: Records) -> None:
    keep(office.people["officer"], "sumie@town.example")
    sent: list[Any] = []

    def send(mail: Any) -> Posted:
        inner = remind(office, lambda mail: pytest.fail("sent twice"))
        assert (inner.sent, inner.unknown) == (0, 1)
        sent.append(mail)
        return Posted(Outcome.SENT, 250)

    assert remind(office, send).sent == 1 and len(sent) == 1
    assert remind(office, lambda mail: pytest.fail("sent twice")).before == 1
    assert remind(office, lambda mail: Posted(Outcome.SENT, 250), AT + timedelta(days=1)).sent == 1


def test_remind_when_it_fails_then_it_is_tried_again_until_it_went(office: Records) -> None:
    from azukari.web.custody.models import ReminderMail

    keep(office.people["officer"], "sumie@town.example")
    for code in (451, 0, 550):
        assert remind(office, lambda mail, code=code: Posted(Outcome.REFUSED, code)).codes == (code,)
    assert remind(office, lambda mail: Posted(Outcome.SENT, 250)).sent == 1
    row = ReminderMail.objects.get()
    assert (row.tries, row.status, row.code) == (4, "sent", 250)


def test_remind_when_another_body_has_what_waits_then_its_numbers_stay_there(ledger: Ledger, office: Records) -> None:
    other = bodies.another_body(ledger)
    from azukari.web.accounts.actions import person

    new = person.create(body_id=other, login="betsu", name="別", role="officer", by=BY, at=AT)
    keep(new, "betsu@city.example")
    empty = Records(other, {}, {})
    done = remind(empty, lambda mail: pytest.fail("nothing waits there"))
    assert (done.waiting, done.officers, done.sent) == (0, 1, 0)


def test_message_when_made_then_days_are_counted_to_today(sqlite_office: Path) -> None:
    from azukari.web.custody.queries.tally import Tally
    from azukari.web.custody.reminder_mail import message

    today = date(2026, 4, 10)
    found = [
        Tally("asked", 3, date(2026, 4, 9)),
        Tally("permission-ends", 1, date(2026, 4, 10)),
        Tally("entrustment-ends", 1_234, date(2026, 4, 12)),
        Tally("document-expires", 2, date(2026, 4, 1)),
    ]
    named: dict[str, Any] = {"sender": "a@b.example", "to": "c@d.example", "link": "https://x.example/"}
    mail = message(found, today=today, at=AT, mail_id=uuid4(), **named)
    text = mail.get_content()
    for line in ("許諾の申請: 3 件（最も古いものは 1 日前から）", "30 日以内に終わる許諾: 1 件（今日まで）",
                 "委託: 1,234 件（最も早いものは 2 日後）", "2 件（最も早いものは 9 日過ぎ）", "for: 3 (the oldest for 1 day)",
                 "(the first today)", "1,234 (the first in 2 days)", "2 (the first 9 days ago)"):  # fmt: skip
        assert line in text, line
    assert mail["Subject"] == "預かり: 1240 件 / azukari: 1240"
