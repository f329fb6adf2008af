"""What no form can mean is refused before any view: what is too large, and text with a NUL, which no database keeps.

What is too large is refused by the length that a browser tells first, and nothing of it is kept. A browser shows an answer only after it has sent everything, so what a signed-in person sends is read away for a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, QueryDict

from azukari.web.jobs.uploads import MAX_BYTES
from azukari.web.postgresql import wall
from azukari.web.ui.refusals import refused
from azukari.web.ui.words import pick

PATIENCE: Final = 60.0  # seconds of reading away; a slower line sees a connection that broke
BLOCK: Final = 1 << 20


class BoundsMiddleware:
    """受け取るものの上限。 413 and one sentence for what is too large, 400 for a NUL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        if _length(request) <= MAX_BYTES:
            return self._get_response(request)
        sentence = pick(
            f"ファイルは {MAX_BYTES >> 30} GB までです。表を分けて、渡してください。",
            f"A file may have {MAX_BYTES >> 30} GB at most. Hand over the table in parts.",
        )
        with wall.acting(wall.SIGN_IN):  # the gate is behind this
            if request.user.is_authenticated:
                _read_away(request)
            return refused(request, sentence, 413)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """None lets the request pass."""
        if _has_nul(request.GET) or (request.method == "POST" and _has_nul(request.POST)):
            return refused(request, pick("送られた内容が正しくありません。", "What was sent cannot be used."), 400)
        return None


def _read_away(request: HttpRequest) -> None:
    until = time.monotonic() + PATIENCE
    with suppress(OSError):  # the browser went away
        while request.META["wsgi.input"].read(BLOCK) and time.monotonic() < until:
            pass


def _has_nul(values: QueryDict) -> bool:
    return any("\0" in text for _, texts in values.lists() for text in texts)


def _length(request: HttpRequest) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isascii() and text.isdigit() else 0
