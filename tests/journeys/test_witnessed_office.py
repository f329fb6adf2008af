"""An office under witnesses: nothing leaves before enough have cosigned, over the network and by carried files."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call
from tests.conformance.served import WAIT, witness_served

from azukari.ledger import Policy, Verifier, verify_cosigned

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "ledger.example/kasumigahama"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    yield scenes.copied(scenes.registered(), tmp_path / "scene")
    scenes.close()


def make_witness(scene: Scene, name: str) -> str:
    """A witness that trusts this office's ledger; its verifier key."""
    made = call("witness", "init", scene / name, "--name", f"witness.example/{name}", "--json")
    assert made.code == 0, made.err
    trusted = call("witness", "trust", scene / name, "--log", scene.log_key)
    assert trusted.code == 0, trusted.err
    return str(made.json["vkey"])


def adopt(scene: Scene, *witnesses: tuple[str, str, str]) -> Path:
    """A policy under which all of them (name, key, address) are asked for."""
    names = " ".join(name for name, _, _ in witnesses)
    lines = [f"witness {name} {vkey} {url}".rstrip() for name, vkey, url in witnesses]
    path = scene / "policy"
    path.write_text("\n".join([*lines, f"group everyone all {names}", "quorum everyone", ""]))
    scene.json("ledger", "policy", path)
    return path


def test_seal_when_a_witness_is_down_then_the_package_waits_until_it_is_back(scene: Scene) -> None:
    one, two = make_witness(scene, "one"), make_witness(scene, "two")
    with ExitStack() as stack:
        first = stack.enter_context(witness_served(scene / "one"))
        second = stack.enter_context(witness_served(scene / "two"))
        policy = adopt(scene, ("one", one, first.url), ("two", two, second.url))
        sealed = scene.seal("seiran")
        checked = call("verify", scene / "seiran.azk", "--log-key", scene.log_key)
        assert checked.code == 0, checked.err
        second.end()
        named = ["--entrustment", scenes.FIRMS["shiraho"], "--to", scenes.PARTY["shiraho"]]
        refused = scene.run("seal", scene / "register.csv", *named, "-o", scene / "shiraho.azk")
        assert refused.code == 22 and "recover" in refused.err, refused
        assert not (scene / "shiraho.azk").exists(), "no leaf under a witnessed checkpoint, no data"
        assert scene.json("recover")["waiting"] == 1
        export = scene.run("ledger", "export", scene / "site")
        assert export.code == 0, "the last state that was witnessed"
    with witness_served(scene / "one") as first, witness_served(scene / "two") as second:
        adopt(scene, ("one", one, first.url), ("two", two, second.url))
        assert scene.json("recover") == {"finished": 1, "voided": 0, "waiting": 0}
        assert (scene / "shiraho.azk").exists()
        scene.json("ledger", "export", scene / "site")
    note = (scene / "site" / "checkpoint").read_bytes()
    found = verify_cosigned(
        note, Policy.parse(policy.read_bytes()), origin=ORIGIN, log_keys=[Verifier.parse(scene.log_key)]
    )
    assert set(found.times) == {"one", "two"} and found.checkpoint.size > sealed["entry"]


def test_witness_when_no_network_reaches_it_then_carried_files_do_the_same(scene: Scene) -> None:
    vkey = make_witness(scene, "far")
    adopt(scene, ("far", vkey, ""))
    assert scene.run("ledger", "integrate", "--once").code == 0
    scene.json("ledger", "witness-request", "far", "-o", scene / "request")
    signed = call("witness", "sign", scene / "far", scene / "request", "-o", scene / "answer")
    assert signed.code == 0, signed.err
    scene.json("ledger", "witness-answer", "far", scene / "answer")
    scene.json("ledger", "export", scene / "site")
    note = (scene / "site" / "checkpoint").read_bytes()
    assert note.count("\n— ".encode()) == 2, "the log's signature and the witness's"
    scene.refused("not-found", "ledger", "witness-request", "nobody", "-o", scene / "other")


def test_rotate_when_the_key_changes_then_the_ledger_says_so_and_old_packages_still_verify(scene: Scene) -> None:
    scene.seal("seiran")
    old = scene.log_key
    new = scene.json("ledger", "rotate", "--until", "2099-12-31")["log_key"]
    assert scene.json("ledger", "keys")["keys"] == [new, old]
    scene.seal("shiraho")
    for package, keys in [("seiran.azk", [old]), ("shiraho.azk", [old, new])]:
        for key in keys:
            assert call("verify", scene / package, "--log-key", key).code == 0
    assert call("verify", scene / "seiran.azk", "--log-key", new).code == 11
    assert scene.json("ledger", "check")["verdict"] == "holds"
    scene.refused("option", "ledger", "rotate", "--until", "soon")


def test_check_when_a_kept_checkpoint_is_no_past_then_the_fork_is_named(scene: Scene) -> None:
    scene.json("ledger", "export", scene / "site")
    kept = scene / "site" / "checkpoint"
    assert scene.json("ledger", "check", "--against", kept)["verdict"] == "holds"
    scene.refused("not-found", "ledger", "check", "--against", scene / "nothing")
    (scene / "garbage").write_bytes(b"no note")
    scene.refused("format", "ledger", "check", "--against", scene / "garbage")


def test_serve_when_it_integrates_too_then_the_log_is_public_and_ends_on_a_signal(scene: Scene) -> None:
    scenes.close()
    port = _free_port()
    command = [sys.executable, "-m", "azukari", "--lang", "en", "ledger", "serve", "--integrate", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--office", str(scene / "office"), "--keys", str(scene / "office.key")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        words = (word for line in server.stdout for word in line.split())
        url = next(word for word in words if word.startswith("http"))  # the integrator may speak first
        note = _fetched(url)
        assert note.startswith(f"{ORIGIN}\n".encode())
        answer = call("ledger", "monitor", url.removesuffix("/checkpoint"), "--log-key", scene.log_key,
                      "--state", scene / "kept", "--json")  # fmt: skip
        assert answer.code == 0 and answer.json["verdict"] == "first"
        server.terminate()
        assert server.wait(timeout=WAIT) == 0, server.communicate()[1]
    finally:
        server.kill()
        server.communicate(timeout=WAIT)
    assert json.loads(scene.run("ledger", "check", "--json").out)["verdict"] == "holds"


def _fetched(url: str) -> bytes:
    """What stands at the address, once the integrator has signed."""
    import time

    end = time.monotonic() + WAIT
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bytes(answer.read())
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
