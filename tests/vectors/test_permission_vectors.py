"""Every permission vector gives its verdict, by azukari and by the verifier that shares no line with it."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azukari import errors
from azukari.errors import AzukariError
from azukari.seal.certificate import verify_certificate

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "vectors" / "permission"
CASES = sorted(FOLDER.glob("*.json"))
CODES = {
    c.word: c.code for c in vars(errors).values() if isinstance(c, type) and issubclass(c, AzukariError) and c.word
}
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


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_permission_vector_when_verified_then_gives_its_verdict(path: Path) -> None:
    case = read(path)
    keys = {"vkey": case["log_key"], "party_vkey": case["party_key"]}
    data, today = case["certificate"].encode(), date.fromisoformat(case["today"])
    if case["expect"] != "holds":
        with pytest.raises(AzukariError) as caught:
            verify_certificate(data, today=today, **keys)
        assert caught.value.word == case["expect"]
        return
    found = verify_certificate(data, today=today, **keys)
    assert found.entry_bytes.decode() == json.loads(data)["entry"]
    assert (found.asker_name, found.party_name, found.permission.country in "JP XA") == (
        *("青嵐データ入力", "白帆情報処理"),
        True,
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_permission_vector_when_verified_by_the_small_verifier_then_the_same_word_and_code(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = read(path)
    verify = loaded(ROOT / "verifier" / "azukari_verify.py", "azukari_verify")
    monkeypatch.setattr(verify, "today", lambda: date.fromisoformat(case["today"]))
    (tmp_path / "permission.azp").write_text(case["certificate"], encoding="utf-8", newline="")
    command = [str(tmp_path / "permission.azp"), "--json"]
    for option in ("log_key", "party_key"):
        if case[option] is not None:
            command += [f"--{option.replace('_', '-')}", case[option]]
    code = verify.main(command)
    assert json.loads(capsys.readouterr().out)["verdict"] == case["expect"]
    assert code == ({"holds": 0} | CODES)[case["expect"]]


def test_permission_vectors_when_counted_then_two_must_fail_per_success_and_every_verdict_occurs() -> None:
    count = Counter(read(path)["expect"] for path in CASES)
    assert sum(count.values()) - count["holds"] >= 2 * count["holds"] >= 12
    assert set(count) == {
        *("holds", "format", "limit", "signature", "proof", "commitment"),
        *("foreign-certificate", "revoked", "expired", "stale"),
    }


def test_permission_vectors_when_generated_again_then_same_bytes() -> None:
    generator = loaded(FOLDER / "generate.py", "permission_vectors_generate")
    assert generator.files() == {path.name: path.read_bytes() for path in CASES}


def test_permission_vectors_when_expected_to_fail_then_each_names_its_step() -> None:
    comments = [read(path)["comment"] for path in CASES if read(path)["expect"] != "holds"]
    assert {comment.partition(":")[0] for comment in comments} == {f"step {number}" for number in range(1, 10)}
