"""Bulk appends in short transactions, killed anywhere and gone on with; and the integrator with its lease."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import NotFoundError, OptionError, StateError, StorageError, TileError
from azukari.stores.clock import FixedClock


def leaf(number: int) -> bytes:
    return b"leaf %d" % number


def prepare(ledger: Ledger, total: int) -> UUID:
    from azukari.web.sequencer.actions import bulk

    return bulk.prepare(log_id=ledger.log_id, total=total, by=BY, at=AT)


def append_all(batch: UUID, read: Any) -> None:
    from azukari.web.sequencer.actions import bulk

    bulk.append_all(batch_id=batch, read=read, by=BY, at=AT)


def leaves_of(ledger: Ledger, batch: UUID) -> list[bytes]:
    """The leaves of a batch, found by its runs."""
    from azukari.web.sequencer import queries

    found: list[bytes] = []
    for offset, first, count in queries.batch(batch).runs:
        assert offset == len(found)
        found += queries.entries(ledger.log_id, first, first + count)
    return found


class Killed(Exception):
    """What stands for the end of the process: nothing of azukari catches it."""


@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bulk_when_killed_anywhere_then_it_goes_on_without_loss_double_or_disorder(ledger: Ledger, seed: int) -> None:
    from azukari.web.sequencer import check
    from azukari.web.sequencer.actions import bulk, entry

    draw = random.Random(seed)
    total = draw.randrange(700)
    batch = prepare(ledger, total)
    real = entry.append_many

    def dying(**named: Any) -> Any:
        when = draw.random()
        if when < 0.2:
            raise Killed
        indexes = real(**named)
        if when < 0.4:
            raise Killed  # the rows were written, the transaction was not yet committed
        return indexes

    for _ in range(200):
        try:
            entry.append_many = dying  # type: ignore[assignment]
            append_all(batch, lambda start, count: [leaf(n) for n in range(start, start + min(count, 60))])
            break
        except Killed:
            entry.append_many = real
            ledger.append(b"urgent")  # between two lives others write
        finally:
            entry.append_many = real
    assert leaves_of(ledger, batch) == [leaf(n) for n in range(total)]
    bulk.release(batch_id=batch, data=b"released", by=BY, at=AT)
    check.check_log(ledger.log_id, [ledger.vkey]) if ledger.integrate() else None


def test_bulk_when_out_of_turn_then_state_error_and_nothing_is_written(ledger: Ledger) -> None:
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import bulk

    batch = prepare(ledger, 10)
    bulk.append_chunk(batch_id=batch, offset=0, leaves=[leaf(0), leaf(1)], by=BY, at=AT)
    for offset, count in [(0, 2), (1, 1), (3, 1), (2, 9)]:
        with pytest.raises(StateError):
            bulk.append_chunk(batch_id=batch, offset=offset, leaves=[b"x"] * count, by=BY, at=AT)
    with pytest.raises(OptionError):
        bulk.append_chunk(batch_id=batch, offset=2, leaves=[b"x"] * 2_001, by=BY, at=AT)
    with pytest.raises(StateError):
        bulk.release(batch_id=batch, data=b"r", by=BY, at=AT)
    with pytest.raises(StateError):
        append_all(batch, lambda start, count: [])
    with pytest.raises(NotFoundError):
        bulk.void(batch_id=uuid4(), data=b"v", by=BY, at=AT)
    assert queries.count(ledger.log_id) == 2
    bulk.void(batch_id=batch, data=b"void", by=BY, at=AT)
    assert (queries.batch(batch).status, queries.count(ledger.log_id)) == ("void", 3)
    for again in (bulk.void, bulk.release):
        with pytest.raises(StateError):
            again(batch_id=batch, data=b"v", by=BY, at=AT)
    with pytest.raises(StateError):
        append_all(batch, lambda start, count: [b"x"])


def test_bulk_when_it_runs_then_no_transaction_is_longer_than_its_chunk(ledger: Ledger) -> None:
    asked: list[int] = []

    def read(start: int, count: int) -> list[bytes]:
        asked.append(count)
        return [leaf(n) for n in range(start, start + count)]

    batch = prepare(ledger, 5_000)
    append_all(batch, read)
    assert sum(asked) == 5_000 and max(asked) <= 2_000
    assert len(leaves_of(ledger, batch)) == 5_000


def test_bulk_when_it_is_huge_and_others_write_all_the_time_then_its_stretches_still_fit_into_one_entry(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten million leaves, say, in a busy office: an entry that does not fit leaves the bulk open for ever."""
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import bulk

    monkeypatch.setattr(bulk, "MOST_RUNS", 3)
    batch = prepare(ledger, 8_100)  # more than CHUNK in each of three

    def read(start: int, count: int) -> list[bytes]:
        ledger.append(b"urgent")
        return [leaf(n) for n in range(start, start + count)]

    append_all(batch, read)
    assert len(queries.batch(batch).runs) <= 3 and len(leaves_of(ledger, batch)) == 8_100


# --- the integrator ------------------------------------------------------------------------------------------------


