"""`azukari uses`: a look at a file, in each form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from azukari.cli.main import run
from azukari.uses import mapping, pgaudit

EVENT = {
    "specversion": "1.0", "type": "azukari.use.v1", "source": "urn:example:juki", "id": "1", "subject": "0000123",
    "time": "2026-01-20T14:30:05+09:00", "data": {"act": "閲覧", "purpose_label": "証明書の交付", "unit": "市民課"},
}  # fmt: skip


def look(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    assert run(["uses", *map(str, arguments), "--json"]) == 0
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_uses_when_events_are_looked_at_then_counts_add_up_and_nobody_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "uses.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in (EVENT, EVENT | {"time": "x"}, EVENT | {"subject": ""})))
    answer = look(capsys, file)
    assert (answer["told"], answer["taken"]) == (3, 1)
    assert answer["quarantined"] == {"time": {"count": 1, "places": [2]}, "nobody": {"count": 1, "places": [3]}}
    assert run(["--lang", "ja", "uses", str(file)]) == 0
    said = capsys.readouterr().out
    assert "3 件のうち、取り込めるもの 1 件、保留 2 件" in said and "0000123" not in said


def test_uses_when_a_table_is_looked_at_then_it_needs_a_mapping(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, told = tmp_path / "log.csv", tmp_path / "mapping.json"
    file.write_bytes("宛名番号,日時,操作\n0001,令和8年1月20日 9時5分,閲覧\n0002,,閲覧\n".encode("cp932"))
    columns = mapping.ColumnMapping(
        {"subject": "宛名番号", "time": "日時", "act": "操作"}, {"purpose_label": "窓口", "unit": "市民課"}
    )
    told.write_bytes(columns.encode())
    assert look(capsys, file, "--as", "table", "--mapping", told, "--source", "urn:example:log")["taken"] == 1
    assert run(["uses", str(file), "--as", "table"]) == 44
    assert run(["uses", str(tmp_path / "none.csv"), "--as", "table", "--mapping", str(told)]) == 43


def test_uses_when_a_log_is_looked_at_then_what_concerns_nobody_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, told = tmp_path / "postgresql.log", tmp_path / "mapping.json"
    prefix = "2026-01-20 14:30:05 JST madoguchi juki: LOG:  "
    audit = f"{prefix}AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.residents,select 1,0001\n"
    file.write_text(f"{prefix}checkpoint starting\n{audit}")
    constants = {"party": "霞ヶ浜市", "purpose_label": "窓口"}
    watched = {"public.residents": pgaudit.Watched(1, "name/person")}
    told.write_bytes(pgaudit.LogMapping("urn:example:db", "%t %u %d: ", watched, constants).encode())
    answer = look(capsys, file, "--as", "pgaudit", "--mapping", told)
    assert (answer["taken"], answer["not_concerned"]) == (1, 1)
    told.write_bytes(told.read_bytes().replace(b'"parameter":1', b'"parameter":0'))
    assert run(["uses", str(file), "--as", "pgaudit", "--mapping", str(told)]) == 10


def test_uses_when_a_register_answered_about_a_person_then_its_usages_are_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = {"logtime": "2026-01-20T10:20:30", "action": "世帯の照会", "receiverCode": "1", "receiverSystem": "窓口"}
    file, person = tmp_path / "answer.json", tmp_path / "id"
    file.write_text(json.dumps({"totalUsages": 2, "usages": [usage, {"action": "x"}]}))
    person.write_text("0000123\n")
    answer = look(capsys, file, "--as", "tracker", "--source", "urn:example:register", "--of", person)
    assert (answer["told"], answer["taken"]) == (2, 1)
    assert run(["uses", str(file), "--as", "tracker", "--source", "urn:example:register"]) == 44
    file.write_text("[]")
    assert look(capsys, file, "--as", "tracker", "--source", "x", "--of", person)["taken"] == 0
    file.write_text("{")
    assert run(["uses", str(file), "--as", "tracker", "--source", "x", "--of", str(person)]) == 10
