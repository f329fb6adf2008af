"""A hundred seeded tamperings are found and named; bench/tamper.py does a thousand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_ledger_when_tampered_with_at_random_then_all_is_found_and_named() -> None:
    code = "from bench import tamper; found, wrong = tamper.run(100, 7); print(len(found), wrong)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    kinds, _, wrong = done.stdout.strip().partition(" ")
    assert int(kinds) >= 20 and wrong == "[]"
