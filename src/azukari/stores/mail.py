"""Mail goes out over SMTP (RFC 5321): through one relay, under TLS unless the relay is on this machine.

What a relay answers is told as its code alone: its text may repeat an address.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from typing import Final

from azukari.errors import OptionError
from azukari.stores.keys import read_secret_option

SECONDS: Final = 30  # of silence of a relay
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS: Final = {"tls": 465, "starttls": 587, "none": 25}


class Outcome(StrEnum):
    """送信の結果。 ``refused``: it surely did not go, and may be tried again; ``unknown``: it may have gone."""

    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Posted:
    """送信の記録。 What became of one mail, and the relay's last code (RFC 5321 4.2; 0: it did not come to one)."""

    outcome: Outcome
    code: int = 0


@dataclass(frozen=True)
class Relay:
    """メールの中継先。 Where mail is handed in, from whom it comes, and how; ``login`` is a name and a password.

    ``context``: whom TLS trusts, None without TLS.
    """

    host: str
    port: int
    tls: str
    sender: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)


def relay_of(environ: Mapping[str, str]) -> Relay:
    """Read AZUKARI_SMTP_HOST, _PORT, _TLS, _FROM, _LOGIN_FILE (name and password, a line each) and _CA_FILE.

    _TLS is ``starttls``, ``tls``, or, on this machine alone, ``none``, which is the default there. OptionError.
    """
    host, sender = environ.get("AZUKARI_SMTP_HOST", ""), environ.get("AZUKARI_SMTP_FROM", "")
    if not host or not sender:
        raise OptionError("AZUKARI_SMTP_HOST and AZUKARI_SMTP_FROM")
    tls = environ.get("AZUKARI_SMTP_TLS", "none" if host in LOOPBACK else "starttls")
    if tls not in _PORTS or (tls == "none" and host not in LOOPBACK):
        raise OptionError("AZUKARI_SMTP_TLS is starttls or tls; none only for a relay on this machine")
    port = environ.get("AZUKARI_SMTP_PORT", str(_PORTS[tls]))
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise OptionError("AZUKARI_SMTP_PORT")
    if "AZUKARI_SMTP_LOGIN" in environ:
        raise OptionError("AZUKARI_SMTP_LOGIN is not read; name a file in AZUKARI_SMTP_LOGIN_FILE")
    context = None if tls == "none" else _context(environ.get("AZUKARI_SMTP_CA_FILE"))
    return Relay(host, int(port), tls, sender, _login(environ), context)


def post(relay: Relay, message: EmailMessage) -> Posted:
    """Hand in one mail for its one recipient. Raises nothing for what a relay does, or does not.

    Until the relay has been given the last line of the mail every failure is ``refused``, and so is an answer that says
    so; a connection that ends, or a silence, after that is ``unknown``: whoever tried again might send it twice.
    """
    given = message.as_bytes(policy=SMTP)
    ready = False
    try:
        with _connected(relay) as line:
            for code, _ in (line.mail(relay.sender), line.rcpt(str(message["To"]))):
                if not 200 <= code < 300:
                    return Posted(Outcome.REFUSED, code)
            ready = True
            code, _ = line.data(given)
            return Posted(Outcome.SENT if 200 <= code < 300 else Outcome.REFUSED, code)
    except smtplib.SMTPResponseException as error:  # of DATA itself, too: then nothing was given
        return Posted(Outcome.REFUSED, error.smtp_code)
    except (smtplib.SMTPException, OSError, ValueError):
        return Posted(Outcome.UNKNOWN if ready else Outcome.REFUSED)


@contextmanager
def _connected(relay: Relay) -> Iterator[smtplib.SMTP]:
    """A relay that was greeted, under TLS, and knows who we are. What it says at the end does not matter."""
    if relay.tls == "tls":
        line: smtplib.SMTP = smtplib.SMTP_SSL(relay.host, relay.port, timeout=SECONDS, context=relay.context)
    else:
        line = smtplib.SMTP(relay.host, relay.port, timeout=SECONDS)
    try:
        if relay.tls == "starttls":
            line.starttls(context=relay.context)
        line.ehlo_or_helo_if_needed()
        if relay.login is not None:
            line.login(*relay.login)
        yield line
    finally:
        line.close()


def _context(authorities: str | None) -> ssl.SSLContext:
    """The machine's authorities, or those of one file, as of a relay inside."""
    try:
        return ssl.create_default_context(cafile=authorities)
    except OSError:
        raise OptionError("the file named in AZUKARI_SMTP_CA_FILE cannot be read") from None


def _login(environ: Mapping[str, str]) -> tuple[str, str] | None:
    secret = read_secret_option(environ, "AZUKARI_SMTP_LOGIN")
    if secret is None:
        return None
    try:
        name, password = secret.decode("ascii").splitlines()
    except ValueError:
        raise OptionError("the file named in AZUKARI_SMTP_LOGIN_FILE holds no two lines of ASCII") from None
    return name, password
