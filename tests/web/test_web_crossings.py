"""The officer carries crossings with a browser: both ways as one file, and what was refused on either side is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web import bodies
from tests.web.bodies import KEK, client_of
from tests.web.conftest import AT, BY, SEED, Ledger
from tests.web.sides import Sides, made

from azukari.errors import AzukariError, CrossingFileError
from azukari.seal.crossing import Side
from azukari.stores.crossing_file import blocks_of, unpack


@pytest.fixture
def sides(ledger: Ledger, template: Path, tmp_path: Path) -> Sides:
    """Paired; the log can sign, as the screens let it do."""
    can_sign(ledger)
    return made(ledger, template, tmp_path)


def can_sign(ledger: Ledger) -> None:
    from azukari.web.sequencer.models import Log
    from azukari.web.sequencer.queries.signing import wrap_seed

    Log.objects.filter(id=ledger.log_id).update(wrapped_key=wrap_seed(KEK, ledger.log_id, SEED))


on_sqlite = pytest.mark.parametrize("open_office", ["sqlite"], indirect=True)
"""For what does not depend on the database."""


@contextmanager
def officer(sides: Sides, role: str = "officer") -> Iterator[Any]:
    """A browser inside; on PostgreSQL the process sees nothing but what the gate opens."""
    from azukari.web.postgresql import wall

    sides.on("inside")
    with bodies.screens():
        client = client_of(sides.records.people[role])
        wall.stand(wall.NOTHING)
        try:
            yield client
        finally:
            wall.stand(wall.ALL)


def page_of(sides: Sides, role: str = "officer") -> str:
    with officer(sides, role) as client:
        answer = client.get("/crossings")
        assert answer.status_code == 200
        return text_of(answer)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def saved(client: Any) -> bytes:
    answer = client.get("/crossings/file")
    assert answer.status_code == 200, answer.content
    data = b"".join(answer.streaming_content)
    assert len(data) == int(answer.headers["Content-Length"])
    return data


def made_and_saved(sides: Sides) -> bytes:
    with officer(sides) as client:
        answer = client.post("/crossings/make")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/crossings?save")
        page = client.get("/crossings?save").content.decode()
        assert '<meta http-equiv="refresh" content="0; url=/crossings/file">' in page
        return saved(client)


def outside_takes(sides: Sides, data: bytes, folder: Path) -> list[Any]:
    """What was refused of it."""
    sides.on("outside")
    from azukari.web.counter.actions import carrying
    from azukari.web.crossing.arriving import chosen

    folder.mkdir()
    unpack(iter([data]), len(data), folder)
    came = [
        carrying.take(body_id=sides.body, folder=found.path, kek=KEK, by=BY, at=AT, progress=lambda done, total: None)
        for found in chosen(folder, bodies=[sides.body], side=Side.OUTSIDE)
    ]
    return [refused for one in came for refused in one.refused]


def outside_writes(sides: Sides) -> bytes:
    sides.on("outside")
    from azukari.web.counter.actions import carrying
    from azukari.web.crossing import queries

    carrying.make(body_id=sides.body, kek=KEK, by=BY, at=AT)
    return b"".join(blocks_of(queries.packed(sides.body)))


def inside_takes(sides: Sides, data: bytes) -> tuple[int, str]:
    with officer(sides) as client:
        answer = client.post("/crossings/take", {"file": SimpleUploadedFile("x.azx", data)}, follow=True)
        return answer.status_code, text_of(answer)


def asked(sides: Sides, number: int = 20, *, safeguards: str = "施錠") -> UUID:
    """A firm's person asks outside."""
    from datetime import date

    from azukari.fields.kinds import Field
    from azukari.seal.identity import Identity, encode_card
    from azukari.web.counter import queries
    from azukari.web.counter.actions import sending

    sides.on("outside")
    firm = sides.records.arguments["party_id"]
    ask = sending.SubAsked(
        "白磯入力", encode_card(Identity.generate()), "JP", (Field.parse("name/person"),), number, date(2026, 4, 1),
        date(2027, 3, 31), safeguards,
    )  # fmt: skip
    named: dict[str, Any] = {"by": sides.records.people["contractor"], "at": AT + timedelta(seconds=number)}
    return sending.send_ask(firm_id=firm, work_id=queries.works(firm)[0].id, ask=ask, **named)


