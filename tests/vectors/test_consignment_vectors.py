"""Every consignment vector gives its verdict, by azukari and by the verifier that shares no line with it."""

from __future__ import annotations

import importlib.util
import json
import random
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azukari import errors
from azukari.errors import AzukariError
from azukari.seal.consignment_proof import verify_consignment_proof

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "vectors" / "consignment"
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


VERIFY: Any = loaded(ROOT / "verifier" / "azukari_verify.py", "azukari_verify_consignment")


def read(path: Path) -> Case:
    value: Case = json.loads(path.read_text(encoding="utf-8"))
    return value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_consignment_vector_when_verified_then_gives_its_verdict(path: Path) -> None:
    case = read(path)
    data, keys = case["proof"].encode(), {"vkey": case["log_key"], "party_vkey": case["party_key"]}
    if case["expect"] != "holds":
        with pytest.raises(AzukariError) as caught:
            verify_consignment_proof(data, **keys)
        assert caught.value.word == case["expect"]
        return
    found, file = verify_consignment_proof(data, **keys), json.loads(data)
    assert found.entry_bytes.decode() == file["entry"]
    assert found.opened == {label: one["value"] for label, one in file["openings"].items()}
    assert (found.signed_on, found.voided_on) == (
        "2026-04-02" if file["receipt"] else None,
        "2026-04-09" if file["void"] else None,
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_consignment_vector_when_verified_by_the_small_verifier_then_the_same_word_and_code(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = read(path)
    (tmp_path / "consignment.azd").write_text(case["proof"], encoding="utf-8", newline="")
    command = [str(tmp_path / "consignment.azd"), "--json"]
    for option in ("log_key", "party_key"):
        if case[option] is not None:
            command += [f"--{option.replace('_', '-')}", case[option]]
    code = VERIFY.main(command)
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"] == case["expect"]
    assert code == ({"holds": 0} | CODES)[case["expect"]]
    assert said["verdict"] == "holds" or said["steps"] + 1 == int(case["comment"][5])


def words(data: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What azukari says, and what the small verifier says."""
    (folder / "consignment.azd").write_bytes(data)
    VERIFY.main([str(folder / "consignment.azd"), "--json"])
    theirs = str(json.loads(capsys.readouterr().out)["verdict"])
    try:
        verify_consignment_proof(data)
    except AzukariError as error:
        return error.word, theirs
    return "holds", theirs


def test_consignment_proof_when_a_byte_is_changed_anywhere_then_nothing_holds_and_both_give_the_same_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, chance = read(FOLDER / "void.json")["proof"].encode(), random.Random(11)
    for place in chance.sample(range(len(data)), 400):
        altered = bytearray(data)
        altered[place] = chance.choice([altered[place] ^ 1 << chance.randrange(8), *b'0aA"/ '])
        ours, theirs = words(bytes(altered), tmp_path, capsys)
        assert ours == theirs, (place, bytes(altered[place - 20 : place + 1]))
        assert (ours == "holds") == (altered == data), place


@pytest.mark.parametrize("data", [
    b"", b"{}", b"[]", b"null", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{" * 60_000, b"[" * 60_000, b"9" * 10_000, b"1e999",
    b'{"a":1,"a":1}', b'"\\ud800"', b'{"type":"azukari/consignment-proof/v1"}',
], ids=lambda data: repr(data[:12]))  # fmt: skip
def test_bytes_when_malformed_then_both_say_format(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words(data, tmp_path, capsys) == ("format", "format")


@pytest.mark.parametrize("name", ["whole", "hidden", "void", "void-hidden", "no-keys", "unsigned"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_consignment_proof_when_told_by_the_small_verifier_then_what_is_not_shown_is_said(
    name: str, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = read(FOLDER / f"{name}.json")
    (tmp_path / "named otherwise").write_text(case["proof"], encoding="utf-8", newline="")
    assert VERIFY.main([str(tmp_path / "named otherwise"), "--lang", language]) == 0
    told = capsys.readouterr().out
    assert told.count("✓") == 7
    said = {
        "void": {"ja": "箱の数を誤った", "en": "箱の数を誤った"},
        "void-hidden": {"ja": "2026-04-09 に取り消されています", "en": "Called void on 2026-04-09"},
        "unsigned": {"ja": "署名はありません", "en": "has not signed"},
        "hidden": {"ja": "<10", "en": "<10"},
    }.get(name, {"ja": "2026-04-02", "en": "2026-04-02"})[language]
    assert said in told and {"ja": "誰の台帳か", "en": "Whose ledger"}[language] in told
    assert ("封緘済み" in told) == (name not in ("hidden", "void", "void-hidden"))


def test_consignment_vectors_when_counted_then_two_must_fail_per_success_and_every_verdict_occurs() -> None:
    count = Counter(read(path)["expect"] for path in CASES)
    assert sum(count.values()) - count["holds"] >= 2 * count["holds"] >= 20
    assert set(count) == {"holds", "format", "limit", "signature", "proof", "commitment", "foreign-receipt"}


def test_consignment_vectors_when_generated_again_then_same_bytes() -> None:
    generator = loaded(FOLDER / "generate.py", "consignment_vectors_generate")
    assert generator.files() == {path.name: path.read_bytes() for path in CASES}


def test_consignment_vectors_when_expected_to_fail_then_each_names_its_step() -> None:
    comments = [read(path)["comment"] for path in CASES if read(path)["expect"] != "holds"]
    assert {comment.partition(":")[0] for comment in comments} == {f"step {number}" for number in range(1, 8)}
