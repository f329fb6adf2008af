"""Every crossing vector gives its verdict, and the same one as a folder on a disk."""

from __future__ import annotations

import importlib.util
import json
import os
from collections import Counter
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azukari.errors import AzukariError
from azukari.seal.crossing import Crossing, Expected, Side, verify_crossing, verify_file, verify_listing
from azukari.stores.crossing import copy_in, read_note

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "vectors" / "crossing"
CASES = sorted(FOLDER.glob("*.json"))
Case = dict[str, Any]


def read(path: Path) -> Case:
    value: Case = json.loads(path.read_text(encoding="utf-8"))
    return value


def expected(case: Case) -> Expected:
    return Expected(**(case["expected"] | {"side": Side(case["expected"]["side"])}))


def verify(case: Case) -> Crossing:
    """Steps 1 to 8 in memory."""
    crossing = verify_crossing(case["note"].encode(), expected(case))
    found = {name: None if text is None else text.encode() for name, text in case["files"].items()}
    verify_listing(crossing, {name: None if data is None else len(data) for name, data in found.items()})
    for item in crossing.items:
        verify_file(item, sha256(found[item.name] or b"").hexdigest())
    return crossing


def verify_folder(case: Case, folder: Path) -> Crossing:
    """Steps 1 to 8 on a folder."""
    (folder / "one" / "files").mkdir(parents=True)
    (folder / "inbox").mkdir()
    (folder / "one" / "crossing").write_bytes(case["note"].encode())
    for name, text in case["files"].items():
        place = folder / "one" / "files" / name
        os.mkfifo(place) if text is None else place.write_bytes(text.encode())
    crossing = verify_crossing(read_note(folder / "one"), expected(case))
    copy_in(folder / "one", crossing, folder / "inbox")
    return crossing


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_crossing_vector_when_verified_then_gives_its_verdict(path: Path, tmp_path: Path) -> None:
    case = read(path)
    for check in (verify, lambda one: verify_folder(one, tmp_path)):
        if case["expect"] == "holds":
            assert {item.name for item in check(case).items} == set(case["files"])
            continue
        with pytest.raises(AzukariError) as caught:
            check(case)
        assert caught.value.word == case["expect"]


def test_crossing_vectors_when_counted_then_two_must_fail_per_success_and_every_verdict_occurs() -> None:
    count = Counter(read(path)["expect"] for path in CASES)
    assert sum(count.values()) - count["holds"] >= 2 * count["holds"] >= 8
    assert set(count) == {
        *("holds", "format", "limit", "signature", "foreign-crossing", "replayed-crossing", "missing-crossing"),
        *("crossing-chain", "crossing-file", "incomplete-crossing"),
    }


def test_crossing_vectors_when_generated_again_then_same_bytes() -> None:
    generator = loaded(FOLDER / "generate.py", "crossing_vectors_generate")
    assert generator.files() == {path.name: path.read_bytes() for path in CASES}


def test_crossing_vectors_when_expected_to_fail_then_each_names_its_step() -> None:
    comments = [read(path)["comment"] for path in CASES if read(path)["expect"] != "holds"]
    assert {comment.partition(":")[0] for comment in comments} == {f"step {number}" for number in range(1, 9)}


def loaded(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
