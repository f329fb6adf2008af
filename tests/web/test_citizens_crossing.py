"""What goes outside of people who are enrolled, and of nobody else: the list that is composed there is the one inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.cli import scene as scenes
from tests.web import crossings
from tests.web.conftest import BY
from tests.web.crossings import Gap

from azukari.completeness.checking import verify_report
from azukari.errors import ForeignCrossingError, FormatError, IncompleteError, NotFoundError, StateError
from azukari.ledger.note import Verifier, to_base64
from azukari.seal.citizen_items import BoxItem, CitizenItem, EventItem

WHO, OTHER = "05018841", "05028842"


@pytest.fixture
def gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gap]:
    scenes.without_office(monkeypatch)
    yield crossings.copied(crossings.crossed(), tmp_path / "gap")
    scenes.close()


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    return (now() + timedelta(hours=9)).date()


def keys(gap: Gap, side: str) -> Any:
    from azukari.stores.keys import open_key_file

    path = {"inside": gap.inside.folder / "office.key", "outside": gap / "outside.key"}[side]
    return open_key_file(path, None)


def who_stands_there(gap: Gap) -> str:
    """The local id of somebody in the table that was sealed."""
    from azukari.tables import read_table

    found = [path for path in gap.folder.glob("*.csv") if "宛名番号" in read_table(path).frame.columns]
    return str(read_table(found[0]).frame["宛名番号"][0])


def enrol(gap: Gap, local_id: str) -> Any:
    body = gap.on("inside")
    from azukari.web.enrolment.actions import enrolling

    named: dict[str, Any] = {"kek": keys(gap, "inside"), "by": BY, "at": now()}
    return enrolling.enrol(body_id=body.id, local_id=local_id, address="https://example.jp/my", **named)


def use(gap: Gap, local_id: str, until: date | None = None) -> None:
    """A use of somebody's data, noted inside."""
    body = gap.on("inside")
    from django.db import transaction
    from tests.web.listing import event

    from azukari.web.leaves.actions import single
    from azukari.web.subjects import queries

    kek = keys(gap, "inside")
    known = queries.known(body.id, local_id, kek)
    assert known is not None
    told = event(day=today(), at=now().replace(microsecond=0))
    with transaction.atomic():
        single.note(subject_id=known.id, event=told, until=until, kek=kek, by=BY, at=now())


def carried(gap: Gap) -> dict[str, Any]:
    """An index, then a crossing."""
    assert gap.inside.json("ledger", "index")
    scenes.close()
    return gap.over()


def outside_report(gap: Gap, citizen: UUID) -> Any:
    gap.on("outside")
    from azukari.web.citizens.queries import listing

    return listing.report(citizen, keys(gap, "outside"), today())


def checked(gap: Gap, citizen: UUID) -> Any:
    made = outside_report(gap, citizen)
    from azukari.web.sequencer import queries

    vkey = queries.log_at(made.origin).vkey
    return verify_report(made.encode(), now(), [Verifier.parse(vkey)])


def test_list_when_somebody_is_enrolled_then_composed_outside_as_inside_and_it_holds(gap: Gap) -> None:
    who = who_stands_there(gap)
    letter = enrol(gap, who)
    use(gap, who)
    use(gap, who, until=today() + timedelta(days=30))
    told = carried(gap)
    found = checked(gap, letter.enrolment)
    assert not told["crossings"][0].get("refused"), told
    acts = [entry.event and entry.event.act.value for entry in found.report.lists[0].entries]
    assert acts.count("use") == 1 and acts.count(None) == 1 and acts.count("hand-over") >= 1
    assert found.withheld == (today() + timedelta(days=30),)
    body = gap.on("inside")
    from azukari.web.leaves.queries import reporting
    from azukari.web.subjects import queries

    kek = keys(gap, "inside")
    known = queries.known(body.id, who, kek)
    assert known is not None
    inside = reporting.report(known.id, kek, today())
    shown = [[(one.leaf, one.event) for one in report.lists[0].entries] for report in (inside, found.report)]
    assert shown[0] == shown[1]


def test_crossing_when_nobody_is_enrolled_then_no_event_goes_out(gap: Gap) -> None:
    carried(gap)
    gap.on("outside")
    from azukari.web.citizens.models import Box, Citizen, Happening

    assert not Happening.objects.exists() and not Citizen.objects.exists() and not Box.objects.exists()


def test_database_outside_when_searched_then_neither_local_id_nor_root_nor_list_key_nor_what_a_box_says(
    gap: Gap,
) -> None:
    who = who_stands_there(gap)
    letter = enrol(gap, who)
    use(gap, who)
    body = gap.on("inside")
    from azukari.completeness.labels import list_key
    from azukari.web.subjects import queries

    kek = keys(gap, "inside")
    known = queries.known(body.id, who, kek)
    assert known is not None
    root = queries.key(known, kek)
    carried(gap)
    scenes.close()
    raw = b"".join(path.read_bytes() for path in (gap / "outside").rglob("*") if path.is_file())
    code = letter.code.replace("-", "").encode()
    for secret in (
        who.encode(),
        root,
        list_key(root, 0),
        list_key(root, 0).hex().encode(),
        code,
        "給付の審査".encode(),
    ):
        assert secret not in raw


