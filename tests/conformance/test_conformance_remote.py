"""Our client against a static server and against hostile ones: bounded in bytes and time, no redirect, no retry."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from tests.conformance.logs import exported
from tests.conformance.served import answering, read_request

from azukari.errors import AzukariError, FormatError, LimitError, NotFoundError
from azukari.ledger import TileReader, bundle_path, encode_bundle, parse_bundle, tile_path
from azukari.stores import remote
from azukari.stores.remote import RemoteLog, ask_witness


class Quiet(SimpleHTTPRequestHandler):
    """A static server that keeps connections and counts them."""

    protocol_version = "HTTP/1.1"
    connections: ClassVar[set[object]] = set()

    def handle(self) -> None:
        self.connections.add(self.client_address)
        super().handle()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def static(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    Quiet.connections = set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield tmp_path, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(60)
    server.server_close()


def test_remote_log_when_read_over_http_then_root_and_entries_are_those_of_the_checkpoint(
    static: tuple[Path, str],
) -> None:
    folder, url = static
    log = exported(folder, 600)
    with RemoteLog(url) as read:
        assert read.checkpoint() == log.note

        def tile(level: int, index: int) -> bytes:
            return read.tile(level, index, min(256, (600 >> 8 * level) - 256 * index))

        assert TileReader(tile, 600).root() == log.checkpoint.root
        assert parse_bundle(read.bundle(2, 600 - 512)) == log.entries[512:]
    assert len(Quiet.connections) == 1, "one connection for all of it"


def test_remote_log_when_its_connection_was_idle_for_too_long_then_another_is_opened(
    static: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, url = static
    exported(folder, 600)
    monkeypatch.setattr(remote, "REUSED_WITHIN", -1.0)
    with RemoteLog(url) as read:
        assert read.checkpoint() == read.checkpoint()
    assert len(Quiet.connections) == 2


def test_remote_log_when_the_partial_tile_is_gone_then_the_full_one_is_read(static: tuple[Path, str]) -> None:
    folder, url = static
    log = exported(folder, 600)
    with RemoteLog(url) as read:
        assert read.tile(0, 1, 100) == read.tile(0, 1)[:3200]
        assert read.bundle(1, 100) == read.bundle(1)[: len(read.bundle(1, 100))]
        assert parse_bundle(read.bundle(1, 100)) == log.entries[256:356]
        for missing in (lambda: read.tile(0, 2), lambda: read.bundle(3, 9), lambda: read.tile(5, 0, 1)):
            with pytest.raises(LookupError):
                missing()


def test_remote_log_when_a_file_has_another_length_then_format_error(static: tuple[Path, str]) -> None:
    folder, url = static
    exported(folder, 600)
    for path in (tile_path(0, 0), tile_path(0, 2, 88), bundle_path(0), bundle_path(2, 88)):
        (folder / path).write_bytes((folder / path).read_bytes()[:-1])
    with RemoteLog(url) as read:
        for short in (
            lambda: read.tile(0, 0),
            lambda: read.tile(0, 2, 88),
            lambda: read.bundle(0),
            lambda: read.bundle(2, 88),
        ):
            with pytest.raises(FormatError):
                short()
        (folder / bundle_path(2, 88)).write_bytes(encode_bundle([b"whole entries, but too few"]))
        with pytest.raises(FormatError, match="1 entries"):
            read.bundle(2, 88)
        (folder / tile_path(0, 0)).write_bytes(bytes(8193))
        with pytest.raises(LimitError):
            read.tile(0, 0)


OK = b"HTTP/1.1 200 OK\r\n"
HOSTILE = {
    "a redirect is an answer and is not followed": (b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", 302),
    "too large": (OK + b"Content-Length: 70000\r\n\r\n" + b"a" * 70_000, LimitError),
    "too large and chunked": (OK + b"Transfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b"a" * 0x8000 + b"\r\n") * 3, LimitError),
    "too large and endless": (OK + b"\r\n" + b"a" * 200_000, LimitError),
    "cut short": (OK + b"Content-Length: 10\r\n\r\nabc", NotFoundError),
    "cut short and chunked": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc", NotFoundError),
    "nothing": (b"", NotFoundError),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", FormatError),
    "no status": (OK.replace(b"200", b"abc") + b"\r\n", FormatError),
    "endless header": (OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n", FormatError),
    "many headers": (OK + b"X: y\r\n" * 200 + b"\r\n", FormatError),
    "compressed": (OK + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na", FormatError),
    "a length that is none": (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", NotFoundError),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_answer_when_hostile_then_one_of_our_errors_after_one_request(what: str) -> None:
    sent, wanted = HOSTILE[what]
    asked = []

    def script(connection: socket.socket) -> None:
        asked.append(read_request(connection))
        connection.sendall(sent)

    with answering(script) as url:
        if isinstance(wanted, int):
            assert ask_witness(url, b"body").status == wanted
        else:
            with pytest.raises(wanted) as caught:
                ask_witness(url, b"body")
            assert isinstance(caught.value, AzukariError)
    assert len(asked) == 1 and asked[0].endswith(b"\r\n\r\nbody")
    assert b"Accept-Encoding: identity" in asked[0] and b"Connection: close" in asked[0]


@pytest.mark.parametrize("slow", ["connects only", "byte by byte", "header by header"])
def test_answer_when_it_does_not_come_in_time_then_not_found_says_so(
    slow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "TIMEOUT", 0.3)
    over = threading.Event()

    def script(connection: socket.socket) -> None:
        read_request(connection)
        drip = {"connects only": b"", "byte by byte": b"a", "header by header": b"X: y\r\n"}[slow]
        connection.sendall(OK + (b"\r\n" if slow == "byte by byte" else b""))
        while not over.wait(0.02):
            connection.sendall(drip)

    with answering(script) as url:
        try:
            with pytest.raises(NotFoundError, match="no answer in time"):
                ask_witness(url, b"")
        finally:
            over.set()


def test_request_when_dialling_took_all_the_time_then_it_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "TIMEOUT", 0.01)
    dial, rung, asked = socket.create_connection, threading.Event(), []
    ring = remote._Clock.ring
    monkeypatch.setattr(remote._Clock, "ring", lambda clock: (ring(clock), rung.set()))

    def slowly(address: tuple[str, int], **_: object) -> socket.socket:
        connection = dial(address)
        assert rung.wait(60)
        return connection

    with answering(lambda connection: asked.append(read_request(connection))) as url, monkeypatch.context() as patched:
        patched.setattr(socket, "create_connection", slowly)
        with pytest.raises(NotFoundError, match="no answer in time"):
            ask_witness(url, b"")
    assert not asked


def test_witness_when_nobody_listens_then_not_found_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotFoundError, match=f"127.0.0.1:{port} cannot be reached: connection refused"):
        ask_witness(f"http://127.0.0.1:{port}", b"")


def test_https_when_the_other_side_speaks_no_tls_then_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with answering(script) as url, pytest.raises(NotFoundError, match="no secure connection"):
        ask_witness(url.replace("http", "https"), b"")


def test_https_when_the_handshake_comes_byte_by_byte_then_not_found_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "TIMEOUT", 0.3)
    given_up, outlasted = threading.Event(), []

    def script(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"\x16\x03\x03\x3f\xff")  # one TLS record of 16,383 bytes, of which few will come
        for _ in range(250):
            connection.sendall(b"\x02")
            if given_up.wait(0.02):
                return
        outlasted.append(connection)

    with answering(script) as url:
        with pytest.raises(NotFoundError, match="no answer in time"):
            ask_witness(url.replace("http", "https"), b"")
        given_up.set()
    assert not outlasted


def test_https_when_the_certificate_is_nobody_s_then_it_is_refused(tmp_path: Path) -> None:
    context = self_signed(tmp_path)

    def script(connection: socket.socket) -> None:
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            pass

    with answering(script) as url, pytest.raises(NotFoundError, match="certificate does not verify"):
        ask_witness(url.replace("http", "https"), b"")


def test_https_when_the_certificate_is_trusted_then_the_answer_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))

    def script(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            read_request(wrapped)
            wrapped.sendall(OK + b"Content-Length: 2\r\n\r\nhi")

    with answering(script) as url:
        answer = ask_witness(url.replace("http://127.0.0.1", "https://localhost"), b"")
    assert (answer.status, answer.body) == (200, b"hi")


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server context with a certificate for localhost that nobody vouches for."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