def test_crossing_when_carried_by_browser_then_it_is_taken_outside_and_what_comes_back_stands_on_the_page(
    sides: Sides, tmp_path: Path
) -> None:
    before = page_of(sides)
    assert "委託先の利用者 2 件" in before and "便を作って保存する" in before and "まだ何も届いていません" in before
    assert outside_takes(sides, made_and_saved(sides), tmp_path / "first") == []
    on_way = page_of(sides)
    assert "新しいものはありません" in on_way and "第 1 便" in on_way and "もう一度保存する" in on_way
    asked(sides)
    status, page = inside_takes(sides, outside_writes(sides))
    assert status == 200 and "便を 1 通、品を 1 件取り込みました。" in page
    assert "再委託の許諾の申請 甲 委託先 受理" in page and "出した便は、すべて届いています" in page
    assert "届いた提出への返事 1 件" in page
    assert outside_takes(sides, made_and_saved(sides), tmp_path / "second") == []
    from azukari.web.counter import queries

    assert [one.status for one in queries.sent(sides.records.arguments["party_id"])] == ["accepted"]


def test_file_when_saved_again_then_the_same_bytes_and_all_that_are_on_their_way(sides: Sides, tmp_path: Path) -> None:
    first = made_and_saved(sides)
    with officer(sides) as client:
        assert saved(client) == first
        name = client.get("/crossings/file").headers["Content-Disposition"]
    assert name == f'attachment; filename="azukari-{sides.body.hex[:16]}-inside-000001.azx"'
    furnish_member(sides, "nagi")
    second = made_and_saved(sides)
    assert second.startswith(first.rstrip(b"\0")) and b"-inside-000002/" in second
    assert outside_takes(sides, second, tmp_path / "both") == []
    with pytest.raises(AzukariError):
        outside_takes(sides, first, tmp_path / "again")


def furnish_member(sides: Sides, login: str, party: UUID | None = None) -> UUID:
    from azukari.web.accounts.actions import person

    sides.on("inside")
    firm = party or sides.records.arguments["party_id"]
    return person.create(body_id=sides.body, login=login, name="甲 係員", role="contractor", party=firm, by=BY, at=AT)


@on_sqlite
def test_submission_when_it_is_refused_then_the_page_says_why_and_leads_to_the_firm(
    sides: Sides, tmp_path: Path
) -> None:
    assert outside_takes(sides, made_and_saved(sides), tmp_path / "first") == []
    sent = asked(sides)
    from azukari.web.counter.models import Sent

    row = Sent.objects.get(id=sent)
    row.data = row.data.replace(row.about.hex.encode(), uuid4().hex.encode())
    row.save()
    status, page = inside_takes(sides, outside_writes(sides))
    assert status == 200 and "不受理 見つかりません。（この会社にその委託はありません）" in page
    with officer(sides) as client:
        html = client.get("/crossings").content.decode()
    assert f'href="/parties/{sides.records.arguments["party_id"]}"' in html


def taken_login(sides: Sides, login: str) -> UUID:
    """Another account outside has the login."""
    from azukari.web.accounts.actions import person

    sides.on("outside")
    firm = sides.records.arguments["party_id"]
    return person.create(body_id=sides.body, login=login, name="x", role="contractor", party=firm, by=BY, at=AT)


