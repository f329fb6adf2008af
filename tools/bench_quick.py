"""Run every bench/*.py --quick, one after the other, and gather their figures.

A bench fails if it exits with an error, takes far longer than it may, or does not end with its line of JSON. A
figure that misses its goal is only marked: quick runs on a shared machine decide nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 45  # what a quick run may take; twice that ends it, for a machine that is busy


def run(path: Path) -> tuple[str, float]:
    """Standard output of one bench, passed on as well, and its seconds."""
    start = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    done = subprocess.run(
        [sys.executable, str(path), "--quick"],
        cwd=ROOT, env=environment, text=True, check=True, stdout=subprocess.PIPE, timeout=2 * SECONDS,
    )  # fmt: skip
    print(done.stdout, end="", flush=True)
    return done.stdout, time.monotonic() - start


def figures(output: str) -> dict[str, dict[str, Any]]:
    """The measures of a bench's last line. ValueError if it has none."""
    measures = json.loads(output.strip().splitlines()[-1]) if output.strip() else None
    if not isinstance(measures, dict) or not measures:
        raise ValueError("its last line is no JSON object of measures")
    for name, measure in measures.items():
        if not isinstance(measure, dict) or set(measure) != {"figure", "goal", "better"}:
            raise ValueError(f"{name} has not exactly figure, goal and better")
        if measure["better"] not in ("higher", "lower"):
            raise ValueError(f"{name}: better is neither higher nor lower")
    return measures


def reached(measure: dict[str, Any]) -> bool:
    """Whether a figure is at its goal or better."""
    sign = 1 if measure["better"] == "higher" else -1
    return bool(sign * measure["figure"] >= sign * measure["goal"])


def main() -> int:
    """Run all; 1 if one of them failed."""
    lines, failed = [], []
    for path in sorted(ROOT.glob("bench/[!_]*.py")):
        print(f"-- {path.name}", flush=True)
        try:
            output, seconds = run(path)
            for name, measure in figures(output).items():
                mark = "" if reached(measure) else "   goal missed"
                lines.append(
                    f"{path.stem:20} {name:32} {measure['figure']:>12} goal {measure['goal']} {measure['better']}{mark}"
                )
            if seconds > SECONDS:
                lines.append(f"{path.stem:20} took {seconds:.0f} s; a quick run may take {SECONDS} s")
        except (subprocess.SubprocessError, ValueError) as error:
            failed.append(f"{path.name}: {error}")
    print("\n".join(["", *lines, *(f"FAILED {line}" for line in failed)]))
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main())
