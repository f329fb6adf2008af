"""`serve`: the screens of one face in a browser; inside with the ledger's integrator and a worker beside them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from azukari.cli.ledger import run_integrator
from azukari.cli.options import Office, ask_once, now, office_options, open_office, open_outside, start
from azukari.cli.rekeying import unlocked
from azukari.cli.speech import Speech, speech
from azukari.cli.working import worker_beside
from azukari.errors import NotFoundError, OptionError, StateError
from azukari.stores.serving import LOOPBACK, Tls

_LOOPBACK = {LOOPBACK, "localhost", "::1"}
_PORTS = {True: 8760, False: 8761}  # inside or not


@dataclass(frozen=True)
class _Place:
    """Where it listens, and under which names."""

    host: str
    port: int
    names: tuple[str, ...]
    tls: Tls | None
    walled: bool

    def address(self, port: int) -> str:
        """What people type."""
        return f"{'https' if self.tls else 'http'}://{self.names[0] if self.names else 'localhost'}:{port}/"


@click.command()
@click.option("--inside", is_flag=True, help="庁内の画面 / the screens inside the office")
@click.option("--outside", is_flag=True, help="委託先用の画面 / the screens of contractors")
@click.option("--host", default=LOOPBACK, show_default=True, help="待ち受ける番地 / address to listen on")
@click.option("--port", type=click.IntRange(0, 65535), help="ポート / port (8760, --outside: 8761); 0: any")
@click.option("--name", "names", multiple=True, help="利用者が開くホスト名 / host name under which people ask for it")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="TLS の証明書（PEM）/ certificate chain")
@click.option("--tls-key", type=click.Path(path_type=Path), help="その鍵（PEM）/ its key")
@click.option(
    "--without-wall",
    is_flag=True,
    help="PostgreSQL の行単位の制限が効かない役割でも開く / serve with a database role that row-level security does not bind",
)
@office_options
@speech
def serve(
    out: Speech,
    inside: bool,
    outside: bool,
    host: str,
    port: int | None,
    names: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    without_wall: bool,
    office_path: Path,
    keys_path: Path,
    login: str | None,
) -> None:
    """画面を開く。 Serve the office's or the contractors' screens until ended. Without TLS only on this machine itself."""
    if inside == outside:
        raise OptionError("one of --inside and --outside")
    tls = _tls(tls_cert, tls_key, host)
    os.environ["AZUKARI_FACE"] = "inside" if inside else "outside"
    os.environ["AZUKARI_PLAIN_HTTP"] = "" if tls else "1"
    ask_once(keys_path)
    at = _Place(host, _PORTS[inside] if port is None else port, names, tls, not without_wall)
    if inside:
        _serve_inside(out, at, office_path, keys_path, login)
    else:
        _serve_outside(out, at, office_path, keys_path)


def _serve_inside(out: Speech, at: _Place, office_path: Path, keys_path: Path, login: str | None) -> None:
    """The office's screens, with integrator and worker. StateError for an office of the outside."""
    start(office_path)
    from azukari.web.crossing.queries import is_outside

    if is_outside():
        raise StateError("this office is the outside")
    with unlocked(office_path):  # before the key is looked at: it may be replaced until then
        _serve_opened(at, open_office(office_path, keys_path, login), out, (office_path, keys_path, login))


def _serve_opened(at: _Place, opened: Office, out: Speech, told: tuple[Path, Path, str | None]) -> None:
    from azukari.web import office
    from azukari.web.accounts import queries as accounts
    from azukari.web.sequencer import queries

    office.unlock(opened.kek)
    logs = [queries.log_of(body.id).id for body in accounts.bodies()]

    def integrate() -> None:
        """In each process; a lease in the database lets one of them sign."""
        for log_id in logs:
            arguments = (opened, log_id, lambda signed: None, threading.Event())
            threading.Thread(target=run_integrator, args=arguments, name="integrator", daemon=True).start()

    with worker_beside(*told):
        _answer(out, at, integrate)


def _serve_outside(out: Speech, at: _Place, office_path: Path, keys_path: Path) -> None:
    """The contractors' screens: no worker, no integrator, and of the keys only that of this office itself."""
    start(office_path)
    from azukari.web import office

    with unlocked(office_path):
        office.unlock(open_outside(office_path, keys_path))
        _answer(out, at, lambda: None)


def _answer(out: Speech, at: _Place, started: Callable[[], None]) -> None:
    from azukari.web import office, serving
    from azukari.web.accounts.actions import session

    session.sweep(by=office.ITSELF, at=now())

    def ready(taken: int) -> None:
        out.say(f"画面を開きました: {at.address(taken)}", f"Serving {at.address(taken)}")

    serving.serve_screens(at.host, at.port, ready, names=at.names, tls=at.tls, started=started, walled=at.walled)


def _tls(certificate: Path | None, key: Path | None, host: str) -> Tls | None:
    if certificate is None and key is None:
        if host not in _LOOPBACK:
            raise OptionError("--tls-cert and --tls-key: without them only this machine itself is served")
        return None
    if certificate is None or key is None:
        raise OptionError("--tls-cert and --tls-key belong together")
    for path in (certificate, key):
        if not path.is_file():
            raise NotFoundError(path.name)
    return Tls(certificate, key)
