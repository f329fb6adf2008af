"""The office over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from azukari.stores import serving
from azukari.stores.serving import Tls
from azukari.web.postgresql import policies, wall

BODY_BYTES: Final = 65_536  # nothing is uploaded yet


def serve(host: str, port: int, ready: Callable[[int], None] = lambda port: None, *, also: str = "localhost") -> None:
    """Serve the office that is open in this process, until a signal ends it. Raises what ``stores.serving`` does.

    ``also`` is one more host, with or without a port, under which a proxy in front asks: that of the ledger's origin.
    """
    if not settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS = [host, "localhost", also.partition(":")[0]]
    wall.stand(wall.LEDGER)
    serving.serve(WSGIHandler(), port, ready, host, body_bytes=BODY_BYTES)


def serve_screens(
    host: str,
    port: int,
    ready: Callable[[int], None],
    *,
    names: Sequence[str],
    tls: Tls | None,
    started: Callable[[], None],
    walled: bool = True,
) -> None:
    """Serve the screens of the office that is open in this process under ``names``, until a signal ends it.

    ``started`` is called in each process that answers. On PostgreSQL a connection sees nothing until the gate has said
    for whom it acts; StateError where the server's policies do not bind this role, unless ``walled`` is False.
    Raises what ``stores.serving`` does.
    """
    if walled:
        policies.require()
    wall.stand(wall.NOTHING)
    settings.ALLOWED_HOSTS = [host, "localhost", *names]
    connections.close_all()  # none is carried into the processes that are forked from this one
    serving.serve_screens(WSGIHandler(), port, ready, host, tls=tls, started=started)
