"""The people of a firm: the officer adds them, invites them again and lets them go; nobody else's people this way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.cli import scene as scenes
from tests.web import bodies, crossings
from tests.web.bodies import PASSWORD, Records, client_of, furnish
from tests.web.conftest import BY, Ledger
from tests.web.crossings import Gap

from azukari.errors import NotPermittedError


@pytest.fixture
def two(ledger: Ledger) -> Iterator[tuple[Records, Records]]:
    """The own body and another one."""
    with bodies.screens():
        yield furnish(ledger, "kasumi"), furnish(ledger, "betsu", bodies.another_body(ledger))


def people_of(records: Records) -> str:
    return f"/parties/{records.arguments['party_id']}/people"


def code_in(answer: Any) -> str:
    """The code that a page shows once."""
    assert answer.status_code == 200
    found = re.search(r'id="code">([A-Z2-9-]{24})<', answer.content.decode())
    assert found is not None
    return found.group(1)


def accepted(login: str, code: str) -> UUID:
    """What the outside does with a code."""
    from azukari.stores.clock import now
    from azukari.web.accounts.actions import invitation

    return invitation.accept(login=login, code=code, password=PASSWORD, by=BY, at=now(), roles=("contractor",))


def test_member_when_added_then_the_code_opens_an_account_of_that_firm_alone(two: tuple[Records, Records]) -> None:
    from azukari.web.accounts import queries

    own, _ = two
    officer = client_of(own.people["officer"])
    code = code_in(officer.post(f"{people_of(own)}/add", {"login": "nagisa", "name": "灘　渚"}))
    found = queries.person_by_id(accepted("nagisa", code))
    assert (found.body, found.party, found.role) == (own.body_id, own.arguments["party_id"], "contractor")
    page = officer.get(f"/parties/{own.arguments['party_id']}").content.decode()
    assert "nagisa" in page and code not in page
    assert "betsu" not in page


def test_member_when_invited_again_then_only_the_new_code_holds(two: tuple[Records, Records]) -> None:
    own, _ = two
    officer, member = client_of(own.people["officer"]), own.arguments["member_id"]
    first, second = (code_in(officer.post(f"{people_of(own)}/{member}/invite")) for _ in range(2))
    with pytest.raises(NotPermittedError):
        accepted("kasumi-clerk", first)
    assert accepted("kasumi-clerk", second) == member


def test_member_when_let_go_then_code_and_account_open_nothing_and_no_code_is_given(
    two: tuple[Records, Records],
) -> None:
    from azukari.web.accounts import queries

    own, _ = two
    officer, member = client_of(own.people["officer"]), own.arguments["member_id"]
    code = code_in(officer.post(f"{people_of(own)}/{member}/invite"))
    assert officer.post(f"{people_of(own)}/{member}/deactivate").status_code == 302
    assert not queries.person_by_id(member).is_active
    with pytest.raises(NotPermittedError):
        accepted("kasumi-clerk", code)
    assert officer.post(f"{people_of(own)}/{member}/invite").status_code == 404


@pytest.mark.parametrize("what", ["invite", "deactivate"])
def test_member_when_staff_or_of_another_firm_or_body_then_not_there(two: tuple[Records, Records], what: str) -> None:
    from azukari.web.accounts import queries

    own, foreign = two
    officer = client_of(own.people["officer"])
    other_firm = next(
        str(found)
        for found in re.findall(r"/parties/([0-9a-f-]{36})", officer.get("/parties").content.decode())
        if found != str(own.arguments["party_id"])
    )
    tried = [
        f"{people_of(own)}/{own.people['auditor']}/{what}",
        f"{people_of(own)}/{own.people['officer']}/{what}",
        f"{people_of(own)}/{foreign.arguments['member_id']}/{what}",
        f"{people_of(own)}/{uuid4()}/{what}",
        f"{people_of(foreign)}/{foreign.arguments['member_id']}/{what}",
        f"/parties/{other_firm}/people/{own.arguments['member_id']}/{what}",
    ]
    assert [officer.post(path).status_code for path in tried] == [404] * len(tried)
    assert all(
        queries.person_by_id(one).is_active
        for one in (own.people["auditor"], own.arguments["member_id"], foreign.arguments["member_id"])
    )


@pytest.mark.parametrize("given", [{"login": "", "name": "灘"}, {"login": "x", "name": " "}, {"login": "kasumi-clerk", "name": "灘"}, {"login": "x\0", "name": "灘"}])  # fmt: skip
def test_member_when_malformed_or_the_login_is_taken_then_400_and_nobody_is_added(
    two: tuple[Records, Records], given: dict[str, str]
) -> None:
    from azukari.web.accounts import queries

    own, _ = two
    before = queries.people(own.body_id, active_only=False)
    answer = client_of(own.people["officer"]).post(f"{people_of(own)}/add", given)
    assert answer.status_code == 400
    assert queries.people(own.body_id, active_only=False) == before


@pytest.mark.parametrize("way", ["add", "invite", "deactivate"])
def test_member_when_the_second_factor_is_not_fresh_or_the_role_another_then_nothing(
    two: tuple[Records, Records], way: str
) -> None:
    from azukari.web.accounts import queries

    own, _ = two
    path = f"{people_of(own)}/add" if way == "add" else f"{people_of(own)}/{own.arguments['member_id']}/{way}"
    given = {"login": "nagisa", "name": "灘　渚"}
    before = queries.people(own.body_id, active_only=False)
    stale = client_of(own.people["officer"], shown=timedelta(hours=2)).post(path, given)
    assert (stale.status_code, stale.headers["Location"].startswith("/sign-in/again")) == (302, True)
    for role in ("approver", "auditor", "administrator"):
        assert client_of(own.people[role]).post(path, given).status_code == 403, role
    assert queries.people(own.body_id, active_only=False) == before


def test_reason_when_it_is_asked_for_then_the_page_says_who_reads_it(two: tuple[Records, Records]) -> None:
    own, _ = two
    page = client_of(own.people["approver"]).get(f"/permissions/{own.arguments['permission_id']}").content.decode()
    assert page.count("申請した委託先にも示されます。") == 2, "to permit, and to refuse"


def test_deactivate_when_called_then_the_person_is_let_go_outside_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.accounts import queries

    scenes.without_office(monkeypatch)
    gap: Gap = crossings.copied(crossings.crossed(), tmp_path / "gap")
    try:
        assert gap.inside.json("person", "deactivate", "aoarashi-1")["is_active"] is False
        gap.over()
        gap.on("outside")
        assert not queries.person("aoarashi-1").is_active
    finally:
        scenes.close()
