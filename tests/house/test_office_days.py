"""Nothing but ``fields.days`` makes a day of a moment: in UTC it would be another one until nine in the morning."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from house import ROOT

SOURCE = ROOT / "src" / "azukari"
HOME = SOURCE / "fields" / "days.py"
# What somebody typed, or a cell of a workbook: no moment, but a day with a midnight behind it.
TYPED = {"cli/permissions.py", "cli/parties.py", "cli/consigning.py", "tables/workbook_child.py"}


def days(tree: ast.AST) -> Iterator[int]:
    """The lines in which ``.date()`` or ``date.today()`` is called; ``today()`` of ``stores.clock`` is neither."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) and not node.args else None
        if isinstance(called, ast.Attribute) and called.attr in {"date", "today"}:
            yield node.lineno


def found(path: Path) -> list[int]:
    return list(days(ast.parse(path.read_text(encoding="utf-8"))))


def test_days_when_made_of_a_moment_then_in_one_place() -> None:
    elsewhere = {
        path.relative_to(SOURCE).as_posix(): lines
        for path in sorted(SOURCE.rglob("*.py"))
        if path != HOME and (lines := found(path)) and path.relative_to(SOURCE).as_posix() not in TYPED
    }
    assert elsewhere == {}, "azukari.fields.days.day_of, azukari.stores.clock.today"
    assert found(HOME)


def test_days_when_a_call_is_planted_then_it_is_found() -> None:
    for line in ("day = at.date()", "day = date.today()", "day = datetime.now(UTC).date()"):
        assert list(days(ast.parse(line))) == [1], line
    for line in ("day = day_of(at)", "day = date(2026, 4, 1)", "day = today()"):
        assert list(days(ast.parse(line))) == [], line
