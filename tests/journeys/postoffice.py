"""A small SMTP server (RFC 5321, 3207, 4954) in a thread: it keeps what it is given, or fails where it is told to."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class PostOffice:
    """What came, and how it answers: ``answers`` by command, ``GREETING`` and ``END`` (of the mail) among them; "" hangs up."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    context: ssl.SSLContext | None = None
    wants_login: str = ""
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    @property
    def read(self) -> list[EmailMessage]:
        return [message_from_bytes(data, policy=default) for *_, data in self.mails]  # type: ignore[misc]


class _Hung(Exception):
    pass


class _Handler(socketserver.StreamRequestHandler):
    timeout = 20

    @property
    def office(self) -> PostOffice:
        return self.server.office  # type: ignore[attr-defined,no-any-return]

    def handle(self) -> None:
        self.sender, self.recipients, self.safe, self.known = "", list[str](), False, not self.office.wants_login
        try:
            self.say("GREETING", "220 post.example")
            while line := self.rfile.readline().decode("ascii").rstrip("\r\n"):
                self.office.commands.append(line)
                if line == "QUIT":
                    return self.say("QUIT", "221 bye")
                self.command(line.partition(" ")[0].upper(), line)
        except (_Hung, OSError):
            return None
        finally:
            if self.safe:
                self.request.close()  # the socket of before is what the server closes

    def say(self, command: str, usual: str) -> None:
        answer = self.office.answers.get(command, usual)
        if not answer:
            raise _Hung
        self.wfile.write(answer.encode() + b"\r\n")

    def command(self, word: str, line: str) -> None:
        if word == "EHLO":
            offers = ["STARTTLS"] if self.office.context and not self.safe else []
            offers += ["AUTH PLAIN"] if self.office.wants_login else []
            lines = ["post.example", *offers]
            self.say("EHLO", "\r\n".join(f"250{' ' if one is lines[-1] else '-'}{one}" for one in lines))
        elif word == "STARTTLS":
            self.say("STARTTLS", "220 go on")
            assert self.office.context is not None
            self.request = self.office.context.wrap_socket(
                self.request, server_side=True, do_handshake_on_connect=False
            )
            self.safe = True
            self.request.do_handshake()
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        elif word == "AUTH":
            given = base64.b64decode(line.split(" ")[2]).decode()
            self.known = given == self.office.wants_login
            self.say("AUTH", "235 welcome" if self.known else "535 who are you")
        elif word in ("MAIL", "RCPT"):
            self.envelope(word, line)
        elif word == "DATA":
            self.data()
        else:
            self.say(word, "250 ok")

    def envelope(self, word: str, line: str) -> None:
        if not self.known:
            return self.say(word, "530 log in first")
        address = line.partition("<")[2].partition(">")[0]
        if word == "MAIL":
            self.sender = address
        else:
            self.recipients.append(address)
        return self.say(word, "250 ok")

    def data(self) -> None:
        answer = self.office.answers.get("DATA", "354 go on")
        self.say("DATA", "354 go on")
        if not answer.startswith("354"):
            return
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if self.office.answers.get("END", "250 ok").startswith("250") or not self.office.answers["END"]:
            self.office.mails.append((self.sender, self.recipients, b"".join(lines)))  # also where it hangs up then
        self.say("END", "250 ok")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def post_office(**named: object) -> Iterator[PostOffice]:
    """One that is open while the block runs."""
    office = PostOffice(**named)  # type: ignore[arg-type]
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.office = office  # type: ignore[attr-defined]
        office.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield office
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS for this machine, and the file with the authority that vouches for it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    public, private = folder / "post.pem", folder / "post.key"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public
