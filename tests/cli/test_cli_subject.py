"""`subject` and the index commands: what a person gets at the counter, and what an auditor of the index does, as commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call, copied, refused

from azukari.completeness.checking import verify_report
from azukari.completeness.report import Report
from azukari.completeness.shown import verify_shown
from azukari.ledger.note import Verifier

SOMEBODY = 7  # row of the register


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with two hand-overs and an index."""
    scene = copied(scenes.registered(), tmp_path_factory.mktemp("lists") / "scene")
    scenes.people().head(60).write_csv(scene / "small.csv")
    (scene / "id.txt").write_text(scenes.people()["宛名番号"][SOMEBODY] + "\n", encoding="utf-8")
    scene.seal("seiran", "small.csv")
    scene.seal("shiraho", "small.csv")
    scene.json("ledger", "index")
    scenes.close()
    return scene.folder


@pytest.fixture
def scene(template: Path, tmp_path: Path) -> Scene:
    return copied(template, tmp_path / "scene")


def log_key(scene: Scene) -> Verifier:
    return Verifier.parse(scene.json("ledger", "keys")["keys"][0])


def about(scene: Scene, *command: object) -> list[object]:
    return ["subject", *command, "--of", scene / "id.txt"]


def test_report_when_written_then_it_checks_and_lists_both_hand_overs(scene: Scene) -> None:
    told = scene.json(*about(scene, "report", "-o", scene / "mine.azl"))
    checked = verify_report((scene / "mine.azl").read_bytes(), datetime.now(UTC), [log_key(scene)])
    assert (told["entries"], checked.shown, told["withheld"]) == (2, 2, 0)
    (scene / "kept").write_bytes(checked.visit.encode())
    scene.json("ledger", "index")
    scene.json(*about(scene, "report", "-o", scene / "again.azl", "--visit", scene / "kept"))
    again = verify_report((scene / "again.azl").read_bytes(), datetime.now(UTC), [log_key(scene)], visit=checked.visit)
    assert again.report.since is not None


def test_key_when_written_then_it_is_that_of_the_report_and_nothing_else_shows_it(scene: Scene) -> None:
    answer = scene.run(*about(scene, "key", "-o", scene / "letter.txt"))
    letter = (scene / "letter.txt").read_text(encoding="utf-8").splitlines()
    spelled = letter[letter.index("鍵 / key") + 1].replace(" ", "")
    scene.json(*about(scene, "report", "-o", scene / "mine.azl"))
    assert Report.parse((scene / "mine.azl").read_bytes()).lists[0].key.hex() == spelled
    assert answer.code == 0 and spelled[:8] not in answer.out + answer.err


def test_rekey_then_receipt_of_the_old_list_and_a_new_list_that_is_empty(scene: Scene) -> None:
    assert scene.json(*about(scene, "rekey", "--reason", "見られた"))["entries"] == 3
    scene.json("ledger", "index")
    scene.json(*about(scene, "report", "-o", scene / "mine.azl"))
    made = Report.parse((scene / "mine.azl").read_bytes())
    assert [len(one.entries) for one in made.lists] == [3, 0]
    scene.json(*about(scene, "receipt", 2, "--list", 0, "-o", scene / "two.tlog-proof"))
    shown, _ = verify_shown((scene / "two.tlog-proof").read_bytes(), made.origin, [log_key(scene)])
    assert shown.event.fields and shown.event.act == "hand-over"
    scene.refused("not-found", *about(scene, "receipt", 4, "--list", 0, "-o", scene / "four.tlog-proof"))
    scene.refused("not-found", *about(scene, "receipt", 1, "-o", scene / "one.tlog-proof"))


def test_erase_then_a_last_report_and_nobody_by_that_id(scene: Scene) -> None:
    told = scene.json(*about(scene, "erase", "--ground", "保存期間の満了", "-o", scene / "last.azl"))
    checked = verify_report((scene / "last.azl").read_bytes(), datetime.now(UTC), [log_key(scene)])
    assert told["entries"] == [3] and checked.shown == 3
    scene.refused("not-found", *about(scene, "report", "-o", scene / "mine.azl"))
    scene.json("ledger", "check")


