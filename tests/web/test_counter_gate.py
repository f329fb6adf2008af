"""Who may ask for what outside: every address and call, every role, own and foreign records. Read from the addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.web import bodies
from tests.web.addresses import Address, addresses, asked
from tests.web.bodies import Records, client_of
from tests.web.conftest import AT, BY, Ledger
from tests.web.stalls import Stall, a_body, outside, pair

METHODS = ("GET", "POST", "PUT")


@pytest.fixture
def stalls(open_office: Path) -> Iterator[dict[str, Stall]]:
    """On both databases: the matrix."""
    with furnished(open_office) as found:
        yield found


@pytest.fixture
def few(sqlite_office: Path) -> Iterator[dict[str, Stall]]:
    """On SQLite: what does not depend on the database."""
    with furnished(sqlite_office) as found:
        yield found


@contextmanager
def furnished(open_office: Path) -> Iterator[dict[str, Stall]]:
    """Own: a firm. Beside it its sub-contractor, another firm of the same body, and one of another body."""
    with outside():
        body, other = a_body("霞ヶ浜年金機構"), a_body("別の市")
        own, sub = pair(body, "葵", open_office)  # letters that no random token holds
        beside, _ = pair(body, "紅", open_office)
        foreign, _ = pair(other, "菊", open_office)
        yield {"own": own, "sub": sub, "beside": beside, "foreign": foreign}


def records(stall: Stall) -> Records:
    return Records(stall.body, {}, stall.arguments)


def staff(stall: Stall) -> dict[str, tuple[UUID, str]]:
    """Somebody of each role that has no place here, as if an account had been made by hand; with a token."""
    from azukari.stores.clock import now
    from azukari.web.accounts.actions import person, token
    from azukari.web.accounts.rules import Role

    found = {}
    for role in set(Role.values) - {Role.CONTRACTOR.value}:
        made = person.create(body_id=stall.body, login=f"s-{role}", name="職員", role=role, by=BY, at=AT)
        bodies.give_factor(made)
        found[role] = (made, token.make(person_id=made, label="x", days=1, by=made, at=now()))
    return found


def test_addresses_when_walked_then_each_has_a_rule_and_arguments_that_are_known(few: dict[str, Stall]) -> None:
    found = list(addresses("outside"))
    assert len(found) > 35 and sum(one.rule.token for one in found if one.rule) == 3
    for address in found:
        assert address.rule is not None, f"{address.route} has no rule"
        address.filled(records(few["own"]))


def ask(client: Any, address: Address, method: str, stall: Stall, token: str) -> tuple[Any, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if address.rule.token else {}
    return asked(client, method, address.filled(records(stall)), **headers)


@pytest.mark.parametrize("who", ["own", "sub"])
def test_matrix_when_a_contractor_asks_for_everything_then_only_the_firms_own_is_there(
    stalls: dict[str, Stall], who: str
) -> None:
    mine, tried = stalls[who], 0
    others = [stall for name, stall in stalls.items() if name != who]
    client = mine.client()
    for address in addresses("outside"):
        for method in METHODS:
            for stall in [mine, *others] if set(address.arguments) & set(mine.arguments) else [mine]:
                answer, body = ask(client, address, method, stall, mine.token)
                where, tried = (who, method, address.route, stall.name, answer.status_code), tried + 1
                assert not [word for one in others for word in one.secret if word.encode() in body], where
                text = answer.headers.get("Content-Type", "").startswith(("text/", "application/json"))
                marks = (
                    ("紅", "菊", "葵-a" if who == "sub" else "葵-b") if text else ()
                )  # three bytes stand in any sealed file
                assert not [m for m in marks if m.encode() in body], where
                shared = "permission_id" in address.arguments and stall.permission == mine.permission
                if stall is mine or shared:
                    assert answer.status_code != 403 and answer.status_code < 500, where
                else:
                    assert answer.status_code in {404, 405}, where
                if "/sign-out" in answer.request["PATH_INFO"]:
                    client = mine.client()
    assert tried > 150


def test_matrix_when_staff_come_to_the_contractors_face_then_every_page_and_call_is_refused(
    stalls: dict[str, Stall],
) -> None:
    own = stalls["own"]
    for role, (person_id, token) in staff(own).items():
        client = client_of(person_id)
        for address in addresses("outside"):
            for method in METHODS:
                answer, body = ask(client, address, method, own, token)
                where = (role, method, address.route, answer.status_code)
                assert "葵" not in body.decode(errors="ignore"), where
                if address.rule.visiting:
                    assert (answer.status_code, answer.headers["Location"]) == (302, "/my/sign-in"), where
                elif address.rule.roles is not None:
                    assert answer.status_code == 403, where


def test_matrix_when_nobody_is_signed_in_then_only_the_way_in_is_open(stalls: dict[str, Stall]) -> None:
    own = stalls["own"]
    for address in addresses("outside"):
        for method in METHODS:
            answer, body = asked(client_of(None), method, address.filled(records(own)))
            where = (method, address.route, answer.status_code)
            assert "葵" not in body.decode(errors="ignore"), where
            if address.rule.token:
                assert answer.status_code in {401, 429}, where
            elif address.rule.roles is not None:
                way_in = "/my/sign-in" if address.rule.visiting else "/sign-in"
                assert answer.status_code == 302 and answer.headers["Location"].startswith(way_in), where
            else:
                assert answer.status_code < 500, where


def test_calls_when_there_is_a_session_and_no_token_then_refused(few: dict[str, Stall]) -> None:
    client = few["own"].client()
    for address in addresses("outside"):
        if address.rule.token:
            answer, _ = asked(client, "GET", address.filled(records(few["own"])))
            assert (answer.status_code, answer.json()["error"]) == (401, "not-permitted"), address.route


def test_pages_when_somebody_shows_a_token_and_has_no_session_then_it_opens_none(few: dict[str, Stall]) -> None:
    for address in addresses("outside"):
        if address.rule.roles is not None and not address.rule.token:
            answer, _ = asked(client_of(None), "GET", address.filled(records(few["own"])), **few["own"].bearer)
            way_in = "/my/sign-in" if address.rule.visiting else "/sign-in"
            assert answer.headers["Location"].startswith(way_in), address.route


def test_fresh_pages_when_the_second_factor_was_shown_long_ago_then_it_is_asked_for_again(
    few: dict[str, Stall],
) -> None:
    fresh = [address for address in addresses("outside") if address.rule.fresh]
    assert {address.route for address in fresh} == {"account/tokens/new"}
    for shown in (timedelta(seconds=301), None):
        for address in fresh:
            answer, _ = asked(few["own"].client(shown=shown), "POST", address.filled(records(few["own"])))
            assert answer.headers["Location"].startswith("/sign-in/again"), address.route


def routes(face: str) -> dict[str, Address]:
    return {address.route: address for address in addresses(face)}


def test_faces_when_an_address_is_of_the_other_then_it_is_not_there(ledger: Ledger) -> None:
    """Everything of the inside asked for outside, and the other way round; what both have is signing in alone."""
    inside, outer = routes("inside"), routes("outside")
    both = set(inside) & set(outer) - {""}  # each has a first page
    assert not [
        route
        for route in both
        if not route.startswith(("sign-", "account", "language", "ledger/", "tile", "<path", "checkpoint"))
    ]
    with bodies.screens():
        records_inside = bodies.furnish(ledger, "kasumi")
        officer = client_of(records_inside.people["officer"])
        only_outside = [one for route, one in outer.items() if route not in inside]
        arguments = records_inside.arguments
        named = Records(
            ledger.body_id, {}, arguments | {name: UUID(int=5) for one in only_outside for name in one.arguments}
        )
        for address in only_outside:
            assert asked(officer, "GET", address.filled(named))[0].status_code == 404, address.route
    with outside():
        own, _ = pair(a_body("別の市"), "aoi", ledger.folder)
        contractor = own.client()
        for route, address in inside.items():
            if route not in outer:
                answer, body = asked(contractor, "GET", address.filled(records_inside))
                assert answer.status_code == 404 and b"kasumi" not in body, route
