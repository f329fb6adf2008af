"""What goes on in the office: the ledger, the clock, what waits to be recovered, jobs, crossings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from azukari.errors import NotFoundError
from azukari.web.accounts import queries as accounts
from azukari.web.checks.observation import Installation, Observation, broken, good, look
from azukari.web.crossing import queries as crossing
from azukari.web.custody import places
from azukari.web.jobs import queries as jobs
from azukari.web.sequencer import checked, hold, queries
from azukari.web.sequencer.queries import mirrors
from azukari.web.trail import queries as trail


def held(seen: Installation) -> Observation | None:
    """No log waits to be compared after a restore; None where there is none."""
    logs = list(_logs())
    if any(hold.is_held(log.id) for log in logs):
        return broken("held", "台帳は、控えから戻した後で止まっています: azukari ledger resume", "The restored ledger is held: azukari ledger resume")  # fmt: skip
    return good("held", "台帳は動いています。", "The ledger goes on.") if logs else None


def ledger_check(seen: Installation) -> Observation | None:
    """The age of the last whole check of the log that was checked longest ago."""
    found = [checked.last(log.id) for log in _logs()]
    if not found:
        return None
    known = [at for at in found if at is not None]
    if len(known) < len(found):
        return look("ledger-check", "台帳の検査の記録がありません: azukari ledger check", "The ledger was never checked: azukari ledger check")  # fmt: skip
    oldest = min(known)
    tell = look if seen.at - oldest > seen.bounds.ledger_check else good
    return tell("ledger-check", f"台帳を最後に検査した時刻: {oldest:%Y-%m-%d %H:%M}", f"The ledger was last checked whole at {oldest:%Y-%m-%d %H:%M}")  # fmt: skip


def clock(seen: Installation) -> Observation | None:
    """This machine is not behind the moment at which it signed last."""
    signed = [found.signed_at for log in _logs() if (found := queries.latest(log.id))]
    if not signed:
        return None
    if seen.at < max(signed) - seen.bounds.clock:
        return broken("clock", f"時計が、最後の署名（{max(signed):%Y-%m-%d %H:%M}）より遅れています。", f"The clock is behind the last checkpoint ({max(signed):%Y-%m-%d %H:%M}).")  # fmt: skip
    return good("clock", "時計は、最後の署名より進んでいます。", "The clock is ahead of the last checkpoint.")


def sources(seen: Installation) -> Observation | None:
    """Every source of uses has told something as often as it should; None where there is none."""
    bodies = [body.id for body in accounts.bodies()]
    if not any(trail.sources(body_id) for body_id in bodies):
        return None
    silent = sum(len(trail.silent(body_id, seen.at)) for body_id in bodies)
    if silent:
        return look("sources", f"知らせが途絶えた記録元 {silent} 件: azukari source list", f"{silent} source(s) of uses are silent: azukari source list")  # fmt: skip
    return good("sources", "記録元は、どれも知らせています。", "No source of uses is silent.")


def recovery(seen: Installation) -> Observation:
    """Whether a crash left anything."""
    if places.pending():
        return look("recovery", "中断した封印があります: azukari recover", "A sealing was cut off: azukari recover")
    return good("recovery", "中断した封印はありません。", "No sealing was cut off.")


def work(seen: Installation) -> Observation:
    """Jobs that failed of late, and one that waits longer than a worker would let it."""
    failed = jobs.failed_since(seen.at - seen.bounds.failed_job)
    waiting = jobs.oldest_waiting()
    if waiting is not None and seen.at - waiting > seen.bounds.waiting_job:
        return look("jobs", f"作業が {waiting:%Y-%m-%d %H:%M} から待っています。azukari work は動いていますか。", f"A job has waited since {waiting:%Y-%m-%d %H:%M}; is azukari work running?")  # fmt: skip
    tell = look if failed else good
    days = seen.bounds.failed_job.days
    return tell("jobs", f"失敗した作業（{days} 日以内）: {failed} 件", f"Jobs that failed within {days} days: {failed}")


def crossings(seen: Installation) -> Observation | None:
    """The oldest that the other side has not said to have taken; None where no two sides were paired."""
    bodies = [body.id for body in accounts.bodies() if (peer := crossing.peer(body.id)) and peer.vkey]
    if not bodies:
        return None
    since = [at for body_id in bodies if (at := crossing.oldest_on_its_way(body_id))]
    if since and seen.at - min(since) > seen.crossing:
        return look("crossings", f"{min(since):%Y-%m-%d} から届いていない便があります。", f"A crossing has been on its way since {min(since):%Y-%m-%d}.")  # fmt: skip
    return good("crossings", f"{seen.crossing.days} 日を超えて届いていない便はありません。", f"No crossing has been on its way for more than {seen.crossing.days} days.")  # fmt: skip


def public_ledger(seen: Installation) -> Observation | None:
    """What is shown of the ledgers that came over excludes nothing that came later; None where none is shown."""
    found = mirrors.mirrors()
    forks = sum(len(one.forks) for one in found)
    if forks:
        return look("public-ledger", f"公開している台帳と両立しないものが届きました: {forks} 件。公開台帳のページに証拠があります。", f"Something came that does not go with the ledger that is shown ({forks}); the evidence is on the page of the public ledger.")  # fmt: skip
    return good("public-ledger", "公開台帳と両立しないものは届いていません。", "Nothing came that excludes the public ledger.") if found else None  # fmt: skip


def _logs() -> Iterator[queries.LogInfo]:
    """The logs that grow here; an outside has none, only mirrors, and these sign nothing."""
    for body in accounts.bodies():
        with suppress(NotFoundError):
            log = queries.log_of(body.id)
            if log.signs:
                yield log
