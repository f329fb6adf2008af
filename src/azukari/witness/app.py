"""The witness over HTTP: C2SP tlog-witness as a WSGI application of two resources.

`POST /add-checkpoint` asks for a cosignature, `GET /<hex SHA-256 of an origin>/checkpoint` shows monitors what was
cosigned last. Nothing of an error but its kind reaches the client.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from azukari.errors import StorageError
from azukari.ledger import LIMITS, Answer
from azukari.ledger.witnessing import TEXT_TYPE
from azukari.stores.clock import Clock

from .witness import Witness

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SUBMIT: Final = "/add-checkpoint"
_MONITOR: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

_log = logging.getLogger("azukari.witness")


def application(witness: Witness, clock: Clock) -> WSGIApplication:
    """The WSGI application of a witness; the clock is read once for each cosignature."""

    def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer, headers = _answered(witness, clock, environ)
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body  # else a kept connection loses its step
        headers += [("Content-Length", str(len(body))), ("X-Content-Type-Options", "nosniff")]
        start_response(f"{answer.status} {_REASONS[answer.status]}", headers)
        return [body]

    return respond


def _answered(witness: Witness, clock: Clock, environ: WSGIEnvironment) -> tuple[Answer, list[tuple[str, str]]]:
    try:
        return _routed(witness, clock, environ)
    except StorageError as error:
        _log.error("no answer given: %s", error.detail)
        return _plain(503, "the witness cannot store at the moment", ("Retry-After", "30"))
    except Exception as error:
        _log.error("an error of the witness itself: %s", type(error).__name__)
        return _plain(500, "an error of the witness itself")


def _routed(witness: Witness, clock: Clock, environ: WSGIEnvironment) -> tuple[Answer, list[tuple[str, str]]]:
    path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
    monitored = _MONITOR.fullmatch(path)
    if path != SUBMIT and monitored is None:
        return _plain(404, "not found")
    allowed = "GET" if monitored else "POST"
    if method != allowed:
        return _plain(405, f"only {allowed}", ("Allow", allowed))
    return _shown(witness, monitored[1]) if monitored else _submitted(witness, clock, environ)


def _shown(witness: Witness, hashed_origin: str) -> tuple[Answer, list[tuple[str, str]]]:
    note = witness.latest(hashed_origin)
    if note is None:
        return _plain(404, "nothing was cosigned for this origin")
    return Answer(200, note), [("Content-Type", TEXT_TYPE), ("Cache-Control", "max-age=5")]


def _submitted(witness: Witness, clock: Clock, environ: WSGIEnvironment) -> tuple[Answer, list[tuple[str, str]]]:
    body = _body(environ)
    if body is None:
        return _plain(413, f"at most {LIMITS.request_bytes} bytes", ("Connection", "close"))
    outcome = witness.add_checkpoint(body, clock.now())
    headers = [("Content-Type", outcome.content_type), ("Cache-Control", "no-store")]
    return Answer(outcome.status, outcome.body), headers


def _body(environ: dict[str, Any]) -> bytes | None:
    """The body of a request, or None if it is larger than the limit."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not declared.isdecimal() or int(declared) > LIMITS.request_bytes:
        return None
    body: bytes = environ["wsgi.input"].read(int(declared))
    return body


def _plain(status: int, sentence: str, *headers: tuple[str, str]) -> tuple[Answer, list[tuple[str, str]]]:
    return Answer(status, sentence.encode() + b"\n"), [("Content-Type", TEXT_TYPE), *headers]
