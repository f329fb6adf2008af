"""The command as a process of its own: exit codes, standard input, a passphrase from a file, a second process."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.cli.scene import PARTY, Scene, call, check_spill, leak, refused, root

from azukari.tables import read_table


def azukari(*arguments: object, data: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AZUKARI_")}
    done = subprocess.run(
        [sys.executable, "-m", "azukari", *map(str, arguments)],
        input=data,
        capture_output=True,
        check=False,
        timeout=120,
        env=kept | environment,
    )
    check_spill(done.stdout.decode() + done.stderr.decode())
    assert b"Traceback" not in done.stderr
    return done


def test_process_when_it_refuses_then_the_exit_code_and_one_sentence(tmp_path: Path) -> None:
    done = azukari("--lang", "en", "verify", tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (43, b"")
    assert done.stderr == b"azukari: It was not found. (nowhere)\n"


def test_process_when_piped_a_sample_then_it_is_traced(sealed: Scene) -> None:
    rows = read_table(leak(sealed, "shiraho")).frame
    text = "\n".join("\t".join(row) for row in [tuple(rows.columns), *rows.rows()])
    office = {"AZUKARI_OFFICE": str(sealed / "office"), "AZUKARI_KEYS": str(sealed / "office.key")}
    done = azukari("trace", "-", "-o", sealed / "finding.json", "--json", data=text.encode("cp932"), **office)
    assert done.returncode == 0
    assert json.loads(done.stdout)["accused"] == [sealed.hand_overs()["shiraho"]]


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe\xfa\xfd\x81"])
def test_trace_when_nothing_readable_is_piped_then_refused(
    sealed: Scene, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stdin:
        """A pipe that gives the same bytes to each of several runs."""

        @property
        def buffer(self) -> io.BytesIO:
            return io.BytesIO(data)

    monkeypatch.setattr(sys, "stdin", Stdin())
    sealed.refused("table", "trace", "-", "-o", sealed / "finding.json")


@pytest.fixture(scope="module")
def locked() -> Scene:
    """An office whose key file has a passphrase; scrypt takes half a second each time."""
    folder = root() / "locked"
    folder.mkdir()
    (folder / "passphrase").write_text("潮騒 と 灯台\n", encoding="utf-8")
    done = azukari(
        *("init", folder / "office", "--keys", folder / "office.key", "--oversight", folder / "oversight.key"),
        *("--body", "水底市", "--origin", "ledger.example/minasoko", "--officer", "水鏡　文代"),
        AZUKARI_PASSPHRASE_FILE=str(folder / "passphrase"),
    )
    assert done.returncode == 0
    return Scene(folder)


def test_office_when_its_key_has_a_passphrase_then_it_opens_with_it_alone(
    locked: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads((locked / "office.key").read_text())["protection"] == "scrypt"
    monkeypatch.setenv("AZUKARI_PASSPHRASE_FILE", str(locked / "passphrase"))
    assert locked.run("list").code == 0
    monkeypatch.setenv("AZUKARI_PASSPHRASE", "both")
    refused("option", locked.run, "list")
    monkeypatch.delenv("AZUKARI_PASSPHRASE_FILE")
    refused("key-file", locked.run, "list")
    monkeypatch.setenv("AZUKARI_PASSPHRASE", "")
    refused("option", locked.run, "list")
    monkeypatch.setenv("AZUKARI_PASSPHRASE", "潮騒 と 灯台")
    assert locked.run("list").code == 0
    monkeypatch.delenv("AZUKARI_PASSPHRASE")
    refused("key-file", locked.run, "list")
    monkeypatch.setenv("AZUKARI_PASSPHRASE_FILE", str(locked / "nowhere"))
    refused("option", locked.run, "list")


def test_office_when_another_process_is_sealing_then_reading_works_and_recover_says_so(sealed: Scene) -> None:
    """While the spool belongs to a living process, nobody else finishes or voids what lies there."""
    from uuid import uuid4

    from azukari.web.custody import places

    sealed.json("list")
    with places.sealing_alone():
        payload = places.payload(uuid4())
        payload.write_bytes(b"of the living process")
        assert sealed.json("list")["handovers"]
        assert payload.exists()
        refused("state", sealed.run, "recover")
    assert sealed.json("recover") == {"finished": 0, "voided": 0, "waiting": 0}, "opening the office had voided it"
    assert not payload.exists()


def test_confirmation_when_at_a_terminal_then_no_means_interrupted(
    traced: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True, readline=lambda: "n\n"))
    files = ("--evidence", traced / "e.json", "--specimen", traced / "s.age")
    answer = traced.run("disclose", traced / "finding.json", *files, "--to", traced / "verifier.key.card")
    assert answer.code == 130 and not (traced / "e.json").exists()


def test_keys_when_two_offices_are_open_one_after_the_other_then_each_has_its_own(
    registered: Scene, sealed: Scene
) -> None:
    assert not registered.json("list")["handovers"]
    assert len(sealed.json("list")["handovers"]) == len(PARTY)
    assert not registered.json("list")["handovers"]
    assert call("verify", sealed / "wakaba.azk", "--log-key", registered.log_key).code == 0, "copies of one office"
