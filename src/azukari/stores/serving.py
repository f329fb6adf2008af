"""HTTP servers for a WSGI application, bounded and ended by a signal.

``serve``: waitress, for pages that everybody may see. ``serve_screens``: gunicorn, for people who sign in: with TLS.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from azukari.errors import NotFoundError, StorageError

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

LOOPBACK: Final = "127.0.0.1"
THREADS: Final = 4  # all share one database, so more would only wait
CONNECTIONS: Final = 100  # open at a time
IDLE: Final = 60  # seconds after which a connection without traffic is closed
HEADER_BYTES: Final = 8_192
WORKERS: Final = 2
SCREEN_THREADS: Final = 8


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


@dataclass(frozen=True)
class Tls:
    """証明書と鍵。 PEM files of a certificate chain and its key."""

    certificate: Path
    key: Path


def serve_screens(
    app: WSGIApplication,
    port: int,
    ready: Callable[[int], None],
    host: str = LOOPBACK,
    *,
    tls: Tls | None,
    started: Callable[[], None],
) -> None:
    """Answer with TLS in worker processes of their own, one of which that dies is replaced, until a signal ends it.

    ``started`` is called in each worker once it can answer; ``ready`` once with the port. Needs gunicorn, which is not
    for Windows: NotFoundError. StorageError if the port is taken.
    """
    try:
        from gunicorn.app.base import BaseApplication
    except ImportError:
        raise NotFoundError("gunicorn is not installed: azukari[web], on a system other than Windows") from None
    options: dict[str, Any] = {
        "bind": _free(host, port),
        "worker_class": "gthread",
        "workers": WORKERS,
        "threads": SCREEN_THREADS,
        "timeout": 120,
        "graceful_timeout": 5,
        "keepalive": IDLE // 2,
        "preload_app": True,
        "limit_request_line": HEADER_BYTES // 2,
        "when_ready": lambda arbiter: ready(arbiter.LISTENERS[0].sock.getsockname()[1]),
        "post_worker_init": lambda worker: started(),
        "loglevel": "critical",
        "control_socket_disable": True,
    }
    if tls is not None:
        options |= {"certfile": str(tls.certificate), "keyfile": str(tls.key)}

    class Screens(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        """gunicorn, told by us and by nothing else: no file, no environment, no command line."""

        def load_config(self) -> None:
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> WSGIApplication:
            return app

    Screens().run()


def _free(host: str, port: int) -> str:
    """The address, if nobody listens there: gunicorn would try again and again."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StorageError(f"port {port}: {(error.strerror or 'not available').lower()}") from None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
