"""Certificates; their single verdicts stand in vectors/permission."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import (
    AzukariError,
    CommitmentError,
    ExpiredError,
    FormatError,
    LimitError,
    ProofError,
    RevokedError,
    StaleError,
)
from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.ledger import parse_proof
from azukari.ledger.entry import canonical
from azukari.seal.certificate import (
    AHEAD_DAYS,
    CERTIFICATE,
    FRESH_DAYS,
    LABELS,
    MAX_CERTIFICATE,
    TEXTS,
    Certificate,
    Mode,
    PermissionEntry,
    Reporting,
    State,
    StatusEntry,
    StatusProof,
    commitments_of,
    make_certificate,
    permitted_fields,
    verify_certificate,
)
from azukari.seal.logged import MAX_VALUE, OpenValue
from azukari.testing.sealed import fixed_bytes, fixed_id, fixed_identity, fixed_ledger, fixed_log, fixed_proof

TODAY = date(2026, 11, 23)
PARTY = fixed_identity("shiraho")
NOTHING = b"{}"

TEXT = st.text(st.characters(exclude_categories=["C", "Z"], include_characters="　\n\ue000"), max_size=40)
NAME = TEXT.map(lambda text: text.replace("\n", "") or "匿")
HEX16, HEX32 = (st.binary(min_size=size, max_size=size).map(bytes.hex) for size in (16, 32))
FIELDS = st.builds(Field, st.sampled_from(sorted(Kind)), st.sampled_from(["person", "spouse", "dependant-12"]))


@st.composite
def values(draw: st.DrawFn, mode: Mode = Mode.ADVANCE) -> dict[str, OpenValue]:
    """Names and texts with their openings."""
    found = {label: draw(TEXT.map(lambda t: t or "文") if label in TEXTS else NAME) for label in LABELS}
    found["evidence"] = "" if mode is Mode.NOW else found["evidence"]
    return {label: OpenValue(draw(st.binary(min_size=32, max_size=32)), text) for label, text in found.items()}


@st.composite
def permissions(draw: st.DrawFn) -> PermissionEntry:
    """Any permission; its commitments are open to nobody."""
    mode = draw(st.sampled_from(Mode))
    first, decided, last = sorted(draw(st.lists(st.dates(), min_size=3, max_size=3)))
    turned = draw(st.booleans())
    return PermissionEntry(
        **{name: draw(HEX16) for name in ("permission", "body", "entrustment", "child", "asker", "party")},
        vkey=fixed_identity(draw(st.sampled_from(["shiraho", "wakaba"]))).vkey,
        country=draw(st.text("ABCXYZ", min_size=2, max_size=2)),
        fields=permitted_fields(draw(st.lists(FIELDS, max_size=8))) or (Field(Kind.NAME),),
        people=draw(st.one_of(st.none(), st.integers(10, 2**63 - 1))),
        starts_on=(decided if turned else first).isoformat(),
        expires_on=last.isoformat(),
        decided=(first if turned else decided).isoformat(),
        mode=mode,
        report=Reporting.NONE if mode is Mode.NOW else draw(st.sampled_from(sorted(set(Reporting) - {Reporting.NONE}))),
        renews=draw(st.one_of(st.just(""), HEX16)),
        commitments=draw(st.fixed_dictionaries(dict.fromkeys(LABELS, HEX32))),
    )


STATUSES = st.builds(StatusEntry, HEX16, st.sampled_from(State), st.dates().map(date.isoformat))

VALUES = {
    label: OpenValue(fixed_bytes(label), text)
    for label, text in {
        "asker": "青嵐データ入力",
        "body": "霞ヶ浜年金機構",
        "evidence": "調査票",
        "party": "白帆情報処理",
        "purpose": "入力",
        "safeguards": "入退室の記録\n施錠",
    }.items()
}
ENTRY = PermissionEntry(
    *(fixed_id(name) for name in ("permission", "body", "entrustment", "child", "asker", "party")),
    vkey=PARTY.vkey,
    country="JP",
    fields=permitted_fields([Field(Kind.NAME), Field(Kind.KANA)]),
    people=1_200,
    starts_on="2026-04-01",
    expires_on="2027-03-31",
    decided="2026-03-25",
    mode=Mode.ADVANCE,
    report=Reporting.MONTHLY,
    renews="",
    commitments=commitments_of(VALUES),
)
STATUS = StatusEntry(ENTRY.permission, State.IN_FORCE, "2026-11-20")


def made(entry: PermissionEntry = ENTRY, status: StatusEntry | None = STATUS, **change: OpenValue) -> bytes:
    """A certificate under one checkpoint of five entries."""
    said = [] if status is None else [status.encode()]
    ledger = fixed_ledger([NOTHING, entry.encode(), NOTHING, NOTHING, *said])
    proof = status and StatusProof(said[0], 4, fixed_proof(ledger, 4))
    return make_certificate(entry.encode(), 1, VALUES | change, fixed_proof(ledger, 1), proof)


def verified(data: bytes, today: date = TODAY, **keys: str) -> Certificate:
    return verify_certificate(data, today=today, **keys)


DATA = made()


# --- entries


@given(permissions())
def test_permission_when_written_then_read_back(entry: PermissionEntry) -> None:
    assert PermissionEntry.parse(entry.encode()) == entry


@given(STATUSES)
def test_status_when_written_then_read_back(entry: StatusEntry) -> None:
    assert StatusEntry.parse(entry.encode()) == entry


@given(st.data(), st.sampled_from([ENTRY, STATUS]))
@settings(max_examples=500)
def test_entry_when_any_byte_is_changed_then_format_or_another_entry(
    data: st.DataObject, entry: PermissionEntry | StatusEntry
) -> None:
    raw = entry.encode()
    place, byte = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 255))
    changed = raw[:place] + bytes([byte]) + raw[place + 1 :]
    try:
        parsed = type(entry).parse(changed)
    except FormatError:
        return
    assert parsed.encode() == changed and (parsed == entry) == (changed == raw)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 2**64), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda children: st.one_of(
        st.lists(children, max_size=3), st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=5,
)


def with_member(raw: bytes, name: str, value: Any) -> bytes:
    changed = {**json.loads(raw), name: value}
    return json.dumps(changed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


@given(st.sampled_from(sorted(json.loads(ENTRY.encode()))), JSON)
@settings(max_examples=400)
def test_permission_when_a_member_is_any_json_then_format_or_another_entry(name: str, value: Any) -> None:
    raw = with_member(ENTRY.encode(), name, value)
    with suppress(FormatError):
        assert PermissionEntry.parse(raw).encode() == raw


@pytest.mark.parametrize(
    "change",
    [
        {"permission": "AB" * 16},
        {"asker": "ab" * 15},
        {"child": ""},
        {"renews": None},
        {"vkey": "azukari.party"},
        {"vkey": 1},
        {"country": "JPN"},
        {"country": "日本"},
        {"fields": []},
        {"fields": ["name"]},
        {"fields": "name/person"},
        {"fields": ["name/person", "kana/person"]},
        {"fields": ["kana/person", "kana/person"]},
        {"fields": ["reference/person"]},
        {"people": 9},
        {"people": True},
        {"people": "10"},
        {"people": 2**63},
        {"starts_on": "2026-04-31"},
        {"starts_on": "20260401"},
        {"starts_on": "2027-04-01"},
        {"decided": "2026-W13-3"},
        {"decided": "2027-04-01"},
        {"mode": "now"},
        {"mode": ""},
        {"report": ""},
        {"report": "weekly"},
        {"commitments": {}},
        {"commitments": {**ENTRY.commitments, "more": "00" * 32}},
        {"commitments": dict(list(ENTRY.commitments.items())[1:])},
        {"commitments": [["body", "00" * 32]]},
        {"type": "azukari/permission/v2"},
        {"more": 1},
    ],
    ids=str,
)
def test_permission_when_a_member_is_malformed_then_format(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        PermissionEntry.parse(canonical({**json.loads(ENTRY.encode()), **change}))


@pytest.mark.parametrize("entry", [ENTRY, STATUS])
def test_entry_when_a_member_is_missing_then_format(entry: PermissionEntry | StatusEntry) -> None:
    for name in json.loads(entry.encode()):
        value = json.loads(entry.encode())
        del value[name]
        with pytest.raises(FormatError):
            type(entry).parse(canonical(value))


@pytest.mark.parametrize(
    "change", [{"state": "over"}, {"day": "20261120"}, {"day": None}, {"permission": ""}, {"a": 1}]
)
def test_status_when_a_member_is_malformed_then_format(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        StatusEntry.parse(canonical({**json.loads(STATUS.encode()), **change}))


def test_permission_when_made_with_what_could_not_be_read_back_then_format() -> None:
    many = permitted_fields([Field(kind, f"dependant-{n}") for kind in Kind for n in range(1, 51)])
    assert len(many) == 600
    for change in ({"fields": many}, {"people": 9}, {"mode": Mode.NOW}, {"country": "jp"}, {"renews": "x"}):
        with pytest.raises(FormatError):
            replace(ENTRY, **change)
    replace(ENTRY, fields=many[:500])


def test_permission_when_read_by_anybody_then_no_name_or_purpose_is_in_it() -> None:
    raw = ENTRY.encode().decode() + STATUS.encode().decode()
    assert not [one.value for one in VALUES.values() if one.value in raw]
    assert b'"people":"<10"' in replace(ENTRY, people=None).encode()


def test_fields_when_permitted_then_in_order_once_and_without_the_row_reference() -> None:
    fields = [Field(Kind.NAME, "spouse"), REFERENCE, Field(Kind.NAME), Field(Kind.KANA), Field(Kind.NAME)]
    assert [str(field) for field in permitted_fields(fields)] == ["kana/person", "name/person", "name/spouse"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_labels_when_shown_then_each_mode_and_report_has_its_own(language: Any) -> None:
    for words in (Mode, Reporting):
        labels = {word.label(language) for word in words}
        assert len(labels) == len(words) and all(label.isascii() == (language == "en") for label in labels)


# --- making


def test_certificate_when_made_then_it_verifies_and_tells_everything() -> None:
    found = verified(DATA, vkey=fixed_log().vkey, party_vkey=PARTY.vkey)
    assert found.permission == ENTRY and found.entry_bytes == ENTRY.encode()
    names = (found.body_name, found.asker_name, found.party_name)
    assert names == ("霞ヶ浜年金機構", "青嵐データ入力", "白帆情報処理")
    assert (found.purpose, found.safeguards, found.evidence) == ("入力", "入退室の記録\n施錠", "調査票")
    assert (found.as_of, found.index, found.status_index, found.tree_size) == ("2026-11-20", 1, 4, 5)
    assert (found.vkey, found.origin) == (fixed_log().vkey, fixed_log().name)


@given(st.data(), permissions())
@settings(max_examples=60)
def test_certificate_when_made_of_anything_then_it_verifies_on_a_day_of_its_period(
    data: st.DataObject, entry: PermissionEntry
) -> None:
    opened = data.draw(values(entry.mode))
    entry = replace(entry, commitments=commitments_of(opened))
    day = max(entry.starts_on, entry.decided)
    found = verified(made(entry, StatusEntry(entry.permission, State.IN_FORCE, day), **opened), date.fromisoformat(day))
    assert found.permission == entry and found.as_of == day
    assert (found.party_name, found.evidence) == (opened["party"].value, opened["evidence"].value)


def test_certificate_when_without_status_then_as_of_the_decision() -> None:
    found = verified(made(status=None), date(2026, 4, 2))
    assert (found.as_of, found.status_index) == (ENTRY.decided, None)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_sentence_when_read_then_it_says_as_of_when(language: Any) -> None:
    sentence = verified(DATA).sentence(language)
    assert "2026-11-20" in sentence and ("現在で有効" in sentence or "In force as of" in sentence)


def test_certificate_when_made_of_what_does_not_belong_together_then_refused() -> None:
    entry, ledger = ENTRY.encode(), fixed_ledger([NOTHING, ENTRY.encode(), STATUS.encode()])
    larger = fixed_ledger([*ledger.entries, NOTHING])
    proof, said = fixed_proof(ledger, 1), StatusProof(STATUS.encode(), 2, fixed_proof(ledger, 2))
    other = OpenValue(fixed_bytes("party"), "別の会社")
    refusals: list[tuple[type[AzukariError], tuple[Any, ...]]] = [
        (FormatError, (entry, 2, VALUES, proof, said)),
        (FormatError, (b"\xff", 1, VALUES, proof, said)),
        (FormatError, (entry, 1, {"party": VALUES["party"]}, proof, said)),
        (FormatError, (entry, 1, VALUES, b"\xff", said)),
        (FormatError, (entry, 1, VALUES, proof, replace(said, entry=entry))),
        (CommitmentError, (entry, 1, VALUES | {"party": other}, proof, said)),
        (ProofError, (entry, 1, VALUES, fixed_proof(larger, 1), said)),
        (ProofError, (replace(ENTRY, country="XA").encode(), 1, VALUES, proof, said)),
        (ProofError, (entry, 1, VALUES, proof, replace(said, entry=replace(STATUS, permission="ab" * 16).encode()))),
    ]
    for error, arguments in refusals:
        with pytest.raises(error):
            make_certificate(*arguments)
    make_certificate(entry, 1, VALUES, proof, said)


def test_certificate_when_revoked_then_it_is_made_and_says_so() -> None:
    data = made(status=replace(STATUS, state=State.REVOKED))
    with pytest.raises(RevokedError):
        verified(data)


@pytest.mark.parametrize("text", ["a\r\nb", "\0", "\x1b[2J", "\x85", "a\u202eb", "\u2066", "\u200f", "\ud800"])
def test_value_when_it_would_fool_a_screen_then_format(text: str) -> None:
    with pytest.raises(FormatError):
        OpenValue(bytes(32), text)


def test_value_when_too_long_or_its_opening_too_short_then_refused() -> None:
    with pytest.raises(LimitError):
        OpenValue(bytes(32), "入" * (MAX_VALUE + 1))
    with pytest.raises(FormatError):
        OpenValue(bytes(31), "入")
    OpenValue(bytes(32), "入" * MAX_VALUE)


def test_commitments_when_a_label_is_missing_then_format() -> None:
    with pytest.raises(FormatError):
        commitments_of({"party": VALUES["party"]})


def test_repr_when_logged_then_no_name_is_in_it() -> None:
    shown = f"{verified(DATA)!r} {VALUES!r}"
    assert not [one.value for one in VALUES.values() if one.value in shown]


# --- verifying


def test_days_when_at_the_edges_then_both_ends_are_included() -> None:
    last, first = date.fromisoformat(ENTRY.expires_on), date.fromisoformat(ENTRY.starts_on)
    for status, today, error in [
        (first, first, None),
        (first, first - timedelta(1), ExpiredError),
        (last, last, None),
        (last, last + timedelta(1), ExpiredError),
        (TODAY, TODAY + timedelta(FRESH_DAYS), None),
        (TODAY, TODAY + timedelta(FRESH_DAYS + 1), StaleError),
        (TODAY, TODAY - timedelta(AHEAD_DAYS), None),
        (TODAY, TODAY - timedelta(AHEAD_DAYS + 1), FormatError),
    ]:
        data = made(status=replace(STATUS, day=status.isoformat()))
        if error is None:
            assert verified(data, today).as_of == status.isoformat()
            continue
        with pytest.raises(error):
            verified(data, today)


def test_key_when_the_ledger_changes_it_then_both_may_be_pinned() -> None:
    """While a ledger changes its key both sign; the proof names one, the reader may know the other."""
    from azukari.ledger import Signer, Tree, leaf_hash, sign_checkpoint
    from azukari.ledger.checkpoint import Checkpoint
    from azukari.ledger.proof import Proof, encode_proof

    old, new = fixed_log(), Signer(fixed_log().name, fixed_bytes("new log key"))
    tree = Tree([leaf_hash(ENTRY.encode()), leaf_hash(STATUS.encode())])
    note = sign_checkpoint(Checkpoint(old.name, 2, tree.root), [old, new])
    proofs = [encode_proof(Proof(i, tuple(tree.path(i)), note, new.vkey.encode())) for i in (0, 1)]
    data = make_certificate(ENTRY.encode(), 0, VALUES, proofs[0], StatusProof(STATUS.encode(), 1, proofs[1]))
    assert {verified(data, vkey=one.vkey).vkey for one in (old, new)} == {old.vkey, new.vkey}
    assert verified(data).vkey == new.vkey


def changed(place: int, taken: int, put: bytes) -> bytes:
    return DATA[:place] + put + DATA[place + taken :]


@pytest.mark.parametrize("bit", range(8))
def test_certificate_when_one_bit_is_turned_anywhere_then_refused(bit: int) -> None:
    for place in range(bit, len(DATA), 8):
        for turned in (1 << bit, 1 << (bit + 5) % 8):
            with pytest.raises(AzukariError) as caught:
                verified(changed(place, 1, bytes([DATA[place] ^ turned])))
            assert caught.value.word in ("format", "limit", "signature", "proof", "commitment")


@given(st.integers(0, len(DATA)), st.integers(0, 2), st.binary(max_size=3))
@settings(max_examples=500)
def test_certificate_when_bytes_are_put_in_or_taken_out_then_refused(place: int, taken: int, put: bytes) -> None:
    data = changed(place, taken, put)
    if data != DATA:
        with pytest.raises(AzukariError):
            verified(data)


@given(st.sampled_from(["", "openings", "status", "openings/body"]), st.data(), JSON)
@settings(max_examples=400)
def test_certificate_when_a_member_is_any_json_then_refused(where: str, data: st.DataObject, other: Any) -> None:
    value = json.loads(DATA)
    part = value
    for name in filter(None, where.split("/")):
        part = part[name]
    name = data.draw(st.sampled_from(sorted(part)))
    same = part[name] == other and type(part[name]) is type(other)
    part[name] = other
    raw = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")
    with suppress(AzukariError):
        assert verified(raw, date(2026, 4, 10)).status_index is None or same  # only the status may be left out


@given(st.binary(max_size=200))
def test_certificate_when_any_bytes_then_format(data: bytes) -> None:
    with pytest.raises(FormatError):
        verified(data)


@pytest.mark.parametrize("depth", [*range(300, 1_100, 20), 10_000, 30_000])
def test_certificate_when_nested_deeply_then_format(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    for raw in (deep, b'{"entry":' + deep + b',"type":"' + CERTIFICATE.encode() + b'"}'):
        with pytest.raises(FormatError):
            verified(raw)


def test_certificate_when_larger_than_its_limit_then_limit() -> None:
    with pytest.raises(LimitError):
        verified(b" " * (MAX_CERTIFICATE + 1))


def test_proof_when_read_then_it_names_the_key_of_the_ledger() -> None:
    assert parse_proof(json.loads(DATA)["proof"].encode()).extra.decode() == fixed_log().vkey