def test_subject_when_the_id_is_unknown_empty_or_no_text_then_one_sentence(scene: Scene) -> None:
    (scene / "id.txt").write_text("00000000\n")
    scene.refused("not-found", *about(scene, "report", "-o", scene / "mine.azl"))
    (scene / "id.txt").write_text(" \n")
    scene.refused("option", *about(scene, "key", "-o", scene / "letter.txt"))
    (scene / "id.txt").write_bytes(b"\xff\xfe")
    scene.refused("format", *about(scene, "rekey"))
    (scene / "id.txt").unlink()
    scene.refused("not-found", *about(scene, "rekey"))


def audit(scene: Scene, place: object, *more: object) -> scenes.Answer:
    named = ("--log-key", log_key(scene).vkey, "--key", scene / "auditor.key", "--state", scene / "audited")
    return call("ledger", "audit-index", place, *named, *more, "--json")


def test_audit_when_every_index_matches_then_the_cosignature_makes_the_report_one_that_is_audited(scene: Scene) -> None:
    vkey = call("ledger", "audit-key", scene / "auditor.key", "--name", "audit.example/a1", "--json").json["vkey"]
    from azukari.ledger.policy import Policy

    text = f"witness a1 {vkey}\nquorum a1\n".encode()
    (scene / "auditors").write_bytes(text)
    assert scene.json("ledger", "audit-policy", scene / "auditors")["auditors"] == ["a1"]
    scene.refused("not-audited", *about(scene, "report", "-o", scene / "mine.azl"))
    scene.json("ledger", "export", scene / "public")
    first = audit(scene, scene / "public", "-o", scene / "cosigned")
    assert (first.code, first.json["indexes"]) == (0, 1)
    scene.json("ledger", "audit-answer", scene / "cosigned")
    scene.json(*about(scene, "report", "-o", scene / "mine.azl"))
    data, keys = (scene / "mine.azl").read_bytes(), [log_key(scene)]
    checked = verify_report(data, datetime.now(UTC), keys, auditors=Policy.parse(text))
    assert "auditors" not in checked.not_asked
    scene.json("ledger", "index")
    scene.json("ledger", "export", scene / "public")
    assert audit(scene, scene / "public").json["indexes"] == 1, "it goes on from what was audited"
    assert len(list((scene / "public" / "index").iterdir())) == 2


def test_erase_when_the_last_index_is_not_audited_then_the_key_stays_until_it_is(scene: Scene) -> None:
    """The report under the last audited checkpoint lacks the erasure: with the key gone nobody could ever show the rest."""
    vkey = call("ledger", "audit-key", scene / "auditor.key", "--name", "audit.example/a1", "--json").json["vkey"]
    (scene / "auditors").write_bytes(f"witness a1 {vkey}\nquorum a1\n".encode())
    scene.json("ledger", "audit-policy", scene / "auditors")
    erase = about(scene, "erase", "--ground", "保存期間の満了", "-o", scene / "last.azl")
    _audited(scene, "first")
    refused("not-audited", scene.run, *erase)  # it stays logged, and is gone on with
    assert not (scene / "last.azl").exists()
    scene.json(*about(scene, "key", "-o", scene / "letter.txt"))
    _audited(scene, "second")
    assert scene.json(*erase)["entries"] == [3]
    scene.refused("not-found", *about(scene, "report", "-o", scene / "mine.azl"))


def _audited(scene: Scene, name: str) -> None:
    scene.json("ledger", "export", scene / "public")
    answer = audit(scene, scene / "public", "-o", scene / name)
    assert answer.code == 0, answer
    scene.json("ledger", "audit-answer", scene / name)


def test_audit_when_an_index_is_wrong_then_refused_with_evidence_and_nothing_is_signed(scene: Scene) -> None:
    from django.db import transaction

    from azukari.cli.options import open_office
    from azukari.completeness.index import depth_of
    from azukari.completeness.index_entry import IndexEntry
    from azukari.web.leaves.models import Epoch
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import entry

    call("ledger", "audit-key", scene / "auditor.key", "--name", "audit.example/a1")
    office = open_office(scene / "office", scene / "office.key", None)
    last = Epoch.objects.get()
    log = queries.log_of(office.body_id)
    lie = IndexEntry(last.made_at, last.count - 1, depth_of(last.count - 1), bytes(32), queries.count(log.id))
    with transaction.atomic():
        index = entry.append(log_id=log.id, data=lie.encode(), by=office.by, at=office.at)
    scene.json("ledger", "export", scene / "public")
    key = log_key(scene)
    named = ("--log-key", key.vkey, "--key", scene / "auditor.key", "--state", scene / "audited")
    refused("index", call, "ledger", "audit-index", scene / "public", *named, "-o", scene / "cosigned")
    evidence = json.loads((scene / "audited" / f"index-root-{index}.azm.json").read_text())
    assert (evidence["index"], evidence["word"]) == (index, "index")
    assert not (scene / "cosigned").exists() and not (scene / "audited" / "state.json").exists()


