"""Certificates built from docs/spec/permission.md alone: what holds, what must not, and both verifiers say the same."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from bundles import Signer, commit, path, root, sha
from subject import canonical, verify

from azukari.errors import AzukariError
from azukari.seal.certificate import verify_certificate

TODAY = date(2026, 11, 23)
CODES = {word: code for word, (code, _, _) in verify.WORDS.items()}
NAMES = {"asker": "青嵐データ入力", "body": "霞ヶ浜年金機構", "party": "白帆情報処理"}
TEXTS = {"evidence": "調査票", "purpose": "入力", "safeguards": "施錠\n入退室の記録"}
Alter = Callable[["Built"], Any]


class Built:
    """A permission with a status in a ledger of six entries; `file` is the certificate, to be changed."""

    def __init__(self) -> None:
        self.log, self.party = Signer("ledger.city.example/log1", sha(b"log")), Signer("azukari.party", sha(b"p"))
        self.values = NAMES | TEXTS
        self.openings = {label: sha(b"opening", label.encode()) for label in self.values}
        self.entry: dict[str, Any] = {
            name: f"{number}" * 32 for number, name in enumerate(("body", "entrustment", "child", "asker", "party"))
        }
        self.entry |= {
            "type": "azukari/permission/v1", "permission": "a" * 32, "vkey": self.party.vkey, "country": "JP",
            "fields": ["address/person", "name/dependant-12", "name/person"], "people": "<10", "renews": "b" * 32,
            "starts_on": "2026-11-01", "expires_on": "2026-11-30", "decided": "2026-10-30",
            "mode": "advance", "report": "quarterly",
            "commitments": {k: commit(k, self.openings[k], v.encode()).hex() for k, v in self.values.items()},
        }  # fmt: skip
        self.status: dict[str, Any] = {
            "type": "azukari/permission-status/v1", "permission": "a" * 32, "state": "in-force", "day": "2026-11-20",
        }  # fmt: skip
        self.sign()

    def proof(self, index: int, leaves: list[bytes]) -> str:
        size = f"{self.log.name}\n{len(leaves)}\n{b64encode(root(leaves)).decode()}\n"
        lines = ["c2sp.org/tlog-proof@v1", f"extra {b64encode(self.log.vkey.encode()).decode()}", f"index {index}"]
        lines += [b64encode(step).decode() for step in path(index, leaves)]
        return "\n".join(lines) + "\n\n" + self.log.note(size)

    def sign(self) -> None:
        """Log both entries as they now are, and put the certificate together."""
        leaves = [b"{}", b"{}", canonical(self.entry), b"{}", canonical(self.status), b"{}"]
        parts = [
            {"entry": leaves[index].decode(), "index": index, "proof": self.proof(index, leaves)} for index in (2, 4)
        ]
        openings = {k: {"opening": self.openings[k].hex(), "value": v} for k, v in self.values.items()}
        self.file = {"type": "azukari/certificate/v1", "openings": openings, "status": parts[1], **parts[0]}


class Desk:
    """A folder to verify certificates in; runs the verifier and gives its JSON."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.capsys = folder / "permission.azp", capsys

    def run(self, raw: bytes, *options: str) -> dict[str, Any]:
        self.file.write_bytes(raw)
        code = verify.main([str(self.file), "--json", *options])
        found: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        assert code == CODES[found["verdict"]]
        assert found["verdict"] == "holds" or set(found) == {"verdict", "steps", "sentence"}
        return found


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(verify, "today", lambda: TODAY)
    return Desk(tmp_path, capsys)


def azukari_word(raw: bytes, log_key: str | None = None, party_key: str | None = None, today: date = TODAY) -> str:
    try:
        verify_certificate(raw, today=today, vkey=log_key, party_vkey=party_key)
    except AzukariError as error:
        return error.word
    return "holds"


