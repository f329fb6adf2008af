"""Our witness, served by waitress in a process of its own, asked over HTTP: the whole matrix of C2SP tlog-witness."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.conformance.served import Served, witness_served
from tests.unit.witness.logs import Log

from azukari.ledger import (
    LIMITS,
    Answer,
    Cosigner,
    Request,
    Signer,
    open_note,
    read_answer,
    sign_checkpoint,
    stored_size,
)
from azukari.stores.keys import create_signing_key_file
from azukari.stores.remote import ask_witness
from azukari.witness.record import hashed
from azukari.witness.witness import KEY, WitnessFolder

LOG, FORKED = Log(), Log(fork_at=3)
STRANGER = Log("ledger.nobody.example/log1", b"\x03" * 32)


def made(folder: Path) -> Cosigner:
    folder.mkdir()
    key = create_signing_key_file(folder / KEY, "witness.minasoko.example/w1", "witness", None)
    cosigner = Cosigner(key.name, key.seed)
    WitnessFolder.create(folder, cosigner)
    with WitnessFolder(folder) as opened, opened.changing() as record:
        record.trust(LOG.key)
    return cosigner


@pytest.fixture
def cosigner(tmp_path: Path) -> Cosigner:
    return made(tmp_path / "w")


@pytest.fixture
def served(cosigner: Cosigner, tmp_path: Path) -> Iterator[Served]:
    with witness_served(tmp_path / "w") as running:
        yield running


@pytest.fixture
def kept(served: Served) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", urlsplit(served.url).port, timeout=60)
    connection.connect()
    yield connection
    connection.close()


def post(connection: HTTPConnection, body: bytes) -> tuple[Answer, str | None]:
    before = connection.sock
    connection.request("POST", "/add-checkpoint", body)
    response = connection.getresponse()
    answer = Answer(response.status, response.read())
    assert connection.sock is before, "the connection is kept"
    return answer, response.getheader("Content-Type")


def matrix() -> list[tuple[str, bytes, int]]:
    forged = sign_checkpoint(LOG.checkpoint(9), [Signer(LOG.origin, b"\x66" * 32)])
    damaged = bytearray(LOG.request(5, 9))
    damaged[-10] ^= 1
    proof = Request(5, (bytes(32),) * 3, LOG.note(9)).encode()
    empty = Request(0, (bytes(32),), LOG.note(5)).encode()
    return [
        ("a proof with old size 0", empty, 422),
        ("the first checkpoint", LOG.request(0, 5), 200),
        ("the same again, from there", LOG.request(5, 5), 200),
        ("no request", b"", 400),
        ("a request without a checkpoint", b"old 5\n\n", 400),
        ("a size with a leading zero", b"old 05\n" + LOG.request(5, 5).partition(b"\n")[2], 400),
        ("64 proof lines", Request(5, (bytes(32),) * 64, LOG.note(9)).encode(), 400),
        ("an old size beyond the checkpoint", LOG.request(6, 5), 400),
        ("a key that nobody trusts", Request(5, (), forged).encode(), 403),
        ("a trusted key that fails", bytes(damaged), 403),
        ("an unknown log", STRANGER.request(0, 1), 404),
        ("an old size of long ago", LOG.request(0, 9), 409),
        ("an old size of the future", LOG.request(7, 9), 409),
        ("a proof that does not hold", proof, 422),
        ("the same size, another root", FORKED.request(5, 5), 422),
        ("a rewritten log that grew", FORKED.request(5, 9), 422),
        ("the honest successor", LOG.request(5, 9), 200),
    ]


def test_matrix_when_walked_over_one_kept_connection_then_each_status_is_the_specified_one(
    kept: HTTPConnection, cosigner: Cosigner
) -> None:
    size = 0
    for what, body, wanted in matrix():
        answer, kind = post(kept, body)
        assert answer.status == wanted, what
        assert kind == ("text/x.tlog.size" if wanted == 409 else "text/plain; charset=utf-8"), what
        if wanted == 200:
            note = Request.parse(body).checkpoint
            size = int(note.split(b"\n")[1])
            assert read_answer(answer, note, [cosigner.verifier]), what
        if wanted == 409:
            assert stored_size(answer) == size, what


def test_matrix_when_walked_by_our_client_then_it_is_the_same(served: Served) -> None:
    assert [ask_witness(served.url, body).status for _, body, _ in matrix()] == [wanted for _, _, wanted in matrix()]


def test_monitor_when_asked_then_the_note_opens_with_both_keys(
    served: Served, kept: HTTPConnection, cosigner: Cosigner
) -> None:
    ask_witness(served.url, LOG.request(0, 5))
    for path, wanted in ((hashed(LOG.origin), 200), (hashed("nobody"), 404), ("..%2f" + "0" * 59, 404)):
        kept.request("GET", f"/{path}/checkpoint")
        response = kept.getresponse()
        body = response.read()
        assert response.status == wanted
        if wanted == 200:
            assert len(open_note(body, [LOG.key, cosigner.verifier]).verified) == 2


def test_methods_when_others_then_405_and_the_connection_goes_on(kept: HTTPConnection) -> None:
    for method in ("HEAD", "GET", "PUT", "DELETE"):
        kept.request(method, "/add-checkpoint")
        response = kept.getresponse()
        response.read()
        assert (response.status, response.getheader("Allow")) == (405, "POST")
    assert post(kept, LOG.request(0, 5))[0].status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (
            b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (LIMITS.request_bytes + 1),
            b"413",
        ),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_request_when_larger_than_the_limits_then_refused_and_the_witness_goes_on(
    served: Served, sent: bytes, status: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(served.url).port or 0), timeout=60) as connection:
        connection.sendall(sent)
        answer = connection.recv(65_536)
    assert answer.split(b" ")[1] == status and b"Traceback" not in answer and b"waitress/" not in answer.lower()
    assert ask_witness(served.url, LOG.request(0, 5)).status == 200


@pytest.mark.skipif(sys.platform == "win32", reason="platform: signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_witness_when_signalled_then_it_ends_with_0_and_the_fork_it_saw_was_told(served: Served, number: int) -> None:
    ask_witness(served.url, LOG.request(0, 5))
    ask_witness(served.url, FORKED.request(5, 5))
    code, errors = served.end(number)
    assert code == 0
    (line,) = errors.splitlines()
    assert LOG.checkpoint(5).root.hex() in line and FORKED.checkpoint(5).root.hex() in line


def test_witness_when_killed_and_started_again_then_it_knows_what_it_saw(
    served: Served, cosigner: Cosigner, tmp_path: Path
) -> None:
    assert ask_witness(served.url, LOG.request(0, 5)).status == 200
    served.process.kill()
    served.process.wait(60)
    with witness_served(tmp_path / "w") as again:
        assert ask_witness(again.url, FORKED.request(0, 5)).status == 409
        assert ask_witness(again.url, FORKED.request(5, 5)).status == 422
        assert ask_witness(again.url, LOG.request(5, 6)).status == 200
