"""A form that waited for the second factor: sealed in the session, let through the gate once more, and only where it was sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.web.bodies import KEK, Records, client_of, code_now, furnish, screens
from tests.web.conftest import make_ledger

from azukari.stores.keys import KeyEncryptionKey

LATE = timedelta(minutes=20)
NAME, LOGIN = "珠洲宮　璃々亜", "suzumiya"
FORM = {"login": LOGIN, "name": NAME, "role": "auditor"}


@pytest.fixture
def records(sqlite_office: Path) -> Iterator[Records]:
    from django.core.cache import cache

    with screens():
        cache.clear()
        yield furnish(make_ledger(sqlite_office), "甲")


def waiting(records: Records) -> Any:
    """A browser whose form was answered with the page that asks for the second factor again."""
    client = client_of(records.people["administrator"], shown=LATE)
    answer = client.post("/people/add", FORM)
    assert answer.headers["Location"] == "/sign-in/again?next=%2Fpeople%2Fadd"
    return client


def show_factor(client: Any, where: str = "/people/add") -> Any:
    return client.post("/sign-in/again", {"code": code_now(), "next": where})


def made() -> bool:
    from azukari.web.accounts.models import User

    return User.objects.filter(login=LOGIN, name=NAME).exists()


def test_form_when_it_waits_then_nothing_of_it_lies_in_the_clear_and_it_goes_on_afterwards(records: Records) -> None:
    from django.contrib.sessions.models import Session

    client = waiting(records)
    kept = json.dumps([row.get_decoded() for row in Session.objects.all()], ensure_ascii=False)
    assert "sealed" in kept and not [word for word in (NAME, LOGIN, "%E7%8F%A0", "HTTP_COOKIE") if word in kept]
    answer = show_factor(client)
    assert answer.status_code == 200 and made()
    assert "no-store" in answer.headers["Cache-Control"]
    assert not [row for row in Session.objects.all() if "account_reauthentication_state" in row.get_decoded()]


def test_form_when_the_role_was_taken_away_meanwhile_then_the_gate_refuses_it(records: Records) -> None:
    from azukari.web.accounts.models import User

    client = waiting(records)
    User.objects.filter(id=records.people["administrator"]).update(role="auditor")
    assert show_factor(client).status_code == 403 and not made()


def test_form_when_the_person_is_on_the_way_elsewhere_then_it_is_not_sent(records: Records) -> None:
    answer = show_factor(waiting(records), "/people")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/people") and not made()


@pytest.mark.parametrize("purpose", ["another key", "another person"])
def test_form_when_it_does_not_open_then_it_is_to_be_filled_in_again(records: Records, purpose: str) -> None:
    client = waiting(records)
    key = KEK if purpose == "another person" else KeyEncryptionKey(bytes(32))
    whose = records.people["officer" if purpose == "another person" else "administrator"]
    session, said = client.session, json.dumps({"path": "/people/add", "post": urlencode(FORM)})
    sealed = key.wrap(said.encode(), f"accounts/suspended-request/{whose}")
    session["account_reauthentication_state"]["state"]["sealed"] = base64.b64encode(sealed).decode()
    session.save()
    answer = show_factor(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/people/add") and not made()
