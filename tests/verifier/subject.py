"""The verifier under test, loaded from its one file, and how to run it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
FILE = ROOT / "verifier" / "azukari_verify.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("azukari_verify", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verify: Any = load()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
