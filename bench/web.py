"""How long do fifty officers wait, in a register of 1,000 entrustments and 100,000 hand-overs, also beside a seal?

    python bench/web.py [--quick] [--officers N] [--seconds N] [--database sqlite|postgresql]

`azukari serve --inside` runs as an office runs it, on loopback; each officer asks for a page every 0.5 to 3.5 seconds,
four of five times reading and one of five writing (a form and what it sends). Measured alone, and while the worker
seals a table of 1,000,000 people that was uploaded, on SQLite or on PostgreSQL, there behind the second wall. What the
wall costs a page is measured apart, by turns under the ordinary role and under a superuser, whom no policy binds. The
last line is JSON; an answer that is an error is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

READ_GOAL, WRITE_GOAL, BESIDE_GOAL = 300, 800, 2  # milliseconds, milliseconds, times
WALL_GOAL = 1.2  # times a page without the wall
PAUSE = (0.5, 3.5)  # seconds between two requests of one officer
WRITES = 0.2  # share of the requests
DAYS = {"starts_on": date(2026, 4, 1), "ends_on": date(2099, 3, 31)}


@dataclass
class Register:
    """What the bench has put in: an office, its entrustments, and a cookie of a signed-in officer each."""

    folder: Path
    keys: Path
    entrustments: list[UUID]
    sub: UUID
    cookies: list[str]


@dataclass
class Waits:
    """Milliseconds of each answer, by what was asked."""

    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


# --- the register ------------------------------------------------------------------------------------------------


def furnish(folder: Path, entrustments: int, hand_overs: int, officers: int, database: str | None = None) -> Register:
    """An office with a register of this size; ``database``: None for SQLite, or an address."""
    told = ["--keys", folder / "office.key", "--oversight", folder / "oversight.key", "--body", "霞ヶ浜年金機構"]
    told += ["--origin", "ledger.example/bench", "--officer", "霧生", "--json"]
    told += ["--database", database] if database else []
    command = [sys.executable, "-m", "azukari", "init", folder / "office", *told]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    from azukari.stores.keys import open_key_file
    from azukari.web import office

    office.start(folder / "office")
    office.unlock(open_key_file(folder / "office.key", None))
    from azukari.web.accounts import queries as accounts

    (body,) = accounts.bodies()
    parties = [register_party(body.id, f"委託先{number}") for number in range(20)]
    works = [work(body.id, parties[number % 19], number) for number in range(entrustments)]
    fill(body.id, works, hand_overs - hand_overs // 10)
    fill_paper(body.id, works, hand_overs // 10)
    for number, (one, _) in enumerate(works):
        attach(body.id, one, number)
        if number % 5 == 0:
            permit(one, parties[19])
    analyse()
    return Register(
        folder / "office", folder / "office.key", [one for one, _ in works], parties[19], signed_in(body.id, officers)
    )


def analyse() -> None:
    """Statistics, as autovacuum gathers them within a minute: a register of years has them, one filled in seconds has not."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def register_party(body_id: UUID, name: str) -> UUID:
    """A confirmed party."""
    from azukari.seal.identity import Identity, card_of
    from azukari.web.custody.actions import party

    card, at = card_of(Identity.generate()), datetime.now(UTC)
    made = party.add(body_id=body_id, card=card, name=name, country="JP", wrapped_challenge=b"w", by=body_id, at=at)
    party.confirm(party_id=made, fingerprint=card.fingerprint, answer_ok=True, by=body_id, at=at)
    return made


def work(body_id: UUID, party_id: UUID, number: int) -> tuple[UUID, UUID]:
    """An entrustment and its party."""
    from azukari.web.custody.actions import entrustment

    made = entrustment.create(
        body_id=body_id, party_id=party_id, title=f"届書の入力 {number}", purpose="届書の入力",
        fields=["name", "kana", "amount"], by=body_id, at=datetime.now(UTC), **DAYS,
    )  # fmt: skip
    return made, party_id


