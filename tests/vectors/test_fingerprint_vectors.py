"""Every fingerprint vector: what is spelled, how, and what must never be altered by any key."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from azukari.fields.kinds import Kind
from azukari.fields.spelling import SLOTS, bearing, presentation, read, spell
from azukari.fingerprint.codes import code_words, forms, tags
from azukari.fingerprint.marking import spell_column
from azukari.tables.spelling import plain_column

FOLDER = Path(__file__).parents[2] / "vectors" / "fingerprint"
CASES = [json.loads(path.read_text(encoding="utf-8")) | {"name": path.stem} for path in sorted(FOLDER.glob("*.json"))]
Case = dict[str, Any]
KEYS = [sha256(b"any key %d" % number).digest() for number in range(64)]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fingerprint_vectors_generate", FOLDER / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(expect: str) -> Any:
    return pytest.mark.parametrize("case", [c for c in CASES if c["expect"] == expect], ids=lambda case: case["name"])


@cases("success")
def test_cell_when_spelled_under_fixed_keys_then_as_the_vector_says(case: Case) -> None:
    kind, text = Kind(case["kind"]), case["text"]
    assert presentation(kind, text) == case["presentation"]
    assert tags(kind, [case["presentation"]]).hex() == case["tag"]
    for copy in case["copies"]:
        key = bytes.fromhex(copy["key"])
        words = code_words(key, bytes.fromhex(case["tag"]))
        assert words.astype(">u2").tobytes().hex() == copy["word"]
        coded = {slot.name: int(forms(words, slot)[0]) for slot in SLOTS[kind]}
        assert copy["forms"] == {slot.name: coded[slot.name] for slot in bearing(kind, text)}
        assert spell(kind, text, coded) == copy["delivered"]
        assert copy["forms"].items() <= read(kind, copy["delivered"]).items()
        delivered, plain = spell_column(pl.Series([text]), kind, key)
        assert (delivered[0], plain[0]) == (copy["delivered"], case["presentation"])
    assert len({copy["delivered"] for copy in case["copies"]}) > 1, "seven keys, and not one difference"


@cases("unchanged")
def test_cell_when_it_must_never_be_altered_then_no_key_and_no_form_alters_it(case: Case) -> None:
    kind, text = Kind(case["kind"]), case["text"]
    assert bearing(kind, text) == ()
    assert presentation(kind, text) == case["presentation"] == plain_column(pl.Series([text]), kind)[0]
    if kind not in SLOTS:
        assert presentation(kind, text) == ("" if kind is Kind.INDIVIDUAL_NUMBER else text)
        return
    for key in KEYS:
        assert spell_column(pl.Series([text]), kind, key)[0][0] == text
    for form in range(3):
        assert spell(kind, text, {slot.name: min(form, slot.forms - 1) for slot in SLOTS[kind]}) == text


@cases("distinct")
def test_cells_when_they_only_look_alike_then_never_one_presentation_form(case: Case) -> None:
    kind = Kind(case["kind"])
    assert case["one"] != case["other"]
    assert presentation(kind, case["one"]) != presentation(kind, case["other"])
    one, other = plain_column(pl.Series([case["one"], case["other"]]), kind)
    assert one != other


def test_fingerprint_vectors_when_counted_then_two_must_never_per_success() -> None:
    count = Counter(case["expect"] for case in CASES)
    assert count["unchanged"] + count["distinct"] >= 2 * count["success"] > 0
    assert {Kind(case["kind"]) for case in CASES} == set(Kind) - {Kind.REFERENCE}


def test_fingerprint_vectors_when_generated_again_then_same_bytes() -> None:
    assert generator().files() == {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))}
