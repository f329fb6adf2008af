"""Every command does what it is for, in Japanese, in English and as one JSON object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import polars as pl
import pytest
from tests.cli.scene import PARTY, PLANTED, ROWS, Scene, call, entries, leak, people

from azukari import __version__
from azukari.cli.main import COMMANDS, group
from azukari.tables import read_table

JAPANESE = re.compile("[ぁ-ヿ一-龥]")


def command_lines() -> Iterator[tuple[str, ...]]:
    """Every command and subcommand."""
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, below) for below in command.commands)


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("words", [(), *command_lines()], ids=" ".join)
def test_help_when_asked_for_then_it_is_there_in_both_languages(words: tuple[str, ...], lang: str) -> None:
    for flag in ("--help", "-h"):
        answer = call(*words, flag, lang=lang)
        assert (answer.code, answer.err) == (0, "")
        assert JAPANESE.search(answer.out) and re.search(r"\b[a-z]{4,}\b", answer.out)


def test_options_when_listed_then_each_has_a_help_text_in_both_languages() -> None:
    context = click.Context(group)
    for words in command_lines():
        command = group.get_command(context, words[0])
        if len(words) > 1:
            assert isinstance(command, click.Group)
            command = command.commands[words[1]]
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option):
                text = option.help or ""
                assert JAPANESE.search(text) and re.search("[A-Za-z]{2}", text), (words, option.name)


def test_version_when_asked_for_then_it_is_printed() -> None:
    answer = call("--version")
    assert (answer.code, answer.out.strip()) == (0, f"azukari, version {__version__}")


def test_keygen_when_run_then_key_and_card_are_there_and_the_key_is_for_the_owner_only(tmp_path: Path) -> None:
    answer = call("keygen", tmp_path / "firm.key", lang="en")
    assert answer.code == 0 and re.search(r"([0-9a-f]{4}-){4}[0-9a-f]{4}", answer.out)
    assert "AGE-SECRET-KEY" not in answer.out + (tmp_path / "firm.key.card").read_text()
    assert (tmp_path / "firm.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["firm.key", "firm.key.card"]


def test_init_when_run_then_office_keys_and_a_ledger_key(registered: Scene, tmp_path: Path) -> None:
    answer = call(
        *("init", tmp_path / "new", "--keys", tmp_path / "k", "--oversight", tmp_path / "o", "--body", "水底市"),
        *("--origin", "ledger.example/minasoko", "--officer", "水鏡　文代", "--json"),
    )
    assert answer.code == 0 and answer.json["log_key"].startswith("ledger.example/minasoko+")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert all((tmp_path / name).stat().st_mode & 0o777 == 0o600 for name in "ko")
    listed = call("list", "--office", tmp_path / "new", "--keys", tmp_path / "k", "--json")
    assert listed.json == {"parties": [], "entrustments": [], "handovers": [], "consignments": []}
    assert registered.json("list")["parties"], "the other office is as it was"


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_story_when_told_by_hand_then_every_command_answers_in_the_language(sealed: Scene, lang: str) -> None:
    """What `demo` does in one go, step by step and without --json."""
    s, firm = sealed, PARTY["seiran"]
    hand_over = s.hand_overs()["seiran"]
    leaked = leak(s, "seiran")
    lines: list[tuple[object, ...]] = [
        ("list",),
        ("seal", s / "register.csv", "--entrustment", "入力", "--to", firm, "-o", s / "again.azk"),
        ("return", s / "seiran.csv", "--handover", hand_over, "-o", s / "back.csv"),
        ("trace", leaked, "-o", s / "finding.json"),
        ("ledger", "export", s / "export"),
        ("ledger", "check"),
        ("recover",),
        ("expire",),
    ]
    answers = [s.run(*line, lang=lang) for line in lines]
    assert [answer.code for answer in answers] == [0] * len(lines), answers
    for line, answer in zip(lines, answers, strict=True):
        assert answer.err == "", line
        assert bool(re.search("[ぁ-ん]", answer.out)) == (lang == "ja"), line  # party names are kanji and katakana
    assert call("verify", s / "again.azk", lang=lang).code == 0


def test_json_when_asked_for_then_one_object_and_nothing_else(traced: Scene) -> None:
    s = traced
    shown = [
        s.run("list", "--json"),
        s.run("recover", "--json"),
        s.run("expire", "--json"),
        s.run("ledger", "check", "--json"),
        s.run("ledger", "export", s / "export", "--json"),
        call("verify", s / "export", "--log-key", s.log_key, "--json"),
        call("verify", s / "seiran.azk", "--log-key", s.log_key, "--json"),
        call("verify", s / "seiran.csv.receipt", "--package", s / "seiran.azk", "--json"),
        call("verify", s / "evidence.json", "--specimen", s / "specimen.age", "-i", s / "verifier.key", "--json"),
        call("open", s / "shiraho.azk", "-i", s / "oversight.key", "-o", s / "seen.parquet", "--json"),
    ]
    assert [(answer.code, answer.err) for answer in shown] == [(0, "")] * len(shown)
    assert all(answer.json for answer in shown)
    verdicts = [answer.json["verdict"] for answer in shown if "verdict" in answer.json]
    assert verdicts == ["holds"] * 5


def test_verify_when_json_and_no_specimen_then_its_own_code_and_one_object(traced: Scene) -> None:
    answer = call("verify", traced / "evidence.json", "--json")
    assert (answer.code, answer.json["verdict"], answer.err) == (3, "not-recomputed", "")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "xlsx", "parquet"])
def test_open_when_the_suffix_says_so_then_that_kind_of_table_with_the_same_values(sealed: Scene, suffix: str) -> None:
    table = sealed / f"rows.{suffix}"
    opened = call("open", sealed / "wakaba.azk", "-i", sealed / "wakaba.key", "-o", table, "--json").json
    assert opened["fields"] == ["reference/person", "name/person", "postal-code/person", "address/person"]
    assert opened["log_key"] == sealed.log_key and opened["rows"] == ROWS + 2
    assert read_table(table).frame.equals(read_table(sealed / "wakaba.csv").frame)


def test_open_when_done_then_the_number_and_the_local_id_are_in_no_column(sealed: Scene) -> None:
    table = (sealed / "seiran.csv").read_text(encoding="utf-8-sig")
    assert PLANTED["個人番号"] not in table and PLANTED["宛名番号"] not in table
    header = table.splitlines()[0].split(",")
    assert header == ["行参照", *(h for h in people().columns if h not in ("宛名番号", "個人番号"))]


def test_open_when_a_cell_begins_like_a_formula_then_a_note_and_the_value_unchanged(registered: Scene) -> None:
    names = ["=佐藤", *people()["氏名"][1:60].to_list()]
    people().head(60).with_columns(pl.Series("氏名", names)).write_csv(registered / "formula.csv")
    registered.seal("yamabiko", "formula.csv")
    key, table = registered / "yamabiko.key", registered / "rows.csv"
    answer = call("open", registered / "yamabiko.azk", "-i", key, "-o", table, lang="en")
    assert answer.code == 0 and "1 cell(s) of column 氏名" in answer.out and "=佐藤" not in answer.out
    assert "=佐藤" in read_table(table).frame["氏名"].to_list()


def test_seal_when_done_then_it_says_of_each_column_what_became_of_it(registered: Scene) -> None:
    sealed = registered.seal("wakaba")
    fates = {column["header"]: column["fate"] for column in sealed["columns"]}
    assert fates["氏名"] == fates["住所"] == fates["郵便番号"] == "leaves"
    assert fates["個人番号"] == fates["電話番号"] == "not-permitted" and fates["宛名番号"] == "local-id"
    assert sealed["fields"] == ["reference/person", "name/person", "postal-code/person", "address/person"]
    assert sealed["rows"] == ROWS + 2
    listed = registered.json("list")["handovers"]
    assert [(h["id"], h["status"], h["grade"]) for h in listed] == [(sealed["handover"], "released", "claimed")]


def test_seal_when_strict_then_the_delivered_table_has_the_spelling_of_the_source(registered: Scene) -> None:
    table, key = registered / "rows.csv", registered / "shiraho.key"
    command = (
        "seal",
        registered / "register.csv",
        "--entrustment",
        "試験",
        "--to",
        PARTY["shiraho"],
        "--canaries",
        "0",
    )
    registered.json(*command, "--strict-schema", "-o", registered / "strict.azk")
    assert call("open", registered / "strict.azk", "-i", key, "-o", table).code == 0
    rows = read_table(table).frame.drop("行参照").sort("電話番号", "氏名", "住所")
    assert rows.equals(people().select(rows.columns).sort("電話番号", "氏名", "住所"))


def test_receipts_when_given_to_the_office_then_the_grade_rises(sealed: Scene) -> None:
    grades = {h["id"]: h["grade"] for h in sealed.json("list")["handovers"]}
    wanted = {"seiran": "receipted", "shiraho": "receipted", "wakaba": "receipted", "yamabiko": "opened"}
    assert {slug: grades[hand_over] for slug, hand_over in sealed.hand_overs().items()} == wanted


def test_return_when_the_source_is_given_then_numbers_and_ids_are_back_in_source_order(sealed: Scene) -> None:
    answer = sealed.json(
        *("return", sealed / "seiran.csv", "--handover", sealed.hand_overs()["seiran"]),
        *("--source", sealed / "register.csv", "-o", sealed / "back.xlsx"),
    )
    counts = {name: answer[name] for name in ("returned", "missing", "added", "changed", "changed_cells", "canaries")}
    assert counts == {"returned": ROWS, "missing": 0, "added": 0, "changed": 0, "changed_cells": 0, "canaries": 2}
    back = read_table(sealed / "back.xlsx").frame
    for header in ("宛名番号", "個人番号"):
        assert back[header].to_list() == people()[header].to_list()
    last = json.loads(entries(sealed)[-1])
    assert (last["type"], last["returned"], last["missing"]) == ("azukari/return/v1", ROWS, 0)


def test_export_when_a_return_was_logged_after_the_last_checkpoint_then_it_is_signed_and_exported(
    sealed: Scene,
) -> None:
    sealed.json("return", sealed / "wakaba.csv", "--handover", sealed.hand_overs()["wakaba"], "-o", sealed / "back.csv")
    size = len(entries(sealed))
    exported = sealed.json("ledger", "export", sealed / "export")
    verified = call("verify", sealed / "export", "--log-key", exported["log_key"], "--json").json
    assert verified["size"] == size == sealed.json("ledger", "check")["size"]
    assert sealed.json("ledger", "export", sealed / "export")["files"] == 0, "a second time nothing is written"


def test_export_when_the_office_is_new_then_an_empty_ledger_holds(tmp_path: Path) -> None:
    office = ("--office", tmp_path / "office", "--keys", tmp_path / "k")
    made = call(
        *("init", tmp_path / "office", "--keys", tmp_path / "k", "--oversight", tmp_path / "o", "--body", "水底市"),
        *("--origin", "ledger.example/minasoko", "--officer", "水鏡　文代", "--json"),
    )
    assert call("ledger", "export", tmp_path / "export", *office).code == 0
    answer = call("verify", tmp_path / "export", "--log-key", made.json["log_key"], "--json")
    assert (answer.code, answer.json["size"]) == (0, 0)


def test_trace_when_the_sample_is_pasted_then_the_same_copy_is_named(sealed: Scene) -> None:
    rows = read_table(leak(sealed, "shiraho")).frame
    pasted = sealed / "pasted.txt"
    text = "\r\n".join("\t".join(row) for row in [tuple(rows.columns), *rows.rows()])
    for number, encoding in enumerate(("utf-8-sig", "cp932")):
        pasted.write_bytes(text.encode(encoding, errors="replace"))
        found = sealed.json("trace", pasted, "-o", sealed / f"finding-{number}.json")
        assert found["accused"] == [sealed.hand_overs()["shiraho"]]


def test_trace_when_the_case_is_named_then_the_specimens_of_it_are_counted(sealed: Scene) -> None:
    first = sealed.json("trace", leak(sealed, "shiraho"), "-o", sealed / "1.json", "--title", "掲示板")
    second = sealed.json("trace", leak(sealed, "shiraho", seed=2), "-o", sealed / "2.json", "--case", "掲示板")
    assert [found["specimens_in_case"] for found in (first, second)] == [1, 2]
    assert [found["bound"] for found in (first, second)] == [1e-9, 2e-9]
    assert first["case"] == second["case"]


def test_expire_when_the_last_day_is_over_then_the_record_is_gone_and_the_ledger_says_so(sealed: Scene) -> None:
    from datetime import date
    from uuid import UUID

    from azukari.web.custody.models import HandOver

    assert sealed.json("expire") == {"removed": []}
    hand_over = sealed.hand_overs()["shiraho"]
    HandOver.objects.filter(id=UUID(hand_over)).update(expires_on=date(2020, 1, 1))
    assert sealed.json("expire") == {"removed": [hand_over]}
    assert not (sealed / "office" / "index" / f"{UUID(hand_over)}.record").exists()
    assert json.loads(entries(sealed)[-1])["type"] == "azukari/record-expiry/v1"
    found = sealed.json("trace", leak(sealed, "shiraho"), "-o", sealed / "finding.json")
    assert (found["accused"], found["expired"]) == ([], [hand_over])
    sealed.refused("state", "return", sealed / "shiraho.csv", "--handover", hand_over, "-o", sealed / "back.csv")


def test_office_when_its_paths_come_from_the_environment_then_no_option_is_needed(
    registered: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZUKARI_OFFICE", str(registered / "office"))
    monkeypatch.setenv("AZUKARI_KEYS", str(registered / "office.key"))
    monkeypatch.setenv("AZUKARI_LOGIN", "officer")
    assert len(call("list", "--json").json["parties"]) == 5


@pytest.mark.parametrize(
    ("lang", "wanted"), [("en_US.UTF-8", "en"), ("ja_JP.UTF-8", "ja"), ("C.UTF-8", "ja"), ("", "ja")]
)
def test_language_when_not_given_then_that_of_the_environment(
    lang: str, wanted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from azukari.cli.main import run

    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", lang)
    assert run(["verify", "nowhere"]) == 43
    assert ("not found" in capsys.readouterr().err) == (wanted == "en")
