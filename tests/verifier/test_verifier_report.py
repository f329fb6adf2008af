"""A person's report: the small verifier says what azukari says, of every vector, every attack and any change of a byte."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from subject import ROOT, verify

from azukari import errors
from azukari.completeness.checking import verify_report
from azukari.completeness.misbehaviour import Misbehaviour
from azukari.completeness.shown import show, verify_shown
from azukari.completeness.visit import Visit
from azukari.errors import AzukariError
from azukari.ledger.entry import canonical
from azukari.ledger.note import Signer
from azukari.ledger.policy import Policy
from azukari.ledger.proof import encode_proof, parse_proof
from azukari.testing.logbook import AT, AUDITORS, NOW, WITNESSES, Logbook, a_policy, an_event
from azukari.testing.operator import Attack, World, attacks, policies

CASES = sorted((ROOT / "vectors" / "completeness").glob("*.json"))
LOG = Logbook().log
STRANGER = Signer("ledger.city.example/log9", bytes(32)).vkey
TEXTS = {"policy": a_policy(WITNESSES, LOG).decode(), "auditors": a_policy(AUDITORS, LOG).decode()}
NOTHING = {"policy": None, "auditors": None, "key": None, "visit": None}
CODES = {
    c.word: c.code for c in vars(errors).values() if isinstance(c, type) and issubclass(c, AzukariError) and c.word
}
ZULU = "%Y-%m-%dT%H:%M:%SZ"
Verdict = tuple[str, int, str]


def read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def small(report: bytes, given: dict[str, Any], now: datetime = NOW) -> Verdict:
    """Word, step and kind by the small verifier."""
    checked = verify.Report({"vkeys": [LOG.vkey], **NOTHING, **given}, now, lambda number: None)
    try:
        checked.run(report)
    except verify.Refused as refused:
        return refused.word, checked.passed + 1, refused.kind
    return "holds", 0, ""


def ours(report: bytes, given: dict[str, Any], now: datetime = NOW) -> Verdict:
    """The same by azukari."""
    texts = {**NOTHING, **given}
    witnesses, auditors = (
        Policy.parse(texts[name].encode()) if texts[name] else None for name in ("policy", "auditors")
    )
    visit = Visit.parse(texts["visit"].encode()) if texts["visit"] else None
    try:
        verify_report(report, now, [LOG.verifier], witnesses, auditors, visit=visit)
    except AzukariError as error:
        return error.word, int(str(error.facts["step"])), str(error.facts["kind"])
    return "holds", 0, ""


def evidence_of(report: bytes, given: dict[str, Any]) -> tuple[str, bytes]:
    """The evidence file that the small verifier keeps: its name and its bytes."""
    checked = verify.Report({"vkeys": [LOG.vkey], **NOTHING, **given}, NOW, lambda number: None)
    with pytest.raises(verify.Refused) as caught:
        checked.run(report)
    name, data = checked.evidence(caught.value)
    return str(name), bytes(data)


def command(case: dict[str, Any], folder: Path) -> list[str]:
    """The files of a case, and the command line for them."""
    (folder / "list.azl").write_text(case["report"], encoding="utf-8", newline="")
    line = ["report", str(folder / "list.azl"), "--now", case["now"]]
    for vkey in case["vkeys"] or [STRANGER]:  # the command asks for one at least
        line += ["--log-key", vkey]
    for name in ("policy", "auditors", "visit"):
        if case[name] is not None:
            (folder / name).write_text(case[name], encoding="utf-8", newline="")
            line += [f"--{name}", str(folder / name)]
    return line + (["--key", case["key"]] if case["key"] else [])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_completeness_vector_when_verified_by_command_then_word_step_kind_code_and_evidence_file(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = read(path)
    expect = case["expect"]
    code = verify.main([*command(case, tmp_path), "--json", "--keep", str(tmp_path / "kept")])
    said = json.loads(capsys.readouterr().out)
    assert {"word": said["verdict"], "step": said["step"], "kind": said["kind"]} == {
        name: expect[name] for name in ("word", "step", "kind")
    }
    kept = sorted(file.name for file in tmp_path.glob("*.azm.json"))
    if expect["word"] == "holds":
        assert (
            code == 0
            and not kept
            and {name: said[name] for name in expect if name in said}
            == {name: each for name, each in expect.items() if name in said}
        )
        assert (tmp_path / "kept").read_text(encoding="utf-8") == expect["visit"]
        return
    assert code == CODES[expect["word"]] and not (tmp_path / "kept").exists()
    assert kept == ([] if expect["step"] == 1 else [said["evidence"]])
    for name in kept:
        evidence = Misbehaviour.parse((tmp_path / name).read_bytes())
        assert (evidence.name, evidence.report.decode()) == (name, case["report"])
        assert (evidence.word, evidence.kind, evidence.step) == (expect["word"], expect["kind"], expect["step"])
        assert evidence.visit.decode() == (case["visit"] or "")


def given_of(attack: Attack) -> dict[str, Any]:
    visit = {"visit": attack.visit.encode().decode() if attack.visit else None}
    return {**(TEXTS if attack.policies else {}), **visit}


@pytest.mark.parametrize("count", [3])
def test_attack_when_made_on_any_list_then_both_verifiers_name_it(count: int) -> None:
    for attack in attacks(count, strangers=5 * count, name=f"person {count}"):
        report, given = attack.report.encode(), given_of(attack)
        expect = (attack.word, attack.step, attack.kind)
        assert (small(report, given), ours(report, given)) == (expect, expect), attack.name
        name = "-".join(filter(None, (attack.word, attack.kind))) + ".azm.json"
        assert evidence_of(report, given) == (name, Misbehaviour.parse(evidence_of(report, given)[1]).encode())


def test_attacks_when_counted_then_all_that_an_office_could_do_and_each_step_that_looks_for_it() -> None:
    names = [attack.name for attack in attacks(3)]
    assert len(names) == len(set(names)) == 31
    assert Counter(attack.step for attack in attacks(3)).keys() == {3, 4, 5, 6, 7, 8, 9, 10}


WORLD = World(3)
WORLD.indexed()
VISIT = WORLD.visited()
WORLD.book.strangers(4, "later")
WORLD.book.index(at=AT + timedelta(minutes=1))
GIVEN = {**TEXTS, "visit": VISIT.encode().decode()}
DATA = WORLD.report(since=VISIT.seen.size).encode()


def test_report_when_nothing_is_changed_then_both_hold() -> None:
    assert small(DATA, GIVEN) == ours(DATA, GIVEN) == ("holds", 0, "")


@settings(max_examples=100)
@given(st.integers(0, len(DATA) - 1), st.integers(0, 255))
def test_report_when_a_byte_is_another_then_both_verifiers_give_one_verdict(place: int, value: int) -> None:
    changed = DATA[:place] + bytes([value]) + DATA[place + 1 :]
    assert small(changed, GIVEN) == ours(changed, GIVEN)


def leaves_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values inside a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, child in children for found in leaves_of(child, (*path, name)))]


PATHS = leaves_of(json.loads(DATA))[1:]
VALUES = st.sampled_from([None, True, 0, -1, 1, 2**53, 2**70, "", "AA==", "0" * 64, [], {}, [[]], "あ", "\ud800", 0.5])


@settings(max_examples=200)
@given(st.sampled_from(PATHS), VALUES)
def test_report_when_a_value_is_another_then_both_verifiers_give_one_verdict(path: tuple[Any, ...], to: Any) -> None:
    value = json.loads(DATA)
    place = value
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    changed = text.encode("utf-8", "surrogatepass")
    assert small(changed, GIVEN) == ours(changed, GIVEN)


@settings(max_examples=25)
@given(st.integers(-30 * 3600, 30 * 3600))
def test_report_when_it_is_read_at_another_time_then_both_verifiers_give_one_verdict(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    assert small(DATA, GIVEN, now) == ours(DATA, GIVEN, now)


@pytest.mark.parametrize(("language", "words"), [("ja", "記載 5 件、全部そろっています。"), ("en", "5 entries.")])
def test_report_when_told_in_words_then_how_many_which_and_what_was_not_asked(
    language: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = {**read(ROOT / "vectors" / "completeness" / "entries-5.json"), "key": None, "policy": None}
    assert verify.main([*command(case, tmp_path), "--lang", language]) == 0
    out = capsys.readouterr().out
    assert words in out and "青嵐データ入力" in out and out.count("✓") == 10
    assert all(name in out for name in ("--key", "--policy", "--visit")) and "--auditors" not in out


def test_report_when_entries_are_withheld_then_until_when_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.main([*command(read(ROOT / "vectors" / "completeness" / "withheld.json"), tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "2027-05-09 に開かれます" in out and "うち 1 件は" in out


def test_report_when_it_fails_then_the_step_and_the_evidence_file_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = read(ROOT / "vectors" / "completeness" / "attack-hidden-last-entry.json")
    other = tmp_path / "evidence"
    other.mkdir()
    assert verify.main([*command(case, tmp_path), "--evidence", str(other)]) == 62
    out = capsys.readouterr().out
    assert "✗  8 incomplete skipped" in out and "incomplete-skipped.azm.json" in out
    assert [file.name for file in other.iterdir()] == ["incomplete-skipped.azm.json"]


@pytest.mark.parametrize("name", ["attack-duplicate-label", "attack-roll-back", "attack-swapped-openings"])
def test_evidence_when_somebody_else_checks_it_then_the_same_failure_or_none_at_all(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = read(ROOT / "vectors" / "completeness" / f"{name}.json")
    verify.main(command(case, tmp_path))
    (file,) = tmp_path.glob("*.azm.json")
    line = ["report", str(file), "--log-key", LOG.vkey]
    capsys.readouterr()
    assert verify.main([*line, "--lang", "en"]) == 0
    assert f"It holds. ({case['expect']['word']} " in capsys.readouterr().out
    value = json.loads(file.read_bytes())
    honest = read(ROOT / "vectors" / "completeness" / "entries-5.json")["report"]
    for change, code in (
        ({"report": honest, "visit": ""}, 19),
        ({"step": 3}, 19),
        ({"more": 1}, 10),
        ({"report": ""}, 10),
    ):
        text = json.dumps(value | change, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        file.write_text(text, encoding="utf-8", newline="")
        assert verify.main(line) == code
    assert len(list(tmp_path.glob("*.azm.json"))) == 1


def test_report_when_the_evidence_cannot_be_written_then_the_verdict_stands(tmp_path: Path) -> None:
    case = read(ROOT / "vectors" / "completeness" / "attack-roll-back.json")
    assert verify.main([*command(case, tmp_path), "--evidence", str(tmp_path / "none")]) == 23
    assert not list(tmp_path.glob("**/*.azm.json*"))


@pytest.mark.parametrize(
    ("option", "content", "code"),
    [
        ("--policy", b"quorum none", 10), ("--policy", b"\xff\n", 10), ("--policy", b"group g 1 w\nquorum g\n", 10),
        ("--auditors", b"log x\nquorum none\n", 10), ("--auditors", b"", 10), ("--policy", b"#" * 262_145, 41),
        ("--visit", b"{}", 10), ("--visit", b"x" * 1_048_577, 41), ("--visit", b"\xff", 10),
    ],
)  # fmt: skip
def test_report_when_what_is_given_cannot_be_read_then_its_code_and_no_evidence(
    option: str, content: bytes, code: int, tmp_path: Path
) -> None:
    (tmp_path / "given").write_bytes(content)
    case = {**read(ROOT / "vectors" / "completeness" / "entries-1.json"), "policy": None, "auditors": None}
    assert verify.main([*command(case, tmp_path), option, str(tmp_path / "given"), "--json"]) == code
    assert not list(tmp_path.glob("*.azm.json"))


def test_report_when_it_is_not_there_then_not_found(tmp_path: Path) -> None:
    assert verify.main(["report", str(tmp_path / "none.azl"), "--log-key", LOG.vkey]) == 43


ENTRY = show(WORLD.report(), WORLD.report().lists[0], 2)


def single(data: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and verdict of the small verifier for one entry."""
    (folder / "entry.tlog-proof").write_bytes(data)
    code = verify.main([str(folder / "entry.tlog-proof"), "--log-key", LOG.vkey, "--json"])
    return code, json.loads(capsys.readouterr().out)["verdict"]


