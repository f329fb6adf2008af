"""What the office says behind a verdict is said in Japanese, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from azukari.details import JAPANESE
from azukari.errors import StateError
from house import ROOT

SOURCE = ROOT / "src" / "azukari"
ROOMS = (
    "completeness",
    "tables",
    "web/accounts",
    "web/counter",
    "web/crossing",
    "web/custody",
    "web/jobs",
    "web/subjects",
)
SIGN_IN = (
    SOURCE / "web" / "accounts" / "oidc"
)  # steps of docs/spec/sign-in.md, which are quoted to the provider's people


def modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in (SOURCE / room).rglob("*.py") if SIGN_IN not in path.parents)


def details(path: Path) -> Iterator[str]:
    """The phrases with which verdicts are made here, where they are always the same."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
            for first in node.args[:1]:
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and " " in first.value:
                    yield first.value


def test_details_when_the_office_gives_one_then_it_has_japanese() -> None:
    found = {detail: path.relative_to(SOURCE) for path in modules() for detail in details(path)}
    assert len(found) > 150
    assert {detail: str(path) for detail, path in found.items() if detail not in JAPANESE} == {}, "azukari/details.py"


def test_details_when_listed_then_each_is_japanese() -> None:
    for english, japanese in JAPANESE.items():
        assert any("\u3040" <= letter <= "\u9fff" for letter in japanese), english


def test_sentence_when_a_detail_has_japanese_then_it_is_shown_in_the_language_of_the_page() -> None:
    error = StateError("this work has ended")
    assert error.sentence("ja").endswith("（この作業は終わっています）")
    assert error.sentence("en").endswith(" (this work has ended)")
    assert StateError("column 3").sentence("ja").endswith("（column 3）")
