"""Everything that an office without internet installs, in one folder: azukari's own wheel, all others, and their hashes.

    python tools/wheels.py FOLDER [--dev]      --dev: also what the tests need
    python tools/wheels.py --carried WHEEL TO  takes what npm brought out of a wheel, where no registry has it

Needs a registry, and what npm brought (make does that); that goes into azukari's wheel. FOLDER/office.txt then
is the one list to install from: pip install --no-index --find-links=FOLDER --require-hashes -r FOLDER/office.txt
The wheel is built reproducibly: equal sources give equal bytes.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("build", "core", "witness", "web", "demo")  # each holds only what those before it lack
EPOCH = "1577836800"  # 2020-01-01: the time of every file in the wheel
WEB = ROOT / "src/azukari/web"
MADE = (  # by make, out of what npm brings; in no checkout
    "papers/NotoSansJP-Regular.ttf",
    "papers/NotoSansJP-Regular.OFL.txt",
    "ui/static/azukari/vendor/tokens.css",
    "ui/static/azukari/opener.html",
)


def collect(folder: Path, *, dev: bool = False) -> Path:
    """Fill the folder and return azukari's wheel. RuntimeError without what npm brings; CalledProcessError."""
    for name in MADE:
        if not (WEB / name).is_file():
            raise RuntimeError(f"{name} is not there: run `make {(WEB / MADE[-1]).relative_to(ROOT)}` first")
    folder.mkdir(parents=True, exist_ok=True)
    download(folder, [*LOCKS, *(("dev",) if dev else ())])
    wheel = build(ROOT, folder)
    (folder / "office.txt").write_text(office_list(wheel), encoding="utf-8")
    return wheel


def download(folder: Path, locks: Sequence[str]) -> None:
    """Every wheel of these lock files, each with one of its hashes."""
    files = [f"--requirement={ROOT / 'requirements' / name}.txt" for name in locks]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--only-binary=:all:"]
    subprocess.run([*pip, "--require-hashes", f"--dest={folder}", *files], check=True)


def build(source: Path, folder: Path) -> Path:
    """Azukari's wheel out of a checkout, into the folder."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder.resolve())]
    subprocess.run(command, check=True, cwd=source, env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH}, capture_output=True)
    (wheel,) = folder.glob("azukari-*.whl")
    return wheel


def office_list(wheel: Path) -> str:
    """The lock files of an office after one another, and azukari's wheel with its hash."""
    parts = [(ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8") for name in LOCKS]
    version = wheel.name.split("-")[1]
    own = f"azukari=={version} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    return "".join([*parts, own])


def carried(wheel: Path, to: Path) -> None:
    """What npm brought where the wheel was built, into the folder ``to``, as it lies under ``web`` in the sources."""
    inside = WEB.relative_to(ROOT / "src").as_posix()
    with zipfile.ZipFile(wheel) as archive:
        for name in MADE:  # in this order: make takes the last for made out of the one before it
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_bytes(archive.read(f"{inside}/{name}"))


if __name__ == "__main__":
    if sys.argv[1] == "--carried":
        carried(Path(sys.argv[2]), Path(sys.argv[3]))
        raise SystemExit
    collect(Path(sys.argv[1]), dev="--dev" in sys.argv[2:])
