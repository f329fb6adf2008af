"""`verify` of certificates: facts in both languages, what was not checked, one word for each refusal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.scene import ERRORS, call, refused

from azukari.seal.identity import Identity
from azukari.testing.sealed import fixed_identity, fixed_log

CASES = sorted((Path(__file__).parents[2] / "vectors" / "permission").glob("*.json"))


def read(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


@pytest.fixture
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put the clock on the first half hour of a day in Japan, which in UTC is still the day before."""

    def put(day: str) -> None:
        early = datetime.fromisoformat(f"{day}T00:30:00+09:00").astimezone(UTC)
        monkeypatch.setattr("azukari.stores.clock.now", lambda: early)

    return put


def written(folder: Path, name: str, on_the_day: Any, suffix: str = ".azp") -> Path:
    """The certificate of a vector, on its day."""
    case = read(next(path for path in CASES if path.stem == name))
    on_the_day(case["today"])
    file = folder / f"{name}{suffix}"
    file.write_text(case["certificate"], encoding="utf-8", newline="")
    return file


def key_file(folder: Path, identity: Identity, name: str = "own.key") -> Path:
    (folder / name).write_text(identity.file_text(), encoding="ascii")
    return folder / name


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_permission_vector_when_verified_at_the_command_line_then_the_code_of_its_verdict(
    path: Path, tmp_path: Path, on_the_day: Any
) -> None:
    case = read(path)
    command: list[object] = ["verify", written(tmp_path, path.stem, on_the_day)]
    if case["log_key"]:
        command += ["--log-key", case["log_key"]]
    own = next((n for n in ("shiraho", "wakaba") if fixed_identity(n).vkey == case["party_key"]), None)
    if own:
        command += ["-i", key_file(tmp_path, fixed_identity(own))]
    elif case["party_key"]:
        return  # no key file gives a malformed key
    if case["expect"] == "holds":
        assert call(*command).code == 0
    else:
        refused(case["expect"], call, *command)


def test_certificate_when_it_holds_then_every_fact_is_told_in_both_languages(tmp_path: Path, on_the_day: Any) -> None:
    file = written(tmp_path, "advance", on_the_day)
    command = ("verify", file, "--log-key", fixed_log().vkey, "-i", key_file(tmp_path, fixed_identity("shiraho")))
    names = ("霞ヶ浜年金機構", "青嵐データ入力", "白帆情報処理", "2026-04-15", "2027-03-31", "120000", "現地確認の記録")
    ja = (
        "2026-11-20 現在で有効",
        "国: JP",
        "フリガナ、氏名、配偶者の氏名",
        "あらかじめの許諾",
        "毎月",
        "あなたの鍵宛て",
    )
    en = ("In force as of 2026-11-20", "in: JP", "kana, name, spouse's name", "in advance", "monthly", "for your key")
    for lang, phrases in (("ja", ja), ("en", en)):
        answer = call(*command, lang=lang)
        assert (answer.code, answer.err) == (0, "")
        assert not [phrase for phrase in (*names, *phrases) if phrase not in answer.out]
        assert fixed_log().vkey not in answer.out, "a pinned key needs no comparing"


def test_certificate_when_no_key_is_given_then_what_was_not_checked_is_told(tmp_path: Path, on_the_day: Any) -> None:
    file = written(tmp_path, "no-keys", on_the_day)
    for lang, phrases in (
        (
            "ja",
            ("誰の台帳かは確かめていません", "あなた宛てかは確かめていません", "より後に取り消されていないことまでは"),
        ),
        (
            "en",
            ("whose ledger this is was not checked", "Not checked whether it is for you", "nothing was revoked after"),
        ),
    ):
        answer = call("verify", file, lang=lang)
        assert answer.code == 0 and fixed_log().vkey in answer.out
        assert not [phrase for phrase in phrases if phrase not in answer.out]


def test_certificate_when_asked_for_json_then_the_same_as_one_object(tmp_path: Path, on_the_day: Any) -> None:
    found = call("verify", written(tmp_path, "abroad", on_the_day), "--json").json
    assert (found["verdict"], found["kind"], found["as_of"]) == ("holds", "certificate", "2026-11-20")
    assert (found["country"], found["people"], found["mode"], found["report"]) == ("XA", "<10", "advance", "each-use")
    assert found["fields"] == ["kana/person", "name/person", "name/spouse"] and len(found["renews"]) == 32
    assert (found["log_key"], found["log_key_pinned"], found["own_key_checked"]) == (fixed_log().vkey, False, False)
    own = key_file(tmp_path, fixed_identity("shiraho"))
    file = written(tmp_path, "abroad", on_the_day)
    found = call("verify", file, "-i", own, "--log-key", fixed_log().vkey, "--json").json
    assert (found["log_key_pinned"], found["own_key_checked"]) == (True, True)


def test_certificate_when_named_otherwise_then_its_type_tells(tmp_path: Path, on_the_day: Any) -> None:
    file = written(tmp_path, "advance", on_the_day, suffix=".json")
    assert call("verify", file, "--json").json["kind"] == "certificate"


def test_certificate_when_something_else_has_its_name_then_refused(tmp_path: Path, on_the_day: Any) -> None:
    file = written(tmp_path, "advance", on_the_day)
    whole = file.read_bytes()
    for data, word in ((b"", "format"), (whole + b"\n", "format"), (bytes(200_000), "limit"), (b"\xff", "format")):
        file.write_bytes(data)
        refused(word, call, "verify", file)


def test_certificate_when_the_key_file_is_none_then_its_own_verdict(tmp_path: Path, on_the_day: Any) -> None:
    file = written(tmp_path, "advance", on_the_day)
    refused("not-found", call, "verify", file, "-i", tmp_path / "nowhere.key")
    refused("key-file", call, "verify", file, "-i", file)


def test_certificate_verdicts_when_compared_then_they_are_failed_verifications() -> None:
    for word in ("revoked", "stale", "foreign-certificate"):
        assert 10 <= ERRORS[word].code < 30, "scripts tell a failed verification by these codes"
