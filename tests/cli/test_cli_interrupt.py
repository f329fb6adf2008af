"""Interrupted, or with a full disk, at every durable step of a command: code 130 or 51, and nothing is left of it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import PARTY, Answer, Scene, call, leak

STEPS = ("fsync", "replace", "link", "rename")


@contextmanager
def failing(at: int, error: BaseException) -> Iterator[Callable[[], int]]:
    """The ``at``-th durable step raises instead of doing its work; says how many there were."""
    count = 0
    real = {name: getattr(os, name) for name in STEPS}

    def wrapped(name: str) -> Callable[..., Any]:
        def step(*args: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == at:
                raise error
            return real[name](*args, **named)

        return step

    try:
        for name in STEPS:
            setattr(os, name, wrapped(name))
        yield lambda: count
    finally:
        for name in STEPS:
            setattr(os, name, real[name])


def files(folder: Path) -> set[str]:
    """Names of all files but the database's own."""
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and "sqlite3" not in p.name}


# What is run, and which files it makes when it succeeds.
Run = Callable[[Scene], Answer]
COMMANDS: dict[str, tuple[Run, set[str]]] = {
    "keygen": (lambda s: call("keygen", s / "new.key", "--json"), {"new.key", "new.key.card"}),
    "answer": (
        lambda s: call("answer", s / "pending.challenge", "-i", s / "pending.key", "-o", s / "new.answer", "--json"),
        {"new.answer"},
    ),
    "open": (
        lambda s: call("open", s / "wakaba.azk", "-i", s / "wakaba.key", "-o", s / "new.csv", "--json"),
        {"new.csv", "new.csv.receipt"},
    ),
    "return": (
        lambda s: s.run(
            *("return", s / "wakaba.csv", "--handover", s.hand_overs()["wakaba"], "-o", s / "back.csv", "--json")
        ),
        {"back.csv"},
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("code", [130, scenes.ERRORS["storage"].code])
def test_command_when_it_fails_at_any_step_then_the_code_and_a_retry_that_succeeds(
    sealed: Scene, command: str, code: int
) -> None:
    run_it, made = COMMANDS[command]
    before, state = files(sealed.folder), sealed.state()
    error = KeyboardInterrupt() if code == 130 else OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    for at in range(1, 100):
        with failing(at, error) as steps:
            answer = run_it(sealed)
        if answer.code == 0:
            break
        assert (answer.code, answer.json["code"]) == (code, code), answer
        assert (files(sealed.folder), sealed.state()) == (before, state), at
    assert answer.code == 0 and at == steps() + 1 > 2
    assert files(sealed.folder) - before == made


def test_open_when_the_receipt_cannot_be_written_then_no_table_is_left(sealed: Scene, tmp_path: Path) -> None:
    """The table is durable by then; left alone it would block the next try."""
    for at in (3, 4):
        with failing(at, OSError(errno.EIO, "")):
            assert call("open", sealed / "wakaba.azk", "-i", sealed / "wakaba.key", "-o", tmp_path / "t.csv").code == 51
        assert not list(tmp_path.iterdir()), at


def test_init_when_it_fails_at_any_step_then_nothing_is_left_of_it(tmp_path: Path) -> None:
    command = (
        *("init", tmp_path / "office", "--keys", tmp_path / "k", "--oversight", tmp_path / "o", "--body", "水底市"),
        *("--origin", "ledger.example/minasoko", "--officer", "水鏡", "--json"),
    )
    for error, code in ((KeyboardInterrupt(), 130), (OSError(errno.ENOSPC, ""), 51)):
        for at in (1, 2, 3, 4, 5, 6):
            with failing(at, error):
                assert call(*command).code == code
            assert not list(tmp_path.iterdir()), at


def test_party_when_its_challenge_cannot_be_written_then_it_is_not_registered(registered: Scene) -> None:
    s = registered
    assert call("keygen", s / "new.key").code == 0
    command = ("party", "add", s / "new.key.card", "--name", "新会社", "-o", s / "new.challenge", "--json")
    state = s.state()
    for at in (1, 2):
        with failing(at, OSError(errno.ENOSPC, "")):
            assert s.run(*command).code == 51
        assert s.state() == state
    assert s.run(*command).code == 0


def test_trace_when_interrupted_at_any_step_then_what_is_logged_stands_and_no_finding_is_half_written(
    sealed: Scene,
) -> None:
    """A specimen that is logged stays logged: leaving it out would understate the bound."""
    leaked, before = leak(sealed, "shiraho", rows=4), files(sealed.folder)
    for at in (1, 2, 3, 4):
        size = len(scenes.entries(sealed))
        with failing(at, KeyboardInterrupt()):
            assert sealed.run("trace", leaked, "-o", sealed / "finding.json").code == 130
        logged = len(scenes.entries(sealed)) - size
        left = files(sealed.folder) - before
        assert logged == len(left) <= 1 and all(name.endswith(".specimen") for name in left), (at, left)
        assert not (sealed / "finding.json").exists()
        before |= left


def test_disclose_when_it_fails_after_the_entry_then_a_repetition_gives_the_same_evidence(traced: Scene) -> None:
    from azukari.evidence.bundle import Bundle

    s = traced
    first, size = Bundle.parse((s / "evidence.json").read_bytes()), len(scenes.entries(s))
    files_again = ("--evidence", s / "e.json", "--specimen", s / "s.age", "--to", s / "verifier.key.card", "--yes")
    for at in (1, 6):
        with failing(at, OSError(errno.ENOSPC, "")):
            assert s.run("disclose", s / "finding.json", *files_again).code == 51
        assert not (s / "e.json").exists() and not (s / "s.age").exists() and not list(s.folder.glob(".*"))
    assert s.run("disclose", s / "finding.json", *files_again).code == 0
    assert len(scenes.entries(s)) == size
    assert Bundle.parse((s / "e.json").read_bytes()) == first


def test_demo_when_interrupted_by_a_signal_then_130_one_sentence_and_no_folder_left(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "azukari", "--lang", "en", "demo", "--people", "4000"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"TMPDIR": str(tmp_path)}
    )
    try:
        until = time.monotonic() + 60
        while not list(tmp_path.glob("azukari-demo-*/*.azk")) and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err.decode() and err.decode().split() == ["azukari:", "Interrupted."]
    assert not list(tmp_path.iterdir())
    shutil.rmtree(tmp_path)


def test_seal_when_interrupted_at_any_step_then_nothing_or_the_whole_hand_over(sealed: Scene) -> None:
    """Before the entry all is taken back; from the entry on the next command finishes it."""
    from tests.cli.scene import entries

    command = ("seal", sealed / "register.csv", "--entrustment", "照合", "--to", PARTY["yamabiko"])
    finished = 0
    for at in range(1, 100):
        known, size, before = len(sealed.json("list")["handovers"]), len(entries(sealed)), files(sealed.folder)
        output = sealed / f"{at}.azk"
        with failing(at, KeyboardInterrupt()) as steps:
            answer = sealed.run(*command, "-o", output)
        if answer.code == 0:
            break
        assert answer.code == 130
        new = entries(sealed)[size:]
        logged = sum(b'"type":"azukari/handover/v1"' in entry for entry in new)
        assert bool(new) == bool(logged), "no leaf without a hand-over"
        listed = sealed.json("list")["handovers"]
        assert len(listed) - known == logged <= 1 and {h["status"] for h in listed} == {"released"}
        if logged:
            finished += 1
            assert call("verify", output, "--log-key", sealed.log_key).code == 0
        else:
            assert files(sealed.folder) == before
    assert answer.code == 0 and at == steps() + 1 and 0 < finished < at - 1