def test_item_when_the_outside_cannot_take_it_then_inside_hears_it_sends_it_again_and_hears_that_it_was_taken(
    sides: Sides, tmp_path: Path
) -> None:
    assert outside_takes(sides, made_and_saved(sides), tmp_path / "first") == []
    other = taken_login(sides, "nagi")
    person = furnish_member(sides, "nagi")
    (refused,) = outside_takes(sides, made_and_saved(sides), tmp_path / "second")
    assert (refused.kind, refused.id) == ("account", person)
    page = inside_takes(sides, outside_writes(sides))[1]
    assert "外側で取り込めなかったもの" in page
    assert "委託先の利用者: 甲 係員" in page and "（そのログイン名は使われています）" in page and "第 2 便" in page
    assert "届いたことの知らせだけが待っています" in page  # nothing goes round for ever
    assert page_of(sides, "auditor").count("そのログイン名は使われています") == 1
    from azukari.web.accounts.models import User

    sides.on("outside")
    User.objects.filter(id=other).update(login="nagi-2")
    with officer(sides) as client:
        (refusal,) = re.findall(r'name="refusal" value="([0-9a-f-]{36})"', client.get("/crossings").content.decode())
        assert client.post("/crossings/again", {"refusal": refusal}).status_code == 302
        page = text_of(client.get("/crossings"))
        assert "次の便でもう一度" in page and "委託先の利用者 1 件" in page
    assert outside_takes(sides, made_and_saved(sides), tmp_path / "third") == []
    page = inside_takes(sides, outside_writes(sides))[1]
    assert "外側で取り込めなかったもの" not in page and "品を 1 件取り込みました" in page


@on_sqlite
def test_refusal_when_the_person_was_let_go_then_it_is_no_longer_shown(sides: Sides, tmp_path: Path) -> None:
    from azukari.web.accounts.actions import person as people

    assert outside_takes(sides, made_and_saved(sides), tmp_path / "first") == []
    taken_login(sides, "nagi")
    person = furnish_member(sides, "nagi")
    assert len(outside_takes(sides, made_and_saved(sides), tmp_path / "second")) == 1
    assert "そのログイン名は使われています" in inside_takes(sides, outside_writes(sides))[1]
    sides.on("inside")
    people.deactivate(person_id=person, by=BY, at=AT)
    assert "そのログイン名は使われています" not in page_of(sides)


@on_sqlite
def test_refusal_when_it_is_of_nothing_that_was_sent_or_malformed_then_passed_over_and_told_to_nobody(
    sides: Sides, tmp_path: Path
) -> None:
    from azukari.web.crossing.models import Refusal

    assert outside_takes(sides, made_and_saved(sides), tmp_path / "first") == []
    Refusal.objects.create(
        body=sides.body, direction="in", kind="account", item=uuid4(), number=1, word="state", detail="x",
        noted_at=AT, noted_by=BY,
    )  # fmt: skip
    page = inside_takes(sides, outside_writes(sides))[1]
    assert "1 件は取り込めませんでした" in page and "外側で取り込めなかったもの" not in page
    sides.on("inside")
    assert not Refusal.objects.exists()


@on_sqlite
def test_item_when_inside_cannot_take_it_then_it_is_shown_and_told_outside(sides: Sides, tmp_path: Path) -> None:
    from azukari.web.crossing import queries
    from azukari.web.crossing.actions import writing
    from azukari.web.crossing.outgoing import Outgoing

    assert outside_takes(sides, made_and_saved(sides), tmp_path / "first") == []
    sides.on("outside")
    sent = uuid4()
    broken = [Outgoing("sent", sent, "1", read=lambda: b"{}")]  # what only a broken outside writes
    writing.make(body_id=sides.body, candidates=broken, kek=KEK, by=BY, at=AT)
    data = b"".join(blocks_of(queries.packed(sides.body)))
    page = inside_takes(sides, data)[1]
    assert "第 1 便の品が取り込めませんでした: 形式が正しくありません。" in page
    assert "取り込めなかった品の知らせ 1 件" in page
    assert outside_takes(sides, made_and_saved(sides), tmp_path / "second") == []
    (heard,) = queries.refusals(sides.body, "out")
    assert (heard.kind, heard.item, heard.word, heard.number) == ("sent", sent, "format", 1)


