"""Every page of a face, read from its addresses: those that nobody looked at yet are looked at, and none is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.journeys.browser import Screen
from tests.web.addresses import addresses

# Of the public ledger, which is files and no pages, and of a sign-in provider, which these offices have not.
_OTHERS = {"log_id": uuid4(), "path": "0/000", "prefix": "nobody", "provider_id": uuid4()}
_AWAY = frozenset(
    {
        "account/recovery-codes/file",  # the codes are shown once, on a page
        "checkpoint",  # of the public ledger, under its own host name
        "language",  # a button on every page
        "sign-in/passkey",  # answers the script of the passkeys
        "sign-in/provider/answer",  # only the provider sends anybody here
        "sign-in/provider/<uuid:provider_id>",
    }
)
"""Addresses that show no page to anybody."""


@dataclass
class Tour:
    """What was looked at of one face; ``screens`` are those of everybody who came, signed in or not."""

    face: str
    screens: Sequence[Screen]
    blind: list[tuple[str, list[int]]] = field(default_factory=list)

    def rest(self) -> None:
        """Look at the pages that are left. Fails for an address that shows nothing, and for one that no page leads to."""
        left = {
            one.route: one.arguments for one in addresses(self.face) if not one.rule.token
        }  # programs have no pages
        known = self._known()
        while found := [route for route, names in left.items() if set(names) <= known.keys()]:
            looked = self.looked()
            for route in found:
                names = left.pop(route)
                if route not in looked:
                    self._visit(route, _filled(route, {name: known[name] for name in names}))
            known = self._known()
        assert not self.blind and not left, f"shows no page: {self.blind}; no page leads to {sorted(left)}"

    def looked(self) -> set[str]:
        """The addresses whose pages were looked at."""
        return {match.route for screen in self.screens for match in self._resolved(screen.looked)}

    def _visit(self, route: str, path: str) -> None:
        said = []
        for screen in self.screens:
            answer = screen.page.request.get(screen.address + path, max_redirects=0)
            kind = answer.headers.get("content-type", "").partition(";")[0]
            said.append(answer.status)
            if answer.status in {200, 400} and kind == "text/html" and "content-disposition" not in answer.headers:
                screen.go(path)
                screen.look(f"tour-{self.face}-{_slug(route)}")
                return
            if answer.status in {200, 405}:  # a file, or the address of a button
                return
        if route not in _AWAY and not any(f":{name}>" in route for name in _OTHERS):
            self.blind.append((route, said))

    def _known(self) -> dict[str, Any]:
        """What stands in the addresses that the pages name: of each kind the one seen first, so the same in every run."""
        known: dict[str, Any] = {}
        for screen in self.screens:
            for match in self._resolved(urlsplit(link).path for link in screen.links):
                known = match.kwargs | known
        return known | _OTHERS

    def _resolved(self, paths: Iterable[str]) -> Iterable[Any]:
        from django.urls import Resolver404, resolve

        for path in paths:
            try:
                yield resolve(path, urlconf=f"azukari.web.faces.{self.face}")
            except Resolver404:
                continue


def _filled(route: str, arguments: dict[str, Any]) -> str:
    path = f"/{route}"
    for name, value in arguments.items():
        for kind in ("uuid", "int", "path"):
            path = path.replace(f"<{kind}:{name}>", str(value))
    return path


def _slug(route: str) -> str:
    kept = [part for part in route.split("/") if part and "<" not in part]
    return "-".join(kept).replace(".", "-") or "home"
