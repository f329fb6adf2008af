"""What the vectors do not hold: limits of megabytes, generated lists, single entries, evidence, auditors."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.completeness.auditing import Audit
from azukari.completeness.checking import verify_report
from azukari.completeness.index import bucket_hash
from azukari.completeness.misbehaviour import Misbehaviour
from azukari.completeness.report import MAX_ENTRIES, MAX_REPORT, PersonList, Report, Since
from azukari.completeness.shown import ShownEntry, show, verify_shown
from azukari.completeness.visit import MAX_VISIT, Visit
from azukari.errors import (
    AzukariError,
    CommitmentError,
    ForkError,
    FormatError,
    IncompleteError,
    IndexRootError,
    LimitError,
    ProofError,
    SignatureError,
)
from azukari.ledger.entry import canonical
from azukari.ledger.proof import encode_proof, parse_proof
from azukari.testing.logbook import AT, NOW, TODAY, Noting, a_key, an_event
from azukari.testing.operator import World, attacks, policies
from azukari.testing.sealed import fixed_log

LOG = fixed_log().verifier
REPORT = World(3).indexed().report()
DATA = REPORT.encode()


@settings(max_examples=30)
@given(st.integers(0, 12), st.integers(0, 80), st.lists(st.integers(0, 60), max_size=3), st.booleans())
def test_report_when_an_honest_office_made_it_then_it_holds(
    count: int, strangers: int, withheld: list[int], visited: bool
) -> None:
    world = World(count, strangers)
    for number, days in enumerate(withheld):
        world.book.note(world.own, an_event(number, TODAY - timedelta(days=30)), withheld=days)
    visit = world.indexed().visited() if visited else None
    world.book.note(world.own, an_event(5))
    world.book.index(at=AT + timedelta(minutes=1))
    report = world.report(since=visit.seen.size if visit else None)
    checked = verify_report(report.encode(), NOW, [LOG], *policies(), visit=visit)
    assert (checked.shown + len(checked.withheld), checked.report) == (count + len(withheld) + 1, report)
    assert len(checked.withheld) == sum(days > 30 for days in withheld)
    assert Visit.parse(checked.visit.encode()) == checked.visit


@given(st.integers(0, len(DATA) - 1), st.integers(0, 255))
def test_report_when_a_byte_is_another_then_a_verdict_or_the_same_bytes(place: int, value: int) -> None:
    changed = DATA[:place] + bytes([value]) + DATA[place + 1 :]
    if changed == DATA:
        return
    with pytest.raises(AzukariError) as caught:
        verify_report(changed, NOW, [LOG], *policies())
    assert isinstance(caught.value.facts["step"], int)


@given(st.binary(max_size=300))
def test_files_when_any_bytes_are_read_then_a_verdict(data: bytes) -> None:
    for read in (Report.parse, Visit.parse, Misbehaviour.parse, ShownEntry.parse):
        with pytest.raises(AzukariError):
            read(data)


def test_files_when_they_are_too_large_then_limit_error() -> None:
    for read, most in ((Report.parse, MAX_REPORT), (Visit.parse, MAX_VISIT)):
        with pytest.raises(LimitError):
            read(bytes(most + 1))
    with pytest.raises(LimitError):
        replace(REPORT, nodes=bytes(32 * 100_000)).encode()


def test_report_when_it_has_too_many_entries_then_limit_error_before_they_are_read() -> None:
    value = json.loads(DATA)
    value["lists"][0]["entries"] = [0] * (MAX_ENTRIES + 1)
    with pytest.raises(LimitError):
        Report.parse(canonical(value))
    (one,) = REPORT.lists
    with pytest.raises(LimitError):
        replace(REPORT, lists=(PersonList(0, one.key, one.entries[:1] * (MAX_ENTRIES + 1)),))


@pytest.mark.parametrize(
    "change",
    [
        {"lists": ()}, {"nodes": bytes(33)}, {"buckets": ((3, b""), (2, b""))}, {"buckets": ((-1, b""),)},
        {"lists": REPORT.lists * 2}, {"lists": (replace(REPORT.lists[0], chain=1),)},
    ],
)  # fmt: skip
def test_report_when_its_parts_cannot_stand_together_then_format_error(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        replace(REPORT, **change)


def test_parts_when_out_of_range_then_format_error() -> None:
    entry = REPORT.lists[0].entries[0]
    for part, change in (
        (entry, {"index": -1}), (entry, {"path": (bytes(31),)}), (entry, {"path": (bytes(32),) * 64}),
        (entry, {"opening": bytes(31)}), (entry, {"event": None, "opening": bytes(32)}),
        (REPORT.lists[0], {"chain": 2}), (REPORT.lists[0], {"key": bytes(31)}), (REPORT.index, {"index": 2**53}),
        (Since(1, ()), {"size": -1}), (Since(1, ()), {"path": (b"",)}), (Visit.of(REPORT), {"lists": ()}),
        (Visit.of(REPORT), {"origin": "other"}), (Visit.of(REPORT).lists[0], {"entries": -1}),
        (Visit.of(REPORT).lists[0], {"id": b""}), (Misbehaviour("proof", "", 5, b"", b""), {"step": 1}),
    ):  # fmt: skip
        with pytest.raises(FormatError):
            replace(part, **change)


@pytest.mark.parametrize("count", [3, 4, 11])
def test_attack_when_made_on_any_list_then_its_verdict(count: int) -> None:
    for attack in attacks(count, strangers=7 * count, name=f"person {count}"):
        with pytest.raises(AzukariError) as caught:
            verify_report(
                attack.report.encode(),
                NOW,
                [LOG],
                *(policies() if attack.policies else (None, None)),
                visit=attack.visit,
            )
        facts = caught.value.facts
        assert (caught.value.word, facts["kind"], facts["step"]) == (attack.word, attack.kind, attack.step), attack.name


def test_report_when_the_list_says_less_than_it_could_then_the_same_list_is_found_short() -> None:
    """The last of the attacks by hand, without the operator: to see that the suite attacks what it says."""
    world = World(3).indexed()
    world.own.noted.pop()
    with pytest.raises(IncompleteError, match="does not show") as caught:
        verify_report(world.report().encode(), NOW, [LOG])
    assert caught.value.facts == {"step": 8, "kind": "skipped"}


def test_report_when_a_bucket_holds_fifty_thousand_records_then_looking_up_takes_no_longer() -> None:
    """An office that says to have one leaf, and shows a bucket of fifty thousand, to sixty-four lists."""
    labels = sorted(sha256(str(number).encode()).digest() for number in range(50_000))
    bucket = b"".join(label + bytes(8) for label in labels)
    world = World(1)
    world.book.index(count=1, depth=0, root=bucket_hash(bucket))
    report = replace(world.report(), buckets=((0, bucket),), nodes=b"")
    lists = tuple(PersonList(0, bytes([number]) * 32, ()) for number in range(64))
    started = time.process_time()
    with pytest.raises(IncompleteError) as caught:
        verify_report(replace(report, lists=lists).encode(), NOW, [LOG])
    assert caught.value.facts["step"] == 10 and time.process_time() - started < 3


def test_verdict_when_nothing_was_asked_then_it_is_named() -> None:
    checked = verify_report(DATA, NOW, [LOG])
    assert checked.not_asked == ("key", "witnesses", "auditors", "visit")
    full = verify_report(DATA, NOW, [LOG], *policies(), key=REPORT.lists[0].key, visit=Visit.of(REPORT))
    assert full.not_asked == ()


def test_evidence_when_step_1_fails_then_none() -> None:
    assert Misbehaviour.of(FormatError(step=1, kind=""), b"") is None
    assert Misbehaviour.of(FormatError(), b"") is None
    kept = Misbehaviour.of(ForkError(step=6, kind="rollback"), DATA, b"{}")
    assert kept is not None and (kept.name, kept.report, kept.visit) == ("fork-rollback.azm.json", DATA, b"{}")


def test_single_entry_when_shown_then_it_verifies_and_names_no_other() -> None:
    file = show(REPORT, REPORT.lists[0], 2)
    shown, checkpoint = verify_shown(file, LOG.name, [LOG], policies()[0])
    assert shown.event == an_event(1) and checkpoint.origin == LOG.name
    assert REPORT.lists[0].key.hex().encode() not in file and REPORT.lists[0].entries[0].leaf.label not in file


def test_single_entry_when_it_is_withheld_then_it_cannot_be_shown() -> None:
    world = World(1)
    world.book.note(world.own, an_event(3), withheld=9)
    report = world.indexed().report()
    with pytest.raises(CommitmentError):
        show(report, report.lists[0], 2)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"event": an_event(2).encode().decode()}, CommitmentError),
        ({"opening": "ab" * 32}, CommitmentError),
        ({"leaf": REPORT.lists[0].entries[0].leaf.encode().hex()}, ProofError),
        ({"leaf": "00"}, FormatError),
        ({"more": 1}, FormatError),
    ],
)
def test_single_entry_when_its_extra_data_is_another_then_refused(
    change: dict[str, Any], error: type[AzukariError]
) -> None:
    proof = parse_proof(show(REPORT, REPORT.lists[0], 2))
    extra = canonical(json.loads(proof.extra) | change)
    with pytest.raises(error):
        verify_shown(encode_proof(replace(proof, extra=extra)), LOG.name, [LOG])


def test_single_entry_when_the_log_is_another_then_signature_error() -> None:
    with pytest.raises(SignatureError):
        verify_shown(show(REPORT, REPORT.lists[0], 1), "ledger.city.example/log1", [LOG])


def audited(entries: list[bytes]) -> Audit:
    audit = Audit()
    for entry in entries:
        audit.take(entry)
    return audit


def test_audit_when_the_office_is_honest_then_every_index_matches() -> None:
    world = World(5).indexed()
    world.book.strangers(3, "later")
    world.book.index(at=AT + timedelta(days=1))
    audit = audited(world.book.entries)
    assert (audit.indexes, audit.size) == (2, len(world.book.entries))


def lying(change: dict[str, Any], leave_out: bool = False) -> list[bytes]:
    world = World(5).indexed()
    gone = world.own.noted[2].leaf.encode()
    world.book.index(
        **({"at": AT} | change), leave_out=(lambda leaf: leaf == gone) if leave_out else lambda leaf: False
    )
    return world.book.entries


def kept_out() -> list[bytes]:
    """Each index is made of what stood before an entry that nobody is to see: true, but for ever behind."""
    world = World(5).indexed()
    size = len(world.book.entries)
    world.book.note(world.own, an_event(3))
    hidden = world.own.noted[-1].leaf.encode()
    made = world.book.indexes[0][0].entry
    assert made.size == size - 1
    world.book.index(at=AT + timedelta(days=1), leave_out=lambda leaf: leaf == hidden, size=made.size)
    return world.book.entries


@pytest.mark.parametrize(
    "entries",
    [
        lying({}, leave_out=True),
        lying({"root": bytes(32)}),
        lying({"at": AT - timedelta(seconds=1)}),
        lying({"size": 46}),
        lying({"size": 43}),
        kept_out(),
        [b"\x01" * 90],
        [b"\x01"],
        [canonical({"type": "azukari/index/v1"})],
        [canonical({**json.loads(World(1).indexed().book.entries[-1]), "more": 1})],
    ],
)
def test_audit_when_an_index_entry_is_false_then_index_error_with_its_place(entries: list[bytes]) -> None:
    with pytest.raises(IndexRootError) as caught:
        audited(entries)
    assert caught.value.facts["index"] == len(entries) - 1


@pytest.mark.parametrize("cut", [0, 20, 41, 42, 43])
def test_audit_when_it_goes_on_from_what_was_kept_then_as_if_it_had_read_all(cut: int) -> None:
    entries = kept_out()
    before = audited(entries[:cut])
    after = Audit(bytes(before.labels), bytes(before.places), before.size, before.last, before.place)
    with pytest.raises(IndexRootError) as caught:
        for entry in entries[cut:]:
            after.take(entry)
    assert caught.value.facts == {"index": len(entries) - 1, "kind": "order"}


def test_rekeyed_list_when_the_old_key_leaks_then_the_new_entries_are_under_other_labels() -> None:
    old, new = Noting(a_key("mizuho")), Noting(a_key("mizuho", 1))
    assert old.key != new.key and PersonList(0, old.key, ()).label(1) != PersonList(0, new.key, ()).label(1)
