"""The office over HTTP, served by waitress; a proxy before it brings TLS."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from waitress import create_server  # type: ignore[import-untyped]  # waitress ships no types

THREADS: Final = 4
LIMIT: Final = 100  # connections


def serve(host: str, port: int) -> None:
    """Serve the office that is open in this process, until the process is ended. OSError if the address is taken."""
    if not settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS = [host, "localhost"]
    server = create_server(WSGIHandler(), host=host, port=port, threads=THREADS, connection_limit=LIMIT, ident=None)
    try:
        server.run()
    finally:
        server.close()
