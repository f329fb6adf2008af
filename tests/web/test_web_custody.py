"""Parties and entrustments: each change with one ledger entry, in one transaction, without a name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import (
    FormatError,
    NotFoundError,
    NotPermittedError,
    OptionError,
    StateError,
)
from azukari.fields.kinds import Field
from azukari.ledger import Signer
from azukari.seal.identity import Card, Identity, card_of

NAME = "青嵐データ入力"
PURPOSE = "扶養親族等申告書の入力"
CARD = card_of(Identity.generate())
OPENING = b"\x05" * 32


def add(ledger: Ledger, **changes: Any) -> UUID:
    from azukari.web.custody.actions import party

    given: dict[str, Any] = {
        "card": CARD,
        "name": NAME,
        "country": "JP",
        "wrapped_challenge": b"wrapped",
    } | changes
    return party.add(body_id=ledger.body_id, by=BY, at=AT, **given)


def confirm(party_id: UUID, **changes: Any) -> int:
    from azukari.web.custody.actions import party

    given: dict[str, Any] = {"fingerprint": CARD.fingerprint, "answer_ok": True} | changes
    return party.confirm(party_id=party_id, by=BY, at=AT, **given)


def entrust(ledger: Ledger, party_id: UUID, **changes: Any) -> UUID:
    from azukari.web.custody.actions import entrustment

    given: dict[str, Any] = {
        "title": "入力業務",
        "purpose": PURPOSE,
        "purpose_opening": OPENING,
        "starts_on": date(2026, 4, 1),
        "ends_on": date(2026, 6, 30),
        "fields": ["name", "kana", "birth-date/spouse"],
    } | changes
    return entrustment.create(body_id=ledger.body_id, party_id=party_id, by=BY, at=AT, **given)


def entries(ledger: Ledger) -> list[bytes]:
    from azukari.web.sequencer import queries

    return list(queries.entries(ledger.log_id))


def test_party_when_added_then_it_is_pending_and_not_in_the_ledger(ledger: Ledger) -> None:
    from azukari.web.custody import queries

    found = queries.party(add(ledger))
    assert (found.status, found.name, found.fingerprint) == ("pending", NAME, CARD.fingerprint)
    assert (found.recipient, found.vkey, found.wrapped_challenge) == (CARD.recipient, CARD.vkey, b"wrapped")
    assert "wrapped" not in repr(found)
    assert entries(ledger) == []


def test_party_when_the_input_makes_no_sense_then_refused(ledger: Ledger) -> None:
    from azukari.web.custody.actions import party

    for change in [{"name": " "}, {"country": "jp"}, {"country": "JPN"}, {"country": "JP\n"}]:
        with pytest.raises(OptionError):
            add(ledger, **change)
    with pytest.raises(FormatError):
        add(ledger, card=Card(CARD.recipient, Signer("taro.example", b"\x01" * 32).vkey))
    with pytest.raises(NotFoundError):
        party.add(body_id=uuid4(), card=CARD, name=NAME, country="JP", wrapped_challenge=b"w", by=BY, at=AT)
    add(ledger)
    with pytest.raises(StateError):
        add(ledger, name="別名")


@pytest.mark.parametrize(
    "typed",
    [
        lambda text: text,
        str.upper,
        lambda text: text.replace("-", " "),
        lambda text: " ".join(text.replace("-", "")),
        lambda text: "".join(chr(ord(c) + 0xFEE0) for c in text),
    ],
)
def test_confirm_when_the_fingerprint_is_typed_in_any_width_then_confirmed_with_one_entry(
    ledger: Ledger, typed: Callable[[str], str]
) -> None:
    from azukari.web.custody import queries

    party_id = add(ledger)
    assert confirm(party_id, fingerprint=typed(CARD.fingerprint)) == 0
    assert queries.party(party_id).status == "confirmed"
    (entry,) = entries(ledger)
    assert json.loads(entry) == {"type": "azukari/party/v1", "party": str(party_id), "vkey": CARD.vkey}
    assert NAME.encode() not in entry


def test_confirm_when_fingerprint_or_answer_are_wrong_then_not_permitted(ledger: Ledger) -> None:
    from azukari.web.custody import queries

    party_id = add(ledger)
    wrong: list[dict[str, Any]] = [
        {"fingerprint": ""},
        {"fingerprint": CARD.fingerprint[:-1]},
        {"answer_ok": False},
    ]
    for change in wrong:
        with pytest.raises(NotPermittedError):
            confirm(party_id, **change)
    assert queries.party(party_id).status == "pending"
    assert entries(ledger) == []
    confirm(party_id)
    with pytest.raises(StateError):
        confirm(party_id)
    with pytest.raises(NotFoundError):
        confirm(uuid4())


def test_entrustment_when_created_then_one_entry_without_title_or_purpose(ledger: Ledger) -> None:
    from azukari.web.custody import queries

    party_id = add(ledger)
    entrustment_id = entrust(ledger, party_id)
    (entry,) = entries(ledger)
    committed = hashlib.sha256(b"azukari/commit/v1\0purpose\0" + OPENING + PURPOSE.encode()).hexdigest()
    wanted: dict[str, Any] = {
        "type": "azukari/entrustment/v1",
        "entrustment": str(entrustment_id),
        "party": str(party_id),
        "parent": None,
        "fields": ["birth-date/spouse", "kana/person", "name/person"],
        "starts_on": "2026-04-01",
        "ends_on": "2026-06-30",
        "purpose": committed,
    }
    assert entry == json.dumps(wanted, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    found = queries.entrustment(entrustment_id)
    assert found == queries.entrustments(ledger.body_id)[0]
    assert found.entry_index == 0
    assert set(found.fields) == set(map(Field.parse, wanted["fields"]))
    assert found.purpose_opening == OPENING
    assert PURPOSE not in repr(found)


def test_entrustment_when_made_twice_then_the_openings_differ(ledger: Ledger) -> None:
    from azukari.web.custody import queries

    party_id = add(ledger)
    for _ in range(2):
        entrust(ledger, party_id, purpose_opening=None)
    one, two = queries.entrustments(ledger.body_id)
    assert one.purpose_opening != two.purpose_opening
    assert len(entries(ledger)) == 2


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"title": ""}, OptionError),
        ({"purpose": " "}, OptionError),
        ({"purpose_opening": b"short"}, OptionError),
        ({"fields": []}, OptionError),
        ({"fields": ["reference"]}, OptionError),
        ({"fields": ["reference/spouse"]}, OptionError),
        ({"fields": ["blood-type"]}, FormatError),
        ({"fields": ["name/neighbour"]}, FormatError),
        ({"ends_on": date(2026, 3, 31)}, OptionError),
        ({"stage": "dreaming"}, OptionError),
        ({"clauses": ["a-clause-of-ours"]}, OptionError),
        ({"party_id": uuid4()}, NotFoundError),
    ],
)
def test_entrustment_when_malformed_then_refused_and_nothing_logged(
    ledger: Ledger, change: dict[str, Any], error: type[Exception]
) -> None:
    given: dict[str, Any] = {"party_id": add(ledger)} | change
    with pytest.raises(error):
        entrust(ledger, given.pop("party_id"), **given)
    assert entries(ledger) == []


def test_entrustment_when_the_party_is_another_bodys_or_revoked_then_refused(ledger: Ledger) -> None:
    from azukari.web.accounts.actions import body
    from azukari.web.custody.actions import party
    from azukari.web.custody.models import Party

    other = body.create(name="水底市", by=BY, at=AT)
    foreign = party.add(body_id=other, card=CARD, name=NAME, country="JP", wrapped_challenge=b"w", by=BY, at=AT)
    with pytest.raises(NotFoundError):
        entrust(ledger, foreign)
    party_id = add(ledger)
    Party.objects.filter(id=party_id).update(status="revoked")
    with pytest.raises(NotPermittedError):
        entrust(ledger, party_id)


@pytest.mark.parametrize("action", ["confirm", "entrust"])
def test_action_when_it_fails_after_the_append_then_neither_change_nor_entry(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    from azukari.web.custody import queries
    from azukari.web.sequencer.actions import entry

    party_id = add(ledger)
    real = entry.append

    def fail_after(**arguments: Any) -> int:
        real(**arguments)
        assert len(entries(ledger)) == 1
        raise ZeroDivisionError

    monkeypatch.setattr(entry, "append", fail_after)
    with pytest.raises(ZeroDivisionError):
        confirm(party_id) if action == "confirm" else entrust(ledger, party_id)
    assert entries(ledger) == []
    assert queries.party(party_id).status == "pending"
    assert queries.entrustments(ledger.body_id) == []


@pytest.mark.parametrize(
    "change",
    [
        {"status": "unknown"},
        {"country": "jp"},
        {"country": "JP\n"},
        {"status": "confirmed"},
    ],
)
def test_party_when_a_row_makes_no_sense_then_the_database_refuses(ledger: Ledger, change: dict[str, Any]) -> None:
    from django.db import DataError, IntegrityError, transaction

    from azukari.web.custody.models import Party

    add(ledger)
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        Party.objects.update(**change)


def hand_over(ledger: Ledger, **changes: Any) -> UUID:
    from azukari.web.custody.models import HandOver, Snapshot

    party_id = add(ledger)
    own: dict[str, Any] = {"body_id": ledger.body_id, "created_at": AT, "created_by": BY}
    snapshot = Snapshot.objects.create(table_mac=b"m" * 32, wrapped_index_key=b"w", rows=3, **own)
    given: dict[str, Any] = {
        "entrustment_id": entrust(ledger, party_id),
        "party_id": party_id,
        "snapshot": snapshot,
        "fields": ["name/person"],
        "rows": 3,
        "wrapped_key": b"wrapped",
        "wrapped_data_key": b"wrapped",
        "expires_on": date(2026, 6, 30),
    } | changes
    return HandOver.objects.create(**own, **given).id


def test_hand_over_when_stored_then_it_is_read_back(ledger: Ledger) -> None:
    from azukari.web.custody import queries
    from azukari.web.custody.models import Receipt, Return

    hand_over_id = hand_over(ledger)
    found = queries.hand_over(hand_over_id)
    assert (found.status, found.fields, found.entry) == ("prepared", (Field.parse("name"),), None)
    assert "wrapped'" not in repr(found)
    assert queries.hand_overs(ledger.body_id, entrustment_id=found.entrustment) == [found]
    assert queries.hand_overs(ledger.body_id, entrustment_id=uuid4()) == []
    own: dict[str, Any] = {"body_id": ledger.body_id, "hand_over_id": hand_over_id}
    Receipt.objects.create(grade="opened", note="note", received_at=AT, received_by=BY, **own)
    Return.objects.create(returned=2, missing=1, added=0, changed=1, returned_at=AT, returned_by=BY, **own)
    assert [receipt.grade for receipt in queries.receipts(hand_over_id)] == ["opened"]
    assert [(back.returned, back.missing) for back in queries.returns(hand_over_id)] == [(2, 1)]


@pytest.mark.parametrize("change", [{"status": "released"}, {"status": "gone"}, {"rows": -1}])
def test_hand_over_when_a_row_makes_no_sense_then_the_database_refuses(ledger: Ledger, change: dict[str, Any]) -> None:
    from django.db import DataError, IntegrityError, transaction

    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        hand_over(ledger, **change)


def test_incidents_when_stored_then_they_are_read_back(ledger: Ledger) -> None:
    from azukari.web.incidents import queries
    from azukari.web.incidents.models import Case, Disclosure, Specimen

    own: dict[str, Any] = {"body_id": ledger.body_id}
    case = Case.objects.create(title="標本の持込み", opened_at=AT, opened_by=BY, **own)
    specimen = Specimen.objects.create(
        case=case,
        commit="0f" * 32,
        entry_index=1,
        rows=2,
        logged_at=AT,
        logged_by=BY,
        wrapped_opening=b"wrapped",
        **own,
    )
    hand_over_id = hand_over(ledger)
    Disclosure.objects.create(
        specimen=specimen,
        hand_over_id=hand_over_id,
        channels=["order"],
        entry_index=2,
        disclosed_at=AT,
        disclosed_by=BY,
        **own,
    )
    assert queries.case(case.id) == queries.cases(ledger.body_id)[0]
    assert queries.specimen(specimen.id) == queries.specimens(case.id)[0]
    assert queries.disclosures(hand_over_id)[0].channels == ("order",)
    for query in (queries.case, queries.specimen):
        with pytest.raises(NotFoundError):
            query(uuid4())
