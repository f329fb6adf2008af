"""A stranger follows a ledger over HTTP: honest growth, rewriting, rolling back, two views, a server that is down."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.cli.scene import Answer, call

from azukari.cli.locking import alone
from azukari.ledger import (
    Checkpoint,
    Cosigner,
    Signer,
    Tree,
    add_signatures,
    encode_bundle,
    leaf_hash,
    new_tiles,
    sign_checkpoint,
    tile_path,
)
from azukari.ledger.bundles import BUNDLE_ENTRIES
from azukari.ledger.monitor import verify_fork
from azukari.ledger.tiles import bundle_path

ORIGIN = "ledger.example/town"
SIGNER = Signer(ORIGIN, b"\x11" * 32)


class Quiet(SimpleHTTPRequestHandler):
    """Static files; while ``stalled`` is set, tiles never come and ``asked`` tells that one was wanted."""

    stalled, asked = threading.Event(), threading.Event()

    def do_GET(self) -> None:
        if self.stalled.is_set() and self.path.startswith("/tile/"):
            self.asked.set()
            while self.stalled.is_set():
                threading.Event().wait(0.05)
            return
        super().do_GET()

    def log_message(self, *arguments: object) -> None:
        pass


class Site:
    """A folder served by a plain static server, and the state file of whoever follows it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.state = folder / "site", url, folder / "kept"

    def publish(self, entries: list[bytes], cosigners: tuple[Cosigner, ...] = ()) -> bytes:
        hashes = [leaf_hash(each) for each in entries]
        for row in new_tiles(0, lambda level, index: b"", hashes):
            self._write(tile_path(row.level, row.index, len(row.data) // 32), row.data)
        for at in range(0, len(entries), BUNDLE_ENTRIES):
            some = entries[at : at + BUNDLE_ENTRIES]
            self._write(bundle_path(at // BUNDLE_ENTRIES, len(some)), encode_bundle(some))
        note = sign_checkpoint(Checkpoint(ORIGIN, len(entries), Tree(hashes).root), [SIGNER])
        text = note.decode().partition("\n\n")[0] + "\n"
        if cosigners:
            note = add_signatures(note, [each.cosign(text, 1_700_000_000) for each in cosigners])
        self._write("checkpoint", note)
        return note

    def _write(self, path: str, data: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(data)

    def monitor(self, *options: str | Path) -> Answer:
        return call("ledger", "monitor", self.url, "--log-key", SIGNER.vkey, "--state", self.state, *options)

    @contextmanager
    def following(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """A monitor in a process of its own, killed at the end."""
        named = [self.url, "--log-key", SIGNER.vkey, "--state", str(self.state)]
        command = [sys.executable, "-m", "azukari", "--lang", "en", "ledger", "monitor", *named, *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            try:
                yield child
            finally:
                child.kill()

    def evidence(self, what: str = "fork") -> set[bytes]:
        names = self.state.parent.glob(f"kept.{what}-*")
        return {path.read_bytes() for path in names if path.name.count("-") == what.count("-") + 1}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "site").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(tmp_path, f"http://127.0.0.1:{server.server_port}")
    Quiet.stalled.clear()
    server.shutdown()
    server.server_close()
    thread.join()


HONEST = [b"entry %d" % n for n in range(1_000)]
OTHER = [*HONEST[:5], b"rewritten", *HONEST[6:]]


@pytest.mark.parametrize("options", [(), ("--entries",)], ids=str)
def test_monitor_when_the_log_grows_then_each_state_is_kept(site: Site, options: tuple[str, ...]) -> None:
    said = []
    for size in (3, 3, 256, 300, 1_000):
        note = site.publish(HONEST[:size])
        answer = site.monitor("--json", *options)
        assert answer.code == 0, answer.err
        said.append(answer.json["verdict"])
        assert site.state.read_bytes() == note
    assert said == ["first", "unchanged", "grown", "grown", "grown"]


@pytest.mark.parametrize("size", [300, 301, 1_000])
def test_monitor_when_the_past_was_rewritten_then_fork_and_both_notes_are_kept(site: Site, size: int) -> None:
    before = site.publish(HONEST[:300])
    assert site.monitor().code == 0
    after = site.publish(OTHER[:size])
    answer = site.monitor()
    assert answer.code == 23 and "300" in answer.err
    assert site.state.read_bytes() == before, "what was kept stays"
    assert site.evidence() == {before, after}
    proof = site.evidence("fork-proof") or {b""}
    assert (proof == {b""}) == (size == 300), "two roots for one size need no proof"
    verify_fork(before, after, proof.pop(), ORIGIN, [SIGNER.verifier])


def test_monitor_when_a_smaller_size_is_shown_then_rollback(site: Site) -> None:
    before = site.publish(HONEST[:300])
    site.monitor()
    after = site.publish(HONEST[:299])
    answer = site.monitor()
    assert answer.code == 23 and "300" in answer.err and "299" in answer.err
    assert site.evidence() == {before, after} and site.state.read_bytes() == before


def test_monitor_when_a_friend_was_shown_another_state_then_split_view(site: Site, tmp_path: Path) -> None:
    friend = tmp_path / "friend"
    for other, code in [(HONEST[:200], 0), (HONEST[:300], 0), (OTHER[:200], 23), (OTHER[:300], 23)]:
        friend.write_bytes(site.publish(other))
        site.publish(HONEST[:300])
        answer = site.monitor("--also", friend)
        assert (answer.code, "split view" in answer.err) == (code, code == 23), answer.err


def test_monitor_when_another_address_shows_another_state_then_split_view(site: Site) -> None:
    mirror = Site(site.folder, f"{site.url}/mirror")
    (site.folder / "site").mkdir()
    mirror.folder = site.folder / "mirror"
    shown = site.publish(HONEST[:300])
    mirror.publish(HONEST[:256])
    assert site.monitor("--also", mirror.url, "--also", f"{mirror.url}/checkpoint").code == 0
    other = mirror.publish(OTHER[:256])
    answer = site.monitor("--also", mirror.url)
    assert answer.code == 23 and "256" in answer.err
    assert site.evidence() == {shown, other}
    (proof,) = site.evidence("fork-proof")
    verify_fork(shown, other, proof, ORIGIN, [SIGNER.verifier])
    (mirror.folder / "checkpoint").unlink()
    assert site.monitor("--also", mirror.url).code == 43


def test_monitor_when_tiles_are_missing_or_damaged_then_it_is_no_success_and_no_accusation(site: Site) -> None:
    kept = site.publish(HONEST[:300])
    site.monitor()
    site.publish(HONEST)
    tile = site.folder / "tile/0/001"
    whole = tile.read_bytes()
    for damaged in (None, bytes(8_192), whole[:-1], whole + whole):
        if damaged is None:
            tile.unlink()
        else:
            tile.write_bytes(damaged)
        answer = site.monitor()
        assert answer.code == 12 and "300" in answer.err and "1000" in answer.err, answer.err
        assert site.state.read_bytes() == kept
    tile.write_bytes(whole)
    assert site.monitor().code == 0


def test_monitor_when_too_few_witnesses_cosigned_then_not_witnessed(site: Site, tmp_path: Path) -> None:
    cosigner = Cosigner("witness.example/w", b"\x12" * 32)
    policy = tmp_path / "policy"
    policy.write_text(f"witness w {cosigner.vkey}\nquorum w\n")
    site.publish(HONEST[:3])
    assert site.monitor("--policy", policy).code == 22
    assert not site.state.exists()
    site.publish(HONEST[:3], (cosigner,))
    assert site.monitor("--policy", policy).code == 0


def test_monitor_when_the_log_is_not_there_or_signed_by_another_then_nothing_is_lost(site: Site) -> None:
    kept = site.publish(HONEST[:3])
    site.monitor()
    note = sign_checkpoint(Checkpoint(ORIGIN, 4, bytes(32)), [Signer(ORIGIN, b"\x13" * 32)])
    (site.folder / "checkpoint").write_bytes(note)
    assert site.monitor().code == 11
    (site.folder / "checkpoint").unlink()
    assert site.monitor().code == 43
    answer = call("ledger", "monitor", "http://127.0.0.1:1/", "--log-key", SIGNER.vkey, "--state", site.state)
    assert answer.code == 43
    assert site.state.read_bytes() == kept


def test_monitor_when_entries_are_not_those_of_the_root_then_found_where_they_are_recomputed(site: Site) -> None:
    kept = site.publish(HONEST[:300])
    assert site.monitor("--entries").code == 0
    site.publish(HONEST)
    bundle = site.folder / "tile/entries/002"
    whole = bundle.read_bytes()
    for damaged in (encode_bundle([b"planted", *HONEST[513:768]]), whole[:-1], None):
        if damaged is None:
            bundle.unlink()
        else:
            bundle.write_bytes(damaged)
        assert site.monitor("--entries").code in (10, 20)
        assert site.state.read_bytes() == kept
    bundle.write_bytes(whole)
    assert site.monitor("--entries").code == 0


def test_monitor_when_it_follows_then_a_log_that_is_away_is_waited_for_and_a_fork_ends_it(site: Site) -> None:
    site.publish(HONEST[:300])
    with site.following("--every", "1", "--json") as child:
        assert child.stdout is not None and child.stderr is not None
        assert json.loads(child.stdout.readline())["verdict"] == "first"
        (site.folder / "checkpoint").unlink()
        assert "It was not found" in child.stderr.readline()
        site.publish(HONEST[:400])
        while (said := json.loads(child.stdout.readline()))["verdict"] == "unchanged":
            pass
        assert said == {"verdict": "grown", "size": 400}
        refused = site.monitor()
        assert refused.code == 37, "one monitor for one state"
        site.publish(OTHER[:500])
        assert child.wait(30) == 23
    assert len(site.evidence()) == 2


def test_monitor_when_it_is_killed_then_the_state_stands_and_the_next_one_goes_on(site: Site) -> None:
    kept = site.publish(HONEST[:300])
    site.monitor()
    grown = site.publish(HONEST)
    Quiet.asked.clear()
    Quiet.stalled.set()
    with site.following() as child:
        assert Quiet.asked.wait(30)
        child.kill()
    Quiet.stalled.clear()
    assert site.state.read_bytes() == kept
    assert site.monitor().code == 0 and site.state.read_bytes() == grown


def test_monitor_when_its_lock_is_held_then_it_refuses_and_changes_nothing(site: Site) -> None:
    site.publish(HONEST[:3])
    with alone(site.state.with_name(".kept.lock"), "held"):
        assert site.monitor().code == 37
    assert not site.state.exists()
    assert site.monitor().code == 0
