"""Both faces of the demo's office in a browser, and what is new carried between them, until somebody ends it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from azukari.cli.ledger import stop_on_signal
from azukari.cli.speech import Speech
from azukari.errors import StateError

EVERY: Final = 5  # seconds between two crossings
_PAUSE: Final = 0.5  # seconds


def show(out: Speech, folder: Path, codes: Mapping[str, str], port: int) -> None:
    """Serve what the story left in ``folder`` on this machine alone, the inside on ``port``, the outside on the next one.

    StateError if one of the processes ends by itself.
    """
    officer, *firms = codes
    for name in ("outwards", "inwards"):
        (folder / name).mkdir(exist_ok=True)
    out.say("招待コード（「招待コードをお持ちの方」から）:", "Invitation codes (under 'I have an invitation code'):")
    for login in codes:
        side = out.pick("庁内", "inside") if login == officer else out.pick("委託先", "outside")
        out.say(f"  {side}  {login}  {codes[login]}", f"  {side}  {login}  {codes[login]}")
    out.say(
        f"委託先の鍵: {folder.name}/{firms[0]}.key など。Ctrl-C で終わります。",
        f"Keys of the firms: {folder.name}/{firms[0]}.key and so on. Ctrl-C ends it.",
    )
    stop = stop_on_signal()
    with _running(_commands(out, folder, officer, port)) as processes:
        while not stop.wait(_PAUSE):
            if any(process.poll() is not None for process in processes):
                raise StateError("one of the screens ended by itself; is its port taken?")


def _commands(out: Speech, folder: Path, officer: str, port: int) -> list[list[str]]:
    inside = ["--office", str(folder / "office"), "--keys", str(folder / "office.key"), "--as", officer]
    outside = ["--office", str(folder / "outside"), "--keys", str(folder / "outside.key")]
    out_, in_ = str(folder / "outwards"), str(folder / "inwards")
    every = ["--every", str(EVERY)]
    return [
        [sys.executable, "-P", "-m", "azukari", "--lang", out.language, *arguments]
        for arguments in (
            ["serve", "--inside", "--port", str(port), *inside],
            ["serve", "--outside", "--port", str(port + 1), *outside],
            ["crossing", "run", "--to", out_, "--from", in_, *every, *inside],
            ["crossing", "run", "--to", in_, "--from", out_, *every, *outside],
        )
    ]


@contextmanager
def _running(commands: Sequence[Sequence[str]]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """These processes while the block runs; each is ended by its id."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            said = subprocess.DEVNULL if "crossing" in command else None
            processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said))
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