def test_page_when_more_waits_and_came_then_no_more_statements(sides: Sides, tmp_path: Path) -> None:
    from tests.web.test_web_statements import more, statements

    counts = []
    for number in range(2):
        assert outside_takes(sides, made_and_saved(sides), tmp_path / f"{number}") == []
        for each in range(1, 2 + 3 * number):
            asked(sides, 10 * number + each)
        assert inside_takes(sides, outside_writes(sides))[0] == 200
        more(sides.records, 1 + 3 * number)
        sides.ledger.integrate()
        with officer(sides) as client:
            counts.append(statements(client, "/crossings"))
        from azukari.web.custody.models import HandOver

        HandOver.objects.update(status="prepared")
    assert counts[0] == counts[1] < 60  # what each kind of item asks, whatever there is of it


BAD = {
    "cut": (lambda data: data[:-600], "便のコピーが途中で終わっています"),
    "changed": (lambda data: data.replace(b"age-encryption", b"age-encryptioN"), "便"),
    "text": (lambda data: b"nothing", "形式が正しくありません。（便のファイルではありません）"),
    "own": (None, "便"),
}


@on_sqlite
@pytest.mark.parametrize("case", BAD)
def test_file_when_it_is_bad_then_400_its_sentence_and_nothing_is_taken(
    sides: Sides, case: str, tmp_path: Path
) -> None:
    from azukari.web.crossing import queries

    spoil, sentence = BAD[case]
    first = made_and_saved(sides)
    assert outside_takes(sides, first, tmp_path / "first") == []
    asked(sides)
    good = outside_writes(sides)
    status, page = inside_takes(sides, spoil(good) if spoil else first)
    assert status == 400 and sentence in page and "まだ何も届いていません" in page
    sides.on("inside")
    assert queries.chain(sides.body, "in").sequence == 0
    assert inside_takes(sides, good)[0] == 200
    status, page = inside_takes(sides, good)
    assert status == 400 and "すでに受け取っています" in page


@on_sqlite
def test_pair_when_done_in_the_browser_then_only_with_the_fingerprint_that_was_heard(
    ledger: Ledger, template: Path, tmp_path: Path
) -> None:
    can_sign(ledger)
    sides = made(ledger, template, tmp_path, paired=False)
    with officer(sides) as client:
        assert "まだ組み合わされていません" in text_of(client.get("/crossings"))
        assert client.post("/crossings/make").status_code == 409
        assert client.get("/crossings/file").status_code == 409
        assert client.get("/crossings/card").status_code == 409
        assert inside_takes(sides, b"x")[0] == 400
    with officer(sides) as client:
        assert client.post("/crossings/prepare").status_code == 302
        card = client.get("/crossings/card")
        shown = re.search("([0-9a-f]{4}-){4}[0-9a-f]{4}", text_of(client.get("/crossings/pair")))
    from azukari.seal.pairing import parse_side_card

    inside = parse_side_card(card.content)
    assert shown is not None and shown.group() == inside.fingerprint and inside.name == "霞ヶ浜年金機構"
    sides.on("outside")
    from azukari.web import founding
    from azukari.web.crossing.actions import pairing

    founding.add_outside(card=inside, kek=KEK, at=AT)
    outside = sides.card("outside")
    pairing.pair(card=inside, fingerprint=inside.fingerprint, body_id=sides.body, by=BY, at=AT)
    signer_note = sides_note(sides)
    with officer(sides) as client:

        def paired_with(note: bytes, fingerprint: str) -> int:
            given = {"card": SimpleUploadedFile("outside.card", note), "fingerprint": fingerprint}
            return int(client.post("/crossings/pair", given).status_code)

        assert paired_with(signer_note, "0" * 20) == 400
        assert paired_with(card.content, inside.fingerprint) == 400  # our own
        assert paired_with(b"x" * 20_000, outside.fingerprint) == 400
        assert paired_with(signer_note[:-3], outside.fingerprint) == 400
        assert "まだ組み合わされていません" in text_of(client.get("/crossings"))
        assert paired_with(signer_note, outside.fingerprint.upper().replace("-", " ")) == 302
    assert outside_takes(sides, made_and_saved(sides), tmp_path / "first") == []