def test_certificate_when_built_from_the_specification_then_both_hold(desk: Desk) -> None:
    one = Built()
    found = desk.run(canonical(one.file), "--log-key", one.log.vkey, "--party-key", one.party.vkey)
    assert (found["verdict"], found["steps"], found["as_of"]) == ("holds", 9, "2026-11-20")
    assert {label: found[label] for label in one.values} == one.values
    assert {name: found[name] for name in ("people", "fields", "mode", "report", "permission")} == {
        name: one.entry[name] for name in ("people", "fields", "mode", "report", "permission")
    }
    assert azukari_word(canonical(one.file), one.log.vkey, one.party.vkey) == "holds"


def test_certificate_when_without_status_then_as_of_the_decision(desk: Desk) -> None:
    one = Built()
    one.file["status"] = None
    found = desk.run(canonical(one.file))
    assert (found["verdict"], found["as_of"]) == ("holds", "2026-10-30")


@pytest.mark.parametrize(("lang", "said"), [
    ("ja", ("2026-11-20 現在で有効", "10 人未満", "白帆情報処理", "取り消されていないことまでは", "誰の台帳か", "あなた宛て")),
    ("en", ("In force as of 2026-11-20", "<10", "白帆情報処理", "nothing was revoked since", "Whose ledger", "for you")),
])  # fmt: skip
def test_certificate_when_told_then_what_was_not_checked_is_told_too(
    desk: Desk, lang: str, said: tuple[str, ...]
) -> None:
    one = Built()
    desk.file.write_bytes(canonical(one.file))
    assert verify.main([str(desk.file), "--lang", lang]) == 0
    told = desk.capsys.readouterr().out
    assert told.count("✓") == 9 and not [phrase for phrase in said if phrase not in told]
    assert verify.main([str(desk.file), "--log-key", one.log.vkey, "--party-key", one.party.vkey, "--lang", lang]) == 0
    told = desk.capsys.readouterr().out
    assert not [phrase for phrase in said[4:] if phrase in told]


def test_certificate_when_named_otherwise_then_its_type_tells(desk: Desk) -> None:
    desk.file = desk.file.with_suffix(".json")
    assert desk.run(canonical(Built().file))["verdict"] == "holds"


def logged(**change: Any) -> Alter:
    """A change of the permission that the body itself made, and signed."""

    def apply(one: Built) -> None:
        one.entry.update(change)
        one.sign()

    return apply


def said(**change: Any) -> Alter:
    """A change of the status that the body itself made, and signed."""

    def apply(one: Built) -> None:
        one.status.update(change)
        one.sign()

    return apply


def other_log(one: Built) -> None:
    pinned, one.log = one.log, Signer(one.log.name, sha(b"another log"))
    one.sign()
    one.log = pinned


CASES: dict[str, list[tuple[str, Alter]]] = {
    "format": [
        ("a member is missing", lambda o: o.file.pop("index")),
        ("an index beyond", lambda o: o.file.update(index=2**63)),
        ("an opening in capitals", lambda o: o.file["openings"]["body"].update(opening="A" * 64)),
        ("a value that is no text", lambda o: o.file["openings"]["body"].update(value=1)),
        ("a status that is a list", lambda o: o.file.update(status=[])),
        ("a proof without a key", lambda o: o.file.update(proof=o.file["proof"].replace("extra ", "extra: "))),
        ("a dependant of number 0", logged(fields=["name/dependant-0"])),
        ("an unknown kind", logged(fields=["number/person"])),
        ("501 fields", logged(fields=[f"name/dependant-{i}" for i in range(501)])),
        ("nobody", logged(people=0)),
        ("a country of three letters", logged(country="JPN")),
        ("reports where the mode is now", logged(mode="now")),
        ("a verifier key of no key", logged(vkey="azukari.party+00000000+AQ==")),
        ("an empty child", logged(child="")),
        ("a renewal of null", logged(renews=None)),
        ("a label more", lambda o: logged(commitments={**o.entry["commitments"], "rows": "0" * 64})(o)),
        ("a state of no name", said(state="active")),
        ("a status of a day before the decision", said(day="2026-10-29")),
        ("a day that has not come", said(day="2026-11-25")),
    ],
    "signature": [("another key of that name", other_log)],
    "proof": [
        ("an entry altered", lambda o: o.file.update(entry=o.file["entry"].replace('"JP"', '"XA"'))),
        ("a status of another permission", said(permission="c" * 32)),
        ("one signature line less", lambda o: o.file.update(proof=o.file["proof"] + "— a AAAAAAA=\n")),
    ],
    "commitment": [("another body", lambda o: o.file["openings"]["body"].update(value="水底市"))],
    "revoked": [("revoked", said(state="revoked"))],
    "expired": [("it was over", logged(expires_on="2026-11-22")), ("it has not begun", logged(starts_on="2026-11-24"))],
    "limit": [("a long text", lambda o: o.file["openings"]["purpose"].update(value="入" * 2_001))],
}  # fmt: skip


