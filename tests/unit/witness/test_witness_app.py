"""The witness as a WSGI application: statuses, types, limits, and nothing of an error but its kind."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from tests.unit.witness.logs import COSIGNER, NOON, Log, witness_for

from azukari.errors import StorageError
from azukari.ledger import LIMITS, Answer, Request, Signer, open_note, read_answer, sign_checkpoint
from azukari.stores.clock import FixedClock
from azukari.witness.app import application
from azukari.witness.record import hashed
from azukari.witness.witness import Witness

LOG, FORKED = Log(), Log(fork_at=3)
MONITOR = f"/{hashed(LOG.origin)}/checkpoint"


class Client:
    """Calls the application as a server would, and checks that both keep to WSGI."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self._app = validator(application(witness, FixedClock(NOON)))

    def __call__(self, method: str, path: str, body: bytes = b"", **environ: str) -> tuple[Answer, dict[str, str]]:
        started: list[Any] = []
        full = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "wsgi.input": io.BytesIO(body),
        }
        full |= {"CONTENT_LENGTH": str(len(body)), **environ}
        setup_testing_defaults(full)
        found = self._app(full, lambda status, headers, *_: started.append((status, headers)))
        content = b"".join(found)
        found.close()  # type: ignore[attr-defined] # the validator's iterator has one
        status, headers = started[0]
        answer = Answer(int(status.split()[0]), content)
        assert dict(headers)["Content-Length"] == str(len(content))
        return answer, dict(headers)

    def add(self, body: bytes) -> Answer:
        return self("POST", "/add-checkpoint", body)[0]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    witness = witness_for(tmp_path / "w", LOG.key)
    yield Client(witness)
    witness.folder.close()


def test_add_checkpoint_when_the_matrix_is_walked_then_each_status_is_the_specified_one(client: Client) -> None:
    stranger = Log("ledger.nobody.example/log1", b"\x03" * 32)
    signature = Request(5, (), sign_checkpoint(LOG.checkpoint(5), [Signer(LOG.origin, b"\x66" * 32)])).encode()
    bad_proof = Request(5, (bytes(32),) * 3, LOG.note(9)).encode()
    steps = [
        (LOG.request(0, 5), 200), (LOG.request(5, 5), 200), (b"old 5\n", 400), (LOG.request(6, 5), 400),
        (signature, 403), (stranger.request(0, 1), 404), (LOG.request(0, 5), 409), (LOG.request(4, 9), 409),
        (bad_proof, 422), (FORKED.request(5, 5), 422), (FORKED.request(5, 9), 422), (LOG.request(5, 9), 200),
    ]  # fmt: skip
    for number, (body, wanted) in enumerate(steps):
        answer, headers = client("POST", "/add-checkpoint", body)
        assert answer.status == wanted, number
        assert headers["Content-Type"] == ("text/x.tlog.size" if wanted == 409 else "text/plain; charset=utf-8")
        if wanted == 409:
            assert answer.body == b"5\n"


def test_add_checkpoint_when_cosigned_then_the_body_is_signature_lines_alone(client: Client) -> None:
    answer = client.add(LOG.request(0, 5))
    (signature,) = read_answer(answer, LOG.note(5), [COSIGNER.verifier])
    assert signature.line.encode() == answer.body


def test_monitor_when_asked_then_it_shows_the_cosigned_note_or_404(client: Client) -> None:
    assert client("GET", MONITOR)[0].status == 404
    client.add(LOG.request(0, 5))
    answer, headers = client("GET", MONITOR)
    assert len(open_note(answer.body, [LOG.key, COSIGNER.verifier]).verified) == 2
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["/", "", "/add-checkpoint/", "/x/checkpoint", MONITOR.upper(), MONITOR + "/", "/witness.key"]
)
def test_path_when_unknown_then_404(client: Client, path: str) -> None:
    assert client("GET", path)[0].status == 404


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_method_when_another_then_405_says_which(client: Client, method: str) -> None:
    for path, allowed in (("/add-checkpoint", "POST"), (MONITOR, "GET")):
        answer, headers = client(method, path)
        assert (answer.status, headers["Allow"]) == (405, allowed)
        assert (answer.body == b"") == (method == "HEAD"), "an answer to HEAD has no body"


def test_body_when_too_large_or_of_no_length_then_it_is_refused_unread(client: Client) -> None:
    assert client("POST", "/add-checkpoint", CONTENT_LENGTH=str(LIMITS.request_bytes + 1))[0].status == 413
    assert client("POST", "/add-checkpoint", CONTENT_LENGTH="")[0].status == 400


@pytest.mark.parametrize(("error", "status"), [(StorageError("witness.db: secret place"), 503), (ValueError("x"), 500)])
def test_error_when_the_witness_fails_then_the_client_sees_its_kind_only(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, status: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(client.witness, "add_checkpoint", fail)
    with caplog.at_level(logging.ERROR):
        answer = client.add(LOG.request(0, 5))
    assert answer.status == status
    assert b"secret" not in answer.body and b"Traceback" not in answer.body and b"Error" not in answer.body
    assert len(caplog.records) == 1


def test_fork_when_refused_then_the_log_names_both_states_and_no_more(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.add(LOG.request(0, 5))
    client.add(FORKED.request(5, 5))
    (line,) = [record.getMessage() for record in caplog.records]
    assert LOG.checkpoint(5).root.hex() in line and FORKED.checkpoint(5).root.hex() in line and LOG.origin in line
