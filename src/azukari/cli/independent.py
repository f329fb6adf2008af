"""The independent verifier (verifier/azukari_verify.py), run as a program of its own that shares nothing with this one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from azukari.errors import NotFoundError


def run_verifier(*arguments: str | Path) -> dict[str, Any]:
    """Run it with ``--json``; returns its answer with its exit code as ``exit``, and no answer where it gave none."""
    command = [sys.executable, "-I", str(script()), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=600)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {}
    return (answer if isinstance(answer, dict) else {}) | {"exit": done.returncode}


def script() -> Path:
    """The one file of `verifier/`: in the checkout, or as it was put into the wheel. Raises NotFoundError."""
    here = Path(__file__).resolve()
    places = (here.parents[3] / "verifier" / "azukari_verify.py", here.parents[1] / "verifier" / "azukari_verify.py")
    for place in places:
        if place.is_file():
            return place
    raise NotFoundError("verifier")
