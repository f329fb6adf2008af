"""Every address of a face, read from its patterns: what a test walks can lack none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.web.bodies import Records


@dataclass(frozen=True)
class Address:
    """One pattern of a face: how it is written, its view's rule, the names of its arguments."""

    route: str
    rule: Any
    arguments: tuple[str, ...]

    def filled(self, records: Records) -> str:
        """The path for the records of a body; KeyError for an argument that nobody has taught this test."""
        others = {
            "pk": 1,
            "log_id": uuid4(),
            "provider_id": uuid4(),
            "path": "0/000",
            "prefix": "nobody",
            "size": 1,
            "name": "nodes",
        }
        path = self.route
        for name in self.arguments:
            value = str(records.arguments[name] if name in records.arguments else others[name])
            path = path.replace(f"<uuid:{name}>", value).replace(f"<int:{name}>", value)
            path = path.replace(f"<path:{name}>", value).replace(f"<str:{name}>", value)
        assert "<" not in path, self.route
        return f"/{path}"


def addresses(face: str) -> Iterator[Address]:
    """Every address of a face, as Django knows them."""
    from django.urls import URLPattern, get_resolver

    from azukari.web.accounts.gate import rule_of

    def walk(resolver: Any, before: str) -> Iterator[Address]:
        for one in resolver.url_patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLPattern):
                yield Address(route, rule_of(one.callback), tuple(one.pattern.converters))
            else:
                yield from walk(one, route)

    yield from walk(get_resolver(f"azukari.web.faces.{face}"), "")


def asked(client: Any, method: str, path: str, **headers: str) -> tuple[Any, bytes]:
    """The answer and its bytes; whatever it changed in the database is taken back."""
    from django.db import transaction

    with transaction.atomic():
        answer = client.generic(method, path, b"", "application/x-www-form-urlencoded", headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer, body
