"""Permission of the first entruster: asked, decided once, in the ledger without a name, and nothing sealed without it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import (
    AzukariError,
    ExpiredError,
    FormatError,
    NotFoundError,
    NotPermittedError,
    OptionError,
    RevokedError,
    StaleError,
    StateError,
)
from azukari.fields.days import day_of
from azukari.seal.certificate import Mode, Reporting, verify_certificate
from azukari.seal.identity import Identity, card_of
from azukari.testing.cast import KEYING
from azukari.web.custody.fiscal import year_end

FIRST, LAST = date(2026, 4, 1), date(2028, 3, 31)
NAMES = ("青嵐データ入力", "白磯入力", "入力業務", "届書の入力", "施錠した部屋")


@dataclass(frozen=True)
class Work:
    """An entrustment, and a party that its entrustee wants to pass it on to."""

    entrustment: UUID
    entrustee: UUID
    sub: UUID
    vkey: str


def party(ledger: Ledger, name: str) -> tuple[UUID, str]:
    from azukari.web.custody.actions import party as action

    card = card_of(Identity.generate())
    added = action.add(body_id=ledger.body_id, card=card, name=name, country="JP", wrapped_challenge=b"w", by=BY, at=AT)
    action.confirm(party_id=added, fingerprint=card.fingerprint, answer_ok=True, by=BY, at=AT)
    return added, card.vkey


@pytest.fixture
def work(ledger: Ledger) -> Work:
    from azukari.web.custody.actions import entrustment

    (entrustee, _), (sub, vkey) = party(ledger, NAMES[0]), party(ledger, NAMES[1])
    made = entrustment.create(
        body_id=ledger.body_id, party_id=entrustee, title=NAMES[2], purpose=NAMES[3], starts_on=FIRST, ends_on=LAST,
        fields=["name", "kana", "amount"], by=BY, at=AT,
    )  # fmt: skip
    return Work(made, entrustee, sub, vkey)


def ask(work: Work, **changes: Any) -> UUID:
    from azukari.web.custody.actions import permission

    given: dict[str, Any] = {
        "entrustment_id": work.entrustment,
        "party_id": work.sub,
        "country": "JP",
        "fields": ["name", "kana"],
        "people": 300,
        "starts_on": FIRST,
        "ends_on": LAST,
        "safeguards": f"{NAMES[4]}\r\n入退室の記録",
    } | changes
    return permission.ask(by=BY, at=AT, **given)


def grant(permission_id: UUID, at: datetime = AT, **decision: Any) -> UUID:
    from azukari.web.custody.actions import permission

    made = permission.Decision(**decision)
    return permission.grant(permission_id=permission_id, decision=made, by=BY, at=at)


def found(permission_id: UUID) -> Any:
    from azukari.web.custody.queries import permissions

    return permissions.permission(permission_id)


def certificate(ledger: Ledger, permission_id: UUID) -> bytes:
    from azukari.web.custody.queries import certificates

    ledger.integrate()
    return certificates.certificate(permission_id)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"fields": []}, OptionError),
        ({"fields": ["reference"]}, OptionError),
        ({"fields": ["blood-type"]}, FormatError),
        ({"fields": ["phone"]}, NotPermittedError),
        ({"people": 0}, OptionError),
        ({"country": "Japan"}, OptionError),
        ({"country": "jp"}, OptionError),
        ({"safeguards": " "}, OptionError),
        ({"ends_on": LAST + timedelta(1)}, NotPermittedError),
        ({"starts_on": FIRST - timedelta(1)}, NotPermittedError),
        ({"ends_on": FIRST - timedelta(1)}, OptionError),
        ({"entrustment_id": uuid4()}, NotFoundError),
        ({"party_id": uuid4()}, NotFoundError),
        ({"renews_id": uuid4()}, NotFoundError),
    ],
)
def test_ask_when_it_makes_no_sense_or_goes_beyond_then_refused(
    work: Work, change: dict[str, Any], error: type[AzukariError]
) -> None:
    from azukari.web.custody.models import Permission

    with pytest.raises(error):
        ask(work, **change)
    with pytest.raises(NotPermittedError):
        ask(work, party_id=work.entrustee)
    assert not Permission.objects.exists()


def test_grant_when_given_then_child_row_and_entry_agree_and_no_name_is_in_the_ledger(
    ledger: Ledger, work: Work
) -> None:
    from azukari.web.custody import queries
    from azukari.web.sequencer import queries as sequencer

    asked = ask(work)
    child = queries.entrustment(grant(asked, ends_on=LAST))
    info = found(asked)
    assert (child.parent, child.party, child.ends_on) == (work.entrustment, work.sub, LAST)
    assert [str(field) for field in child.fields] == ["kana/person", "name/person"]
    entries = list(sequencer.entries(ledger.log_id))
    logged = json.loads(entries[info.entry_index])
    assert (logged["permission"], logged["child"], logged["vkey"]) == (asked.hex, child.id.hex, work.vkey)
    assert not [name for name in NAMES if name.encode() in b"".join(entries)]


@pytest.mark.parametrize(
    ("starts_on", "at", "end"),
    [
        (FIRST, AT, date(2027, 3, 31)),
        (date(2027, 3, 31), AT, date(2027, 3, 31)),
        (date(2027, 4, 1), AT, date(2028, 3, 31)),
        (FIRST, datetime(2027, 5, 1, tzinfo=UTC), date(2028, 3, 31)),
    ],
)
def test_grant_when_no_day_is_given_then_it_ends_with_the_fiscal_year(
    work: Work, starts_on: date, at: datetime, end: date
) -> None:
    asked = ask(work, starts_on=starts_on)
    grant(asked, at)
    assert found(asked).ends_on == end


def test_permission_when_the_fiscal_year_turns_in_japan_then_it_is_over_and_the_next_one_lasts_a_year(
    ledger: Ledger, work: Work
) -> None:
    """Nine hours before the year turns in UTC; until nine in the morning of 1 April the two differ."""
    from azukari.web.custody import queries
    from azukari.web.custody.actions import permission
    from azukari.web.custody.queries import permissions

    last = datetime(2027, 3, 31, 14, 59, 59, tzinfo=UTC)
    turned = last + timedelta(seconds=1)
    old, new = ask(work), ask(work)
    child = queries.entrustment(grant(old, last))
    assert found(old).ends_on == date(2027, 3, 31)
    permission.confirm(permission_id=old, by=BY, at=last)
    permissions.require_in_force(child, day_of(last))
    with pytest.raises(ExpiredError):
        permissions.require_in_force(child, day_of(turned))
    with pytest.raises(StateError):
        permission.confirm(permission_id=old, by=BY, at=turned)
    grant(new, turned)
    assert found(new).ends_on == date(2028, 3, 31)
    known = verify_certificate(certificate(ledger, new), today=day_of(turned), vkey=ledger.vkey)
    assert (known.permission.decided, known.as_of) == ("2027-04-01", "2027-04-01")
    with pytest.raises(ExpiredError):
        verify_certificate(certificate(ledger, old), today=day_of(turned), vkey=ledger.vkey)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_year_end_when_asked_then_the_next_31_march(day: date) -> None:
    end = year_end(day)
    assert (end.month, end.day) == (3, 31) and day <= end < day + timedelta(366)


@pytest.mark.parametrize(
    "decision",
    [
        {"mode": Mode.ADVANCE},
        {"mode": Mode.ADVANCE, "report": Reporting.MONTHLY},
        {"mode": Mode.ADVANCE, "report": Reporting.MONTHLY, "evidence": " "},
        {"report": Reporting.YEARLY},
        {"evidence": "監査報告書"},
    ],
)
def test_decision_when_in_advance_without_evidence_or_the_other_way_round_then_refused(
    work: Work, decision: dict[str, Any]
) -> None:
    asked = ask(work)
    with pytest.raises(OptionError):
        grant(asked, **decision)
    with pytest.raises(NotPermittedError):
        grant(asked, ends_on=LAST + timedelta(1))
    assert found(asked).status == "asked"


# ---- States: what each action does in each, and that nothing is decided twice ------------------------------------------

LEFT = {"grant": {"asked": "granted"}, "refuse": {"asked": "refused"}, "revoke": {"granted": "revoked"}}


@pytest.mark.parametrize("before", ["asked", "granted", "refused", "revoked"])
@pytest.mark.parametrize("action", ["grant", "refuse", "revoke", "confirm"])
def test_permission_when_something_is_done_in_a_state_then_only_what_the_table_says(
    ledger: Ledger, work: Work, before: str, action: str
) -> None:
    from azukari.web.custody.actions import permission
    from azukari.web.sequencer import queries as sequencer

    acts: dict[str, Any] = {
        "grant": lambda: grant(asked),
        "refuse": lambda: permission.refuse(permission_id=asked, reason="体制が足りない", by=BY, at=AT),
        "revoke": lambda: permission.revoke(permission_id=asked, reason="事故", by=BY, at=AT),
        "confirm": lambda: permission.confirm(permission_id=asked, by=BY, at=AT),
    }
    asked = ask(work)
    for step in {"granted": ["grant"], "refused": ["refuse"], "revoked": ["grant", "revoke"]}.get(before, []):
        acts[step]()
    count = sequencer.count(ledger.log_id)
    allowed = before in LEFT.get(action, {}) or (action == "confirm" and before == "granted")
    if not allowed:
        with pytest.raises(StateError):
            acts[action]()
        assert (found(asked).status, sequencer.count(ledger.log_id)) == (before, count)
        return
    acts[action]()
    assert found(asked).status == LEFT.get(action, {}).get(before, before)
    assert sequencer.count(ledger.log_id) == count + {"grant": 2, "refuse": 0, "revoke": 1, "confirm": 1}[action]


def test_refusal_and_revocation_when_without_a_reason_then_refused(work: Work) -> None:
    from azukari.web.custody.actions import permission

    asked = ask(work)
    with pytest.raises(OptionError):
        permission.refuse(permission_id=asked, reason=" ", by=BY, at=AT)
    grant(asked)
    with pytest.raises(OptionError):
        permission.revoke(permission_id=asked, reason="", by=BY, at=AT)
    assert found(asked).status == "granted"


def test_grant_when_two_approvers_press_at_once_then_one_wins(ledger: Ledger, work: Work) -> None:
    from django.db import connection

    from azukari.web.custody.models import Entrustment

    asked, start, said = ask(work), threading.Barrier(2), []

    def press() -> None:
        start.wait(10)
        try:
            grant(asked)
            said.append("granted")
        except StateError:
            said.append("too late")
        finally:
            connection.close()

    approvers = [threading.Thread(target=press) for _ in range(2)]
    for one in approvers:
        one.start()
    for one in approvers:
        one.join(60)
    assert sorted(said) == ["granted", "too late"]
    assert Entrustment.objects.filter(parent_id=work.entrustment).count() == 1


def test_renewal_when_granted_then_it_names_the_permission_of_before(ledger: Ledger, work: Work) -> None:
    from azukari.web.sequencer import queries as sequencer

    first = ask(work)
    with pytest.raises(NotFoundError):
        ask(work, renews_id=first)  # asked, but never granted
    grant(first)
    second = ask(work, renews_id=first, starts_on=date(2027, 4, 1))
    grant(second, datetime(2027, 3, 1, tzinfo=UTC))
    entry = sequencer.entry(ledger.log_id, found(second).entry_index)
    assert json.loads(entry)["renews"] == first.hex


# ---- Certificates ---------------------------------------------------------------------------------------------------


def test_certificate_when_granted_then_it_verifies_and_ages_and_a_fresh_one_is_newer(
    ledger: Ledger, work: Work
) -> None:
    from azukari.web.custody.actions import permission

    asked = ask(work)
    with pytest.raises(NotFoundError):
        certificate(ledger, asked)
    grant(asked)
    day = AT.date()
    old = certificate(ledger, asked)
    known = verify_certificate(old, today=day, vkey=ledger.vkey, party_vkey=work.vkey)
    assert (known.as_of, known.party_name, known.purpose) == (day.isoformat(), NAMES[1], NAMES[3])
    assert known.safeguards == f"{NAMES[4]}\n入退室の記録"
    later = AT + timedelta(days=32)
    with pytest.raises(StaleError):
        verify_certificate(old, today=later.date(), vkey=ledger.vkey)
    index = permission.confirm(permission_id=asked, by=BY, at=later)
    assert permission.confirm(permission_id=asked, by=BY, at=later) == index, "once a day is enough"
    new = verify_certificate(certificate(ledger, asked), today=later.date(), vkey=ledger.vkey)
    assert new.as_of == later.date().isoformat()


def test_certificate_when_revoked_then_it_says_so_and_there_is_no_page_of_it(ledger: Ledger, work: Work) -> None:
    from azukari.web.custody.actions import permission
    from azukari.web.papers.certificate import certificate_pdf

    asked = ask(work, starts_on=FIRST)
    grant(asked, ends_on=LAST)
    permission.revoke(permission_id=asked, reason="事故", by=BY, at=AT)
    data = certificate(ledger, asked)
    with pytest.raises(RevokedError):
        verify_certificate(data, today=AT.date(), vkey=ledger.vkey)
    with pytest.raises(RevokedError):
        certificate_pdf(data, "ja")


# ---- Sealing ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def scene(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    made = scenes.copied(scenes.sealed(), tmp_path / "scene")
    for slug, name in (("below", "白磯入力"), ("lowest", "沖津入力")):
        scenes.add_party(made, slug, name)
    yield made
    scenes.close()


def permitted(scene: Scene, title_or_id: str, to: str) -> tuple[str, str]:
    """Ask and grant by command; the permission and the entrustment that it opens."""
    made = scene.json(
        *("permission", "ask", "--entrustment", title_or_id, "--to", to, "--fields", "name,kana", "--people", "300"),
        *("--from", "2020-01-01", "--until", "2099-12-31", "--safeguards", "施錠"),
    )
    granted = scene.json("permission", "grant", made["permission"], "--until", "2099-12-31")
    return made["permission"], granted["entrustment"]


def seal(scene: Scene, entrustment: str, to: str, parent: str, name: str) -> int:
    table, output = scene / "register.csv", scene / name
    told = ("--entrustment", entrustment, "--to", to, *(("--parent", parent) if parent else ()), "-o", output)
    return scene.run("seal", table, *told).code


def test_seal_when_for_a_party_below_then_only_with_a_permission_in_force_all_the_way_up(scene: Scene) -> None:
    above, other = scene.hand_overs()[KEYING.slug], scene.hand_overs()["wakaba"]
    refused = NotPermittedError.code
    assert seal(scene, "入力", "白磯入力", above, "none.azk") == refused
    first, child = permitted(scene, "入力", "白磯入力")
    assert seal(scene, "入力", "白磯入力", "", "orphan.azk") == refused
    assert seal(scene, "入力", "白磯入力", other, "stranger.azk") == refused
    assert seal(scene, "入力", KEYING.ja, above, "own.azk") == refused  # the entrustee's own copy hangs on none
    assert seal(scene, "入力", "白磯入力", above, "below.azk") == 0
    below = next(one["id"] for one in scene.json("list")["handovers"] if one["id"] not in (above, other) and held(one))
    second, _ = permitted(scene, child, "沖津入力")
    assert seal(scene, "入力", "沖津入力", below, "lowest.azk") == 0
    assert scene.run("permission", "revoke", first, "--reason", "事故").code == 0
    assert seal(scene, "入力", "沖津入力", below, "cut.azk") == refused, "the one above may hold it no more"
    assert seal(scene, "入力", "白磯入力", above, "late.azk") == refused
    assert sorted(path.name for path in scene.folder.glob("*.azk") if path.name in LEFTOVERS) == []
    assert second != first


LEFTOVERS = {"none.azk", "orphan.azk", "stranger.azk", "own.azk", "cut.azk", "late.azk"}


def held(one: dict[str, Any]) -> bool:
    """The newest hand-over for the party below has the two fields that were permitted, and the references."""
    from azukari.web.custody import queries

    info = queries.hand_over(UUID(one["id"]))
    return info.parent is not None and [str(field) for field in info.fields] == [
        "reference/person",
        "name/person",
        "kana/person",
    ]


def test_seal_when_the_permission_is_over_then_expired(ledger: Ledger, work: Work) -> None:
    from azukari.web.custody import queries
    from azukari.web.custody.queries import permissions

    asked = ask(work)
    child = queries.entrustment(grant(asked))
    permissions.require_in_force(child, date(2027, 3, 31))
    for day in (date(2027, 4, 1), date(2026, 3, 31)):
        with pytest.raises(ExpiredError):
            permissions.require_in_force(child, day)
    orphan = replace(child, id=uuid4())
    with pytest.raises(NotPermittedError):
        permissions.require_in_force(orphan, date(2026, 5, 1))


def test_certificate_when_written_by_command_then_verified_by_command(scene: Scene) -> None:
    permission, _ = permitted(scene, "入力", "白磯入力")
    scene.json("permission", "certificate", permission, "-o", scene / "p.azp", "--pdf", scene / "p.pdf", "--confirm")
    assert (scene / "p.pdf").read_bytes().startswith(b"%PDF")
    answer = call("verify", scene / "p.azp", "-i", scene / "below.key", "--log-key", scene.log_key, "--json")
    assert answer.json["verdict"] == "holds"
    scene.refused("state", "permission", "certificate", permission, "-o", scene / "p.azp")
    scene.refused("not-found", "permission", "grant", "0" * 32)
    scene.refused("state", "permission", "refuse", permission, "--reason", "遅い")
