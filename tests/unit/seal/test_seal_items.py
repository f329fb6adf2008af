"""What crossings carry: one spelling of each item, and everything else refused as malformed."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import FormatError
from azukari.ledger.entry import canonical
from azukari.ledger.note import Signer
from azukari.seal.crossing import KINDS
from azukari.seal.items import (
    MAX_ITEM,
    AccountItem,
    AnswerItem,
    Ask,
    BodyItem,
    FirmItem,
    Item,
    RefusalItem,
    SentItem,
    WorkItem,
    moment,
    moment_text,
)

VKEY = Signer("azukari.party", b"\x01" * 32).vkey
A, B = "0" * 31 + "1", "0" * 31 + "2"
EXAMPLES: dict[str, Item] = {
    "body": BodyItem(A, "霞ヶ浜年金機構", "", "ledger.example/kasumigahama", VKEY),
    "firm": FirmItem(A, "青嵐データ入力", "JP", "age1abc", VKEY, "confirmed"),
    "work": WorkItem(A, B, "", "入力", "届書の入力\n二行目", ("kana/person", "name/person"), "2026-04-01", "2027-03-31", "end"),
    "account": AccountItem(A, B, "seiran-1", "藤波　花", True, "scrypt$x", "2026-04-01T00:00:00Z", "2026-04-08T00:00:00Z"),
    "answer": AnswerItem(A, "refused", "foreign-receipt", "no hand-over", "", "", ""),
    "sent": SentItem(A, B, "receipt", A, "2026-04-01T00:00:00Z", "note\n"),
    "refusal": RefusalItem(A, "account", B, 3, "state", "the login is taken"),
    "ask": Ask(A, "白磯入力", "card", "JP", ("name/person",), 300, "2026-04-01", "2027-03-31", "施錠"),
}  # fmt: skip

# Item, member, and a value that it must not have.
BAD = [
    ("body", "id", "0" * 30),
    ("body", "id", A.upper().replace("1", "F")),
    ("body", "name", ""),
    ("body", "name", "一\n二"),
    ("body", "name", "a\x00"),
    ("body", "name", 7),
    ("body", "vkey", "no key"),
    ("body", "origin", None),
    ("firm", "country", "jp"),
    ("firm", "country", "JPN"),
    ("firm", "status", "open"),
    ("firm", "name", "x" * 401),
    ("work", "fields", []),
    ("work", "fields", ["name/person", "kana/person"]),
    ("work", "fields", ["name"]),
    ("work", "fields", ["name/person", "name/person"]),
    ("work", "fields", [["name/person"]]),
    ("work", "fields", "name/person"),
    ("work", "starts_on", "20260401"),
    ("work", "starts_on", "2026-02-30"),
    ("work", "stage", "begun"),
    ("work", "parent", None),
    ("account", "is_active", 1),
    ("account", "is_active", "true"),
    ("account", "login", "x" * 151),
    ("account", "invited_at", "2026-04-01"),
    ("account", "expires_at", "2026-04-01T00:00:00+00:00"),
    ("answer", "outcome", "waiting"),
    ("answer", "word", "Foreign Receipt"),
    ("answer", "decision", "maybe"),
    ("sent", "kind", "package"),
    ("sent", "text", ""),
    ("sent", "at", "2026-04-01T00:00:00.5Z"),
    ("refusal", "what", "refusal"),
    ("refusal", "what", "letter"),
    ("refusal", "item", ""),
    ("refusal", "number", 0),
    ("refusal", "number", "3"),
    ("refusal", "word", "State!"),
    ("refusal", "detail", "a\nb"),
    ("ask", "people", 0),
    ("ask", "people", True),
    ("ask", "people", 2**53),
    ("ask", "safeguards", " "),
    ("ask", "ends_on", "2026-03-31"),
    ("ask", "renews", "all"),
    ("ask", "card", ""),
]


@pytest.mark.parametrize("name", EXAMPLES)
def test_item_when_encoded_and_parsed_then_it_is_the_same(name: str) -> None:
    item = EXAMPLES[name]
    assert type(item).parse(item.encode()) == item


@pytest.mark.parametrize(("name", "member", "value"), BAD)
def test_item_when_a_member_has_another_form_then_it_is_malformed(name: str, member: str, value: Any) -> None:
    item = EXAMPLES[name]
    changed = json.loads(item.encode()) | {member: value}
    with pytest.raises(FormatError):
        type(item).parse(canonical(changed))


@pytest.mark.parametrize("name", EXAMPLES)
def test_item_when_a_member_is_missing_or_added_then_it_is_malformed(name: str) -> None:
    item = EXAMPLES[name]
    whole = json.loads(item.encode())
    for member in fields(item):
        with pytest.raises(FormatError):
            type(item).parse(canonical({key: value for key, value in whole.items() if key != member.name}))
    with pytest.raises(FormatError):
        type(item).parse(canonical(whole | {"more": 1}))
    with pytest.raises(FormatError):
        type(item).parse(canonical(whole | {"type": "azukari/other/v1"}))


@given(st.binary(max_size=300))
def test_parse_when_given_any_bytes_then_it_is_malformed_and_nothing_else(data: bytes) -> None:
    for item in EXAMPLES.values():
        with pytest.raises(FormatError):
            type(item).parse(data)


@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_parse_when_a_byte_is_changed_then_it_is_malformed_or_another_item(name: str, data: st.DataObject) -> None:
    item = EXAMPLES[name]
    whole = bytearray(item.encode())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    try:
        read = type(item).parse(bytes(whole))
    except FormatError:
        return
    assert read != item and read.encode() == bytes(whole)


def test_parse_when_it_is_larger_than_its_limit_or_nested_deep_then_it_is_malformed() -> None:
    for data in (b" " * (MAX_ITEM + 1), b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"):
        with pytest.raises(FormatError):
            BodyItem.parse(data)
    with pytest.raises(FormatError):
        replace(EXAMPLES["sent"], text="x" * 300_000)  # type: ignore[type-var]


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2999, 1, 1)), st.integers(-12, 14))
def test_moment_when_written_and_read_then_it_is_the_same_second(naive: datetime, hours: int) -> None:
    at = naive.replace(tzinfo=timezone(timedelta(hours=hours)), microsecond=0)
    assert moment(moment_text(at)) == at.astimezone(UTC)


def test_refusal_when_it_names_a_kind_then_one_of_those_that_cross_but_for_itself() -> None:
    whole = json.loads(EXAMPLES["refusal"].encode())
    for kind in KINDS:
        if kind != "refusal":
            RefusalItem.parse(canonical(whole | {"what": kind}))
