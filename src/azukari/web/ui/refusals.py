"""How a refusal reaches a person: one sentence, its status, and nothing else of what happened."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from azukari.errors import (
    AzukariError,
    LimitError,
    NotFoundError,
    NotPermittedError,
    NotWitnessedError,
    RefusedError,
    StateError,
    StorageError,
)
from azukari.web.ui.words import language, pick

# The first that fits; everything else that was handed in is 400.
STATUSES: Final[tuple[tuple[type[AzukariError], int], ...]] = (
    (NotFoundError, 404),
    (NotPermittedError, 403),
    (StateError, 409),
    (LimitError, 413),
    (RefusedError, 422),
    (NotWitnessedError, 503),
    (StorageError, 503),
)


def status_of(error: AzukariError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 400)


class RefusalMiddleware:
    """拒否の表示。 An ``AzukariError`` that a view lets through becomes a page with its sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal; None for anything else, which is an error in azukari."""
        if not isinstance(exception, AzukariError):
            return None
        return refused(request, exception.sentence(language()), status_of(exception))


def refused(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    """The page of a refusal."""
    return render(request, "azukari/refused.html", {"sentence": sentence}, status=status)


def refused_as_json(error: AzukariError, status: int) -> JsonResponse:
    """What a program gets: ``error`` is the word of the verdict (docs/exit-codes.md), ``message`` its sentence."""
    return JsonResponse({"error": error.word, "message": error.sentence(language())}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; what was asked for is not repeated."""
    return refused(request, pick("このページはありません。", "There is no such page."), 404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return refused(request, pick("この操作は許可されていません。", "You may not do this."), 403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return refused(request, pick("送られた内容が正しくありません。", "What was sent cannot be used."), 400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form is too old, or comes from elsewhere."""
    sentence = pick(
        "画面の有効期限が切れました。前の画面に戻り、もう一度送ってください。",
        "This page is too old. Go back and send it again.",
    )
    return refused(request, sentence, 403)


def broken(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the register does not answer: a page made without it. Called while the error is handled."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError, StorageError)):
        return _bare(503, _AWAY)
    return _bare(
        500, ("処理に失敗しました。時間をおいて、もう一度お試しください。", "Something failed. Try again later.")
    )


# Whether what was sent came through is not claimed: a server that was lost may have committed it.
_AWAY: Final = (
    "登録簿がいま応答しません。しばらくしてから、結果を確かめて、もう一度お試しください。",
    "The register does not answer now. Wait a moment, see whether it was done, and try again.",
)


def _bare(status: int, sentence: tuple[str, str]) -> HttpResponse:
    text = f"<title>azukari</title><p>{pick(*sentence)}</p>"
    return HttpResponse(f'<!DOCTYPE html><html lang="{language()}"><meta charset="utf-8">{text}</html>', status=status)