def test_audit_when_an_index_stays_behind_what_was_audited_before_then_refused(scene: Scene) -> None:
    """The second covers what stood before the first, and no more: what was logged in between could wait for ever."""
    from django.db import transaction

    from azukari.cli.options import open_office
    from azukari.completeness.index_entry import IndexEntry
    from azukari.web.leaves.models import Epoch
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import entry

    call("ledger", "audit-key", scene / "auditor.key", "--name", "audit.example/a1")
    office = open_office(scene / "office", scene / "office.key", None)
    last, log = Epoch.objects.get(), queries.log_of(office.body_id)
    size = queries.count(log.id)

    def append(*datas: bytes) -> None:
        with transaction.atomic():
            for data in datas:
                entry.append(log_id=log.id, data=data, by=office.by, at=office.at)
        scene.json("ledger", "export", scene / "public")

    first = IndexEntry(last.made_at, last.count, last.depth, bytes(last.root), size)
    append(b'{"type":"azukari/other/v1"}', first.encode())
    assert audit(scene, scene / "public").json["indexes"] == 2
    append(replace(first, size=size + 1).encode())
    answer = audit(scene, scene / "public")
    assert (answer.json["error"], answer.code) == ("index", 63)
    assert (scene / "audited" / f"index-order-{size + 2}.azm.json").exists()


def test_audit_answer_when_by_nobody_of_the_policy_or_of_another_ledger_then_refused(scene: Scene) -> None:
    vkey = call("ledger", "audit-key", scene / "auditor.key", "--name", "audit.example/a1", "--json").json["vkey"]
    call("ledger", "audit-key", scene / "other.key", "--name", "audit.example/a2")
    scene.json("ledger", "export", scene / "public")
    assert audit(scene, scene / "public", "-o", scene / "cosigned").code == 0
    scene.refused("not-found", "ledger", "audit-answer", scene / "cosigned")
    (scene / "auditors").write_text(f"witness a1 {vkey}\nquorum a1\n")
    scene.json("ledger", "audit-policy", scene / "auditors")
    scene.refused("signature", "ledger", "audit-answer", scene / "public" / "checkpoint")
    altered = (scene / "cosigned").read_text(encoding="utf-8").replace("\n1", "\n2", 1)
    (scene / "altered").write_text(altered, encoding="utf-8")
    scene.refused("signature", "ledger", "audit-answer", scene / "altered")
    (scene / "noise").write_bytes(b"noise")
    scene.refused("format", "ledger", "audit-answer", scene / "noise")
    assert scene.json("ledger", "audit-answer", scene / "cosigned")["size"] > 0


def test_audit_policy_when_a_key_is_a_witness_too_then_refused(scene: Scene) -> None:
    vkey = call("ledger", "audit-key", scene / "auditor.key", "--name", "audit.example/a1", "--json").json["vkey"]
    (scene / "policy").write_text(f"witness w1 {vkey}\nquorum w1\n")
    scene.json("ledger", "policy", scene / "policy")
    scene.refused("option", "ledger", "audit-policy", scene / "policy")


def test_report_when_shorter_than_at_the_last_visit_then_refused_with_evidence(scene: Scene) -> None:
    from dataclasses import replace

    from azukari.completeness.visit import Visit

    scene.json(*about(scene, "report", "-o", scene / "mine.azl"))
    kept = Visit.of(Report.parse((scene / "mine.azl").read_bytes()))
    longer = replace(kept, lists=(replace(kept.lists[0], entries=3),))
    (scene / "kept").write_bytes(longer.encode())
    refused(
        "incomplete", call, "verify", scene / "mine.azl", "--log-key", log_key(scene).vkey, "--visit", scene / "kept"
    )
    assert (scene / "incomplete-shortened.azm.json").exists()
