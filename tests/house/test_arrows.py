"""The import contracts hold, and a planted fault breaks them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from house import AZUKARI, ROOT, SOURCE, contract, rooms

_LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(source: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a source folder with the contracts of this house."""
    arguments = ("--config", str(ROOT / ".importlinter"), "--cache-dir", str(cache))
    return subprocess.run(
        [sys.executable, "-P", "-c", _LINT, *arguments],
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "200"},
        cwd=source,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_contracts_when_linted_then_all_are_kept(tmp_path: Path) -> None:
    done = lint(SOURCE, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


FAULTS = {
    "django in a function of the core": ("ledger/planted.py", "def f():\n    import django\n", "Django"),
    "sqlite3 in a function of the core": ("seal/planted.py", "def f():\n    import sqlite3\n", "database"),
    "a connection": ("stores/planted.py", "from http.client import HTTPConnection\n", "connection"),
    "an upward import": ("fields/planted.py", "import azukari.seal\n", "downwards"),
    "a sibling": ("seal/planted.py", "import azukari.fingerprint\n", "downwards"),
    "a room named nowhere": ("helpers/__init__.py", "", "downwards"),
    "the office from the core": ("handover/planted.py", "import azukari.web.office\n", "downwards"),
    "another app's models": ("web/incidents/planted.py", "from azukari.web.custody import models\n", "models"),
    "an app above": ("web/accounts/planted.py", "import azukari.web.custody.queries\n", "office"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_contracts_when_a_fault_is_planted_then_one_is_broken(fault: str, tmp_path: Path) -> None:
    where, code, broken = FAULTS[fault]
    shutil.copytree(AZUKARI, tmp_path / "azukari", ignore=shutil.ignore_patterns("__pycache__"))
    planted = tmp_path / "azukari" / where
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(code, encoding="utf-8")
    done = lint(tmp_path, tmp_path / "cache")
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(broken in line and "BROKEN" in line for line in done.stdout.splitlines()), done.stdout


def test_apps_when_discovered_then_each_keeps_its_models_to_itself() -> None:
    if "web" not in rooms():
        return
    text = (ROOT / ".importlinter").read_text(encoding="utf-8")
    apps = {path.parent.name for path in AZUKARI.glob("web/*/apps.py")}
    assert apps <= {member.strip() for line in contract("web") for member in line.split("|")}
    for app in (app for app in apps if list((AZUKARI / "web" / app).glob("models*"))):
        assert f"protected_modules = azukari.web.{app}.models" in text, f"no contract for the models of {app}"