def sides_note(sides: Sides) -> bytes:
    from azukari.web.crossing import queries

    sides.on("outside")
    return queries.card(sides.body, KEK, name="霞ヶ浜年金機構", name_en="", origin="", log_vkey="")


def test_large_file_when_the_worker_dies_at_the_end_of_its_work_then_another_sees_that_it_was_taken(
    sides: Sides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than stays in memory: it lies encrypted, and the job says what came of it."""
    from azukari.web.crossing import queries
    from azukari.web.custody import carrier
    from azukari.web.jobs import uploads
    from azukari.web.jobs.models import Job

    data = much_asked(sides, tmp_path)
    assert len(data) > uploads.SMALL
    place = queued(sides, data)
    lying = b"".join(path.read_bytes() for path in sides.places["inside"].rglob("*.upload"))
    assert len(lying) >= len(data) and b"age-encryption.org" not in lying
    with monkeypatch.context() as patch:
        patch.setattr(carrier.queue, "destroy_upload", dies)
        with pytest.raises(SystemExit):
            work_once()
    assert queries.chain(sides.body, "in").sequence == 1
    Job.objects.update(lease_until=AT)  # nobody has heard of that worker since
    work_once()
    job = Job.objects.get(kind="carry")
    assert (job.status, job.attempts, job.result) == ("done", 2, {"crossings": 0, "taken": 0, "refused": 0})
    assert queries.chain(sides.body, "in").sequence == 1
    assert not list(sides.places["inside"].rglob("*.upload"))
    with officer(sides) as client:
        assert "すべて取込み済みです" in text_of(client.get(place))
        assert text_of(client.get("/crossings")).count("再委託の許諾の申請 甲 委託先 受理") == 2


@on_sqlite
def test_large_file_when_it_is_taken_or_refused_then_the_page_of_the_job_says_so(sides: Sides, tmp_path: Path) -> None:
    data = much_asked(sides, tmp_path)
    spoiled = queued(sides, data[:-30_000] + bytes(30_000))
    work_once()
    assert not list(sides.places["inside"].rglob("*.upload"))
    place = queued(sides, data)
    work_once()
    with officer(sides) as client:
        assert CrossingFileError.ja in text_of(client.get(spoiled))
        assert "便を 1 通、品を 2 件取り込みました。" in text_of(client.get(place))


def much_asked(sides: Sides, folder: Path) -> bytes:
    assert outside_takes(sides, made_and_saved(sides), folder / "first") == []
    for number in (1, 2):
        asked(sides, number, safeguards="施錠した部屋。" * 6_000)
    return outside_writes(sides)


def queued(sides: Sides, data: bytes) -> str:
    """Uploaded; the page of its job, which is none of a sealing."""
    with officer(sides) as client:
        answer = client.post("/crossings/take", {"file": SimpleUploadedFile("x.azx", data)})
        place = str(answer.headers["Location"])
        assert "順番を待っています" in text_of(client.get(place))
        job_id = place.removeprefix("/crossings/taking/")
        assert client.get(f"/seals/{job_id}").status_code == client.post(f"/seals/{job_id}/retry").status_code == 404
        assert client.post(f"/seals/{job_id}/cancel").status_code == 404
    return place


def work_once() -> None:
    import threading

    from azukari.stores.clock import SystemClock
    from azukari.web.custody import work
    from azukari.web.jobs import worker

    worker.run(work.kinds(None), SystemClock(), threading.Event(), once=True)


def dies(**given: Any) -> None:
    raise SystemExit


def test_kinds_when_they_cross_then_the_page_has_words_for_each_and_knows_where_it_leads(sqlite_office: Path) -> None:
    from azukari.seal.crossing import KINDS
    from azukari.web.custody.queries import carried
    from azukari.web.custody.views import crossings

    assert set(crossings._KINDS) == set(KINDS) - {"sent"}
    assert set(carried._LEADS) == set(KINDS) - {"sent", "refusal"}