@pytest.mark.parametrize(
    ("word", "alter"),
    [pytest.param(word, alter, id=f"{word}: {name}") for word, cases in CASES.items() for name, alter in cases],
)
def test_certificate_when_altered_then_both_give_the_same_verdict(desk: Desk, word: str, alter: Alter) -> None:
    one = Built()
    alter(one)
    raw = canonical(one.file)
    assert desk.run(raw, "--log-key", one.log.vkey, "--party-key", one.party.vkey)["verdict"] == word
    assert azukari_word(raw, one.log.vkey, one.party.vkey) == word


def test_certificate_when_stale_or_for_another_then_both_say_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Built()
    raw, other = canonical(one.file), Signer("azukari.party", sha(b"other")).vkey
    assert desk.run(raw, "--party-key", other)["verdict"] == azukari_word(raw, None, other) == "foreign-certificate"
    one.entry["expires_on"] = "2027-11-30"
    one.sign()
    raw = canonical(one.file)
    for day, word in ((date(2026, 12, 21), "holds"), (date(2026, 12, 22), "stale")):
        monkeypatch.setattr(verify, "today", lambda day=day: day)
        assert desk.run(raw)["verdict"] == azukari_word(raw, today=day) == word


@pytest.mark.parametrize("raw", [
    b"", b"{}", b"[]", b"null", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{" * 60_000, b"[" * 60_000, b"9" * 10_000, b"1e999",
    b"NaN", b'{"a":1,"a":1}', b'"\\ud800"', b'{"type":"azukari/certificate/v1"}',
], ids=lambda raw: repr(raw[:12]))  # fmt: skip
def test_bytes_when_malformed_then_both_say_format(desk: Desk, raw: bytes) -> None:
    assert desk.run(raw)["verdict"] == azukari_word(raw) == "format"


def test_bytes_when_one_is_changed_anywhere_then_nothing_holds_and_both_give_the_same_word(desk: Desk) -> None:
    raw, chance = canonical(Built().file), random.Random(7)
    for place in chance.sample(range(len(raw)), 700):
        altered = bytearray(raw)
        altered[place] = chance.choice([altered[place] ^ 1 << chance.randrange(8), *b'0aA"/ '])
        found = desk.run(bytes(altered))["verdict"]
        assert found == azukari_word(bytes(altered)), (place, bytes(altered[place - 20 : place + 1]))
        assert (found == "holds") == (altered == raw)


def test_today_when_the_reader_is_anywhere_then_it_is_the_day_in_japan(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = {"2026-03-31T14:59:59+00:00": "2026-03-31", "2026-03-31T15:00:00+00:00": "2026-04-01"}
    for moment, day in moments.items():

        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None, moment: str = moment) -> Any:
                return datetime.fromisoformat(moment).astimezone(tz)

        monkeypatch.setattr(verify, "datetime", Clock)
        assert verify.today().isoformat() == day
