"""witness-log (Rust) and tlog-scales (Python), both by other authors: each side's signatures verified by the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance.logs import SIGNER, exported, many
from tests.conformance.served import Served, witness_served
from tests.conformance.test_conformance_witness_http import made
from tests.unit.witness.logs import COSIGNER, NOON, Log, witness_for

from azukari.errors import SignatureError
from azukari.ledger import Answer, Request, Verifier, cosignature_time, open_note, read_answer, stored_size
from azukari.witness.witness import WitnessFolder

witness_log = pytest.importorskip("witness_log", reason="witness-log is not installed: requirements/dev.txt")
pytest.importorskip("tlog_scales", reason="tlog-scales is not installed: requirements/dev.txt")

LOG, FORKED = Log(), Log(fork_at=3)
SIZE = 70_000


@pytest.fixture
def theirs() -> object:
    """A witness of witness-log that follows our log."""
    service = witness_log.WitnessService.new("witness.wakaba.example/w1", b"\x21" * 32)
    assert service.add_log(LOG.origin, LOG.key.vkey)
    return service


def ask(service: object, body: bytes) -> tuple[Answer, str]:
    status, kind, text = service.handle_add_checkpoint_http(body.decode(), 1_800_000_000)  # type: ignore[attr-defined]
    return Answer(status, text.encode()), kind


def test_their_witness_when_our_requests_are_sent_then_its_cosignatures_verify(theirs: object) -> None:
    key = Verifier.parse(theirs.vkey())  # type: ignore[attr-defined]
    old = 0
    for size in (1, 2, 7, 8, 300):
        answer, kind = ask(theirs, LOG.request(old, size))
        assert (answer.status, kind.split(";")[0]) == (200, "text/plain")
        (signature,) = read_answer(answer, LOG.note(size), [key])
        assert cosignature_time(signature) == 1_800_000_000
        with pytest.raises(SignatureError):
            read_answer(answer, FORKED.note(max(size, 4)), [key])
        old = size


def test_their_witness_when_the_matrix_is_walked_then_it_answers_as_ours_does(theirs: object, tmp_path: Path) -> None:
    stranger = Log("ledger.nobody.example/log1", b"\x03" * 32)
    steps = [
        LOG.request(0, 5), LOG.request(5, 5), b"old 5\n", LOG.request(6, 5), stranger.request(0, 1),
        Log(seed=b"\x66" * 32).request(5, 9), LOG.request(0, 9), LOG.request(7, 9),
        Request(5, (bytes(32),) * 3, LOG.note(9)).encode(), FORKED.request(5, 5), FORKED.request(5, 9), LOG.request(5, 9),
    ]  # fmt: skip
    ours = witness_for(tmp_path / "w", LOG.key)
    for number, body in enumerate(steps):
        outcome, (answer, kind) = ours.add_checkpoint(body, NOON), ask(theirs, body)
        assert outcome.status == answer.status, number
        if answer.status == 409:
            assert stored_size(answer) == stored_size(Answer(409, outcome.body)) == 5
            assert kind == outcome.content_type
    ours.folder.close()


def test_their_verdict_when_a_checkpoint_signed_by_us_is_checked_then_both_keys_hold(tmp_path: Path) -> None:
    """tlog-scales verifies our log signature and our cosignature, and neither over another root."""
    from tlog_scales.signing import Vkey
    from tlog_scales.tlog import Checkpoint

    ours = witness_for(tmp_path / "w", LOG.key)
    lines = ours.add_checkpoint(LOG.request(0, 300), NOON).body
    ours.folder.close()
    cosigned = Checkpoint.from_text((LOG.note(300) + lines).decode())
    for vkey in (LOG.key.vkey, COSIGNER.vkey):
        cosigned.verify(Vkey.from_string(vkey))
    other = Checkpoint(cosigned.origin, cosigned.size, FORKED.checkpoint(300).root, cosigned.signatures)
    for vkey in (LOG.key.vkey, COSIGNER.vkey):
        with pytest.raises(Exception):  # noqa: B017 # cryptography's InvalidSignature, through their code
            other.verify(Vkey.from_string(vkey))


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[tuple[Served, object, Verifier]]:
    """A log of witness-log, and our witness served over HTTP that follows it."""
    log = witness_log.WitnessLog.generate()
    for number in range(5):
        log.append_intent(b"entry %d" % number)
    cosigner = made(tmp_path / "w")
    with WitnessFolder(tmp_path / "w") as opened, opened.changing() as record:
        record.trust(Verifier.parse(log.c2sp_vkey(log.canonical_origin())))
    with witness_served(tmp_path / "w") as served:
        yield served, log, cosigner.verifier


def test_our_witness_when_their_client_asks_over_http_then_their_verifier_counts_it(
    followed: tuple[Served, object, Verifier], tmp_path: Path
) -> None:
    served, log, key = followed
    entry = witness_log.witness_entry_independent(key.name, "Minasoko", served.url, key.public.hex())
    directory = {"witnesses": [json.loads(entry)]}
    for size in (5, 9):
        while log.tree_size() < size:  # type: ignore[attr-defined]
            log.append_intent(b"one more")  # type: ignore[attr-defined]
        done = witness_log.submit_round(log, directory, str(tmp_path / "state.json"))
        assert (done.ok, done.cosignatures, done.tree_size) == (True, 1, size), done.outcomes
        report = json.loads(witness_log.verify_dossier_json(done.dossier_json, 0.5, None, json.dumps(directory)))
        assert report["quorum"]["valid_receipts"] == 1 and not report["failures"]


def test_our_ledger_library_when_their_checkpoint_is_opened_then_it_holds(
    followed: tuple[Served, object, Verifier],
) -> None:
    _, log, _ = followed
    origin = log.canonical_origin()  # type: ignore[attr-defined]
    key = Verifier.parse(log.c2sp_vkey(origin))  # type: ignore[attr-defined]
    assert open_note(log.sign_c2sp_checkpoint(origin).encode(), [key]).verified  # type: ignore[attr-defined]


def test_their_reader_when_our_exported_log_is_read_then_root_proofs_and_entries_are_ours(tmp_path: Path) -> None:
    """tlog-scales reads tiles and bundles of 70,000 entries."""
    from tlog_scales.backend import LocalBackend
    from tlog_scales.reader import TilesReader
    from tlog_scales.signing import Vkey
    from tlog_scales.utils import sha256

    log = exported(tmp_path, SIZE)
    reader = TilesReader(LocalBackend(tmp_path))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(SIGNER.vkey))
    assert checkpoint.root_hash == reader.calculate_root_hash() == log.checkpoint.root
    for index in (0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, SIZE - 1):
        entry = reader.get_entry(index)
        assert entry == log.entries[index]
        proof = reader.get_inclusion_proof(index, SIZE)
        proof.check(sha256(b"\x00" + entry), checkpoint.root_hash)
        assert proof.node_hashes == log.reader(SIZE).inclusion_path(index)
    for old in (1, 255, 256, 257, 65_536, 69_888, SIZE - 1):
        proof = reader.get_consistency_proof(old, SIZE)
        proof.check(log.reader(old).root(), checkpoint.root_hash)
        assert proof.node_hashes == log.reader(SIZE).consistency_path(old)


def test_their_reader_when_a_tile_is_altered_then_the_root_differs(tmp_path: Path) -> None:
    from tlog_scales.backend import LocalBackend
    from tlog_scales.reader import TilesReader

    exported(tmp_path, 600)
    tile = tmp_path / "tile" / "0" / "002.p" / "88"
    tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
    reader = TilesReader(LocalBackend(tmp_path))
    reader.get_checkpoint()
    assert reader.calculate_root_hash() != many(600).checkpoint.root
