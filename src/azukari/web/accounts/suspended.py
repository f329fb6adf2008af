"""A form that has to wait until its person has shown the second factor again: kept in the session, sealed.

allauth would keep the whole request there in the clear, names of people and cookies with it, in a table that every
backup holds.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from django.http import HttpRequest, QueryDict

from azukari.web import office

RESUME: Final = "azukari.web.accounts.gate.resume"
"""What allauth calls after the second factor was shown."""


def keep(request: HttpRequest) -> None:
    """Keep what a form has sent, in the place of any other; a file is not kept. KeyFileError."""
    said = {"path": request.get_full_path(), "post": request.POST.urlencode()}
    sealed = office.key().wrap(json.dumps(said).encode(), _purpose(request))
    state = {"sealed": base64.b64encode(sealed).decode()}
    request.session[STATE_SESSION_KEY] = {"callback": RESUME, "state": state}


def path_of(request: HttpRequest, state: dict[str, Any]) -> str:
    """Where the form was sent to. KeyFileError if it is another person's, or of before a change of key."""
    return str(_opened(request, state)["path"])


def put_back(request: HttpRequest, state: dict[str, Any]) -> None:
    """Make the request that shows the second factor into the one that had to wait. KeyFileError as above."""
    kept = _opened(request, state)
    path, _, query = str(kept["path"]).partition("?")
    changed: Any = request
    changed.GET, changed.POST, changed.method = QueryDict(query), QueryDict(kept["post"]), "POST"
    changed.path = changed.path_info = path


def _opened(request: HttpRequest, state: dict[str, Any]) -> dict[str, Any]:
    sealed = base64.b64decode(state["sealed"])
    found: dict[str, Any] = json.loads(office.key().unwrap(sealed, _purpose(request)))
    return found


def _purpose(request: HttpRequest) -> str:
    return f"accounts/suspended-request/{request.user.pk}"
