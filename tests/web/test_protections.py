"""Protective measures: who is under them stays, or their address does, on every way out; in doubt nothing leaves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from tests.cli import scene as scenes
from tests.cli.scene import PLANTED, Scene, call, copied, people
from tests.web import bodies
from tests.web.bodies import KEK, Records, client_of, furnish, give_factor
from tests.web.conftest import AT, BY, Ledger, make_ledger

from azukari.cli.options import Office, open_office
from azukari.errors import FormatError, NothingToSealError, OptionError, ProtectedError, StateError
from azukari.fields.kinds import Field
from azukari.handover.choosing import choose
from azukari.seal.package import verify_package
from azukari.tables import read_table, type_columns

DAY = AT.date()
TABLE = pl.DataFrame(
    {
        "宛名番号": ["0001", "0002", "0003", "0004"],
        "氏名": ["霧生　澄", "藻塩　灯", "渚　凪", "潮　澪"],
        "電話番号": ["070-0000-0001", "070-0000-0002", "070-0000-0003", "070-0000-0004"],
        "郵便番号": ["9990001", "9990002", "9990003", ""],
        "住所": ["霞浜市一丁目1番", "霞浜市二丁目2番", "霞浜市三丁目3番", ""],
    }
)
FIELDS = tuple(map(Field.parse, ["name", "phone", "postal-code", "address"]))


@pytest.fixture
def sqlite_ledger(sqlite_office: Path) -> Ledger:
    return make_ledger(sqlite_office)


def protect(body_id: UUID, *local_ids: str, holds: str = "rows", **terms: Any) -> list[UUID]:
    from azukari.web.subjects.actions import protection

    given = protection.Terms(**{"starts_on": DAY, "ends_on": None, "holds": holds} | terms)
    return protection.add(body_id=body_id, local_ids=local_ids, terms=given, kek=KEK, by=BY, at=AT)


def withheld(body_id: UUID, table: pl.DataFrame = TABLE, day: date = DAY) -> Any:
    from azukari.web.custody.withholding import withhold

    return withhold(table, choose(type_columns(table), FIELDS), body_id, day, KEK)


def test_withhold_when_rows_and_addresses_are_protected_then_those_and_nothing_else(ledger: Ledger) -> None:
    protect(ledger.body_id, "０００２")
    protect(ledger.body_id, "0003", "0004", "9999", holds="address")
    found = withheld(ledger.body_id)
    assert (found.held, found.blanked, found.unmatched) == ((1,), 1, 0)
    assert found.frame["住所"].to_list() == ["霞浜市一丁目1番", "霞浜市二丁目2番", "", ""]
    assert found.frame["郵便番号"].to_list() == ["9990001", "9990002", "", ""]
    assert found.frame.drop("住所", "郵便番号").equals(TABLE.drop("住所", "郵便番号"))


@pytest.mark.parametrize("written", ["2", "02", "００２", " 0002", "000-2", "0 0 0 2", "00002", "−0002"])
def test_withhold_when_an_id_has_lost_its_zeros_or_is_written_another_way_then_the_row_stays_all_the_same(
    sqlite_ledger: Ledger, written: str
) -> None:
    """What a spreadsheet makes of 0002."""
    from azukari.web.custody.withholding import withhold_people

    protect(sqlite_ledger.body_id, "0002")
    table = TABLE.with_columns(pl.Series("宛名番号", ["0001", written, "20", "0021"]))
    assert withheld(sqlite_ledger.body_id, table).held == (1,)
    people = withhold_people(["1", written, "200"], FIELDS, sqlite_ledger.body_id, DAY, KEK)
    assert len(people.out) == 1 and len(people.kept) == 2


@pytest.mark.parametrize("noted", ["AB-0012", "ab0012", "0", "000"])
def test_withhold_when_an_id_is_of_letters_or_of_zeros_alone_then_found_and_no_other(
    sqlite_ledger: Ledger, noted: str
) -> None:
    protect(sqlite_ledger.body_id, noted)
    table = TABLE.with_columns(pl.Series("宛名番号", ["ＡＢ0012", "AB12", "00", "10"]))
    assert withheld(sqlite_ledger.body_id, table).held == ((0,) if noted[-1] == "2" else (2,))


def test_withhold_when_the_telephone_is_held_too_then_it_is_blank_as_well(ledger: Ledger) -> None:
    protect(ledger.body_id, "0001", holds="address", phone=True)
    found = withheld(ledger.body_id)
    assert found.frame["電話番号"].to_list() == ["", *TABLE["電話番号"].to_list()[1:]]
    assert found.frame["住所"][0] == "" and found.blanked == 1


def test_withhold_when_a_relative_in_the_row_is_protected_then_the_row_is(ledger: Ledger) -> None:
    protect(ledger.body_id, "0777")
    table = TABLE.with_columns(pl.Series("配偶者宛名番号", ["", "0777", "", ""]))
    choice = choose(type_columns(table), FIELDS)
    assert Field.parse("local-id/spouse") in [field for _, field, _ in choice.fates]
    assert withheld(ledger.body_id, table).held == (1,)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1, ()), (0, (0,)), (30, (0,)), (31, ())],
)
def test_withhold_when_the_day_is_outside_the_period_then_nothing_stays(
    ledger: Ledger, days: int, expected: tuple[int, ...]
) -> None:
    protect(ledger.body_id, "0001", ends_on=DAY + timedelta(days=30))
    assert withheld(ledger.body_id, day=DAY + timedelta(days=days)).held == expected


def test_withhold_when_ended_or_of_another_body_then_nothing_stays_and_twice_ended_is_refused(ledger: Ledger) -> None:
    from azukari.web.subjects.actions import protection

    other = bodies.another_body(ledger)
    protect(other, "0001")
    (noted,) = protect(ledger.body_id, "0002")
    protection.end(protection_id=noted, by=BY, at=AT)
    assert withheld(ledger.body_id).held == ()
    with pytest.raises(StateError):
        protection.end(protection_id=noted, by=BY, at=AT)


def test_withhold_when_nobody_can_be_told_apart_then_refused_unless_said(ledger: Ledger) -> None:
    protect(ledger.body_id, "0002")
    without = withheld(ledger.body_id, TABLE.drop("宛名番号"))
    blank = withheld(ledger.body_id, TABLE.with_columns(pl.Series("宛名番号", ["0001", "0002", " 　", ""])))
    assert (without.unmatched, blank.unmatched, blank.held) == (4, 2, (1,))
    for found in (without, blank):
        with pytest.raises(ProtectedError) as raised:
            found.require_matched(False)
        assert "0002" not in str(raised.value)
        found.require_matched(True)
    with pytest.raises(NothingToSealError):
        withheld(ledger.body_id, TABLE[1:2])


def test_protection_when_noted_twice_then_once_and_all_of_a_list_or_nobody(ledger: Ledger) -> None:
    from azukari.web.subjects.models import Protection

    assert len(protect(ledger.body_id, "0001", "0002", "0001")) == 2
    assert len(protect(ledger.body_id, "0002", "0003")) == 1
    for wrong, error in (((), OptionError), (("0005", ""), FormatError)):
        with pytest.raises(error):
            protect(ledger.body_id, *wrong)
    for terms in ({"holds": "name"}, {"holds": "rows", "phone": True}, {"ends_on": DAY - timedelta(days=1)}):
        with pytest.raises(OptionError):
            protect(ledger.body_id, "0005", **terms)
    assert Protection.objects.count() == 3


def test_protected_person_when_to_be_erased_then_not_before_the_protection_is_over(ledger: Ledger) -> None:
    from azukari.web.subjects import queries
    from azukari.web.subjects.actions import protection, subject
    from azukari.web.subjects.queries import protections

    (noted,) = protect(ledger.body_id, "0001", note="避難先の申出")
    person = queries.known(ledger.body_id, "0001", KEK)
    assert person is not None
    assert protections.shown(protections.protection(noted), KEK).note == "避難先の申出"
    with pytest.raises(StateError):
        subject.destroy(subject_id=person.id, kek=KEK, by=BY, at=AT)
    protection.end(protection_id=noted, by=BY, at=AT)
    subject.destroy(subject_id=person.id, kek=KEK, by=BY, at=AT)
    gone = protections.shown(protections.protection(noted), KEK)
    assert (gone.local_id, gone.note) == (None, None)


# ---- Screens ------------------------------------------------------------------------------------------------------


@pytest.fixture
def own(ledger: Ledger) -> Iterator[Records]:
    with bodies.screens():
        yield furnish(ledger, "kasumi")


def test_screens_when_officers_and_others_look_then_only_officers_see_who_it_is(own: Records) -> None:
    page = f"/protections/{own.arguments['protection_id']}"
    for role, sees in (("officer", True), ("approver", False), ("auditor", False)):
        client = client_of(own.people[role])
        for address in ("/protections", page):
            shown = client.get(address).content.decode()
            assert ("kasumi-417" in shown) is sees, (role, address)
        assert ("kasumi 申出" in client.get(page).content.decode()) is sees


def test_screens_when_noted_and_ended_then_it_holds_and_no_id_is_in_a_log(
    own: Records, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(own.people["officer"])
    given = {"local_id": "０７７７", "holds": "address", "starts_on": "2026-04-01", "phone": "on"}
    with caplog.at_level(logging.DEBUG):
        assert client.post("/protections/add", given).status_code == 302
        wrong = client.post("/protections/add", given | {"local_id": "999999999999", "holds": "rows"})
        assert client.post(f"/protections/{own.arguments['protection_id']}/end").status_code == 302
        again = client.post(f"/protections/{own.arguments['protection_id']}/end")
    assert (wrong.status_code, again.status_code) == (400, 400)
    assert "0777" in client.get("/protections").content.decode()
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert not [one for one in said if "0777" in one or "０７７７" in one]


LISTS = [
    ("宛名番号,氏名\r\n0501,霧生　澄\r\n0502,渚　凪\r\n", 200, 2),
    ("番号\r\n0501\r\n０５０１\r\n", 200, 1),
    ("宛名番号,氏名\r\n0501,霧生　澄\r\n,渚　凪\r\n", 400, 0),
    ("氏名,住所\r\n霧生　澄,霞浜市\r\n", 400, 0),
    ("宛名番号\r\n", 400, 0),
    ("PK\x03\x04 no workbook", 400, 0),
]


def test_list_when_taken_in_then_everybody_or_nobody(own: Records) -> None:
    from azukari.web.subjects.models import Protection

    client, before = client_of(own.people["officer"]), Protection.objects.count()
    for content, status, count in LISTS:
        sheet = BytesIO(content.encode())
        sheet.name = "list.csv"
        answer = client.post("/protections/list", {"sheet": sheet, "holds": "rows", "starts_on": "2026-04-01"})
        assert (answer.status_code, Protection.objects.count()) == (status, before + count), content
        Protection.objects.filter(id__in=Protection.objects.order_by("-noted_at")[:count].values("id")).delete()


# ---- Every way out ------------------------------------------------------------------------------------------------


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    yield copied(scenes.registered(), tmp_path / "scene")
    scenes.close()


def open_and_protect(scene: Scene, holds: str = "rows") -> Office:
    from azukari.web.subjects.actions import protection

    office = open_office(scene / "office", scene / "office.key", None)
    terms = protection.Terms(DAY.replace(year=2020), None, holds)
    ids = [PLANTED["宛名番号"]]
    protection.add(body_id=office.body_id, local_ids=ids, terms=terms, kek=office.kek, by=office.by, at=office.at)
    return office


def delivered(scene: Scene, slug: str) -> pl.DataFrame:
    """What the party has in its hands."""
    done = call("open", scene / f"{slug}.azk", "-i", scene / f"{slug}.key", "-o", scene / f"{slug}.csv")
    assert done.code == 0, done
    return read_table(scene / f"{slug}.csv").frame


def test_seal_when_the_planted_person_is_protected_then_the_row_stays_and_only_the_office_knows(scene: Scene) -> None:
    open_and_protect(scene)
    named = ["--entrustment", "入力", "--to", scenes.KEYING.ja]
    answer = scene.run("seal", scene / "register.csv", *named, "-o", scene / "out.azk")
    assert "渡さない行 1" in answer.out
    slug = scenes.KEYING.slug
    (scene / "out.azk").rename(scene / f"{slug}.azk")
    frame = delivered(scene, slug)
    assert frame.height == len(people()) - 1 + 2
    assert PLANTED["氏名"] not in frame["氏名"].to_list() and PLANTED["郵便番号"] not in frame["郵便番号"].to_list()
    with (scene / f"{slug}.azk").open("rb") as file:
        entry = verify_package(file, scene.log_key).entry_bytes
    assert not [word for word in (b"withheld", b"protect", b"unmatched") if word in entry]


def test_return_and_trace_when_a_row_was_held_back_then_rows_are_numbered_as_in_the_source(scene: Scene) -> None:
    open_and_protect(scene)
    slug = scenes.KEYING.slug
    sealed = scene.seal(slug)
    assert sealed["withheld"] == {"rows": 1, "addresses": 0, "unmatched": 0}
    delivered(scene, slug)
    back = scene.json(
        *("return", scene / f"{slug}.csv", "--handover", sealed["handover"], "-o", scene / "back.csv"),
        *("--source", scene / "register.csv"),
    )
    assert (back["returned"], back["missing"], back["added"], back["changed"]) == (len(people()) - 1, 0, 0, 0)
    joined = read_table(scene / "back.csv").frame.sort("宛名番号")
    source = people().filter(pl.col("宛名番号") != PLANTED["宛名番号"]).sort("宛名番号")
    assert joined["個人番号"].to_list() == source["個人番号"].to_list()


def test_seal_when_the_address_is_protected_then_it_alone_is_blank(scene: Scene) -> None:
    open_and_protect(scene, "address")
    slug = scenes.PRINTING.slug
    assert scene.seal(slug)["withheld"] == {"rows": 0, "addresses": 1, "unmatched": 0}
    row = delivered(scene, slug).filter(pl.col("氏名").str.contains("珠洲宮"))
    assert row.height == 1 and (row["住所"][0], row["郵便番号"][0]) == ("", "")


def test_seal_when_there_are_no_local_ids_then_refused_until_the_officer_says_so(scene: Scene) -> None:
    open_and_protect(scene)
    people().drop("宛名番号").write_csv(scene / "nobody.csv")
    slug = scenes.KANA.slug
    named = ["--entrustment", "照合", "--to", scenes.KANA.ja, "-o", scene / f"{slug}.azk"]
    scene.refused("protected", "seal", scene / "nobody.csv", *named)
    sealed = scene.json("seal", scene / "nobody.csv", *named, "--unmatched")
    assert sealed["withheld"] == {"rows": 0, "addresses": 0, "unmatched": len(people())}


def test_browser_when_somebody_is_protected_then_counts_are_shown_before_and_kept_after(scene: Scene) -> None:
    opened = open_and_protect(scene)
    with bodies.screens():
        give_factor(opened.by)
        from azukari.web import office

        office.unlock(opened.kek)
        client = client_of(opened.by)
        first = look(client, people(), opened, "入力")
        shown = client.get(first).content.decode()
        assert "支援措置" in shown and "渡さない行" in shown
        page = sealed_page(client, first, people(), opened)
        assert "渡さなかった行 1" in page
        first = look(client, people().drop("宛名番号"), opened, "照合")
        assert "見分けられない行がある表は" in client.get(first).content.decode()
        assert "支援措置の対象者" in sealed_page(client, first, people().drop("宛名番号"), opened)
        first = look(client, people().drop("宛名番号"), opened, "照合")
        page = sealed_page(client, first, people().drop("宛名番号"), opened, unmatched="on")
        assert f"見分けられないまま渡した行 {len(people())}" in page


def look(client: Any, table: pl.DataFrame, opened: Office, title: str) -> str:
    """Upload a table under an entrustment and let a worker look at it; the page of the columns."""
    from azukari.web.custody import queries

    file = BytesIO(table.write_csv().encode())
    file.name = "register.csv"
    terms = next(one for one in queries.entrustments(opened.body_id) if one.title == title)
    page: str = client.post(f"/entrustments/{terms.id}/seal", {"table": file}).headers["Location"]
    work()
    return page


def sealed_page(client: Any, page: str, table: pl.DataFrame, opened: Office, **more: str) -> str:
    """Start as the columns were typed, let a worker do it; the page of the hand-over, or of the refusal."""
    fields = [str(typing.field) if typing.field else "" for typing in type_columns(table)]
    given = {f"column_{number}": field for number, field in enumerate(fields)} | more
    started = client.post(f"{page}/start", given).headers["Location"]
    work()
    shown: str = client.get(started).content.decode()
    link = started.replace("/seals/", "/hand-overs/")
    return client.get(link).content.decode() if link in shown else shown


def work() -> None:
    import threading

    from azukari.stores.clock import SystemClock
    from azukari.web.custody.work import kinds
    from azukari.web.jobs import worker

    worker.run(kinds(None), SystemClock(), threading.Event(), once=True)
