"""Every evidence vector gives its verdict, by azukari and by the verifier that shares no line with it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azukari import errors
from azukari.errors import AzukariError, NotRecomputed
from azukari.evidence.verifying import Verified, verify_bundle

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "vectors" / "evidence"
CASES = sorted(FOLDER.glob("*.json"))
CODES = {
    c.word: c.code for c in vars(errors).values() if isinstance(c, type) and issubclass(c, AzukariError) and c.word
}
Case = dict[str, Any]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("evidence_vectors_generate", FOLDER / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def verdict(case: Case) -> str:
    specimen = None if case["specimen"] is None else case["specimen"].encode()
    try:
        found = verify_bundle(case["evidence"].encode(), specimen, vkey=case["log_key"])
    except AzukariError as error:
        if isinstance(error, NotRecomputed):
            assert isinstance(error.facts["result"], Verified)
        return error.word
    assert len(found.accused) == 1 and found.hand_overs == 4 and found.specimens_in_case == 1
    return "holds"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_evidence_vector_when_verified_then_gives_its_verdict(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    assert verdict(case) == case["expect"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_evidence_vector_when_verified_by_the_small_verifier_then_the_same_word_and_code(
    path: Path, tmp_path: Path
) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    (tmp_path / "evidence.json").write_text(case["evidence"], encoding="utf-8", newline="")
    command = [sys.executable, str(ROOT / "verifier" / "azukari_verify.py"), str(tmp_path / "evidence.json"), "--json"]
    if case["specimen"] is not None:
        (tmp_path / "specimen.json").write_text(case["specimen"], encoding="utf-8", newline="")
        command += ["--specimen", str(tmp_path / "specimen.json")]
    if case["log_key"] is not None:
        command += ["--log-key", case["log_key"]]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, encoding="utf-8")
    assert done.stderr == ""
    assert json.loads(done.stdout)["verdict"] == case["expect"]
    assert done.returncode == ({"holds": 0} | CODES)[case["expect"]]


def test_evidence_vectors_when_counted_then_two_must_fail_per_success_and_every_verdict_occurs() -> None:
    count = Counter(json.loads(path.read_text(encoding="utf-8"))["expect"] for path in CASES)
    assert sum(count.values()) - count["holds"] >= 2 * count["holds"] > 0
    assert set(count) == {
        "holds",
        "not-recomputed",
        "format",
        "signature",
        "proof",
        "commitment",
        "foreign-receipt",
    } | {
        "evidence",
        "specimen",
        "burned",
    }


def test_evidence_vectors_when_generated_again_then_same_bytes() -> None:
    assert generator().files() == {path.name: path.read_bytes() for path in CASES}
