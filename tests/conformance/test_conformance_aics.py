"""aics-witness (needs Python 3.12): its feeder against our witness, our client against its witness."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance.served import witness_served
from tests.conformance.test_conformance_witness_http import made, matrix
from tests.unit.witness.logs import Log

from azukari.ledger import Verifier, cosignature_time, open_note, read_answer, stored_size
from azukari.stores.remote import ask_witness
from azukari.witness.witness import WitnessFolder

if sys.version_info < (3, 12):
    pytest.skip("platform: aics-witness needs Python 3.12", allow_module_level=True)
aics_witness = pytest.importorskip("aics_witness", reason="platform: aics-witness is in no lock file of this project")

LOG, FORKED = Log(), Log(fork_at=3)


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[tuple[str, Verifier]]:
    """Its witness on loopback, which follows our log."""
    from aics_tlog import parse_vkey
    from aics_witness.config import LogConfig
    from aics_witness.service import Witness as Theirs
    from aics_witness.service import make_server
    from aics_witness.store import WitnessStore
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(b"\x31" * 32)
    with WitnessStore(tmp_path / "aics.db", create=True) as store:
        witness = Theirs(
            "witness.yamabiko.example/w1", key, store, [LogConfig(LOG.origin, (parse_vkey(LOG.key.vkey),))]
        )
        server = make_server(witness)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.url, Verifier.parse(witness.vkey_text)
        server.shutdown()
        server.server_close()
        thread.join(60)


def test_their_witness_when_our_client_asks_then_the_matrix_is_ours_and_its_cosignature_verifies(
    theirs: tuple[str, Verifier],
) -> None:
    url, key = theirs
    found = [ask_witness(url, body).status for _, body, _ in matrix()]
    assert found == [wanted for _, _, wanted in matrix()]
    assert stored_size(ask_witness(url, LOG.request(0, 12))) == 9
    (signature,) = read_answer(ask_witness(url, LOG.request(9, 12)), LOG.note(12), [key])
    assert cosignature_time(signature) > 0


def test_our_witness_when_their_feeder_asks_then_it_recovers_verifies_and_merges(tmp_path: Path) -> None:
    from aics_tlog import parse_note, parse_vkey, verify_checkpoint
    from aics_witness.feeder import WitnessClient, WitnessRejected, merge_cosignatures

    cosigner = made(tmp_path / "w")
    with witness_served(tmp_path / "w") as served:
        for _ in range(2):  # the second has lost its state, and learns the size from a 409
            with WitnessClient(served.url, cosigner.vkey) as client:
                for size in (5, 9, 300):
                    if client.known_sizes.get(LOG.origin, 0) <= size and stored(tmp_path / "w") <= size:
                        lines = client.submit(LOG.note(size), lambda old, new: LOG.tree(new).consistency_path(old))
                        note = merge_cosignatures(LOG.note(size), lines)
                        assert open_note(note, [cosigner.verifier]).verified
                        verdict = verify_checkpoint(
                            parse_note(note), parse_vkey(LOG.key.vkey), [parse_vkey(cosigner.vkey)], 1
                        )
                        assert verdict.ok, verdict
        with WitnessClient(served.url, cosigner.vkey) as client, pytest.raises(WitnessRejected) as caught:
            client.submit(FORKED.note(300), lambda old, new: FORKED.tree(new).consistency_path(old))
        assert caught.value.status == 422


def stored(folder: Path) -> int:
    with WitnessFolder(folder) as opened, opened.reading() as record:
        seen = record.seen_of(LOG.origin)
    return seen.size if seen else 0
