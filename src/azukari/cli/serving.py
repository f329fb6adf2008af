"""`serve`: the office's screens in a browser, with the ledger's integrator and a worker beside them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import click

from azukari.cli.ledger import run_integrator
from azukari.cli.options import ask_once, office_options, open_office
from azukari.cli.speech import Speech, speech
from azukari.cli.working import worker_beside
from azukari.errors import NotFoundError, OptionError
from azukari.stores.serving import LOOPBACK, Tls

_LOOPBACK = {LOOPBACK, "localhost", "::1"}


@click.command()
@click.option("--inside", is_flag=True, required=True, help="庁内の画面 / the screens inside the office")
@click.option("--host", default=LOOPBACK, show_default=True, help="待ち受ける番地 / address to listen on")
@click.option("--port", type=click.IntRange(0, 65535), default=8760, show_default=True, help="ポート / port; 0: any")
@click.option("--name", "names", multiple=True, help="庁内での名前 / host name under which people ask for it")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="TLS の証明書（PEM）/ certificate chain")
@click.option("--tls-key", type=click.Path(path_type=Path), help="その鍵（PEM）/ its key")
@office_options
@speech
def serve(
    out: Speech,
    inside: bool,
    host: str,
    port: int,
    names: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
) -> None:
    """庁内の画面を開く。 Serve the office's screens until ended. Without TLS only on this machine itself."""
    tls = _tls(tls_cert, tls_key, host)
    os.environ["AZUKARI_FACE"] = "inside"
    os.environ["AZUKARI_PLAIN_HTTP"] = "" if tls else "1"
    ask_once(keys_path)
    opened = open_office(office_path, keys_path, login)
    from azukari.web import office, serving
    from azukari.web.accounts import queries as accounts
    from azukari.web.sequencer import queries

    office.unlock(opened.kek)
    logs = [queries.log_of(body.id).id for body in accounts.bodies()]

    def integrate() -> None:
        """In each process; a lease in the database lets one of them sign."""
        for log_id in logs:
            arguments = (opened, log_id, lambda signed: None, threading.Event())
            threading.Thread(target=run_integrator, args=arguments, name="integrator", daemon=True).start()

    with worker_beside(office_path, keys_path, login):
        serving.serve_screens(
            host,
            port,
            lambda taken: _tell(out, f"{'https' if tls else 'http'}://{names[0] if names else 'localhost'}:{taken}/"),
            names=names,
            tls=tls,
            started=integrate,
        )


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


def _tell(out: Speech, address: str) -> None:
    out.say(f"画面を開きました: {address}", f"Serving {address}")
