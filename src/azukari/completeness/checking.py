"""The person's check, in the numbered steps of docs/spec/completeness.md, 9.

Every error carries ``step`` and ``kind`` among its facts. Within a step lists are gone through in their order and each from
n = 1 on, so that all verifiers name the same failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from azukari.errors import (
    AzukariError,
    CommitmentError,
    ForkError,
    IncompleteError,
    NotAuditedError,
    NotWitnessedError,
    ProofError,
    StaleError,
    WrongKeyError,
)
from azukari.fields.days import day_of
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint
from azukari.ledger.note import Verifier
from azukari.ledger.policy import Policy, verify_cosigned
from azukari.ledger.tree import leaf_hash, verify_consistency, verify_inclusion

from . import index
from .event import Act
from .labels import SEALED, key_id
from .leaf import NO_ENTRUSTMENT, UNSTATED
from .report import ListEntry, PersonList, Report
from .shown import opening_of, verify_opening
from .visit import Visit

FRESH: Final = timedelta(hours=25)
"""How old index and audit may be: an office makes an index daily."""
AHEAD: Final = timedelta(hours=1)
"""How far ahead of the reader's clock the office's may be."""

Numbered = tuple[PersonList, int, ListEntry]


@dataclass(frozen=True)
class Checked:
    """確認の結果。 A report that is complete as of a time, what is open in it, and what was not asked.

    ``withheld``: the day on which each entry that is not open yet will be, ascending. ``visit``: to be kept for the next
    time. ``not_asked``: of ``key``, ``witnesses``, ``auditors`` and ``visit`` those of which nothing was given.
    """

    report: Report
    checkpoint: Checkpoint
    as_of: datetime
    shown: int
    withheld: tuple[date, ...]
    visit: Visit
    not_asked: tuple[str, ...]


def verify_report(
    data: bytes,
    now: datetime,
    vkeys: Iterable[Verifier],
    policy: Policy | None = None,
    auditors: Policy | None = None,
    key: bytes | None = None,
    visit: Visit | None = None,
) -> Checked:
    """Check a report (``*.azl``), in the steps of the specification.

    ``now``: with its zone. ``vkeys``: the log's keys. ``policy``: of witnesses; ``auditors``: of keys that rebuild the index;
    ``key``: a list key that the person holds; ``visit``: kept from the last time; where one is None, it is not asked for.
    Raises, with ``step`` and ``kind`` among the facts, FormatError, LimitError, WrongKeyError, SignatureError,
    NotWitnessedError, NotAuditedError, StaleError, ProofError, ForkError, IncompleteError, CommitmentError.
    """
    keys = list(vkeys)
    with _step(1):
        report = _read(data, key)
    with _step(2):
        checkpoint = open_checkpoint(report.checkpoint, report.origin, keys)
    with _step(3):
        _require_cosigned(report, keys, now, policy, auditors)
    with _step(4):
        _require_index(report, checkpoint, now)
    with _step(5):
        _require_buckets(report)
    with _step(6):
        _require_nothing_taken_back(report, checkpoint, visit)
    with _step(7):
        _require_entries(report, checkpoint)
    with _step(8):
        _require_no_others(report)
    with _step(9):
        _require_openings(report)
    with _step(10):
        _require_chain_of_keys(report.lists)
    return _checked(report, checkpoint, _not_asked(key, policy, auditors, visit))


def _read(data: bytes, key: bytes | None) -> Report:
    """Step 1."""
    report = Report.parse(data)
    if key is not None and key not in {one.key for one in report.lists}:
        raise WrongKeyError("the list is one of another key")
    return report


def _require_cosigned(
    report: Report, keys: Sequence[Verifier], now: datetime, policy: Policy | None, auditors: Policy | None
) -> None:
    """Step 3."""
    note, origin = report.checkpoint, report.origin
    if policy is not None:
        verify_cosigned(note, policy, origin=origin, log_keys=keys)
    if auditors is None:
        return
    try:
        verify_cosigned(note, auditors, origin=origin, log_keys=keys)
    except NotWitnessedError as error:
        raise NotAuditedError from error
    first, last = (int(moment.timestamp()) for moment in (now - FRESH, now + AHEAD))
    try:
        verify_cosigned(note, auditors, origin=origin, log_keys=keys, not_before=first, not_after=last)
    except NotWitnessedError as error:
        raise StaleError("the audit") from error


def _require_index(report: Report, checkpoint: Checkpoint, now: datetime) -> None:
    """Step 4."""
    logged = report.index
    if logged.index < logged.entry.size:
        raise ProofError("an index entry among the entries that it covers")
    _require_logged(logged.entry.encode(), logged.index, logged.path, checkpoint)
    if not now - FRESH <= logged.entry.at <= now + AHEAD:
        raise StaleError("the index")


def _require_buckets(report: Report) -> None:
    """Step 5."""
    entry = report.index.entry
    index.check_buckets(report.buckets, entry.depth)
    needed = {index.prefix_of(label, entry.depth) for one in report.lists for label in one.proven()}
    if {prefix for prefix, _ in report.buckets} != needed:
        raise ProofError("buckets that are not those of the list")
    index.verify(entry.root, entry.depth, report.buckets, report.nodes)


def _require_nothing_taken_back(report: Report, checkpoint: Checkpoint, visit: Visit | None) -> None:
    """Step 6."""
    if visit is None:
        return
    _require_same_ledger(report, checkpoint, visit.seen)
    counts = {(one.chain, key_id(one.key)): len(one.entries) for one in report.lists}
    for kept in visit.lists:
        if counts.get((kept.chain, kept.id), -1) < kept.entries:
            raise IncompleteError("a list is shorter than it was, or gone", kind="shortened")


def _require_same_ledger(report: Report, checkpoint: Checkpoint, seen: Checkpoint) -> None:
    if seen.origin != checkpoint.origin:
        raise ForkError("another ledger than the one that was shown before", kind="fork")
    if checkpoint.size < seen.size:
        raise ForkError("the ledger is smaller than it was", kind="rollback")
    if checkpoint.size == seen.size:
        if checkpoint.root != seen.root:
            raise ForkError("two roots of one size", kind="fork")
        return
    if report.since is None or report.since.size != seen.size:
        raise ProofError("nothing proves that the ledger holds the one that was shown before")
    try:
        verify_consistency(seen.size, seen.root, checkpoint.size, checkpoint.root, report.since.path)
    except ProofError as error:
        raise ForkError("the ledger does not hold the one that was shown before", kind="fork") from error


def _require_entries(report: Report, checkpoint: Checkpoint) -> None:
    """Step 7."""
    entry, records = report.index.entry, index.found_in(report.buckets)
    for one, n, each in _numbered(report):
        label = one.label(n)
        found = records.get(label, [])
        if not found:
            raise IncompleteError("an entry stands in no index", kind="missing")
        if len(found) > 1:
            raise IncompleteError("a label stands in the index more than once", kind="twice")
        if found != [each.index] or each.leaf.label != label or each.index >= entry.size:
            raise ProofError("an entry is not the one of the index")
        _require_logged(each.leaf.encode(), each.index, each.path, checkpoint)


def _require_no_others(report: Report) -> None:
    """Step 8."""
    records = index.found_in(report.buckets)
    if any(label in records for one in report.lists for label in one.absent()):
        raise IncompleteError("there is an entry that the list does not show", kind="skipped")


def _require_openings(report: Report) -> None:
    """Step 9."""
    today = day_of(report.index.entry.at)
    for one, n, each in _numbered(report):
        leaf = each.leaf
        if one.chain == SEALED and (leaf.kind, leaf.entrustment, leaf.withheld) != (UNSTATED, NO_ENTRUSTMENT, 0):
            raise CommitmentError("a leaf of the sealed list states something")
        if each.event is None:
            if not leaf.withheld or today >= leaf.opens:
                raise IncompleteError("an entry that should be open is not", kind="overdue")
            continue
        verify_opening(leaf, each.event, opening_of(one, n))
        if one.chain != SEALED and not leaf.withheld and leaf.day != each.event.day:
            raise CommitmentError("the day of an entry")


def _require_chain_of_keys(lists: Sequence[PersonList]) -> None:
    """Step 10."""
    following: list[PersonList | None] = [*lists[1:], None]
    for one, after in zip(lists, following, strict=True):
        last = key_id(after.key).hex() if after is not None and after.chain == one.chain else None
        named = [each.event.next if each.event and each.event.act is Act.REKEY else None for each in one.entries]
        if named[:-1] != [None] * (len(named) - 1) or (named or [None])[-1] != last:
            raise IncompleteError("a list does not end with the key that follows", kind="rekey")


def _numbered(report: Report) -> Iterator[Numbered]:
    return ((one, n, each) for one in report.lists for n, each in enumerate(one.entries, start=1))


def _require_logged(entry: bytes, place: int, path: Sequence[bytes], checkpoint: Checkpoint) -> None:
    verify_inclusion(leaf_hash(entry), place, checkpoint.size, path, checkpoint.root)


def _not_asked(
    key: bytes | None, policy: Policy | None, auditors: Policy | None, visit: Visit | None
) -> tuple[str, ...]:
    asked = {"key": key, "witnesses": policy, "auditors": auditors, "visit": visit}
    return tuple(name for name, given in asked.items() if given is None)


def _checked(report: Report, checkpoint: Checkpoint, not_asked: tuple[str, ...]) -> Checked:
    entries = [each for _, _, each in _numbered(report)]
    withheld = sorted(each.leaf.opens for each in entries if each.event is None)
    return Checked(
        report=report,
        checkpoint=checkpoint,
        as_of=report.index.entry.at,
        shown=len(entries) - len(withheld),
        withheld=tuple(withheld),
        visit=Visit.of(report),
        not_asked=not_asked,
    )


@contextmanager
def _step(number: int) -> Iterator[None]:
    """Names the step in which an error arose, and its kind where the specification gives one."""
    try:
        yield
    except AzukariError as error:
        error.facts.setdefault("step", number)
        error.facts.setdefault("kind", "")
        raise
