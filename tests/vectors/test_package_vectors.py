"""Every package vector gives its verdict; all but the sealed bytes is made anew, and those hold what they should."""

from __future__ import annotations

import importlib.util
import io
import json
from base64 import b64decode
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azukari.errors import AzukariError
from azukari.seal.identity import Identity
from azukari.seal.manifest import Entry
from azukari.seal.package import open_package, verify_package, write_package
from azukari.seal.receipt import verify_receipt
from azukari.testing.sealed import OVERSIGHT, fixed_identity

FOLDER = Path(__file__).parents[2] / "vectors" / "package"
CASES = sorted(FOLDER.glob("*.json"))
Case = dict[str, Any]
AFTER_THE_LEDGER = {"wrong-key", "commitment", "undeclared-column", "row-root"}


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("package_vectors_generate", FOLDER / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package_of(case: Case) -> bytes:
    if "package" in case:
        return b64decode(case["package"])
    out = io.BytesIO()
    write_package(out, case["manifest"].encode(), io.BytesIO(b64decode(case["payload"])), case["proof"].encode())
    return out.getvalue()


def run_open(case: Case) -> None:
    package = package_of(case)
    opened = open_package(io.BytesIO(package), Identity.parse(case["identity"]), case["log_key"])
    assert opened.package == verify_package(io.BytesIO(package), case["log_key"])
    assert opened.table.height == opened.contents.rows
    assert opened.package.entry_bytes == case["manifest"].encode()


def run_receipt(case: Case) -> None:
    entry = case["entry"].encode()
    receipt = verify_receipt(case["receipt"].encode(), Entry.parse(entry), entry)
    assert receipt.text() in case["receipt"]


RUN = {"open": run_open, "receipt": run_receipt}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_package_vector_when_run_then_gives_its_verdict(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    if case["expect"] == "success":
        RUN[case["what"]](case)
        return
    with pytest.raises(AzukariError) as caught:
        RUN[case["what"]](case)
    assert caught.value.word == case["expect"]
    if case["what"] == "open" and case["expect"] in AFTER_THE_LEDGER:
        verify_package(io.BytesIO(package_of(case)), case["log_key"])  # steps 1 to 4 need no key and hold


def test_package_vectors_when_counted_then_two_must_fail_per_success() -> None:
    count = Counter()  # type: Counter[tuple[str, bool]]
    for path in CASES:
        case = json.loads(path.read_text(encoding="utf-8"))
        count[case["what"], case["expect"] == "success"] += 1
    assert {what for what, _ in count} == set(RUN)
    for what in RUN:
        assert count[what, False] >= 2 * count[what, True] > 0, what


def test_package_vectors_when_generated_again_then_same_bytes() -> None:
    assert generator().files() == {path.name: path.read_bytes() for path in CASES}


def test_sealed_bytes_when_decrypted_then_exactly_what_the_generator_builds() -> None:
    archives = generator().archives()
    assert {path.stem for path in (FOLDER / "sealed").iterdir()} == set(archives)
    oversight = fixed_identity(OVERSIGHT)
    for name, inside in archives.items():
        assert oversight.decrypt((FOLDER / "sealed" / f"{name}.age").read_bytes()) == inside, name
