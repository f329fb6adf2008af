"""Every package vector and every presentation form, through the page's own functions, in Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.opener.desk import DAY, Desk, built, opened
from tests.vectors.test_package_vectors import package_of

from azukari.fields.kinds import Kind
from azukari.fields.spelling import presentation
from azukari.testing.sealed import fixed_identity

VECTORS = Path(__file__).parents[2] / "vectors"
CASES = sorted((VECTORS / "package").glob("*.json"))
SPELLED = sorted((VECTORS / "fingerprint").glob("*.json"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(built(tmp_path_factory.mktemp("opener"))) as one:
        yield one


def verdict(desk: Desk, case: dict[str, Any]) -> str:
    if case["what"] == "receipt":
        return desk.word("receipt", note=case["receipt"].encode(), entry=case["entry"].encode())
    pinned = case["log_key"] or ""
    return desk.word("open", file=package_of(case), key=case["identity"], pinned=pinned, day=DAY)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_package_vector_when_run_in_the_page_then_gives_its_verdict(desk: Desk, path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    assert verdict(desk, case) == case["expect"]


def test_presentation_vectors_when_run_in_the_page_then_each_form_is_that_of_the_vector(desk: Desk) -> None:
    for path in SPELLED:
        case = json.loads(path.read_text(encoding="utf-8"))
        if case["expect"] == "distinct":
            one, other = desk.done("presentation", kind=case["kind"], texts=[case["one"], case["other"]])
            assert one != other, path.stem
            continue
        texts = [case["text"], *(copy["delivered"] for copy in case.get("copies", []))]
        assert set(desk.done("presentation", kind=case["kind"], texts=texts)) == {case["presentation"]}, path.stem


PIECES = st.sampled_from(
    [*"0123456789-０１９－番号目丁室 　々霞ーァ𠮷\n\r", "丁目", "号室", "03-", "090", "番", "\ufeff", "葛\U000e0100"]
)
CELLS = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=12)


@given(kind=st.sampled_from(list(Kind)), texts=st.lists(CELLS, min_size=20, max_size=60))
@settings(max_examples=120)
def test_presentation_when_anything_is_spelled_then_the_page_agrees_with_the_reference(
    desk: Desk, kind: Kind, texts: list[str]
) -> None:
    assert desk.done("presentation", kind=kind.value, texts=texts) == [presentation(kind, text) for text in texts]


def test_case_when_a_key_is_no_key_then_the_page_says_so_before_anything_else(desk: Desk) -> None:
    secret = fixed_identity("seiran").secret
    for text in ("", "x", secret[:-1], secret + "Q", secret.lower() + secret, f"{secret}\n{secret}", "age1" + "q" * 58):
        assert desk.word("open", file=b"", key=text, pinned="", day=DAY) == "key-file", text[:4]
    assert desk.word("open", file=b"", key=f"# mine\r\n\r\n{secret}\r\n", pinned="", day=DAY) == "format"
