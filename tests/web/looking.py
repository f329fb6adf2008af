"""An office with four firms and their copies, an officer's browser, and a worker in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from tests.cli.scene import Scene
from tests.web import bodies

from azukari.stores.clock import SystemClock


@dataclass
class Desk:
    """What a test needs of an office that is open: its scene, the officer's browser, entrustments by title."""

    scene: Scene
    client: Any
    officer: UUID
    body: UUID
    works: dict[str, UUID]

    def upload(self, title: str, data: bytes, name: str = "table.csv", **more: str) -> Any:
        """The answer to the form with this table."""
        file = SimpleUploadedFile(name, data)
        return self.client.post(f"/entrustments/{self.works[title]}/seal", {"table": file, **more})

    def looked(self, title: str, data: bytes, name: str = "table.csv") -> str:
        """The address of the look page of a table, after the worker was there."""
        answer = self.upload(title, data, name)
        assert answer.status_code == 302, answer.content.decode()
        work_off()
        return str(answer.headers["Location"])

    def sealing(self, title: str, data: bytes) -> str:
        """The address of a sealing that waits."""
        look = self.looked(title, data)
        answer = self.client.post(f"{look}/start", self.columns(look))
        assert answer.status_code == 302, answer.content.decode()
        return str(answer.headers["Location"])

    def columns(self, look: str) -> dict[str, str]:
        """The form of the look page as it is shown."""
        found = job(look).result["columns"]
        return {f"column_{number}": column["field"] for number, column in enumerate(found)}

    def page(self, address: str) -> str:
        """The text of a page."""
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.status_code
        assert "no-store" in answer.headers["Cache-Control"]
        return str(answer.content.decode())


def job(address: str) -> Any:
    """The job behind an address."""
    from azukari.web.jobs import queries

    return queries.job(UUID(address.rsplit("/", 1)[1]))


def work_off() -> None:
    """A worker, until nothing waits."""
    from azukari.web.custody.work import kinds
    from azukari.web.jobs import worker

    worker.run(kinds(None), SystemClock(), threading.Event(), once=True)


@contextmanager
def desk(scene: Scene) -> Iterator[Desk]:
    """The office of a scene, open in this process, with its officer signed in."""
    from azukari.cli.options import open_office

    opened = open_office(scene / "office", scene / "office.key", None)
    from azukari.web import office
    from azukari.web.custody import queries

    with bodies.screens():
        bodies.give_factor(opened.by)
        office.unlock(opened.kek)
        works = {one.title: one.id for one in queries.entrustments(opened.body_id)}
        yield Desk(scene, bodies.client_of(opened.by), opened.by, opened.body_id, works)
