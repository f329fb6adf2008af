"""How long does a clerk wait for a package of a million rows in the offline opener page, and how much memory does it take?

    python bench/opener.py [--quick]

People of four columns are sealed in a process of their own; the package is then opened by Debian's Chromium in the built
page, through the page's own buttons, until the CSV file is saved, and by `azukari open`, which writes the same file: the two
files are compared byte by byte. Memory is the peak of the browser's renderer, where page and worker live. The last line is
JSON.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "src" / "azukari" / "web" / "ui" / "static" / "azukari" / "opener.html"
ROWS, QUICK_ROWS = 1_000_000, 50_000
COLUMNS = ("氏名", "フリガナ", "生年月日", "住所")
SECONDS, MEMORY_GB, RATIO = 60.0, 2.0, 5.0  # goals; seconds for a million rows, opened and saved
PATIENCE = 600_000  # milliseconds


@dataclass
class Opened:
    """What the page took: seconds until all eight steps held, until the file was saved, and GB of memory."""

    steps: float
    saved: float
    memory_gb: float


def make_package(folder: Path, rows: int) -> None:
    """P.azk and the key that opens it; run in a process of its own."""
    from azukari.testing import COLUMNS as ALL
    from azukari.testing import fictitious_people
    from azukari.testing.sealed import seal_copy

    copy = seal_copy(fictitious_people(rows, 1), {header: ALL[header] for header in COLUMNS}, "bench")
    (folder / "P.azk").write_bytes(copy.package())
    (folder / "firm.key").write_text(copy.identity.file_text())


def by_command_line(folder: Path) -> float:
    """Seconds of `azukari open`, table and receipt written."""
    start = time.perf_counter()
    told = [folder / "P.azk", "-i", folder / "firm.key", "-o", folder / "command.csv", "--json"]
    command = [sys.executable, "-m", "azukari", "open", *(str(part) for part in told)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def by_page(folder: Path) -> Opened:
    """The same in the page, from the press on its button."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = running.new_page(accept_downloads=True)
        page.set_default_timeout(PATIENCE)
        page.goto(PAGE.as_uri())
        page.set_input_files("#package", folder / "P.azk")
        page.set_input_files("#key", folder / "firm.key")
        with peak_of_renderer() as peak:
            start = time.perf_counter()
            page.click("#open")
            page.wait_for_selector("#result:not([hidden])")
            steps = time.perf_counter() - start
            with page.expect_download(timeout=PATIENCE) as saved:
                page.click("#save-csv")
            saved.value.save_as(folder / "page.csv")
            seconds = time.perf_counter() - start
        running.close()
    return Opened(steps, seconds, peak[0])


@contextmanager
def peak_of_renderer() -> Iterator[list[float]]:
    """GB of the largest renderer among the processes that this one started, looked at ten times a second."""
    peak, done = [0.0], threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            peak[0] = max([peak[0], *map(resident_gb, renderers())])

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def renderers() -> list[Path]:
    """/proc folders of Chromium's renderers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"--type=renderer" in line and b"chromium" in line:
            found.append(folder)
    return found


def resident_gb(folder: Path) -> float:
    """The memory that a process holds now."""
    try:
        lines = (folder / "status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1e6 for line in lines if line.startswith("VmRSS:")), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    rows = QUICK_ROWS if given.quick else ROWS
    if given.make:
        make_package(given.make, rows)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quick = ["--quick"] if given.quick else []
        subprocess.run([sys.executable, __file__, "--make", folder, *quick], check=True)
        size = (folder / "P.azk").stat().st_size
        page, command = by_page(folder), by_command_line(folder)
        same = (folder / "page.csv").read_bytes() == (folder / "command.csv").read_bytes()
    print(
        f"{rows:,} rows x {len(COLUMNS)} columns, a package of {size / 1e6:.0f} MB, one file each: {'same bytes' if same else 'DIFFERENT'}"
    )
    print(
        f"page: {page.steps:.1f} s for the eight steps, {page.saved:.1f} s with the CSV saved, {page.memory_gb:.2f} GB"
    )
    print(f"azukari open: {command:.1f} s; the page takes {page.saved / command:.1f} times that")
    suffix = f"_{rows // 1000}k" if given.quick else "_1m"
    print(json.dumps({
        f"opener_seconds{suffix}": {"figure": round(page.saved, 2), "goal": SECONDS * rows / ROWS, "better": "lower"},
        f"opener_memory_gb{suffix}": {"figure": round(page.memory_gb, 2), "goal": MEMORY_GB, "better": "lower"},
        f"opener_to_command{suffix}": {"figure": round(page.saved / command, 2), "goal": RATIO, "better": "lower"},
        f"opener_other_bytes{suffix}": {"figure": int(not same), "goal": 0, "better": "lower"},
    }))  # fmt: skip
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
