"""Sources in a browser, and programs that tell: who may, what is answered, and that nothing is half taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.web import bodies
from tests.web.bodies import Records, client_of, furnish
from tests.web.conftest import Ledger
from tests.web.listing import Office
from tests.web.telling import NAME, event, telling

from azukari.uses.mapping import ColumnMapping


@pytest.fixture
def own(ledger: Ledger) -> Iterator[Records]:
    with bodies.screens():
        yield furnish(ledger, "kasumi")


def tell(client: Any, token: str, data: bytes, kind: str = "application/json") -> Any:
    return client.post("/api/v1/uses", data, content_type=kind, headers={"Authorization": f"Bearer {token}"})


def test_api_when_a_batch_is_told_twice_then_the_counts_say_so(ledger: Ledger, own: Records) -> None:
    source, client = telling(Office(ledger)), client_of(None)
    batch = json.dumps([event(1), event(2, "x"), event(3)]).encode()
    answer = tell(client, source.token, batch)
    assert answer.status_code == 200 and not answer.cookies
    waits = [{"place": 2, "reason": "nobody", "member": "subject"}]
    assert answer.json() == {"told": 3, "taken": 2, "before": 0, "waiting": 1, "reasons": waits}
    assert tell(client, source.token, batch, "application/cloudevents-batch+json").json()["before"] == 2
    lines = b"\n".join(json.dumps(event(number)).encode() for number in (3, 4))
    assert tell(client, source.token, lines, "application/jsonl").json()["taken"] == 1
    one = tell(client, source.token, json.dumps(event(5)).encode(), "application/cloudevents+json")
    assert one.json()["taken"] == 1


def test_api_when_something_is_wrong_then_one_reason_and_nothing_is_kept(ledger: Ledger, own: Records) -> None:
    from azukari.web.trail.models import Told, Waiting

    source, client = telling(Office(ledger)), client_of(None)
    good = json.dumps(event(1)).encode()
    for status, token, data, kind in (
        (401, "azukari_nobody", good, "application/json"),
        (401, "", good, "application/json"),
        (400, source.token, b"{", "application/json"),
        (400, source.token, b"\xff\xfe", "application/json"),
        (400, source.token, good, "text/plain"),
        (413, source.token, b"[" + b"1," * 1_000 + b"1]", "application/json"),
        (413, source.token, b"1\n" * 1_001, "application/jsonl"),
        (413, source.token, b"x" * ((8 << 20) + 1), "application/json"),
    ):
        answer = tell(client, token, data, kind)
        assert (answer.status_code, set(answer.json())) == (status, {"error", "message"}), (status, data[:9])
    assert client.get("/api/v1/uses").status_code == 405
    assert not Told.objects.exists() and not Waiting.objects.exists()


def test_api_when_too_many_tokens_are_wrong_then_none_is_looked_at(ledger: Ledger, own: Records) -> None:
    source, client = telling(Office(ledger)), client_of(None)
    answers = [tell(client, "azukari_x", b"{}").status_code for _ in range(21)]
    assert answers == [401] * 20 + [429]
    assert tell(client, source.token, json.dumps(event(1)).encode()).status_code == 429


def test_api_when_the_person_or_another_token_asks_then_only_a_source_is_answered(ledger: Ledger, own: Records) -> None:
    officer = client_of(own.people["officer"])
    assert officer.post("/api/v1/uses", b"{}", content_type="application/json").status_code == 401


def test_pages_when_an_officer_adds_a_source_then_the_token_is_shown_once_and_works(
    ledger: Ledger, own: Records
) -> None:
    from azukari.web.trail import queries

    Office(ledger).numbers(["a"])
    officer = client_of(own.people["officer"])
    given = {"name": NAME, "form": "events", "every_hours": "24"}
    page = officer.post("/sources/add", given).content.decode()
    token = page.partition('id="token">')[2].partition("<")[0]
    assert tell(client_of(None), token, json.dumps([event(1), event(2, "x")]).encode()).json()["taken"] == 1
    found = queries.named(ledger.body_id, NAME)
    page = officer.get(f"/sources/{found.id}").content.decode()
    assert token not in page and "誰のことか分かりません。 1" in page
    assert NAME in officer.get("/sources").content.decode()
    assert officer.post("/sources/add", given).status_code == 400, "the name is taken"
    assert officer.post("/sources/add", {"name": "b", "form": "table"}).status_code == 400, "no mapping"
    Office(ledger).numbers(["x"])
    assert "取り込み: 1" in officer.post(f"/sources/{found.id}/again").content.decode()
    other = officer.post(f"/sources/{found.id}/token").content.decode().partition('id="token">')[2].partition("<")[0]
    assert tell(client_of(None), token, b"[]").status_code == 401
    assert tell(client_of(None), other, b"[]").json()["told"] == 0
    assert officer.post(f"/sources/{found.id}/end").status_code == 302
    assert tell(client_of(None), other, b"[]").status_code == 401


def test_pages_when_a_file_is_only_looked_at_then_nothing_is_kept_and_then_it_is_taken(
    ledger: Ledger, own: Records
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from azukari.web.trail.models import Told, Waiting

    columns = {"subject": "宛名番号", "time": "日時", "act": "操作", "purpose_label": "事由"}
    mapping = ColumnMapping(columns, {"unit": "市民課"}).encode()
    source, officer = telling(Office(ledger), form="table", mapping=mapping), client_of(own.people["officer"])
    rows = "宛名番号,日時,操作,事由\r\na,2026/11/19 14:30,閲覧,証明\r\nz,2026/11/19 14:30,閲覧,証明\r\nb,いつか,閲覧,証明\r\n"

    def send(**more: str) -> Any:
        file = SimpleUploadedFile("x.csv", rows.encode("cp932"), "text/csv")
        return officer.post(f"/sources/{source.id}/file", {"file": file} | more)

    assert "取り込み: 2" in send(look="1").content.decode()
    assert not Told.objects.exists() and not Waiting.objects.exists()
    page = send().content.decode()
    assert "取り込み: 1" in page and "保留: 2" in page
    assert (Told.objects.count(), Waiting.objects.count()) == (1, 2)
    assert officer.post(f"/sources/{source.id}/file", {}).status_code == 400