def by_azukari(data: bytes) -> str:
    """The verdict of azukari."""
    try:
        verify_shown(data, LOG.name, [LOG.verifier])
    except AzukariError as error:
        return error.word
    return "holds"


def test_entry_when_shown_by_itself_then_it_holds_and_its_event_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert single(ENTRY, tmp_path, capsys) == (0, "holds")
    for language, words in (("ja", "利用"), ("en", "used")):
        assert verify.main([str(tmp_path / "entry.tlog-proof"), "--log-key", LOG.vkey, "--lang", language]) == 0
        assert words in capsys.readouterr().out
    assert verify.main([str(tmp_path / "entry.tlog-proof"), "--log-key", STRANGER]) == CODES["signature"]
    assert verify.main([str(tmp_path / "entry.tlog-proof")]) == CODES["signature"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"opening": "ab" * 32}, "commitment"),
        ({"event": an_event(0).encode().decode()}, "commitment"),
        ({"event": ""}, "format"),
        ({"leaf": WORLD.own.noted[0].leaf.encode().hex()}, "proof"),
        ({"leaf": "01"}, "format"),
        ({"more": ""}, "format"),
        ({"type": "azukari/shown-entry/v2"}, "format"),
        ({"opening": ""}, "format"),
    ],
)
def test_entry_when_what_it_shows_is_another_then_both_verifiers_refuse(
    change: dict[str, str], word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = parse_proof(ENTRY)
    data = encode_proof(replace(proof, extra=canonical(json.loads(proof.extra) | change)))
    assert (single(data, tmp_path, capsys), by_azukari(data)) == ((CODES[word], word), word)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(ENTRY) - 1), st.integers(0, 255))