def fill(body_id: UUID, works: list[tuple[UUID, UUID]], hand_overs: int) -> None:
    """Rows of hand-overs, without the files of real ones: the screens read the register."""
    from azukari.web.custody.models import HandOver, Snapshot

    at = datetime.now(UTC)
    snapshot = Snapshot.objects.create(
        body_id=body_id, table_mac=secrets.token_bytes(32), wrapped_index_key=b"w", rows=500, created_at=at,
        created_by=body_id,
    )  # fmt: skip
    rows = (
        HandOver(
            id=uuid4(), body_id=body_id, entrustment_id=works[n % len(works)][0], party_id=works[n % len(works)][1],
            snapshot=snapshot, status="released", fields=["reference/person", "name/person"], rows=500,
            wrapped_key=b"w", wrapped_data_key=b"w", entry_index=1_000_000 + n, entry=b"{}" * 600,
            expires_on=date(2104, 3, 31), created_at=at - timedelta(seconds=n), created_by=body_id,
        )
        for n in range(hand_overs)
    )  # fmt: skip
    HandOver.objects.bulk_create(rows, batch_size=500)


def fill_paper(body_id: UUID, works: list[tuple[UUID, UUID]], consignments: int) -> None:
    """Boxes of paper among the hand-overs; for every other one somebody has signed."""
    from azukari.web.custody.models import Consignment

    at = datetime.now(UTC)
    rows = (
        Consignment(
            id=uuid4(), body_id=body_id, entrustment_id=works[n % len(works)][0], party_id=works[n % len(works)][1],
            medium="paper", unit="box", units=1, people=500, fields=["name/person"], carrier="専用便", day=at.date(),
            wrapped_seed=b"w", entry=b"{}" * 300, entry_index=2_000_000 + n, receipted_at=at if n % 2 else None,
            created_at=at - timedelta(seconds=7 * n), created_by=body_id,
        )
        for n in range(consignments)
    )  # fmt: skip
    Consignment.objects.bulk_create(rows, batch_size=500)


def attach(body_id: UUID, entrustment_id: UUID, number: int) -> None:
    """The contract of an entrustment, without its file; that of one in fifty ends soon."""
    from azukari.web.custody.models import Document

    at = datetime.now(UTC)
    Document.objects.create(
        body_id=body_id, entrustment_id=entrustment_id, kind="contract", title="契約書", media_type="application/pdf",
        size=1, sha256=bytes(32), wrapped_key=b"w", expires_on=at.date() + timedelta(days=7 if number % 50 == 0 else 900),
        created_at=at, created_by=body_id,
    )  # fmt: skip


def permit(entrustment_id: UUID, party_id: UUID) -> None:
    """A sub-contractor below, permitted: a tree of two, and another column of the matrix."""
    from azukari.web.custody.actions import permission

    at = datetime.now(UTC)
    asked = permission.ask(
        entrustment_id=entrustment_id, party_id=party_id, country="JP", fields=["name"], people=10,
        safeguards="施錠", by=entrustment_id, at=at, **DAYS,
    )  # fmt: skip
    permission.grant(permission_id=asked, decision=permission.Decision(), by=entrustment_id, at=at)


def signed_in(body_id: UUID, officers: int) -> list[str]:
    """A session each, as a sign-in with a passkey leaves it."""
    from allauth.account.internal.flows import login as flows
    from allauth.mfa.models import Authenticator
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from azukari.web.accounts.actions import person
    from azukari.web.accounts.adapters import FactorAdapter
    from azukari.web.accounts.models import User

    cookies = []
    for number in range(officers):
        made = person.create(
            body_id=body_id, login=f"officer{number}", name="職員", role="officer", by=body_id, at=datetime.now(UTC)
        )
        secret = FactorAdapter().encrypt("JBSWY3DPEHPK3PXP")
        Authenticator.objects.create(user_id=made, type="totp", data={"secret": secret})
        user, session = User.objects.get(id=made), SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session[flows.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "type": "totp", "at": time.time()}]
        session[flows._AUTHENTICATION_METHODS_USER_SESSION_KEY] = flows.user_id_to_str(user)
        session.create()
        cookies.append(f"azukari={session.session_key}")
    return cookies


# --- the officers ------------------------------------------------------------------------------------------------