class Rounds:
    """A stop that comes after so many waits; ``between`` happens in each of them."""

    def __init__(self, count: int, between: Any = lambda: None) -> None:
        self.left, self.between = count, between

    def is_set(self) -> bool:
        return self.left <= 0

    def wait(self, timeout: float) -> bool:
        self.left -= 1
        self.between()
        return self.is_set()


def run(ledger: Ledger, stop: Any, clock: FixedClock, after: Any = lambda signed: None) -> None:
    from azukari.web.sequencer.actions import integrator

    integrator.run(
        log_id=ledger.log_id, signers=lambda at: [ledger.signer], clock=clock, stop=stop, after=after, by=BY, at=AT
    )


def test_integrator_when_entries_come_then_each_round_signs_and_hands_on(ledger: Ledger) -> None:
    from azukari.web.sequencer import queries

    handed: list[int] = []
    run(ledger, Rounds(4, lambda: ledger.append(b"x")), FixedClock(AT), lambda signed: handed.append(signed.size))
    assert handed == [0, 1, 2, 3]
    assert queries.latest(ledger.log_id).size == 3  # type: ignore[union-attr]


def test_integrator_when_nothing_is_new_then_it_hands_on_again_only_after_the_refresh(ledger: Ledger) -> None:
    clock, handed = FixedClock(AT), []
    run(ledger, Rounds(5, lambda: clock.advance(timedelta(seconds=20))), clock, handed.append)
    assert len(handed) == 1
    clock = FixedClock(AT + timedelta(days=1))
    handed.clear()
    run(ledger, Rounds(62, lambda: clock.advance(timedelta(seconds=20))), clock, handed.append)
    assert len(handed) == 3, "at once, after 600 s, after 1,200 s"


def test_integrator_when_handing_on_fails_then_the_log_grows_and_it_is_tried_again(ledger: Ledger) -> None:
    from azukari.web.sequencer import queries

    tried: list[int] = []

    def failing(signed: Any) -> None:
        tried.append(signed.size)
        raise StorageError("no room in the folder")

    run(ledger, Rounds(3, lambda: ledger.append(b"x")), FixedClock(AT), failing)
    assert tried == [0, 1, 2] and queries.latest(ledger.log_id).size == 2  # type: ignore[union-attr]


def test_integrator_when_a_stored_bit_was_flipped_then_it_signs_nothing(ledger: Ledger) -> None:
    """Also in a row that the next checkpoint would not need: the whole log is recomputed before the first signature."""
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.models import Entry

    ledger.append(*(b"%d" % n for n in range(600)))
    ledger.integrate()
    Entry.objects.filter(log_id=ledger.log_id, index=3).update(data=b"4")
    ledger.append(b"new")
    with pytest.raises(TileError) as caught:
        run(ledger, Rounds(1), FixedClock(AT))
    assert (caught.value.facts["kind"], caught.value.facts["index"]) == ("entry-altered", 3)
    assert queries.latest(ledger.log_id).size == 600  # type: ignore[union-attr]


def test_lease_when_held_then_others_wait_until_it_ends_or_is_given_up(ledger: Ledger) -> None:
    from azukari.web.sequencer.actions import integrator

    one, two = uuid4(), uuid4()

    def take(holder: UUID, at: Any) -> bool:
        return integrator.acquire(log_id=ledger.log_id, holder=holder, by=BY, at=at)

    assert take(one, AT) and take(one, AT + timedelta(seconds=5))
    assert not take(two, AT + timedelta(seconds=10))
    assert take(two, AT + timedelta(seconds=36)), "its holder did not prolong it"
    assert not take(one, AT + timedelta(seconds=37))
    assert take(one, AT - timedelta(days=1)), "a clock set back: no lease may reach so far into the future"
    integrator.give_up(log_id=ledger.log_id, holder=one, by=BY, at=AT)
    assert take(two, AT - timedelta(days=1))


def test_integrator_when_another_takes_the_lease_then_it_signs_nothing_more(ledger: Ledger) -> None:
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.models import Lease

    def steal() -> None:
        Lease.objects.filter(log_id=ledger.log_id).update(holder=uuid4())
        ledger.append(b"x")

    run(ledger, Rounds(4, steal), FixedClock(AT))
    assert queries.latest(ledger.log_id).size == 0  # type: ignore[union-attr]
    assert queries.count(ledger.log_id) == 4


def test_integrator_when_it_runs_in_threads_then_one_history(ledger: Ledger) -> None:
    from azukari.web.sequencer import check

    stop, errors = threading.Event(), []
    ledger.append(b"first")

    def work() -> None:
        from azukari.stores.clock import SystemClock
        from azukari.web.sequencer.actions import integrator

        try:
            integrator.run(
                log_id=ledger.log_id,
                signers=lambda at: [ledger.signer],
                clock=SystemClock(),
                stop=stop,
                interval=0.01,
                by=BY,
                at=AT,
            )
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(20):
        ledger.append(b"%d" % number)
    ledger.integrate()  # a command beside the service
    stop.set()
    for thread in threads:
        thread.join(30)
    assert errors == []
    ledger.integrate()
    assert check.check_log(ledger.log_id, [ledger.vkey]) == 21
