"""Whose page it is. Nothing in an address says it, so that nobody can ask for anybody else's."""

from __future__ import annotations

from django.http import HttpRequest

from azukari.errors import NotFoundError
from azukari.web.accounts import visitors
from azukari.web.citizens import queries
from azukari.web.citizens.telling import Register
from azukari.web.ui.words import language


def citizen(request: HttpRequest) -> queries.CitizenInfo:
    """The citizen of the session. NotFoundError once it is over, or another letter has come; the session ends with that."""
    found = visitors.visitor(request)
    if found is None:
        raise NotFoundError("there is no such citizen")
    try:
        known = queries.citizen(found.id)
    except NotFoundError:
        visitors.leave(request)
        raise
    if (known.body, known.letter) != (found.body, found.letter):
        visitors.leave(request)
        raise NotFoundError("another letter has come")
    return known


def register(request: HttpRequest) -> Register:
    """English, Japanese, or easy Japanese where it is asked for."""
    if language() == "en":
        return "en"
    return "easy" if request.GET.get("easy") == "1" else "ja"
