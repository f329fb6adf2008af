"""The one place that opens connections: a witness is asked, a remote ledger is read, a sign-in provider is called.

Every answer is bounded in bytes and in time, no redirect is followed and nothing is tried twice; what comes
back is as unverified as any other bytes. Proxies of the environment are not used.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode, urlsplit

from azukari import __version__
from azukari.errors import FormatError, LimitError, NotFoundError, OptionError
from azukari.ledger import LIMITS, TILE_WIDTH, bundle_path, encode_bundle, parse_bundle, tile_path
from azukari.ledger.tree import HASH_BYTES
from azukari.ledger.witnessing import Answer

TIMEOUT: Final = 20.0  # seconds for one request to its last byte, and to dial each address of a host that has several
REUSED_WITHIN: Final = 1.0  # seconds: a connection idle for longer may be closing at the other end
ANSWER_BYTES: Final = 65_536  # a witness answers with a few signature lines or one number
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
BUNDLE_BYTES: Final = TILE_WIDTH * (2 + LIMITS.entry_bytes)
DOCUMENT_BYTES: Final = 262_144  # a provider's description, its keys, a token
ITSELF: Final = ("127.0.0.1", "::1", "localhost")

_HEADERS: Final = {"User-Agent": f"azukari/{__version__}", "Accept-Encoding": "identity"}
_OK, _NOT_FOUND = 200, 404


def ask_witness(url: str, body: bytes) -> Answer:
    """POST an add-checkpoint body to the witness whose submission prefix is ``url``; any status is an answer.

    One connection, ended afterwards. Raises OptionError for a URL of another kind, NotFoundError if the witness
    cannot be reached in time, FormatError if it speaks no HTTP, LimitError beyond ``ANSWER_BYTES``.
    """
    headers = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
    with closing(_Line(_Place.parse(url))) as line:
        return line.exchange("POST", "add-checkpoint", ANSWER_BYTES, body, headers)


def call(url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """GET what lies at one address, or POST a form to it; any status is an answer. TLS, but on this machine itself.

    One connection, ended afterwards. Raises what ``ask_witness`` does, the limit being ``DOCUMENT_BYTES``.
    """
    require_private(url)
    prefix, _, name = url.rpartition("/")
    sent = {"Accept": "application/json", "Connection": "close", **(headers or {})}
    body = None if form is None else urlencode(form).encode("ascii")
    if body is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    with closing(_Line(_Place.parse(prefix))) as line:
        return line.exchange("GET" if body is None else "POST", name, DOCUMENT_BYTES, body, sent)


def require_private(url: str) -> None:
    """OptionError unless this is the address of something on a host, over TLS or on this machine itself."""
    place = _Place.parse(url)
    if not place.secure and place.host not in ITSELF:
        raise OptionError("an address starts with https://")
    if not urlsplit(url).path:
        raise OptionError("an address names more than a host")


class RemoteLog:
    """遠隔の台帳。 Reads a ledger published as C2SP tlog-tiles under a URL prefix; verifies nothing.

    All methods raise LookupError where the other side answers 404, NotFoundError if it cannot be reached or
    answers anything but the file, FormatError for a file of another length, LimitError for one too large.
    """

    def __init__(self, url: str) -> None:
        """``url`` is the prefix of the log, http or https, without credentials; else OptionError."""
        self._line = _Line(_Place.parse(url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, if one is open; the next read opens another."""
        self._line.close()

    def checkpoint(self) -> bytes:
        """The latest checkpoint, a signed note that nobody has verified yet."""
        return self._get("checkpoint", LIMITS.note_bytes)

    def tile(self, level: int, index: int, width: int = TILE_WIDTH) -> bytes:
        """The first ``width`` hashes of a tile; from the full tile where the partial one is gone (tlog-tiles)."""
        data, held = self._widest(width, lambda held: tile_path(level, index, held), TILE_BYTES)
        if len(data) != held * HASH_BYTES:
            raise FormatError(f"{tile_path(level, index, held)} has {len(data)} bytes")
        return data[: width * HASH_BYTES]

    def bundle(self, index: int, width: int = TILE_WIDTH) -> bytes:
        """The first ``width`` entries of a bundle, encoded; from the full one where the partial one is gone."""
        data, held = self._widest(width, lambda held: bundle_path(index, held), BUNDLE_BYTES)
        entries = parse_bundle(data)
        if len(entries) != held:
            raise FormatError(f"{bundle_path(index, held)} has {len(entries)} entries")
        return data if held == width else encode_bundle(entries[:width])

    def _widest(self, width: int, path: Callable[[int], str], limit: int) -> tuple[bytes, int]:
        """A file and the width it was asked for: the partial one or, where that is gone, the full one."""
        try:
            return self._get(path(width), limit), width
        except LookupError:
            if width == TILE_WIDTH:
                raise
        return self._get(path(TILE_WIDTH), limit), TILE_WIDTH

    def _get(self, path: str, limit: int) -> bytes:
        answer = self._line.exchange("GET", path, limit)
        if answer.status == _NOT_FOUND:
            raise LookupError(path)
        if answer.status != _OK:
            raise NotFoundError(f"{self._line.place.shown} answers {answer.status} for {path}")
        return answer.body