class Officer(threading.Thread):
    """One person at a browser that keeps its connection."""

    def __init__(self, port: int, register: Register, cookie: str, until: float, waits: Waits, seed: int) -> None:
        super().__init__(daemon=True)
        self._connection = HTTPConnection("localhost", port, timeout=60)
        self._register, self._cookie, self._until, self._waits = register, cookie, until, waits
        self._draw = random.Random(seed)

    def run(self) -> None:
        time.sleep(self._draw.uniform(0, PAUSE[1]))
        while time.monotonic() < self._until:
            try:
                if self._draw.random() < WRITES:
                    self._write()
                else:
                    self._read()
            except OSError as error:
                self._waits.errors.append(type(error).__name__)
                self._connection.close()
            time.sleep(self._draw.uniform(*PAUSE))

    def _read(self) -> None:
        one = self._draw.choice(self._register.entrustments)
        paths = ["/", "/entrustments", f"/entrustments?page={self._draw.randint(1, 15)}", f"/entrustments/{one}"]
        paths += ["/hand-overs", f"/hand-overs?page={self._draw.randint(1, 40)}", "/permissions", "/parties"]
        paths += [f"/entrustments/{one}/documents", "/reminders.ics"]
        self._ask("GET", self._draw.choice(paths), waits=self._waits.reads)

    def _write(self) -> None:
        """What a contractor asks for, or another stage: the form, then what it sends."""
        one = self._draw.choice(self._register.entrustments)
        if self._draw.random() < 0.5:
            path, given = f"/entrustments/{one}/stage", {"stage": "performance", "clauses": "secrecy"}
        else:
            path = f"/entrustments/{one}/ask"
            given = {"party": str(self._register.sub), "country": "JP", "people": "100", "fields": "name/person"}
            given |= {name: str(day) for name, day in DAYS.items()} | {"safeguards": "施錠"}
        page, cookie = self._ask("GET", path, waits=self._waits.reads)
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        if token is None:
            self._waits.errors.append("no form")
            return
        body = urlencode(given | {"csrfmiddlewaretoken": token.group(1).decode()})
        self._ask("POST", path, body, cookie, waits=self._waits.writes)

    def _ask(self, method: str, path: str, body: str = "", more: str = "", *, waits: list[float]) -> tuple[bytes, str]:
        headers = {"Cookie": "; ".join(filter(None, (self._cookie, more)))}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://localhost"}
            headers["Origin"] = f"http://{self._connection.host}:{self._connection.port}"
        start = time.perf_counter()
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        page = answer.read()
        waits.append(1_000 * (time.perf_counter() - start))
        if answer.status != (302 if method == "POST" else 200):
            self._waits.errors.append(f"{method} {answer.status}")
        return page, (answer.getheader("Set-Cookie") or "").partition(";")[0]


@contextmanager
def serving(register: Register) -> Iterator[int]:
    """`azukari serve --inside`, as an office runs it; its port."""
    told = ["serve", "--inside", "--port", "0", "--office", str(register.folder), "--keys", str(register.keys)]
    command = [sys.executable, "-m", "azukari", *told, "--as", "officer"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "LANG": "en"}) as server:
        try:
            assert server.stdout is not None
            found = re.search(r":(\d+)/", server.stdout.readline())
            assert found
            yield int(found.group(1))
        finally:
            server.terminate()
            server.wait(30)


def busy(port: int, register: Register, seconds: float, going_on: Callable[[], bool] = lambda: True) -> Waits:
    """All officers at work, for so long, or until what they work beside is over."""
    waits, until = Waits(), time.monotonic() + seconds
    officers = [Officer(port, register, cookie, until, waits, seed) for seed, cookie in enumerate(register.cookies)]
    for one in officers:
        one.start()
    while time.monotonic() < until and going_on():
        time.sleep(0.2)
    for one in officers:
        one._until = 0
    for one in officers:
        one.join(90)
    return waits


@contextmanager
def database_of(kind: str) -> Iterator[str | None]:
    """None for SQLite, or the address of a PostgreSQL server that ends with the block."""
    if kind == "sqlite":
        yield None
        return
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tools.postgres import throwaway

    with throwaway() as conninfo:
        yield conninfo
        from django.db import connections

        connections.close_all()


def cost_of_the_wall(register: Register, address: str, rounds: int) -> float:
    """Median time of four pages with the wall, in times of that without, by turns in this process."""
    from django.conf import settings
    from django.test import Client, override_settings

    from azukari.web import environment, office

    paths = ["/", "/entrustments", f"/entrustments/{register.entrustments[0]}", "/hand-overs"]
    spent: dict[str, list[float]] = {"azukari": [], "postgres": []}
    file = register.folder / environment.ADDRESS
    middleware = settings.MIDDLEWARES["inside"]
    face = {"ROOT_URLCONF": "azukari.web.faces.inside", "MIDDLEWARE": middleware, "ALLOWED_HOSTS": ["testserver"]}
    with override_settings(**face, FACE="inside", SESSION_COOKIE_NAME="azukari", SESSION_COOKIE_SECURE=False):
        client = Client(headers={"Cookie": register.cookies[0]})
        for _ in range(rounds):
            for role, waits in spent.items():
                file.write_text(address.replace("user=azukari", f"user={role}"))
                other_role(office.folder())
                assert client.get("/").status_code == 200  # connects
                start = time.perf_counter()
                assert {client.get(path).status_code for path in paths} == {200}
                waits.append(time.perf_counter() - start)
    file.write_text(address)
    other_role(office.folder())
    ours, plain = (statistics.median(waits) / len(paths) for waits in spent.values())
    print(f"a page: {1e3 * ours:.2f} ms behind the wall, {1e3 * plain:.2f} ms without")
    return ours / plain


