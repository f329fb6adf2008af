"""How large is the backup of an office with 100,000 hand-overs, and how long do making, checking and restoring it take?

    python bench/backup.py [--quick]

The register is that of bench/web.py (rows as large as real ones, entries of 1,200 bytes); beside it lie real files of
packages, 20,000 bytes each, for one hand-over in a hundred. The peer is `age` alone over as many bytes, by the same library. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parent))
from web import furnish

GOALS = {
    "backup_seconds": 60,
    "check_seconds": 60,
    "restore_seconds": 120,
}  # for 100,000; an hour before the first officer comes
PACKAGE_BYTES = 20_000


def azukari(*arguments: object) -> float:
    """Seconds of a command in a process of its own."""
    start = time.monotonic()
    subprocess.run([sys.executable, "-m", "azukari", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def age_alone(size: int) -> float:
    """Seconds that the encryption of so many bytes takes, in memory."""
    import pyrage

    data, start = BytesIO(os.urandom(size)), time.monotonic()
    pyrage.encrypt_io(data, BytesIO(), [pyrage.x25519.Identity.generate().to_public()])
    return time.monotonic() - start


def main() -> int:
    """Print sizes and seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    hand_overs = 5_000 if parser.parse_args().quick else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        furnish(folder, 200, hand_overs, 1)
        for _ in range(hand_overs // 100):
            (folder / "office" / "packages" / f"{uuid4()}.azk").write_bytes(os.urandom(PACKAGE_BYTES))
        keys, file = ["--keys", folder / "office.key"], folder / "b.azb"
        opens = [*keys, "-i", folder / "oversight.key"]
        seconds = {
            "backup_seconds": azukari("backup", file, "--office", folder / "office", *keys, "--as", "officer"),
            "check_seconds": azukari("restore", file, "--check", *opens),
            "restore_seconds": azukari("restore", file, folder / "restored", *opens),
        }
        size = file.stat().st_size
    alone = age_alone(size)
    print(f"{hand_overs:,} hand-overs: {size / 1e6:.1f} MB, {size / hand_overs:.0f} bytes each")
    for what, took in seconds.items():
        print(f"{what.removesuffix('_seconds')}: {took:.1f} s, {took / alone:.1f} times age alone ({alone:.2f} s)")
    scale = "_quick" if hand_overs < 100_000 else ""
    measures = {
        f"{what}{scale}": {"figure": round(took, 1), "goal": GOALS[what], "better": "lower"}
        for what, took in seconds.items()
    }
    print(json.dumps(measures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
