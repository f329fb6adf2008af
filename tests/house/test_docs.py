"""Documents that must say what the code says."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

import azukari
from azukari import errors
from house import ROOT

SPECS = ROOT / "docs" / "spec"
ADRS = ROOT / "docs" / "adr"


def tool(name: str) -> ModuleType:
    """A script of tools/, loaded as a module."""
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


docs = tool("docs")


def verdicts() -> list[type[errors.AzukariError]]:
    """The classes with a word, found by walking the tree and not as the tool finds them."""
    found: list[type[errors.AzukariError]] = []
    waiting = [errors.AzukariError]
    while waiting:
        waiting += (cls := waiting.pop()).__subclasses__()
        if cls.word and cls.__module__ == errors.__name__:
            found.append(cls)
    return found


def test_exit_codes_when_regenerated_then_the_document_is_the_same() -> None:
    assert (ROOT / "docs/exit-codes.md").read_text(encoding="utf-8") == docs.exit_codes(), "run: make docs"


@pytest.mark.parametrize("cls", verdicts(), ids=lambda cls: cls.__name__)
def test_verdict_when_read_then_the_table_and_the_tree_name_it(cls: type[errors.AzukariError]) -> None:
    row = f"| {cls.code} | `{cls.word}` | `{cls.__name__}` |"
    assert row in (ROOT / "docs/exit-codes.md").read_text(encoding="utf-8")
    assert re.search(rf"{cls.__name__}\s+{cls.code}\s+{cls.word}\s", errors.__doc__ or ""), "errors.py, docstring"
    assert cls.ja and cls.en


def test_verdicts_when_compared_then_no_word_or_code_is_used_twice() -> None:
    words, codes = [cls.word for cls in verdicts()], [cls.code for cls in verdicts()]
    assert len(set(words)) == len(words) and len(set(codes)) == len(codes)
    assert not {0, 1, 2, 130} & set(codes)


def test_specs_when_listed_then_the_index_has_each_and_no_other() -> None:
    index = (SPECS / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", index))
    assert linked == {path.name for path in SPECS.glob("*.md")} - {"README.md"}


def test_adrs_when_numbered_then_no_number_is_missing_or_used_twice() -> None:
    numbers = sorted(int(path.name[:4]) for path in ADRS.glob("[0-9][0-9][0-9][0-9]-*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
    for path in ADRS.glob("[0-9]*.md"):
        assert path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]}. "), path.name


def test_changelog_when_read_then_it_has_this_version() -> None:
    assert f"## [{azukari.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
