"""The public ledger in front of everything that asks who somebody is, on a face that has people, too."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import Resolver404, ResolverMatch, resolve

from azukari.web.postgresql import wall
from azukari.web.sequencer import views


class PublicLedgerMiddleware:
    """公開台帳の入口。 Answers the addresses of ledgers before a session is looked for: no cookie is read, and none is set.

    So whoever is signed in gets the same bytes under the same headers as everybody, and any cache may keep them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, on a connection to which the database shows the ledger alone; what is no ledger's goes on."""
        found = _ledger_at(request.path_info)
        if found is None:
            return self._get_response(request)
        request.get_host()  # a host that is none of ours is refused here as on every page
        with wall.acting(wall.LEDGER):
            try:
                answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
            except Http404:
                return HttpResponseNotFound("not found\n", content_type="text/plain; charset=utf-8")
        return answer


def _ledger_at(path: str) -> ResolverMatch | None:
    try:
        found = resolve(path)
    except Resolver404:
        return None
    return found if getattr(found.func, "__module__", "") == views.__name__ else None
