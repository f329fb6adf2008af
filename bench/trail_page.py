"""How long does a person wait for their own page and its proof, and how large is the proof, with 5 and with 50 entries?

    python bench/trail_page.py [--quick] [--leaves N]

One office in a folder of its own, as the outside has it: leaves of strangers (100,000 by default) and the person's entries among
them, an index over all. Page and proof are asked for through Django's own client, in this process: what a server and a line
add is not in the figures. The clock runs from the request to the last byte. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

BY = UUID(int=7)
CHUNK = 10_000  # leaves in one transaction
PAGE_GOAL, SIZE_GOAL = 0.150, {5: 60_000, 50: 250_000}


def prepared(folder: Path) -> tuple[UUID, UUID, Any, Any]:
    """An office with a body, a log and a signer."""
    from azukari.ledger import Signer
    from azukari.stores.keys import KeyEncryptionKey
    from azukari.web import office

    office.create(folder)
    from django.conf import settings

    from azukari.web.accounts.actions import body
    from azukari.web.sequencer.actions import log

    kek, signer = KeyEncryptionKey(secrets.token_bytes(32)), Signer("ledger.example/bench", secrets.token_bytes(32))
    office.unlock(kek)
    settings.ALLOWED_HOSTS = ["testserver"]
    at = moment()
    body_id = body.create(name="水底市", by=BY, at=at)
    log_id = log.create(body_id=body_id, origin=signer.name, vkey=signer.vkey, wrapped_key=b"w", by=BY, at=at)
    return body_id, log_id, kek, signer


def moment() -> datetime:
    """Now, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def strangers(log_id: UUID, count: int) -> None:
    """Leaves of others."""
    from django.db import transaction

    from azukari.completeness.leaf import Leaf
    from azukari.fields.days import day_of
    from azukari.web.sequencer.actions import entry

    day = day_of(moment())
    for first in range(0, count, CHUNK):
        made = [
            Leaf(3, bytes(16), day, 0, secrets.token_bytes(32), secrets.token_bytes(32)).encode()
            for _ in range(first, min(count, first + CHUNK))
        ]
        with transaction.atomic():
            entry.append_many(log_id=log_id, entries=made, by=BY, at=moment())


def entries(body_id: UUID, local_id: str, count: int, kek: Any) -> None:
    """Uses of one person."""
    from django.db import transaction

    from azukari.completeness.event import Act, Event
    from azukari.fields.days import day_of
    from azukari.fields.kinds import Field, Kind
    from azukari.web.leaves.actions import single
    from azukari.web.subjects.actions import subject

    at = moment()
    (known,) = subject.ensure(body_id=body_id, local_ids=[local_id], kek=kek, by=BY, at=at)
    for _ in range(count):
        event = Event(
            act=Act.USE, basis="介護保険法第27条", body="水底市", country="", day=day_of(at), entrustment="", id=uuid4().hex,
            fields=(Field(Kind.ADDRESS), Field(Kind.NAME)), next="", party="", purpose="要介護認定の審査", role="person",
            at=at, deed="view", unit="介護保険課 認定係", system="介護保険システム",
        )  # fmt: skip
        with transaction.atomic():
            single.note(subject_id=known.id, event=event, kek=kek, by=BY, at=at)


def letter(body_id: UUID, local_id: str, kek: Any) -> Any:
    """Somebody is enrolled."""
    from azukari.web.enrolment.actions import enrolling

    return enrolling.enrol(
        body_id=body_id, local_id=local_id, address="https://example.jp/my", kek=kek, by=BY, at=moment()
    )


def carry(body_id: UUID, log_id: UUID, signer: Any, kek: Any) -> None:
    """An index, and what an export would carry."""
    from azukari.fields.days import day_of
    from azukari.web.citizens.actions import arriving
    from azukari.web.crossing.actions.taking import Incoming
    from azukari.web.enrolment.queries import crossing
    from azukari.web.leaves.actions import epoch
    from azukari.web.sequencer.actions import checkpoint

    checkpoint.integrate(log_id=log_id, signers=[signer], by=BY, at=moment())
    epoch.make(body_id=body_id, by=BY, at=moment())
    checkpoint.integrate(log_id=log_id, signers=[signer], by=BY, at=moment())
    for one in crossing.outgoing(body_id, kek, day_of(moment())):
        item = Incoming(one.kind, one.id, one.read(), Path())
        arriving.apply(item=item, body_id=body_id, kek=kek, by=BY, at=moment())


def asked(client: Any, path: str, times: int) -> tuple[list[float], bytes]:
    """Seconds of each answer, and the last one."""
    took, body = [], b""
    for _ in range(times):
        begun = time.perf_counter()
        body = client.get(path).content
        took.append(time.perf_counter() - begun)
    return took, body


def measured(made: Any, count: int, times: int) -> dict[str, Any]:
    """Page and proof of one person."""
    from django.test import Client

    client = Client()
    assert client.post("/my/sign-in", {"letter": made.name, "code": made.code}).status_code == 302
    page, shown = asked(client, "/my", times)
    assert shown.count(b'class="card" id="e') == count
    proof, report = asked(client, "/my/proof", times)
    found = {"entries": count, "bytes": len(report)}
    for name, took in (("page", page), ("proof", proof)):
        cuts = statistics.quantiles(took, n=20)
        found |= {f"{name}_median_ms": round(cuts[9] * 1000, 1), f"{name}_p95_ms": round(cuts[18] * 1000, 1)}
    return found


def measures(row: dict[str, Any], size: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The figures of one person's page and proof, with their goals."""
    entries = row["entries"]
    goals = {"page_p95_ms": 1000 * PAGE_GOAL, "bytes": SIZE_GOAL[entries]}
    for name, goal in goals.items():
        yield f"trail_{name}_{entries}{size}", {"figure": row[name], "goal": goal, "better": "lower"}


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5,000 leaves, 10 requests")
    parser.add_argument("--leaves", type=int, default=100_000)
    given = parser.parse_args()
    leaves, times = (5_000, 10) if given.quick else (given.leaves, 60)
    import os

    os.environ["AZUKARI_FACE"] = "outside"
    os.environ["AZUKARI_PLAIN_HTTP"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        body_id, log_id, kek, signer = prepared(Path(folder) / "office")
        counts = {"5": 5, "50": 50}
        for local_id, count in counts.items():
            strangers(log_id, leaves // 2)
            entries(body_id, local_id, count, kek)
        letters = {local_id: letter(body_id, local_id, kek) for local_id in counts}
        carry(body_id, log_id, signer, kek)
        rows = [measured(letters[local_id], count, times) for local_id, count in counts.items()]
    for row in rows:
        print(row)
    print(json.dumps(dict(measure for row in rows for measure in measures(row, "_quick" if given.quick else ""))))


if __name__ == "__main__":
    main()