def test_entry_when_a_byte_is_another_then_both_verifiers_give_one_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: int, value: int
) -> None:
    changed = ENTRY[:place] + bytes([value]) + ENTRY[place + 1 :]
    if changed.startswith(b"c2sp.org/tlog-proof@v1\n"):
        assert single(changed, tmp_path, capsys)[1] == by_azukari(changed)


def test_policies_when_read_by_both_then_they_ask_the_same() -> None:
    line = f"log {LOG.vkey}\nwitness a {WITNESSES[0].vkey}\nwitness b {WITNESSES[1].vkey} https://b.example\n"
    one, both, all_but_none = [["a"], ["a", "b"]], [["a", "b"]], [["a"], ["b"], ["a", "b"]]
    for rest, enough in (
        ("quorum none\n", [[], *all_but_none]), ("quorum a\n", one), ("group g any a b\nquorum g\n", all_but_none),
        ("group g 2 a b\nquorum g\n", both), ("group g any a\ngroup h all g b\nquorum h\n", both),
    ):  # fmt: skip
        ask, check = Policy.parse((line + rest).encode()), verify.Policy((line + rest).encode())
        for names in ([], *all_but_none):
            assert ask.satisfied(names) == check.met(check.quorum, names) == (names in enough)
    for rest in ("", "quorum c\n", "quorum none\nquorum none\n", "group g 3 a b\nquorum g\n", "group g 0 a\nquorum g\n",
                 "group g 1 a a\nquorum g\n", "group a 1 b\nquorum a\n", "group g 1 a\ngroup h 1 a\nquorum h\n",
                 f"witness c {LOG.vkey}\nquorum c\n", "wit x\nquorum none\n", "group none 1 a\nquorum none\n"):  # fmt: skip
        with pytest.raises(AzukariError):
            Policy.parse((line + rest).encode())
        with pytest.raises((verify.Refused, ValueError)):
            verify.Policy((line + rest).encode())


def test_policies_when_given_then_those_of_the_test_kit() -> None:
    assert policies() == (Policy.parse(TEXTS["policy"].encode()), Policy.parse(TEXTS["auditors"].encode()))
    assert NOW.tzinfo is UTC and NOW.strftime(ZULU) == "2026-11-20T12:00:00Z"
