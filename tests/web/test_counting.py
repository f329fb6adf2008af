"""The n of each person's list: 1, 2, 3 ... without a gap, whoever takes them, and never two the same."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.bodies import KEK, another_body
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import StateError


def people(ledger: Ledger, count: int) -> Any:
    from azukari.web.subjects.actions import subject

    ids = [f"{one:05d}" for one in range(count)]
    return subject.numbers(body_id=ledger.body_id, local_ids=ids, kek=KEK, by=BY, at=AT)


def take(ledger: Ledger, numbers: Any) -> list[int]:
    from django.db import transaction

    from azukari.web.subjects.actions import counting

    with transaction.atomic():
        return counting.take(body_id=ledger.body_id, numbers=np.asarray(numbers, dtype=np.int64), by=BY, at=AT).tolist()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.lists(st.integers(0, 6), max_size=12), max_size=5))
def test_take_when_people_come_in_any_order_and_twice_then_each_counts_on_without_a_gap(
    ledger: Ledger, rounds: list[list[int]]
) -> None:
    from azukari.web.subjects.models import Listed

    Listed.objects.all().delete()
    numbers, expected = people(ledger, 7), [0] * 7
    for places in rounds:
        wanted = []
        for place in places:
            expected[place] += 1
            wanted.append(expected[place])
        assert take(ledger, [numbers[place] for place in places]) == wanted
    kept = dict(Listed.objects.values_list("number", "count"))
    assert kept == {int(n): count for n, count in zip(numbers, expected, strict=True) if count}


def test_take_when_rolled_back_then_as_before_and_more_than_a_statement_holds_is_taken(ledger: Ledger) -> None:
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from azukari.web.subjects.actions import counting

    numbers = people(ledger, 4_100)
    with pytest.raises(KeyError), transaction.atomic():
        counting.take(body_id=ledger.body_id, numbers=numbers, by=BY, at=AT)
        raise KeyError
    with CaptureQueriesContext(connection) as seen:
        assert take(ledger, numbers[::-1]) == [1] * 4_100
    assert len([one for one in seen if "INSERT" in one["sql"]]) == 3
    assert take(ledger, numbers[:2_001]) == [2] * 2_001


def test_take_when_the_number_is_of_another_body_then_refused_and_nothing_is_counted(ledger: Ledger) -> None:
    from django.db import transaction

    from azukari.web.subjects.actions import counting
    from azukari.web.subjects.models import Listed

    numbers, other = people(ledger, 2), another_body(ledger)
    assert take(ledger, numbers) == [1, 1]
    with pytest.raises(StateError), transaction.atomic():
        counting.take(body_id=other, numbers=numbers, by=BY, at=AT)
    assert set(Listed.objects.values_list("count", "body_id")) == {(1, ledger.body_id)}


def test_take_when_four_take_at_once_then_no_n_is_given_twice(ledger: Ledger) -> None:
    from django.db import connections

    numbers, found, failed = people(ledger, 50), [], []  # type: ignore[var-annotated]

    def run(turn: int) -> None:
        try:
            mixed = np.random.default_rng(turn).permutation(numbers)
            for _ in range(3):
                found.extend(zip(mixed.tolist(), take(ledger, mixed), strict=True))
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(found) == sorted((int(number), n) for number in numbers for n in range(1, 13))
