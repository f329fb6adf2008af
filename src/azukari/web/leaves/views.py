"""The index over HTTP, as static files: those of the two newest epochs whose entry a shown checkpoint covers.

Public pages: no session, no cookie, nobody is known here.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from azukari.errors import NotFoundError, NotWitnessedError
from azukari.web.leaves import files, indexing
from azukari.web.leaves.queries import epochs
from azukari.web.sequencer import queries as sequencer

FOR_EVER: Final = "public, max-age=31536000, immutable"


@require_safe
def index(request: HttpRequest, log_id: UUID, size: int, name: str) -> FileResponse:
    """``records`` or ``nodes`` of the index of this size; 404 for one that is not shown, or kept no more."""
    try:
        if name not in indexing.FILES or size not in epochs.shown(log_id):
            raise Http404
        file = (files.epoch(log_id, size) / name).open("rb")
    except (NotFoundError, NotWitnessedError, OSError):
        raise Http404 from None
    return FileResponse(file, content_type="application/octet-stream", headers={"Cache-Control": FOR_EVER})


@require_safe
def index_at_origin(request: HttpRequest, size: int, name: str, prefix: str = "") -> FileResponse:
    """The same of the log whose origin is this host and path."""
    try:
        log = sequencer.log_at(f"{request.get_host()}/{prefix}" if prefix else request.get_host())
    except NotFoundError:
        raise Http404 from None
    return index(request, log.id, size, name)
