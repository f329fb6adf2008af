"""The server of a witness: waitress with bounded threads, connections and sizes, ended by SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from azukari.errors import NotFoundError, StorageError
from azukari.ledger import LIMITS as LEDGER

from .limits import LIMITS

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

LOOPBACK: Final = "127.0.0.1"


def serve(app: WSGIApplication, port: int, ready: Callable[[int], None], host: str = LOOPBACK) -> None:
    """Answer until a signal ends it; requests that are being answered are finished (at most 5 seconds).

    ``port`` 0 takes a free one; ``ready`` is called with the port once connections are accepted. TLS is the
    business of a proxy in front. Raises NotFoundError without waitress, StorageError if the port is taken.
    """
    server = _server(app, host, port)
    try:
        with_signals = threading.current_thread() is threading.main_thread()
        if with_signals:
            for one in (signal.SIGTERM, signal.SIGINT):
                signal.signal(one, _end)
        ready(int(server.effective_port))
        server.run()
    finally:
        server.close()


def _server(app: WSGIApplication, host: str, port: int) -> Any:
    try:
        from waitress import create_server  # type: ignore[import-untyped]  # waitress ships no types
    except ImportError:
        raise NotFoundError("azukari[witness] is not installed") from None
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=LIMITS.threads,
            connection_limit=LIMITS.connections,
            channel_timeout=LIMITS.idle_seconds,
            max_request_header_size=LIMITS.header_bytes,
            max_request_body_size=LEDGER.request_bytes,
            ident=None,
            clear_untrusted_proxy_headers=True,
            expose_tracebacks=False,
        )
    except OSError as error:
        raise StorageError(f"port {port}: {(error.strerror or 'not available').lower()}") from None


def _end(number: int, frame: object) -> None:
    raise SystemExit(0)
