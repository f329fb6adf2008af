"""Every vector of a crossing as one file gives its verdict, and nothing is laid down beside the place."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.vectors.test_crossing_vectors import ROOT, loaded

from azukari.errors import AzukariError
from azukari.stores.crossing_file import unpack

FOLDER = ROOT / "vectors" / "crossing-file"
CASES = sorted(FOLDER.glob("*.json"))


def read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def file_of(case: dict[str, Any]) -> bytes:
    return b"".join(bytes(one) if isinstance(one, int) else base64.b64decode(one) for one in case["file"])


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [7, 512, 1 << 20])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_crossing_file_vector_when_unpacked_then_gives_its_verdict(path: Path, size: int, tmp_path: Path) -> None:
    case, into = read(path), tmp_path / "in"
    data = file_of(case)
    into.mkdir()
    if case["expect"] == "holds":
        folders = unpack(cut(data, size), len(data), into)
        assert [one.name for one in folders] == list(case["folders"])
        assert tree(into) == {
            f"{name}/{file}": text for name, of in case["folders"].items() for file, text in of.items()
        }
    else:
        with pytest.raises(AzukariError) as caught:
            unpack(cut(data, size), len(data), into)
        assert caught.value.word == case["expect"]
    assert list(tmp_path.iterdir()) == [into]


def tree(folder: Path) -> dict[str, str]:
    return {str(one.relative_to(folder)): one.read_text() for one in folder.rglob("*") if one.is_file()}


def test_crossing_file_vectors_when_counted_then_two_must_fail_per_success_and_every_verdict_occurs() -> None:
    count = Counter(read(path)["expect"] for path in CASES)
    assert sum(count.values()) - count["holds"] >= 2 * count["holds"] >= 8
    assert set(count) == {"holds", "format", "limit", "incomplete-crossing", "crossing-file"}


def test_crossing_file_vectors_when_expected_to_fail_then_each_names_its_step() -> None:
    comments = [read(path)["comment"] for path in CASES if read(path)["expect"] != "holds"]
    assert {comment.partition(":")[0] for comment in comments} == {f"step {letter}" for letter in "abcde"}


def test_crossing_file_vectors_when_generated_again_then_same_bytes() -> None:
    generator = loaded(FOLDER / "generate.py", "crossing_file_vectors_generate")
    assert generator.files() == {path.name: path.read_bytes() for path in CASES}