def test_enrolment_when_ended_then_row_keys_and_boxes_are_gone_outside(gap: Gap) -> None:
    who = who_stands_there(gap)
    letter = enrol(gap, who)
    use(gap, who)
    carried(gap)
    gap.on("outside")
    from azukari.web.citizens.models import Box, Citizen

    assert (Citizen.objects.count(), Box.objects.count()) == (1, 1)
    gap.on("inside")
    from azukari.web.enrolment.actions import enrolling

    enrolling.end(enrolment_id=letter.enrolment, by=BY, at=now())
    with pytest.raises(NotFoundError):
        enrolling.another_letter(enrolment_id=letter.enrolment, by=BY, at=now())
    scenes.close()
    gap.over()
    gap.on("outside")
    assert (Citizen.objects.count(), Box.objects.count()) == (0, 0)
    with pytest.raises(NotFoundError):
        outside_report(gap, letter.enrolment)


def test_enrolment_when_there_is_one_then_no_second_but_another_letter(gap: Gap) -> None:
    who = who_stands_there(gap)
    first = enrol(gap, who)
    with pytest.raises(StateError):
        enrol(gap, who)
    from azukari.web.enrolment import queries
    from azukari.web.enrolment.actions import enrolling

    second = enrolling.another_letter(enrolment_id=first.enrolment, by=BY, at=now())
    assert first.name != second.name and first.code != second.code
    assert queries.enrolment(first.enrolment).letter == second.name.replace("-", "")


def test_list_when_a_box_did_not_come_then_the_verifier_says_that_something_is_withheld_too_long(gap: Gap) -> None:
    who = who_stands_there(gap)
    letter = enrol(gap, who)
    use(gap, who)
    carried(gap)
    gap.on("outside")
    from azukari.web.citizens.models import Box

    Box.objects.all().delete()
    with pytest.raises(IncompleteError) as caught:
        checked(gap, letter.enrolment)
    assert caught.value.facts["kind"] == "overdue"


def test_items_when_they_are_not_the_bodys_or_of_another_form_then_refused(gap: Gap) -> None:
    who = who_stands_there(gap)
    letter = enrol(gap, who)
    carried(gap)
    body = gap.on("outside")
    from azukari.web.citizens.actions import arriving
    from azukari.web.citizens.models import Happening
    from azukari.web.crossing.actions.taking import Incoming

    kek = keys(gap, "outside")
    event = bytes(Happening.objects.all()[0].data).decode()
    source = Happening.objects.all()[0].source
    box = BoxItem(uuid4().hex, letter.enrolment.hex, 1, to_base64(b"x" * 40))
    end = CitizenItem(letter.enrolment.hex, False, "", "", "", "", ())
    looks = CitizenItem(
        letter.enrolment.hex, True, "ABCD", "x", "2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z", ("0" * 64,)
    )

    def take(item: Any, body_id: UUID = body.id, item_id: UUID | None = None) -> None:
        kind = item.type.split("/")[1].removeprefix("crossing-")
        incoming = Incoming(kind, item_id or UUID(hex=item.id), item.encode(), Path())
        arriving.apply(item=incoming, body_id=body_id, kek=kek, by=BY, at=now())

    with pytest.raises(FormatError):
        take(EventItem(uuid4().hex, uuid4().hex, event))
    with pytest.raises(FormatError):
        take(EventItem(uuid4().hex, source.hex, event.replace("{", "{ ", 1)))
    with pytest.raises(FormatError):
        take(box, item_id=uuid4())
    with pytest.raises(ForeignCrossingError):
        take(BoxItem(uuid4().hex, uuid4().hex, 1, to_base64(b"x" * 40)))
    with pytest.raises(ForeignCrossingError):
        take(box, body_id=uuid4())
    with pytest.raises(ForeignCrossingError):
        take(looks, body_id=uuid4())
    take(end, body_id=uuid4())
    from azukari.web.citizens import queries

    assert queries.citizen(letter.enrolment).body == body.id, "another body ends nobody here"


@pytest.mark.parametrize(
    "changed",
    [
        {"keys": ()},
        {"keys": ("0" * 63,)},
        {"keys": ("G" * 64,)},
        {"keys": ("0" * 64,) * 65},
        {"letter": ""},
        {"letter": "abcd"},
        {"code_hash": ""},
        {"issued_at": ""},
        {"expires_at": "2026-12-20"},
        {"is_active": False},
        {"is_active": 1},
        {"id": "0" * 31},
    ],
)
def test_citizen_item_when_a_member_is_wrong_then_refused(changed: dict[str, Any]) -> None:
    good = {
        "id": "0" * 32, "is_active": True, "letter": "ABCD", "code_hash": "x", "issued_at": "2026-11-20T00:00:00Z",
        "expires_at": "2026-12-20T00:00:00Z", "keys": ("0" * 64,),
    }  # fmt: skip
    assert CitizenItem.parse(CitizenItem(**good).encode()).keys == ("0" * 64,)
    with pytest.raises(FormatError):
        CitizenItem(**(good | changed))
