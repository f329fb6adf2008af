"""`verify` of a single entry: what it says in both languages, and what must not hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.scene import call, refused

from azukari.completeness.shown import ShownEntry, show
from azukari.ledger.proof import encode_proof, parse_proof
from azukari.testing.logbook import WITNESSES, a_policy, an_event
from azukari.testing.operator import World
from azukari.testing.sealed import fixed_log

LOG = fixed_log()
REPORT = World(3).indexed().report()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "entry.tlog-proof"
    path.write_bytes(show(REPORT, REPORT.lists[0], 1))
    return path


def test_entry_when_it_holds_then_its_event_is_told_and_not_whose_it_is(file: Path, tmp_path: Path) -> None:
    told = call("verify", file, "--log-key", LOG.vkey).out
    for line in (
        *(
            "2026-11-20 に台帳に載ったものです",
            "2026-11-20 委託先への受渡し",
            "相手: 青嵐データ入力",
            "期限: 2027-03-31",
        ),
        *("項目: フリガナ、氏名", "誰についての記載かは", "--policy"),
    ):
        assert line in told
    (tmp_path / "policy").write_bytes(a_policy(WITNESSES, LOG))
    told = call("verify", file, "--log-key", LOG.vkey, "--policy", tmp_path / "policy", lang="en").out
    assert "fields: kana, name" in told and "--policy" not in told
    found = call("verify", file, "--log-key", LOG.vkey, "--json").json
    assert (found["kind"], found["event"]) == ("entry", an_event(0).encode().decode())


def test_entry_when_something_is_another_then_its_verdict(file: Path, tmp_path: Path) -> None:
    proof = parse_proof(file.read_bytes())
    shown = ShownEntry.parse(proof.extra)
    refused("option", call, "verify", file)
    refused("signature", call, "verify", file, "--log-key", fixed_log("ledger.city.example/log1").vkey)
    (tmp_path / "policy").write_text(f"witness x {WITNESSES[0].vkey[:-4]}AAA=\nquorum x\n", encoding="ascii")
    refused("format", call, "verify", file, "--log-key", LOG.vkey, "--policy", tmp_path / "policy")
    for change, word in (
        (ShownEntry(shown.leaf, an_event(2), shown.opening), "commitment"),
        (ShownEntry(shown.leaf, shown.event, bytes(32)), "commitment"),
        (ShownEntry(REPORT.lists[0].entries[1].leaf, shown.event, shown.opening), "proof"),
    ):
        altered = type(proof)(proof.index, proof.path, proof.checkpoint, change.encode())
        file.write_bytes(encode_proof(altered))
        refused(word, call, "verify", file, "--log-key", LOG.vkey)
    file.write_bytes(encode_proof(type(proof)(proof.index, proof.path, proof.checkpoint)))
    refused("format", call, "verify", file, "--log-key", LOG.vkey)
