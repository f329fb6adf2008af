"""A session of somebody who looks at their own list outside: it knows a random id and the body, and opens no other page.

Nobody is signed in besides: whoever enters leaves every account first, and whoever signs in to an account leaves this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from azukari.web.postgresql import wall

_KEPT: Final = "citizen"
SECONDS: Final = 30 * 60
"""How long a session lasts without a request: the page may be open in a library."""


@dataclass(frozen=True)
class Visitor:
    """来訪者。 The citizen of a session and the body; ``letter``: of which letter or code the session is."""

    id: UUID
    body: UUID
    letter: str


def enter(request: HttpRequest, visitor: Visitor) -> None:
    """From here on the session is this visitor's, under another key; whatever was in it is gone."""
    request.session.flush()
    request.session[_KEPT] = [visitor.id.hex, visitor.body.hex, visitor.letter]
    request.session.set_expiry(SECONDS)


def leave(request: HttpRequest) -> None:
    """The session is over."""
    request.session.flush()


def visitor(request: HttpRequest) -> Visitor | None:
    """The visitor of the session, if it is one's."""
    session = getattr(request, "session", None)
    kept = None if session is None else session.get(_KEPT)
    return None if kept is None else Visitor(UUID(hex=kept[0]), UUID(hex=kept[1]), kept[2])


def admit(request: HttpRequest) -> HttpResponse | None:
    """None lets the request pass, and from here on the database shows the rows of the visitor's body alone."""
    found = visitor(request)
    user = getattr(request, "user", None)
    if found is None or (user is not None and user.is_authenticated):
        return HttpResponseRedirect(reverse("citizen_sign_in"))
    wall.turn(wall.of(found.body))
    request.session.modified = True  # the half-hour begins anew
    return None
