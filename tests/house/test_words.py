"""One vocabulary, nothing of the machines it was built on, and arguments instead of clock, chance and environment."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from house import ROOT, core_rooms, modules, parsed, shown

# Written in pieces, so that this file passes its own test.
FORBIDDEN_WORDS = re.compile("my" + "number|sub" + "contract|out" + "sourc|(?<!en)trust" + "ee")
MACHINES = re.compile(
    r"(?<![\w.~-])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "opt/wh" + "eels", "opt/py" + "pi"]) + r")/"
    r"|(?:pyp" + r"i\.org|python" + r"hosted\.org|registry\.np" + r"mjs|deb\.deb" + r"ian\.org|proxy\.gol" + "ang)"
)

# Calls of the outer world, by the dotted name in the source.
OUTER_WORLD = {
    "datetime.now", "datetime.today", "datetime.utcnow", "datetime.datetime.now", "datetime.datetime.today",
    "datetime.datetime.utcnow", "date.today", "datetime.date.today", "time.time", "time.time_ns", "time.localtime",
    "time.gmtime", "os.environ", "os.environb", "os.getenv", "os.urandom", "uuid.uuid1", "uuid.uuid4",
    "np.random.rand", "np.random.seed", "numpy.random.rand",
}  # fmt: skip
OUTER_IMPORTS = {"random", "secrets", "socket", "ssl", "http", "ftplib", "smtplib", "urllib.request", "locale"}
FROM_OUTER = {("os", "environ"), ("os", "getenv"), ("os", "urandom"), ("time", "time"), ("uuid", "uuid4")}

# Where a core room may, and why; an allowance that is no longer needed fails.
ALLOWED = {
    ("src/azukari/tables/workbook.py", "os.environ"): "handed on whole to the child process; nothing is read",
}

# Classes that are a detail of another one, which carries the Japanese term.
DETAILS = {"LinkColumn"}


@cache
def files() -> list[Path]:
    """Every file of the project: tracked, or new and not ignored; without git, all but hidden folders."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        ).stdout  # fmt: skip
        paths = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if not path.relative_to(ROOT).parts[0].startswith(".")]
    return [path for path in paths if path.is_file()]


def text_of(path: Path) -> str:
    """A file's text; bytes that are no text are left out."""
    return path.read_bytes().decode("utf-8", errors="ignore")


@pytest.mark.parametrize("path", list(modules()), ids=shown)
def test_source_when_read_then_it_uses_the_words_of_the_glossary(path: Path) -> None:
    text = text_of(path).lower().replace("_", "")
    assert not FORBIDDEN_WORDS.findall(text)


def test_project_when_read_then_it_names_no_registry_and_no_build_machine() -> None:
    found = [f"{shown(path)}: {match.group()}" for path in files() for match in MACHINES.finditer(text_of(path))]
    assert not found


def test_machines_when_planted_then_they_are_found() -> None:
    assert MACHINES.search("see /wo" + "rk/main/x") and MACHINES.search("https://pyp" + "i.org/simple")
    assert not MACHINES.search("docs/wo" + "rk/notes.md")


def public_classes() -> dict[str, Path]:
    """Public classes of the source; verdicts stand in docs/exit-codes.md, Django's own set-up in no list."""
    found = {}
    for path in modules():
        if path.stem in ("errors", "apps") or path.parent.name in ("migrations", "sqlite"):
            continue
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name] = path
    return found


def test_public_classes_when_discovered_then_the_glossary_lists_exactly_them() -> None:
    section = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").partition("\n## Classes\n")[2]
    listed = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    classes = public_classes()
    assert not {name: shown(path) for name, path in classes.items() if name not in listed}, "run: make docs"
    assert not listed - set(classes), "run: make docs"


@pytest.mark.parametrize(
    ("name", "path"), sorted((name, path) for name, path in public_classes().items() if name not in DETAILS)
)
def test_public_class_when_read_then_its_docstring_opens_with_a_japanese_term(name: str, path: Path) -> None:
    (node,) = (node for node in parsed(path).body if isinstance(node, ast.ClassDef) and node.name == name)
    first = (ast.get_docstring(node) or "").partition("\n")[0]
    assert re.match(r"[^\x00-\x7f]|\w+値", first), f"{shown(path)}: {name}"


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a chain of attributes, or an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{left}.{node.attr}" if (left := dotted(node.value)) else ""
    return ""


def outer_world(tree: ast.AST) -> Iterator[str]:
    """What a module takes from clock, chance, environment, network or standard output."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in OUTER_IMPORTS)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            yield from (f"{module}.{name.name}" for name in node.names if (module, name.name) in FROM_OUTER)
            if module in OUTER_IMPORTS or module.partition(".")[0] in OUTER_IMPORTS:
                yield module
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield "print"
        elif isinstance(node, ast.Call) and dotted(node.func).endswith("random.default_rng") and not node.args:
            yield "default_rng without a seed"
        elif isinstance(node, ast.Attribute) and dotted(node) in OUTER_WORLD:
            yield dotted(node)


@pytest.mark.parametrize("path", list(modules(core_rooms())), ids=shown)
def test_core_module_when_read_then_the_outer_world_is_an_argument(path: Path) -> None:
    found = set(outer_world(parsed(path)))
    allowed = {what for where, what in ALLOWED if where == shown(path)}
    assert found == allowed, "take it as an argument; an allowance no longer needed is to be removed"


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime\ndatetime.now()",
        "import random",
        "from random import choice",
        "import os\nos.environ['A']",
        "from os import environ",
        "print('x')",
        "import numpy as np\nnp.random.default_rng()",
    ],
)
def test_outer_world_when_planted_then_it_is_found(code: str) -> None:
    assert list(outer_world(ast.parse(code)))
