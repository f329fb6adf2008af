"""`azukari demo --serve`: the story leaves two faces that a newcomer can click through, and ends with all it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil


def answers(address: str, until: float) -> bytes:
    """The page, as soon as somebody serves it."""
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as page:
                return bytes(page.read())
        except OSError:
            assert time.monotonic() < until, address
            time.sleep(0.3)


def two_ports() -> int:
    """The first of two ports in a row that nobody listens on."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
        other.bind(("127.0.0.1", port + 1))
        return port


def test_demo_when_it_serves_then_both_faces_answer_and_an_interrupt_ends_every_process(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    command = [sys.executable, "-m", "azukari", "--lang", "en", "demo", "--people", "150", "--rows", "60"]
    port = two_ports()
    command += ["--keep", str(folder), "--serve", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AZUKARI_")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as demo:
        try:
            until = time.monotonic() + 180
            assert b"azukari" in answers(f"http://localhost:{port}/sign-in", until)
            assert b"azukari" in answers(f"http://localhost:{port + 1}/sign-in", until)
            below = psutil.Process(demo.pid).children(recursive=True)
            assert len(below) >= 4
            demo.send_signal(signal.SIGINT)
            said, _ = demo.communicate(timeout=60)
        finally:
            demo.kill()
    assert demo.returncode in {0, 130}
    assert "Independent verifier (verifier/): holds" in said
    assert {"inside  kiryu", "outside  seiran"} <= {line.strip().rpartition("  ")[0] for line in said.splitlines()}
    _, alive = psutil.wait_procs(below, timeout=20)
    assert not alive
    assert (folder / "seiran.key").exists() and (folder / "outside" / "packages").is_dir()
