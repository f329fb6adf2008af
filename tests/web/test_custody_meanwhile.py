"""What is decided while a table is being sealed: taken back, or put under protection, it does not leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import PLANTED, Scene, copied, entries, people
from tests.web.test_web_permission import permitted

from azukari.cli.options import Office, open_office
from azukari.errors import NotPermittedError, StateError
from azukari.fields.days import day_of
from azukari.handover.choosing import choose
from azukari.tables import type_columns
from azukari.testing.cast import KEYING


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    made = copied(scenes.sealed(), tmp_path / "scene")
    scenes.add_party(made, "below", "白磯入力")
    yield made
    scenes.close()


def opened(scene: Scene) -> Office:
    return open_office(scene / "office", scene / "office.key", None)


def seal(scene: Scene, office: Office, work: str, parent: str | None, meanwhile: Callable[[], None]) -> Any:
    """Seal under an entrustment; ``meanwhile`` happens once, after the table was read."""
    from azukari.web.custody import queries
    from azukari.web.custody.actions import sealing

    told: list[None] = []

    def progress(done: int, total: int) -> None:
        if not told:
            told.append(meanwhile())

    terms = queries.entrustment(UUID(work))
    choice = choose(type_columns(people()), terms.fields)
    above = UUID(parent) if parent else None
    order = sealing.Order(terms.id, terms.party, choice, scene / "late.azk", parent_id=above)
    try:
        return sealing.seal(source=people(), order=order, kek=office.kek, by=office.by, at=office.at, progress=progress)
    finally:
        assert told


def require_nothing_left(scene: Scene, before: int) -> None:
    """No package, no entry of a hand-over, and nothing in the spool."""
    assert not (scene / "late.azk").exists()
    assert not [one for one in entries(scene)[before:] if b"azukari/handover" in one]
    assert not list((scene / "office" / "spool").glob("*.payload"))


def test_seal_when_the_permission_is_revoked_meanwhile_then_nothing_is_logged_and_nothing_leaves(scene: Scene) -> None:
    from azukari.web.custody.actions import permission

    asked, child = permitted(scene, "入力", "白磯入力")
    office, before = opened(scene), len(entries(scene))

    def revoke() -> None:
        permission.revoke(permission_id=UUID(asked), reason="事故", by=office.by, at=office.at)

    with pytest.raises(NotPermittedError):
        seal(scene, office, child, scene.hand_overs()[KEYING.slug], revoke)
    require_nothing_left(scene, before)


def test_seal_when_somebody_comes_under_protection_meanwhile_then_nothing_is_logged_and_nothing_leaves(
    scene: Scene,
) -> None:
    from azukari.web.custody import queries
    from azukari.web.subjects.actions import protection

    office, before = opened(scene), len(entries(scene))
    work = next(one for one in queries.entrustments(office.body_id) if one.title == "照合")
    terms = protection.Terms(starts_on=day_of(office.at), ends_on=None, holds="rows")

    def protect() -> None:
        named = {"kek": office.kek, "by": office.by, "at": office.at}
        protection.add(body_id=office.body_id, local_ids=[PLANTED["宛名番号"]], terms=terms, **named)

    with pytest.raises(StateError):
        seal(scene, office, work.id.hex, None, protect)
    require_nothing_left(scene, before)
    info = seal(scene, office, work.id.hex, None, lambda: None)
    assert info.withheld_rows == 1


def test_release_when_the_permission_is_revoked_before_it_then_the_package_stays_in_the_office(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logged, then cut off, as by witnesses that were missing; the restart finishes what it finds."""
    from azukari.errors import StorageError
    from azukari.web.custody import places, queries
    from azukari.web.custody.actions import permission, releasing

    asked, child = permitted(scene, "入力", "白磯入力")
    office = opened(scene)
    above = scene.hand_overs()[KEYING.slug]

    def cut_off(**named: Any) -> None:
        raise StorageError("cut off")

    with monkeypatch.context() as cut:
        cut.setattr(releasing, "release", cut_off)
        with pytest.raises(StorageError):
            seal(scene, office, child, above, lambda: None)
    permission.revoke(permission_id=UUID(asked), reason="事故", by=office.by, at=office.at)
    assert releasing.recover(kek=office.kek, by=office.by, at=office.at).finished == 1
    (info,) = queries.hand_overs(office.body_id, entrustment_id=UUID(child))
    assert places.package(info.id).exists() and not (scene / "late.azk").exists()


@pytest.mark.parametrize(("hour", "held"), [(14, 0), (15, 1), (23, 1)])
def test_seal_when_the_day_of_a_protection_has_begun_in_japan_then_the_row_stays(
    scene: Scene, hour: int, held: int
) -> None:
    """The first hours of an office's day are still the day before in UTC."""
    from azukari.web.custody import queries
    from azukari.web.custody.actions import sealing
    from azukari.web.subjects.actions import protection

    office, at = opened(scene), datetime(2026, 11, 24, hour, 30, tzinfo=UTC)
    terms = protection.Terms(starts_on=date(2026, 11, 25), ends_on=None, holds="rows")
    named: dict[str, Any] = {"kek": office.kek, "by": office.by, "at": at}
    protection.add(body_id=office.body_id, local_ids=[PLANTED["宛名番号"]], terms=terms, **named)
    work = next(one for one in queries.entrustments(office.body_id) if one.title == "照合")
    order = sealing.Order(work.id, work.party, choose(type_columns(people()), work.fields), None)
    assert sealing.seal(source=people(), order=order, **named).withheld_rows == held
