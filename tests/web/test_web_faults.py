"""Some system calls of an append are hit by EIO and SIGKILL; bench/faults.py hits them all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bench import faults

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not faults.available(), reason="no strace here: Debian's package strace")
def test_append_when_a_system_call_fails_or_kills_then_nothing_acknowledged_is_lost() -> None:
    code = (
        "import sys, tempfile; from pathlib import Path; from bench import faults\n"
        "with tempfile.TemporaryDirectory() as name: counts = faults.run(Path(name), every=23)\n"
        "print(counts.hit, len(counts.acknowledged))"
    )  # a process of its own: it forks, and Django stays set up
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    hit, acknowledged = map(int, done.stdout.split())
    assert hit >= 10 and acknowledged >= 3
