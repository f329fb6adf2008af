"""Every completeness vector gives its verdict, step and kind, and what an office that is not honest does is among them."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azukari.completeness.checking import Checked, verify_report
from azukari.completeness.misbehaviour import Misbehaviour
from azukari.completeness.report import Report
from azukari.completeness.visit import Visit
from azukari.errors import AzukariError
from azukari.ledger import Policy, Verifier

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "vectors" / "completeness"
CASES = sorted(FOLDER.glob("*.json"))
Case = dict[str, Any]


def loaded(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path: Path) -> Case:
    value: Case = json.loads(path.read_text(encoding="utf-8"))
    return value


def verified(case: Case) -> Checked:
    policy, auditors = (Policy.parse(case[name].encode()) if case[name] else None for name in ("policy", "auditors"))
    return verify_report(
        case["report"].encode(),
        datetime.fromisoformat(case["now"]),
        [Verifier.parse(vkey) for vkey in case["vkeys"]],
        policy,
        auditors,
        bytes.fromhex(case["key"]) if case["key"] else None,
        Visit.parse(case["visit"].encode()) if case["visit"] else None,
    )


def refused(case: Case) -> AzukariError:
    with pytest.raises(AzukariError) as caught:
        verified(case)
    return caught.value


@pytest.mark.parametrize(
    "path", [path for path in CASES if read(path)["expect"]["word"] == "holds"], ids=lambda p: p.stem
)
def test_completeness_vector_when_it_holds_then_it_says_what_is_in_it(path: Path) -> None:
    case = read(path)
    checked, expect = verified(case), case["expect"]
    assert checked.as_of.isoformat().replace("+00:00", "Z") == expect["as_of"]
    assert (checked.shown, [day.isoformat() for day in checked.withheld]) == (expect["shown"], expect["withheld"])
    assert list(checked.not_asked) == expect["not_asked"]
    assert checked.visit.encode().decode() == expect["visit"]
    assert Report.parse(case["report"].encode()).encode().decode() == case["report"]


@pytest.mark.parametrize(
    "path", [path for path in CASES if read(path)["expect"]["word"] != "holds"], ids=lambda p: p.stem
)
def test_completeness_vector_when_it_fails_then_word_step_kind_and_an_evidence_file_of_that_name(path: Path) -> None:
    case = read(path)
    error, expect = refused(case), case["expect"]
    assert {"word": error.word, "step": error.facts["step"], "kind": error.facts["kind"]} == expect
    evidence = Misbehaviour.of(error, case["report"].encode(), (case["visit"] or "").encode())
    if expect["step"] == 1:
        assert evidence is None
        return
    assert evidence is not None and Misbehaviour.parse(evidence.encode()) == evidence
    assert evidence.name == "-".join(filter(None, (expect["word"], expect["kind"]))) + ".azm.json"


def test_completeness_vectors_when_counted_then_two_must_fail_per_success_and_every_step_and_kind_occurs() -> None:
    expects = [read(path)["expect"] for path in CASES]
    count = Counter(expect["word"] for expect in expects)
    assert sum(count.values()) - count["holds"] >= 2 * count["holds"] >= 24
    assert {expect["step"] for expect in expects} == set(range(11))
    assert {(expect["word"], expect["kind"]) for expect in expects if expect["kind"]} == {
        *(("incomplete", kind) for kind in ("missing", "twice", "skipped", "overdue", "shortened", "rekey")),
        *(("fork", kind) for kind in ("fork", "rollback")),
    }
    assert set(count) == {
        *("holds", "format", "limit", "wrong-key", "signature", "not-witnessed", "not-audited"),
        *("stale", "proof", "fork", "incomplete", "commitment"),
    }


def test_completeness_vectors_when_generated_again_then_same_bytes() -> None:
    generator = loaded(FOLDER / "generate.py", "completeness_vectors_generate")
    assert generator.files() == {path.name: path.read_bytes() for path in CASES}