def other_role(folder: Path) -> None:
    """The next connection goes to the address that now stands in the file."""
    from django.db import connections

    from azukari.web import environment

    connections.close_all()
    del connections["default"]
    connections.settings = connections.configure_settings({"default": environment.database(folder)})


def p95(waits: list[float]) -> float:
    """Milliseconds that 95 of 100 answers take at most."""
    return sorted(waits)[int(0.95 * (len(waits) - 1))] if waits else float("nan")


def sealing(register: Register, people: int) -> UUID:
    """A table as the browser leaves it, queued for the worker."""
    from django.core.files.uploadedfile import UploadedFile

    from azukari.testing import fictitious_people
    from azukari.web import office
    from azukari.web.custody import queries
    from azukari.web.jobs import uploads
    from azukari.web.jobs.actions import queue

    frame = fictitious_people(people, 1).select("氏名", "フリガナ", "年金額")
    data = frame.write_csv().encode()
    terms, at = queries.entrustment(register.entrustments[0]), datetime.now(UTC)
    file: Any = UploadedFile(BytesIO(data), "x", "text/csv", len(data))
    kept = uploads.keep(file, body_id=terms.body, kek=office.key(), by=terms.body, at=at)
    columns = ["name/person", "kana/person", "amount/person"]
    arguments = {"entrustment": terms.id.hex, "parent": "", "columns": columns, "strict": False}
    return queue.enqueue(body_id=terms.body, kind="seal", arguments=arguments, upload_id=kept, by=terms.body, at=at)


def main() -> int:
    """Print the waits alone and beside a seal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--officers", type=int, default=50)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    told = parser.parse_args()
    seconds = told.seconds or (8 if told.quick else 60)
    entrustments, hand_overs, people = (200, 5_000, 50_000) if told.quick else (1_000, 100_000, 1_000_000)
    wall = None
    with tempfile.TemporaryDirectory() as folder, database_of(told.database) as address:
        register = furnish(Path(folder), entrustments, hand_overs, told.officers, address)
        if address:
            wall = cost_of_the_wall(register, address, 10 if told.quick else 60)
        with serving(register) as port:
            busy(port, register, 3)  # warm
            alone = busy(port, register, seconds)
            job_id = sealing(register, people)
            from azukari.web.jobs import queries

            started = time.monotonic()
            beside = busy(port, register, 30 if told.quick else 600, lambda: not queries.job(job_id).ended)
            job = queries.job(job_id)
    for name, waits in (("alone", alone), ("beside a seal", beside)):
        asked = len(waits.reads) + len(waits.writes)
        print(
            f"{name}: {asked} requests, p95 read {p95(waits.reads):.0f} ms, write {p95(waits.writes):.0f} ms, "
            f"{len(waits.errors)} errors {sorted(set(waits.errors))}"
        )
    print(f"sealed {people:,} people meanwhile: {job.status}, {time.monotonic() - started:.0f} s after it was queued")
    errors = len(alone.errors) + len(beside.errors) + (job.status != "done" and not told.quick)
    size = ("_postgresql" if told.database == "postgresql" else "") + ("_quick" if told.quick else "")
    times = max(p95(beside.reads) / p95(alone.reads), p95(beside.writes) / p95(alone.writes))
    measures = {
        f"read_p95_ms{size}": {"figure": round(p95(alone.reads)), "goal": READ_GOAL, "better": "lower"},
        f"write_p95_ms{size}": {"figure": round(p95(alone.writes)), "goal": WRITE_GOAL, "better": "lower"},
        f"beside_a_seal_times{size}": {"figure": round(times, 2), "goal": BESIDE_GOAL, "better": "lower"},
        f"web_errors{size}": {"figure": errors, "goal": 0, "better": "lower"},
    }
    if wall is not None:
        measures[f"wall_page_times{size}"] = {"figure": round(wall, 3), "goal": WALL_GOAL, "better": "lower"}
    print(json.dumps(measures))
    return 1 if errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
