"""Random bytes at every address outside, by people and by programs: refused, never a failure of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.addresses import Address, addresses
from tests.web.bodies import Records, client_of
from tests.web.stalls import Stall, a_body, outside, pair
from tests.web.test_web_bad_input import FILES, FORM, RAW, sent


@pytest.fixture
def stall(sqlite_office: Path) -> Iterator[tuple[Stall, list[Address], Any]]:
    with outside():
        own, _ = pair(a_body("霞ヶ浜年金機構"), "aoi", sqlite_office)
        client = own.client()
        client.raise_request_exception = False
        yield own, [one for one in addresses("outside") if "sign-out" not in one.route], client


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_address_outside_when_anything_is_sent_then_never_500(
    stall: tuple[Stall, list[Address], Any], data: st.DataObject
) -> None:
    from django.db import transaction

    own, found, client = stall
    address = data.draw(st.sampled_from(found), label="address")
    methods = ["PUT"] * 6 if address.rule.token else ["POST"] * 6
    method = data.draw(st.sampled_from([*methods, "GET", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"]))
    path = address.filled(Records(own.body, {}, own.arguments))
    headers = own.bearer if address.rule.token else {}
    with transaction.atomic():
        if not address.rule.token and data.draw(st.booleans(), label="form"):
            answer = sent(client, method, path, data.draw(FORM), data.draw(FILES))
        else:
            kind, body = data.draw(RAW)
            answer = (client_of(None) if headers else client).generic(method, path, body, kind, headers=headers)
        answer.close()
        transaction.set_rollback(True)
    assert answer.status_code < 500, (method, address.route)
