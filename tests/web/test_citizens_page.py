"""The person's own page: in with a letter, the list, its proof; and what somebody signed in as A learns of B: nothing."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.web import bodies, visitors
from tests.web.addresses import addresses, asked
from tests.web.bodies import KEK, Records, client_of
from tests.web.conftest import BY, Ledger, make_ledger
from tests.web.listing import Office
from tests.web.visitors import Visit, now

from azukari.completeness.checking import verify_report


@contextmanager
def looking(ledger: Ledger) -> Iterator[tuple[Visit, Visit]]:
    from django.core.cache import cache

    found = visitors.two(ledger)
    with bodies.screens("outside"):
        cache.clear()
        yield found


@pytest.fixture
def both(ledger: Ledger) -> Iterator[tuple[Visit, Visit]]:
    """On both databases: the way in, the list, the matrix."""
    with looking(ledger) as found:
        yield found


@pytest.fixture
def small(sqlite_office: Path) -> Ledger:
    return make_ledger(sqlite_office)


@pytest.fixture
def two(small: Ledger) -> Iterator[tuple[Visit, Visit]]:
    """On SQLite: what does not depend on the database."""
    with looking(small) as found:
        yield found


def page(client: Any, query: str = "", **headers: str) -> str:
    answer = client.get(f"/my{query}", headers=headers)
    assert answer.status_code == 200, answer.content.decode()
    return str(answer.content.decode())


def test_page_when_signed_in_with_the_letter_then_hand_overs_and_uses_by_month_and_the_withheld_counted(
    both: tuple[Visit, Visit],
) -> None:
    said = page(both[0].client())
    assert "委託先の青嵐データ入力に渡しました" in said and "甲の審査" in said and "給付課 職員" in said
    assert "丙の調査" not in said and re.search(r"伏せられている記録:\s*1 件", said)
    assert said.count('class="card" id="e') == 2
    assert "あるともないともお答えしない" in said and "http-equiv" not in said


def test_page_when_a_spouse_looks_then_the_row_shows_there_too_and_tells_nothing_of_whose_it_is(
    two: tuple[Visit, Visit],
) -> None:
    said = page(two[1].client())
    assert "配偶者として" in said and "乙の審査" in said
    for word in ("甲の審査", "丙の調査", "伏せられている", "701", "703"):
        assert word not in said
    assert said.count("委託先の青嵐データ入力に渡しました") == 2, "once by her own row, once by his"


def test_page_when_nobody_has_entries_then_it_says_so_and_the_sentence_on_the_unanswered_is_the_same(
    small: Ledger, two: tuple[Visit, Visit]
) -> None:
    empty = visitors.letter_of(Office(small), "799")
    visitors.crossed(small)
    sentence = re.compile("法律により[^<]+")
    with_none, with_some = page(empty.client()), page(two[0].client())
    assert "まだ 1 件もありません" in with_none
    assert sentence.findall(with_none) == sentence.findall(with_some) != []


def test_page_when_filtered_then_what_fits(two: tuple[Visit, Visit]) -> None:
    client = two[0].client()
    for query, shown in (
        ("?act=use", 1),
        ("?act=hand-over", 1),
        ("?act=return", 0),
        ("?party=青嵐データ入力", 1),
        ("?party=nobody", 0),
        ("?word=審査", 2),
        ("?word=甲の", 1),
        ("?word=<script>", 0),
        ("?act=use&party=青嵐データ入力", 0),
    ):
        assert page(client, query).count('class="card" id="e') == shown, query
        assert '<script>"' not in page(client, query)
    assert client.get("/my?word=%00").status_code == 400


def test_page_when_read_in_easy_japanese_and_in_english_then_the_same_entries(two: tuple[Visit, Visit]) -> None:
    client = two[0].client()
    easy, english = page(client, "?easy=1"), page(client, **{"Accept-Language": "en"})
    assert "わたしました" in easy and "handed your" in english and "青嵐データ入力" in english
    assert easy.count('class="card" id="e') == english.count('class="card" id="e') == 2


def test_proof_when_saved_then_it_holds_and_goes_on_from_the_last_visit(
    small: Ledger, two: tuple[Visit, Visit]
) -> None:
    client = two[0].client()
    answer = client.get("/my/proof")
    assert re.search(r'attachment; filename="azukari-[0-9-]+\.azl"', answer.headers["Content-Disposition"])
    first = verify_report(answer.content, now(), [small.verifier])
    assert (first.shown, len(first.withheld)) == (2, 1)
    visitors.used(Office(small), "701", "丁の審査")
    Office(small).index(at=now())
    visitors.crossed(small)
    answer = client.get(f"/my/proof?since={first.visit.seen.size}")
    second = verify_report(answer.content, now(), [small.verifier], visit=first.visit)
    assert second.shown == 3
    for wrong in ("x", "-1", "1" * 17, "１"):
        assert client.get(f"/my/proof?since={wrong}").status_code == 400
    assert client.get("/my/checker").headers["Content-Disposition"].startswith("attachment")


def test_withheld_when_its_day_has_come_then_the_content_shows_and_matches_what_was_fixed(
    small: Ledger, two: tuple[Visit, Visit]
) -> None:
    from azukari.fields.days import day_of
    from azukari.web.citizens.actions import arriving
    from azukari.web.citizens.queries import listing
    from azukari.web.crossing.actions.taking import Incoming
    from azukari.web.enrolment.queries import crossing

    later = now() + timedelta(days=10)
    Office(small).index(at=later)
    missing = listing.report(two[0].id, KEK, day_of(later))
    with pytest.raises(Exception) as caught:
        verify_report(missing.encode(), later, [small.verifier])
    assert getattr(caught.value, "facts", {}).get("kind") == "overdue", "the box did not come: the page says so"
    for one in crossing.outgoing(small.body_id, KEK, day_of(later)):
        incoming = Incoming(one.kind, one.id, one.read(), Path())
        arriving.apply(item=incoming, body_id=small.body_id, kek=KEK, by=BY, at=later)
    held = verify_report(listing.report(two[0].id, KEK, day_of(later)).encode(), later, [small.verifier])
    assert (held.shown, held.withheld) == (3, ())


# ---- Signing in ---------------------------------------------------------------------------------------------------


def test_code_of_a_letter_when_used_then_never_again_and_one_that_was_made_here_may_be(
    two: tuple[Visit, Visit],
) -> None:
    from django.test import Client

    one = two[0]
    client = one.client()
    assert one.sign_in(Client()).status_code == 400
    shown = client.post("/my/code").content.decode()
    made = re.findall(r'id="code">([A-Z0-9-]+)<', shown)[0]
    assert made not in client.get("/my/code").content.decode()
    for typed in (made, made.lower().replace("-", " "), made):
        answer = one.sign_in(Client(), code=typed)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/my")


def test_sign_in_when_anything_is_wrong_then_one_sentence_and_five_tries(two: tuple[Visit, Visit]) -> None:
    from django.test import Client

    one, other = two
    tries = [
        one.sign_in(Client(), code=other.code), one.sign_in(Client(), name="NOBO-DYHE-REXX"),
        *(one.sign_in(Client(), code="AAAA-AAAA-AAAA-AAAA-AAAA") for _ in range(4)),
        one.sign_in(Client()),
    ]  # fmt: skip
    assert {answer.status_code for answer in tries} == {400}, "after five wrong ones the right one does not help"
    texts = [re.findall(r'message error">([^<]+)<', answer.content.decode()) for answer in tries]
    assert all(text == texts[0] != [] for text in texts)
    assert other.sign_in(Client()).status_code == 302


def test_sign_in_when_late_then_refused(two: tuple[Visit, Visit]) -> None:
    from azukari.errors import NotPermittedError
    from azukari.web.citizens.actions import signing_in

    one = two[0]
    late = now() + timedelta(days=14, seconds=1)
    with pytest.raises(NotPermittedError):
        signing_in.sign_in(letter=one.name, code=one.code, by=BY, at=late)
    assert signing_in.sign_in(letter=one.name, code=one.code, by=BY, at=now()).id == one.id


def test_sign_in_when_too_often_from_one_address_then_nothing_is_looked_at(two: tuple[Visit, Visit]) -> None:
    from django.test import Client

    one, client = two[0], Client()
    said = {one.sign_in(client, name=f"NOBODY{n}").status_code for n in range(20)}
    assert said == {400} and one.sign_in(client).status_code == 429


def test_sign_in_when_the_name_is_known_and_when_not_then_it_takes_as_long(two: tuple[Visit, Visit]) -> None:
    """One scrypt each; medians of tries that alternate, so that whatever slows this machine slows both."""
    from contextlib import suppress

    from azukari.errors import NotPermittedError
    from azukari.web.citizens.actions import signing_in
    from azukari.web.citizens.models import Citizen

    took: dict[str, list[float]] = {two[0].name: [], "AAAA-BBBB-CCCC": []}
    for _ in range(7):
        for name, times in took.items():
            Citizen.objects.update(tries=0)
            begun = time.process_time()
            with suppress(NotPermittedError):
                signing_in.sign_in(letter=name, code="AAAA-AAAA-AAAA-AAAA-AAAA", by=BY, at=now())
            times.append(time.process_time() - begun)
    known, unknown = (statistics.median(times) for times in took.values())
    assert 0.6 < known / unknown < 1.7, (known, unknown)


def test_session_when_another_letter_has_come_or_it_is_over_then_out(ledger: Ledger, both: tuple[Visit, Visit]) -> None:
    from azukari.web.enrolment.actions import enrolling

    first, second = (one.client() for one in both)
    enrolling.another_letter(enrolment_id=both[0].id, by=BY, at=now() + timedelta(seconds=2))
    enrolling.end(enrolment_id=both[1].id, by=BY, at=now())
    visitors.crossed(ledger)
    for client in (first, second):
        assert client.get("/my").status_code == 404
        assert client.get("/my").headers["Location"] == "/my/sign-in", "the session is over, too"


def test_session_when_out_then_nothing_is_kept(two: tuple[Visit, Visit]) -> None:
    client = two[0].client()
    assert client.get("/my").headers["Cache-Control"] == "no-store"
    assert client.post("/my/sign-out").status_code == 302
    for path in ("/my", "/my/proof", "/my/code"):
        assert client.get(path).headers["Location"] == "/my/sign-in"


# ---- A and B ------------------------------------------------------------------------------------------------------

OURS = ("my", "my/proof", "my/code", "my/sign-out")


def test_matrix_when_a_asks_for_everything_then_nothing_of_b_and_no_page_of_any_account(
    both: tuple[Visit, Visit],
) -> None:
    own, other = both
    client, tried = own.client(), 0
    nobody = Records(other.id, {}, _arguments(other))
    for address in addresses("outside"):
        for method in ("GET", "POST"):
            answer, body = asked(client, method, address.filled(nobody))
            where, tried = (method, address.route, answer.status_code), tried + 1
            assert answer.status_code < 500, where
            for word in ("乙の審査", other.local_id, other.id.hex, str(other.id), other.name):
                assert word.encode() not in body, where
            if address.rule.roles and not address.rule.token:
                assert answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in"), where
            if address.route == "my/sign-out" and method == "POST":
                client = _again(own)
    assert tried > 60


def test_matrix_when_an_account_or_nobody_asks_for_a_persons_page_then_only_the_way_in(
    ledger: Ledger, both: tuple[Visit, Visit]
) -> None:
    from azukari.web.accounts.actions import person
    from azukari.web.accounts.rules import Role

    who: list[Any] = [None]
    for role in Role.values:
        firm = ledger.body_id if role == Role.CONTRACTOR else None
        named: dict[str, Any] = {"login": f"w-{role}", "name": "人", "role": role, "party": firm}
        who.append(person.create(body_id=ledger.body_id, **named, by=BY, at=now()))
        bodies.give_factor(who[-1])
    for person_id in who:
        for route in OURS:
            for method in ("GET", "POST"):
                answer, _ = asked(client_of(person_id), method, f"/{route}")
                assert (answer.status_code, answer.headers.get("Location")) == (302, "/my/sign-in"), (route, person_id)


def test_rules_when_walked_then_each_page_of_the_person_is_for_visitors_alone(two: tuple[Visit, Visit]) -> None:
    found = {one.route: one.rule for one in addresses("outside") if one.route.split("/")[0] == "my"}
    assert {route for route, rule in found.items() if rule.visiting} == set(OURS)
    assert set(found) - set(OURS) == {"my/sign-in", "my/checker"}
    inside = [one for one in addresses("inside") if one.rule and one.rule.visiting]
    assert not inside


def _arguments(other: Visit) -> dict[str, Any]:
    """B's id wherever an address names a record."""
    names = {name for one in addresses("outside") for name in one.arguments}
    return {name: other.id for name in names if name.endswith("_id") and name not in ("log_id", "provider_id")}


def _again(own: Visit) -> Any:
    """Another session of the same person: the letter's code is used up."""
    from django.test import Client

    from azukari.web.citizens.actions import signing_in

    client = Client()
    code = signing_in.make_code(citizen_id=own.id, by=BY, at=now())
    assert own.sign_in(client, code=code).status_code == 302
    return client