@dataclass(frozen=True, slots=True)
class _Place:
    """A checked URL prefix."""

    secure: bool
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> _Place:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise OptionError("this is no URL") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
            raise OptionError("a URL starts with http:// or https:// and a host")
        if parts.username is not None or parts.password is not None:
            raise OptionError("a URL must not hold a user name or a password")
        if parts.query or parts.fragment or " " in url:
            raise OptionError("a URL prefix holds no query, fragment or space")
        secure = parts.scheme == "https"
        return cls(secure, parts.hostname, (443 if secure else 80) if port is None else port, parts.path.rstrip("/"))

    @property
    def shown(self) -> str:
        return f"{self.host}:{self.port}"


class _Line:
    """One connection at a time to one place, used again while it is fresh."""

    def __init__(self, place: _Place) -> None:
        self.place = place
        self._open: HTTPConnection | None = None
        self._used = 0.0

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def exchange(
        self, method: str, path: str, limit: int, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request, read at most ``limit`` bytes of its answer."""
        try:
            with _in_time() as clock:
                connection = self._connected(clock)
                connection.request(method, f"{self.place.path}/{path}", body, {**_HEADERS, **(headers or {})})
                with connection.getresponse() as response:
                    answer = Answer(response.status, _read(response, limit))
                if response.will_close:
                    self.close()
        except (RemoteDisconnected, IncompleteRead, OSError) as error:
            self.close()
            raise NotFoundError(f"{self.place.shown} cannot be reached: {_reason(error)}") from None
        except (HTTPException, ValueError):
            self.close()
            raise FormatError(f"{self.place.shown} does not answer in HTTP") from None
        except BaseException:  # half an answer is still on its way: this connection is of no more use
            self.close()
            raise
        self._used = time.monotonic()
        return answer

    def _connected(self, clock: _Clock) -> HTTPConnection:
        if self._open is not None and time.monotonic() - self._used > REUSED_WITHIN:
            self.close()
        if self._open is None:
            self._open = HTTPConnection(self.place.host, self.place.port, timeout=TIMEOUT)
            self._open.default_port = 443 if self.place.secure else 80  # what the Host header leaves out
            self._open.auto_open = 0  # never a connection of its own, which would also be one without TLS
            self._open.sock = self._dialled(clock)
        clock.watch(self._open.sock)
        return self._open

    def _dialled(self, clock: _Clock) -> socket.socket:
        plain = socket.create_connection((self.place.host, self.place.port), timeout=TIMEOUT)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self.place.secure:
                return plain
            wrapped = ssl.create_default_context().wrap_socket(
                plain, server_hostname=self.place.host, do_handshake_on_connect=False
            )
        except BaseException:
            plain.close()
            raise
        try:
            clock.watch(wrapped)
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


class _Clock:
    """Shuts the sockets of one request down when its time is over, also against a peer that sends byte by byte."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []
        self.over = False

    def watch(self, one: socket.socket) -> None:
        """Shut this socket down, too. TimeoutError if the time went by while the host was looked up and dialled."""
        self.sockets.append(one)
        if self.over:
            raise TimeoutError

    def ring(self) -> None:
        self.over = True
        for one in self.sockets:
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)  # not SSLSocket's, which would drop to plain reads


@contextmanager
def _in_time() -> Iterator[_Clock]:
    clock = _Clock()
    timer = threading.Timer(TIMEOUT, clock.ring)
    timer.daemon = True
    timer.start()
    try:
        yield clock
    except (OSError, HTTPException):
        if clock.over:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    if clock.over:  # an answer without a length looks whole when it is cut
        raise TimeoutError


def _read(response: HTTPResponse, limit: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise FormatError("an answer is compressed, which was not asked for")
    body = response.read(limit + 1)
    if len(body) > limit:
        raise LimitError(f"an answer is larger than {limit} bytes")
    if response.length:  # http.client does not say so itself when it was asked for a number of bytes
        raise IncompleteRead(body, response.length)
    return body


def _reason(error: BaseException) -> str:
    """A short reason without anything that the other side wrote."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate does not verify"
    if isinstance(error, ssl.SSLError):
        return "no secure connection"
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return "the connection ended"
