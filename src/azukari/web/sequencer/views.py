"""The log over HTTP as C2SP tlog-tiles asks: a checkpoint that is fresh, and everything else for ever the same.

Public pages: no session, no cookie, nobody is known here.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from azukari.errors import FormatError, NotFoundError, NotWitnessedError
from azukari.ledger.tiles import TILE_WIDTH, TileName, parse_path, read_row
from azukari.web.sequencer import queries, rows
from azukari.web.sequencer.models import Log
from azukari.web.sequencer.queries import witnessing

FRESH: Final = "public, max-age=5"
FOR_EVER: Final = "public, max-age=31536000, immutable"


@require_safe
def checkpoint(request: HttpRequest, log_id: UUID) -> HttpResponse:
    """The newest checkpoint that may be shown, with its cosignatures; 404 while there is none."""
    return _answer(_published(log_id).note, "text/plain; charset=utf-8", FRESH)


@require_safe
def tile(request: HttpRequest, log_id: UUID, path: str) -> HttpResponse:
    """A tile or entry bundle, whole or as the part of an earlier size; 404 for what no shown checkpoint covers."""
    try:
        name = parse_path(f"tile/{path}")
    except FormatError:
        raise Http404 from None
    if not _covered(name, _published(log_id).size):
        raise Http404
    if name.level is None:
        data = queries.bundle(log_id, name.index, name.width)
    else:
        data = read_row(rows.tile_reader(log_id), name.level, name.index, name.width)
    return _answer(data, "application/octet-stream", FOR_EVER)


@require_safe
def checkpoint_at_origin(request: HttpRequest, prefix: str = "") -> HttpResponse:
    """The same of the log whose origin is this host and path."""
    return checkpoint(request, _log_at(request, prefix))


@require_safe
def tile_at_origin(request: HttpRequest, path: str, prefix: str = "") -> HttpResponse:
    """The same of the log whose origin is this host and path."""
    return tile(request, _log_at(request, prefix), path)


def _log_at(request: HttpRequest, prefix: str) -> UUID:
    origin = f"{request.get_host()}/{prefix}" if prefix else request.get_host()
    found = Log.objects.filter(origin=origin).values_list("id", flat=True).first()
    if found is None:
        raise Http404
    return found


def _published(log_id: UUID) -> queries.Signed:
    try:
        return witnessing.published(log_id)
    except (NotFoundError, NotWitnessedError):
        raise Http404 from None


def _covered(name: TileName, size: int) -> bool:
    """Whether a log of this size has the tile: at level L one hash for every 256**L entries."""
    return name.index * TILE_WIDTH + name.width <= size >> 8 * (name.level or 0)


def _answer(data: bytes, content_type: str, cache: str) -> HttpResponse:
    return HttpResponse(data, content_type=content_type, headers={"Cache-Control": cache})
