"""What the house tests share: where the rooms are, and a fresh interpreter that cannot import some modules."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
AZUKARI = SOURCE / "azukari"

# Rooms with an office, a screen, a disk or a clock; every other room is a core room.
OUTER = ("cli", "scale", "stores", "testing", "web", "witness")

_BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError("blocked: " + name, name=name)
sys.meta_path.insert(0, Blocked())
"""


def rooms() -> list[str]:
    """The rooms that exist, by folder or single module."""
    folders = (path.parent.name for path in AZUKARI.glob("*/__init__.py"))
    modules = (path.stem for path in AZUKARI.glob("*.py") if not path.stem.startswith("_"))
    return sorted([*folders, *modules])


def core_rooms() -> list[str]:
    """The rooms that take clock, randomness, keys and stores as arguments."""
    return [room for room in rooms() if room not in OUTER]


def modules(names: Iterable[str] | None = None) -> Iterator[Path]:
    """Every module of the named rooms, or of the whole source."""
    for room in rooms() if names is None else names:
        yield from sorted((AZUKARI / room).rglob("*.py"))
        if (AZUKARI / f"{room}.py").exists():
            yield AZUKARI / f"{room}.py"


def shown(path: Path) -> str:
    """A path as people name it."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=shown(path))


def bare(code: str, *, blocked: Iterable[str] = (), **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that has the source on its path; blocked modules cannot be imported."""
    block = _BLOCK.format(blocked=set(blocked)) if blocked else ""
    inherited = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-P", "-c", block + code],
        env={**inherited, "PYTHONPATH": str(SOURCE), "PYTHONUTF8": "1", **environment},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def contract(name: str) -> list[str]:
    """The lines of one layers contract of ``.importlinter``, highest first, without optional marks."""
    config = ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    text = config[f"importlinter:contract:{name}"]["layers"]
    return [line.replace("(", "").replace(")", "").strip() for line in text.splitlines() if line.strip()]


def below(name: str) -> dict[str, set[str]]:
    """For each layer member of a contract: the members that it may see."""
    layers = [[member.strip() for member in line.split("|")] for line in contract(name)]
    return {
        member: {lower for line in layers[depth + 1 :] for lower in line}
        for depth, line in enumerate(layers)
        for member in line
    }
