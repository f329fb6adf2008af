"""Whatever is asked of the queue in whatever order: a job is in one state, has one holder, and ends once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import UploadedFile
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.web.bodies import KEK
from tests.web.conftest import AT, BY

from azukari.errors import NotFoundError, StateError

BODY = UUID(int=5)
HOLDERS = ("a", "b", "c")


def enqueue(**changes: Any) -> UUID:
    from azukari.web.jobs.actions import queue

    given: dict[str, Any] = {"kind": "count", "body_id": BODY, "arguments": {}, "at": AT} | changes
    return queue.enqueue(by=BY, **given)


def take(holder: str, at: Any = AT) -> UUID | None:
    from azukari.web.jobs.actions import queue

    return queue.take(kinds=["count"], holder=holder, by=BY, at=at)


def found(job_id: UUID) -> Any:
    from azukari.web.jobs import queries

    return queries.job(job_id)


def kept() -> UUID:
    from azukari.web.jobs import uploads

    file: Any = UploadedFile(BytesIO(b"x"), "x", "text/csv", 1)
    return uploads.keep(file, body_id=BODY, kek=KEK, by=BY, at=AT)


class Machine(RuleBasedStateMachine):
    """The queue against a plain dictionary: state, holder, end of the lease, attempts, and whether it is cancelled."""

    @initialize()
    def begin(self) -> None:
        from azukari.web.jobs.models import Job

        Job.objects.all().delete()
        self.now = AT
        self.jobs: dict[UUID, dict[str, Any]] = {}

    @rule()
    def enqueue(self) -> None:
        self.now += timedelta(milliseconds=1)  # so that there is one oldest
        new = {"status": "waiting", "holder": "", "attempts": 0, "cancelling": False, "created": self.now}
        self.jobs[enqueue(at=self.now)] = new

    @rule(seconds=st.sampled_from([1, 10, 29, 31, 100, -1, -20, -100]))
    def move_the_clock(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(holder=st.sampled_from(HOLDERS))
    def take(self, holder: str) -> None:
        from azukari.web.jobs.actions import queue

        due = [i for i, job in self.jobs.items() if job["status"] == "waiting" or self._lapsed(job)]
        taken = take(holder, self.now)
        assert taken == min(due, key=lambda i: self.jobs[i]["created"], default=None)
        if taken is None:
            return
        job = self.jobs[taken]
        if job["cancelling"]:
            job |= {"status": "cancelled", "holder": ""}
        elif job["attempts"] == queue.ATTEMPTS:
            job |= {"status": "failed", "holder": ""}
        else:
            job |= {"status": "running", "holder": holder, "until": self.now + queue.LEASE}
            job["attempts"] += 1

    def _lapsed(self, job: dict[str, Any]) -> bool:
        from azukari.web.jobs.actions import queue

        if job["status"] != "running":
            return False
        return bool(job["until"] < self.now or job["until"] > self.now + 2 * queue.LEASE)

    @precondition(lambda self: self.jobs)
    @rule(
        data=st.data(),
        holder=st.sampled_from(HOLDERS),
        what=st.sampled_from(["beat", "finish", "fail", "stopped", "give_back"]),
    )
    def say(self, data: st.DataObject, holder: str, what: str) -> None:
        """Only the holder is heard."""
        from azukari.web.jobs.actions import queue

        job_id = data.draw(st.sampled_from(list(self.jobs)))
        job = self.jobs[job_id]
        more: dict[str, Any] = {"finish": {"result": {}}, "fail": {"word": "state"}}.get(what, {})
        if what == "beat":
            more = {"done": data.draw(st.integers(-1, 12)), "total": data.draw(st.integers(-1, 10))}
        if job["status"] != "running" or job["holder"] != holder:
            with pytest.raises(StateError):
                getattr(queue, what)(job_id=job_id, holder=holder, by=BY, at=self.now, **more)
            return
        answer = getattr(queue, what)(job_id=job_id, holder=holder, by=BY, at=self.now, **more)
        if what == "beat":
            assert answer is not job["cancelling"]
            job["until"] = self.now + queue.LEASE
            return
        ends = {"finish": "done", "fail": "failed", "stopped": "cancelled", "give_back": "waiting"}
        job |= {"status": ends[what], "holder": ""}
        if what == "give_back" and job["cancelling"]:
            job["status"] = "cancelled"
        elif what == "give_back":
            job["attempts"] -= 1

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        from azukari.web.jobs.actions import queue

        job_id = data.draw(st.sampled_from(list(self.jobs)))
        job = self.jobs[job_id]
        if job["status"] in ("done", "failed", "cancelled"):
            with pytest.raises(StateError):
                queue.cancel(job_id=job_id, by=BY, at=self.now)
            return
        queue.cancel(job_id=job_id, by=BY, at=self.now)
        job |= {"status": "cancelled"} if job["status"] == "waiting" else {"cancelling": True}

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        from azukari.web.jobs.actions import queue

        job_id = data.draw(st.sampled_from(list(self.jobs)))
        job = self.jobs[job_id]
        if job["status"] not in ("failed", "cancelled"):
            with pytest.raises(StateError):
                queue.retry(job_id=job_id, by=BY, at=self.now)
            return
        queue.retry(job_id=job_id, by=BY, at=self.now)
        job |= {"status": "waiting", "attempts": 0, "cancelling": False}

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        from azukari.web.jobs.models import Job

        if not hasattr(self, "jobs"):
            return
        rows = Job.objects.values("id", "status", "holder", "attempts", "cancelling")
        wanted = {
            i: {name: job[name] for name in ("status", "holder", "attempts", "cancelling")}
            for i, job in self.jobs.items()
        }
        assert {row.pop("id"): row for row in rows} == wanted


@pytest.mark.usefixtures("open_office")
def test_queue_when_used_in_any_order_then_it_does_what_a_plain_model_does() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.usefixtures("open_office")
def test_lease_when_the_clock_was_set_back_then_a_job_of_a_dead_worker_is_not_kept_until_then() -> None:
    """Its lease was written under a clock that ran hours ahead."""
    job_id = enqueue()
    assert take("a", AT + timedelta(hours=5)) == job_id
    assert take("b") == job_id
    assert found(job_id).attempts == 2


@pytest.mark.usefixtures("open_office")
def test_lease_when_the_clocks_of_two_machines_differ_a_little_then_it_holds() -> None:
    assert take("a", AT + timedelta(seconds=20)) is None
    enqueue()
    assert take("a", AT + timedelta(seconds=20)) is not None
    assert take("b") is None


@pytest.mark.usefixtures("open_office")
def test_retry_when_failed_then_it_runs_again_under_its_own_id_with_all_attempts() -> None:
    from azukari.web.jobs.actions import queue

    job_id = enqueue()
    take("a")
    queue.beat(job_id=job_id, holder="a", by=BY, at=AT, done=3, total=9)
    queue.fail(job_id=job_id, holder="a", word="not-witnessed", by=BY, at=AT)
    assert found(job_id).ended_at == AT
    queue.retry(job_id=job_id, by=BY, at=AT)
    again = found(job_id)
    assert (again.status, again.attempts, again.error, again.done, again.ended_at) == ("waiting", 0, "", 0, None)
    assert take("b") == job_id
    with pytest.raises(NotFoundError):
        queue.retry(job_id=uuid4(), by=BY, at=AT)


@pytest.mark.usefixtures("open_office")
def test_upload_when_a_job_works_on_it_then_no_second_one_may() -> None:
    """A button pressed twice must not hand a table over twice."""
    from azukari.web.jobs.actions import queue

    upload_id = kept()
    first = enqueue(upload_id=upload_id)
    with pytest.raises(StateError):
        enqueue(upload_id=upload_id)
    queue.cancel(job_id=first, by=BY, at=AT)
    second = enqueue(upload_id=upload_id)
    with pytest.raises(StateError):
        queue.retry(job_id=first, by=BY, at=AT)
    queue.cancel(job_id=second, by=BY, at=AT)
    queue.destroy_upload(upload_id=upload_id, by=BY, at=AT)
    with pytest.raises(StateError):
        queue.retry(job_id=first, by=BY, at=AT)
    with pytest.raises(NotFoundError):
        enqueue(upload_id=kept(), body_id=UUID(int=6))


@pytest.mark.usefixtures("open_office")
def test_upload_when_two_ask_for_it_at_once_then_one_job_is_made() -> None:
    from azukari.web.jobs import queries

    upload_id = kept()
    refused: list[str] = []

    def ask() -> None:
        try:
            enqueue(upload_id=upload_id)
        except StateError as error:
            refused.append(error.word)

    together(*[ask] * 6)
    assert len(queries.jobs(BODY)) == 1
    assert refused == ["state"] * 5


@pytest.mark.usefixtures("open_office")
def test_upload_when_swept_and_asked_for_at_once_then_no_job_stands_on_a_destroyed_one() -> None:
    from azukari.web.jobs.actions import queue
    from azukari.web.jobs.models import Job

    late = AT + timedelta(days=2)
    ids = [kept() for _ in range(20)]

    def ask() -> None:
        for upload_id in ids:
            try:
                enqueue(upload_id=upload_id)
            except StateError:
                pass

    together(ask, lambda: queue.sweep(by=BY, at=late))
    assert not Job.objects.filter(upload__wrapped_key=None).exists()
    assert Job.objects.count() + queue.sweep(by=BY, at=late) <= len(ids)


def together(*asks: Callable[[], Any]) -> None:
    """All at once, each over a connection of its own."""
    from django.db import connection

    start = threading.Barrier(len(asks))

    def run(ask: Callable[[], Any]) -> None:
        try:
            start.wait()
            ask()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(ask,)) for ask in asks]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)


WRONG: dict[str, dict[str, Any]] = {
    "an unknown state": {"status": "sleeping"},
    "done more than all": {"done": 2, "total": 1},
    "running without a lease": {"status": "running"},
    "an end of what goes on": {"ended_at": AT},
    "no end of what has ended": {"status": "done"},
    "a failure without a word": {"status": "failed", "ended_at": AT},
    "a word without a failure": {"error": "state"},
    "fewer attempts than none": {"attempts": -1},
}


@pytest.mark.usefixtures("open_office")
@pytest.mark.parametrize("wrong", WRONG)
def test_row_when_it_makes_no_sense_then_the_database_refuses_it(wrong: str) -> None:
    from django.db import IntegrityError, transaction

    from azukari.web.jobs.models import Job

    enqueue()
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.update(**WRONG[wrong])


@pytest.mark.usefixtures("open_office")
def test_jobs_when_listed_then_the_newest_of_this_body_first() -> None:
    from azukari.web.jobs import queries

    old, new, other = enqueue(), enqueue(at=AT + timedelta(1)), enqueue(kind="other", at=AT + timedelta(2))
    enqueue(body_id=UUID(int=6))
    assert [job.id for job in queries.jobs(BODY)] == [other, new, old]
    assert [job.id for job in queries.jobs(BODY, kind="count", limit=1)] == [new]
    with pytest.raises(NotFoundError):
        queries.job(uuid4())


def test_migrate_when_an_office_has_jobs_of_before_then_they_stay(sqlite_office: Path) -> None:
    from django.core.management import call_command

    from azukari.web.jobs.actions import queue

    call_command("migrate", "jobs", "0001", verbosity=0)
    done, waiting = enqueue(), enqueue(at=AT + timedelta(1))
    take("a")
    queue.finish(job_id=done, holder="a", result={}, by=BY, at=AT)
    call_command("migrate", "jobs", verbosity=0)
    assert [found(job_id).status for job_id in (done, waiting)] == ["done", "waiting"]
