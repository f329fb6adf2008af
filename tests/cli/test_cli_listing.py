"""`verify` of a person's own list: what it tells, what it keeps, and one code for each failure."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.scene import call, refused

from azukari.completeness.misbehaviour import Misbehaviour

FOLDER = Path(__file__).parents[2] / "vectors" / "completeness"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
# One of each verdict and step, and everything that holds.
SOME = [
    *(
        name
        for name in NAMES
        if json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["expect"]["step"] == 0
    ),
    *(name for name in NAMES if name.startswith("attack-")),
    *("cut", "lists-65", "key-foreign", "log-key-other", "witness-missing", "auditor-missing", "bucket-unsorted"),
]


def written(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], list[object]]:
    """A vector, and the command line for its files, at its time."""
    case = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    monkeypatch.setattr("azukari.cli.listing.now", lambda: datetime.fromisoformat(case["now"]))
    given = {"list.azl": case["report"], "policy": case["policy"], "auditors": case["auditors"]}
    for file, text in (given | {"visit": case["visit"], "key": case["key"]}).items():
        if text is not None:
            (folder / file).write_text(text, encoding="utf-8", newline="")
    command: list[object] = ["verify", folder / "list.azl", "--log-key", case["vkeys"][0]]
    for name_, option in (("policy", "--policy"), ("auditors", "--auditors"), ("visit", "--visit"), ("key", "-i")):
        if case[name_] is not None:
            command += [option, folder / name_]
    return case, command


@pytest.mark.parametrize("name", SOME)
def test_completeness_vector_when_verified_at_the_command_line_then_the_code_of_its_verdict(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, command = written(name, tmp_path, monkeypatch)
    expect = case["expect"]
    if expect["word"] == "holds":
        answer = call(*command, "--keep", tmp_path / "kept", "--json").json
        assert {key: answer[key] for key in ("as_of", "shown", "withheld", "not_asked")} == {
            key: expect[key] for key in ("as_of", "shown", "withheld", "not_asked")
        }
        assert (tmp_path / "kept").read_text(encoding="utf-8") == expect["visit"]
        return
    refused(expect["word"], call, *command)
    kept = {file.name: Misbehaviour.parse(file.read_bytes()) for file in tmp_path.glob("*.azm.json")}
    assert [(one.word, one.step, one.kind) for one in kept.values()] == (
        [] if expect["step"] == 1 else [(expect["word"], expect["step"], expect["kind"])]
    )


def test_list_when_it_holds_then_it_is_told_in_plain_words_and_what_was_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _ = written("withheld", tmp_path, monkeypatch)
    command = ("verify", tmp_path / "list.azl", "--log-key", case["vkeys"][0])
    told = call(*command).out
    assert "2026年11月20日 12:00（日本時間）までの記載 4 件、全部そろっています。" in told
    assert "2026-11-20 委託先への受渡し　青嵐データ入力 / 扶養親族等申告書のデータ入力" in told
    assert "うち 1 件は、遅くとも 2027-05-09 に開かれます。" in told
    assert [option in told for option in ("-i", "--policy", "--auditors", "--visit")] == [True] * 4
    told = call(*command, lang="en").out
    assert "Complete as of 2026-11-20 03:00 UTC: 4 entries." in told and "used: 若葉印刷発送 / 給付課 担当" in told


def test_list_when_no_key_of_the_ledger_is_given_then_option_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written("entries-1", tmp_path, monkeypatch)
    refused("option", call, "verify", tmp_path / "list.azl")


def test_list_when_it_has_another_name_then_it_is_known_by_its_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _ = written("entries-1", tmp_path, monkeypatch)
    (tmp_path / "list.azl").rename(tmp_path / "saved.json")
    answer = call("verify", tmp_path / "saved.json", "--log-key", case["vkeys"][0], "--json")
    assert answer.json["kind"] == "report"


def test_evidence_when_somebody_else_checks_it_then_the_same_failure_or_none_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, command = written("attack-duplicate-label", tmp_path, monkeypatch)
    assert "（一つの見出しが、索引に二つ以上あります; incomplete-twice.azm.json）" in call(*command).err
    file, log = tmp_path / "incomplete-twice.azm.json", ("--log-key", case["vkeys"][0])
    assert "証拠のとおりです。手順 7: incomplete twice。" in call("verify", file, *log).out
    assert call("verify", file, *log, "--json").json["of"] == "twice"
    value = json.loads(file.read_bytes())
    honest = json.loads((FOLDER / "entries-5.json").read_text(encoding="utf-8"))["report"]
    for change in ({"report": honest}, {"kind": "missing"}):
        file.write_text(
            json.dumps(value | change, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
            encoding="utf-8",
            newline="",
        )
        refused("evidence", call, "verify", file, *log)


def test_list_when_the_key_is_in_a_letter_then_it_is_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, command = written("entries-5", tmp_path, monkeypatch)
    groups = " ".join(case["key"].upper()[at : at + 4] for at in range(0, 64, 4))
    (tmp_path / "key").write_text(f"あなたの一覧の鍵\n\n鍵 / key\n{groups}\n", encoding="utf-8")
    assert "key" not in call(*command, "--json").json["not_asked"]
    (tmp_path / "key").write_text(f"{groups[:-1]}0\n", encoding="utf-8")
    refused("wrong-key", call, *command)


def test_list_when_the_key_is_no_list_key_then_format_error_and_no_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, command = written("entries-1", tmp_path, monkeypatch)
    (tmp_path / "key").write_text("no key", encoding="ascii")
    refused("format", call, *command)
    assert not list(tmp_path.glob("*.azm.json"))
