"""An HTTP server for a WSGI application: waitress with bounded threads, connections and sizes, ended by a signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from azukari.errors import NotFoundError, StorageError

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

LOOPBACK: Final = "127.0.0.1"
THREADS: Final = 4  # all share one database, so more would only wait
CONNECTIONS: Final = 100  # open at a time
IDLE: Final = 60  # seconds after which a connection without traffic is closed
HEADER_BYTES: Final = 8_192


def serve(
    app: WSGIApplication, port: int, ready: Callable[[int], None], host: str = LOOPBACK, *, body_bytes: int
) -> None:
    """Answer until a signal ends it; requests that are being answered are finished (at most 5 seconds).

    ``port`` 0 takes a free one; ``ready`` is called with the port once connections are accepted; ``body_bytes`` bounds
    one request. TLS is the business of a proxy in front. Raises NotFoundError without waitress, StorageError if the
    port is taken.
    """
    server = _server(app, host, port, body_bytes)
    try:
        if threading.current_thread() is threading.main_thread():
            for one in (signal.SIGTERM, signal.SIGINT):
                signal.signal(one, _end)
        ready(int(server.effective_port))
        server.run()
    finally:
        server.close()


def _server(app: WSGIApplication, host: str, port: int, body_bytes: int) -> Any:
    try:
        from waitress import create_server  # type: ignore[import-untyped]  # waitress ships no types
    except ImportError:
        raise NotFoundError("waitress is not installed: azukari[web] or azukari[witness]") from None
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE,
            max_request_header_size=HEADER_BYTES,
            max_request_body_size=body_bytes,
            ident=None,
            clear_untrusted_proxy_headers=True,
            expose_tracebacks=False,
        )
    except OSError as error:
        raise StorageError(f"port {port}: {(error.strerror or 'not available').lower()}") from None


def _end(number: int, frame: object) -> None:
    raise SystemExit(0)
