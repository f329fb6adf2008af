"""Every way in which an office could deceive a person, one at a time: the verifier in the browser names each, and its step."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from tests.report.browser import Checker
from tests.report.lists import (
    AUDITOR,
    AUDITORS,
    KEY,
    LOG,
    NOW,
    POLICY,
    TODAY,
    WITNESSES,
    Json,
    Ledger,
    List,
    canonical,
    derived,
    entry_of,
    event_of,
    key_id,
    ordinary,
    text,
    visit_of,
)

from azukari.ledger import Checkpoint, Signer, sign_checkpoint

OTHER_KEY = sha256(b"the key after it").digest()
SEALED = sha256(b"a sealed key").digest()
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()


def report_of(*lists: List, ledger: Ledger | None = None, **options: Any) -> Json:
    made = ledger or Ledger()
    made.take(*lists)
    made.index()
    return made.report(*lists, **options)


def rekeyed(next_key: bytes = OTHER_KEY, **other: Any) -> tuple[List, List]:
    old, new = List(KEY), List(OTHER_KEY)
    old.add()
    old.add(event_of("rekey", next=key_id(next_key)) | other)
    new.add(event_of("use"))
    return old, new


def withheld(days: int, *, logged: int, hidden: bool) -> List:
    """A list whose second entry was logged so many days ago and is opened ``days`` later."""
    own = List(KEY)
    own.add()
    day = (TODAY - timedelta(days=logged)).isoformat()
    own.add(event_of("disclosure", day=day), withheld=days, hidden=hidden)
    return own


# --- what holds ------------------------------------------------------------------------------------------------------


def holds(checker: Checker, report: Json, visit: Json | None = None, **more: Any) -> Json:
    found = checker.check(report, visit, **more)
    assert "word" not in found, found
    return found


def test_list_when_it_is_whole_then_it_is_complete_as_of_the_index(checker: Checker) -> None:
    ledger, own = ordinary(50, more=lambda own: own.add(event_of("disclosure"), withheld=30, hidden=True))
    report = ledger.report(own, note=ledger.checkpoint(*WITNESSES[:2], AUDITOR))
    found = holds(checker, report, policy=POLICY, auditors=AUDITORS, key=KEY.hex())
    assert (found["at"], found["shown"], found["withheld"], found["lists"]) == ("2026-11-25T03:00:00Z", 50, 1, 1)
    assert (
        found["entries"][-1]["opens"] == (TODAY + timedelta(days=30)).isoformat() and not found["entries"][-1]["event"]
    )
    assert found["asked"] == {"witnesses": True, "auditors": True, "visit": False, "key": True}
    assert json.loads(b64decode(found["visit"])) == visit_of(report)
    assert b64decode(found["visit"]) == canonical(visit_of(report))


def test_list_when_there_is_no_entry_yet_then_nothing_follows_either(checker: Checker) -> None:
    assert holds(checker, report_of(List(KEY)))["entries"] == []
    assert holds(checker, report_of(List(KEY), ledger=Ledger(others=0)))["entries"] == []


def test_lists_when_keys_were_changed_and_a_sealed_chain_is_released_then_all_are_checked(checker: Checker) -> None:
    sealed = List(SEALED, chain=1)
    sealed.add(event_of("disclosure", entrustment=""))
    old, new = rekeyed()
    report = report_of(old, new, sealed)
    found = holds(checker, report)
    assert [(each["chain"], each["n"]) for each in found["entries"]] == [(0, 1), (0, 2), (0, 1), (1, 1)]
    assert found["sealedReleased"]


def test_entry_when_its_day_has_come_then_it_must_be_open_from_that_day_on(checker: Checker) -> None:
    assert holds(checker, report_of(withheld(10, logged=9, hidden=True)))["withheld"] == 1
    assert holds(checker, report_of(withheld(10, logged=10, hidden=False)))["withheld"] == 0


def test_visit_when_the_ledger_has_grown_then_nothing_was_taken_away(checker: Checker) -> None:
    ledger, own = ordinary()
    before, size = ledger.report(own), len(ledger.entries)
    assert holds(checker, before, visit_of(before))["asked"]["visit"]
    own.add(event_of("use"))
    ledger.take(own)
    ledger.index()
    assert holds(checker, ledger.report(own, since=size), visit_of(before))["shown"] == 6


def test_moment_when_it_is_on_the_edge_then_it_still_holds(checker: Checker) -> None:
    ledger, own = ordinary()
    report = ledger.report(own, note=ledger.checkpoint(AUDITOR))
    holds(checker, report, now=NOW + timedelta(hours=25), auditors=AUDITORS)
    holds(checker, report, now=NOW - timedelta(hours=1), auditors=AUDITORS)


# --- what does not ---------------------------------------------------------------------------------------------------


def altered(report: Json, **members: Any) -> Json:
    return report | members


def entry(report: Json, n: int = 2, **members: Any) -> Json:
    """The report with members of an entry of its first list altered."""
    copy: Json = json.loads(canonical(report))
    copy["lists"][0]["entries"][n - 1] |= members
    return copy


def other_bytes(told: str, at: int, to: int | None = None) -> str:
    data = bytearray(b64decode(told))
    data[at] = data[at] ^ 1 if to is None else to
    return text(bytes(data))


def dropped() -> Json:
    """The office leaves out the last entry, and tells the list one shorter."""
    ledger, own = ordinary()
    own.entries.pop()
    return ledger.report(own)


def logged(*numbers: int) -> Json:
    """Entries of these numbers were logged; the report tells the first two."""
    own, ledger = List(KEY), Ledger()
    own.entries = [entry_of(KEY, n, event_of()) for n in numbers]
    ledger.take(own)
    ledger.index()
    own.entries = own.entries[:2]
    return ledger.report(own)


def skipped() -> Json:
    """Entry 3 was never logged: 1, 2, 4, 5 were."""
    return logged(1, 2, 4, 5)


def far() -> Json:
    """Entry 34 was logged, entries 3 to 33 were not."""
    return logged(1, 2, 34)


def twice() -> Json:
    own = List(KEY)
    for _ in range(3):
        own.add()
    ledger = Ledger()
    ledger.append(own.entries[1].leaf)
    return report_of(own, ledger=ledger)


def left_out_of_the_index() -> Json:
    ledger, own = ordinary()
    label = own.entries[2].label
    ledger.index_of([record for record in ledger.records if record[:32] != label])
    return ledger.report(own)


def index_names_another() -> Json:
    ledger, own = ordinary()
    label = own.entries[2].label
    ledger.index_of([record if record[:32] != label else label + bytes(8) for record in ledger.records])
    return ledger.report(own)


def after_the_index() -> Json:
    """An index entry that says a smaller size than that of an entry it has."""
    ledger, own = ordinary()
    ledger.size = own.entries[-1].index
    ledger.index_of(ledger.records)
    return ledger.report(own)


def index_before_its_size() -> Json:
    ledger, own = ordinary()
    ledger.size = len(ledger.entries) + 1
    ledger.index_of(ledger.records)
    return ledger.report(own)


def unsorted() -> Json:
    ledger, own = ordinary()
    report = ledger.report(own)
    at = next(at for at, (_, records) in enumerate(report["buckets"]) if len(records) > 80)  # two records at least
    place, records = report["buckets"][at]
    data = b64decode(records)
    report["buckets"][at] = [place, text(data[40:80] + data[:40] + data[80:])]
    return report


def foreign_record() -> Json:
    """A record in the bucket of another prefix, in its order."""
    ledger, own = ordinary()
    report = ledger.report(own)
    report["buckets"][0][1] = text(b64decode(report["buckets"][0][1]) + b"\xff" * 40)
    return report


def bucket_missing() -> Json:
    """A proof that holds of some buckets, and not of all that are asked for."""
    ledger, own = ordinary(1)
    full = ledger.report(own)
    less = List(KEY, own.entries[:0])
    part = ledger.report(less)
    places = {p for p, _ in full["buckets"]} - {p for p, _ in part["buckets"]}
    assert places, "choose another key"
    return full | {"buckets": part["buckets"], "nodes": part["nodes"]}


def wrong_event() -> Json:
    return entry(base(), event=canonical(event_of("re-entrustment", day=days_ago(9), party="別の会社")).decode())


def base() -> Json:
    ledger, own = ordinary()
    return ledger.report(own)


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def with_leaf(**options: Any) -> Json:
    """A list of one entry whose leaf says something else than its event."""
    own = List(KEY)
    own.add(event_of("use"), **options)
    return report_of(own)


def swapped_openings() -> Json:
    """Two sealed entries whose openings were exchanged."""
    own, sealed = List(KEY), List(SEALED, chain=1)
    own.add()
    for _ in range(2):
        sealed.add(event_of("disclosure", entrustment=""))
    report = report_of(own, sealed)
    one, other = report["lists"][1]["entries"]
    one["opening"], other["opening"] = other["opening"], one["opening"]
    return report


def opened_to_something_else() -> Json:
    own = withheld(10, logged=20, hidden=False)
    report = report_of(own)
    event = json.loads(report["lists"][0]["entries"][1]["event"])
    return entry(report, event=canonical(event | {"purpose": "別の目的"}).decode())


def rekey_to(**change: Any) -> Json:
    old, new = rekeyed(**change)
    return report_of(old, new)


def last_is_rekey() -> Json:
    old, _ = rekeyed()
    return report_of(old)


def rekey_inside() -> Json:
    old, new = rekeyed()
    old.add(event_of("use"))
    return report_of(old, new)


LIES: dict[str, tuple[Callable[[], Json], tuple[str, str, int]]] = {
    "dropped": (dropped, ("incomplete", "skipped", 8)),
    "skipped": (skipped, ("incomplete", "skipped", 8)),
    "far": (far, ("incomplete", "skipped", 8)),
    "twice": (twice, ("incomplete", "twice", 7)),
    "left out of the index": (left_out_of_the_index, ("incomplete", "missing", 7)),
    "index names another": (index_names_another, ("proof", "", 7)),
    "after the index": (after_the_index, ("proof", "", 7)),
    "index before its size": (index_before_its_size, ("proof", "", 4)),
    "bucket unsorted": (unsorted, ("format", "", 5)),
    "bucket of another prefix": (foreign_record, ("format", "", 5)),
    "bucket missing": (bucket_missing, ("proof", "", 5)),
    "another leaf": (lambda: entry(base(), leaf=other_bytes(base()["lists"][0]["entries"][1]["leaf"], 70)), ("proof", "", 7)),
    "another day in the leaf": (lambda: entry(base(), leaf=other_bytes(base()["lists"][0]["entries"][1]["leaf"], 23)), ("proof", "", 7)),
    "another label": (lambda: entry(base(), leaf=other_bytes(base()["lists"][0]["entries"][1]["leaf"], 30)), ("proof", "", 7)),
    "another path": (lambda: entry(base(), path=other_bytes(base()["lists"][0]["entries"][1]["path"], 3)), ("proof", "", 7)),
    "another index": (lambda: entry(base(), index=7), ("proof", "", 7)),
    "another event": (wrong_event, ("commitment", "", 9)),
    "no event": (lambda: entry(base(), event=""), ("incomplete", "overdue", 9)),
    "another opening": (lambda: entry(base(), opening="00" * 32), ("commitment", "", 9)),
    "kind of another act": (lambda: with_leaf(kind=1), ("commitment", "", 9)),
    "day of another event": (lambda: with_leaf(day=TODAY - timedelta(days=1)), ("commitment", "", 9)),
    "openings exchanged": (swapped_openings, ("commitment", "", 9)),
    "opened to something else": (opened_to_something_else, ("commitment", "", 9)),
    "overdue": (lambda: report_of(withheld(10, logged=10, hidden=True)), ("incomplete", "overdue", 9)),
    "overdue long since": (lambda: report_of(withheld(10, logged=400, hidden=True)), ("incomplete", "overdue", 9)),
    "rekey to another key": (lambda: rekey_to(next_key=SEALED), ("incomplete", "rekey", 10)),
    "no rekey before the next list": (lambda: report_of(*_unlinked()), ("incomplete", "rekey", 10)),
    "last list ends with a rekey": (last_is_rekey, ("incomplete", "rekey", 10)),
    "rekey inside a list": (rekey_inside, ("incomplete", "rekey", 10)),
    "old index": (lambda: _aged(timedelta(hours=25, seconds=1)), ("stale", "", 4)),
    "index of tomorrow": (lambda: _aged(timedelta(hours=-1, seconds=-1)), ("stale", "", 4)),
    "another path of the index": (lambda: _index(path=other_bytes(base()["index"]["path"], 0)), ("proof", "", 4)),
    "another place of the index": (lambda: _index(index=base()["index"]["index"] + 1), ("proof", "", 4)),
    "another root of the index": (lambda: _index_entry(root="00" * 32), ("proof", "", 5)),
    "a node too many": (lambda: altered(base(), nodes=base()["nodes"] and text(b64decode(base()["nodes"]) + bytes(32))), ("proof", "", 5)),
    "a node too few": (lambda: altered(base(), nodes=text(b64decode(base()["nodes"])[32:])), ("proof", "", 5)),
    "another origin": (lambda: altered(base(), origin="ledger.town.example/log1"), ("signature", "", 2)),
    "signed by nobody": (lambda: altered(base(), checkpoint=base()["checkpoint"].partition("\n\n")[0] + "\n"), ("format", "", 2)),
    "signed over something else": (lambda: _forged(), ("signature", "", 2)),
    "signed by another key of that name": (lambda: _signed_by_another(), ("signature", "", 2)),
}  # fmt: skip


def _unlinked() -> tuple[List, List]:
    old, new = List(KEY), List(OTHER_KEY)
    old.add()
    new.add()
    return old, new


def _aged(age: timedelta) -> Json:
    own = List(KEY)
    own.add()
    ledger = Ledger()
    ledger.take(own)
    ledger.index(NOW - age)
    return ledger.report(own)


def _index(**members: Any) -> Json:
    report = base()
    return altered(report, index=report["index"] | members)


def _index_entry(**members: Any) -> Json:
    ledger, own = ordinary()
    ledger.index(**members)
    return ledger.report(own)


def _forged() -> Json:
    report = base()
    size = report["checkpoint"].split("\n")[1]
    return altered(report, checkpoint=report["checkpoint"].replace(f"\n{size}\n", f"\n{int(size) + 1}\n"))


def _signed_by_another() -> Json:
    ledger, own = ordinary()
    tree = ledger.tree()
    note = sign_checkpoint(Checkpoint(LOG.name, tree.size, tree.root), [Signer(LOG.name, bytes(32))])
    return ledger.report(own, note=note)


@pytest.mark.parametrize("name", LIES)
def test_list_when_the_office_lies_then_the_lie_is_named(checker: Checker, name: str) -> None:
    make, wanted = LIES[name]
    report = make()
    answer = checker.check(report)
    assert (answer.get("word"), answer.get("kind"), answer.get("step")) == wanted, answer
    if wanted[2] == 1:
        assert answer["evidence"] is None
        return
    evidence = json.loads(b64decode(answer["evidence"]))
    assert answer["name"] == "-".join(filter(None, wanted[:2])) + ".azm.json"
    assert evidence == {
        "type": "azukari/misbehaviour/v1", "word": wanted[0], "kind": wanted[1], "step": wanted[2],
        "report": canonical(report).decode(), "visit": "",
    }  # fmt: skip
    assert canonical(evidence) == b64decode(answer["evidence"])


def test_checkpoint_when_too_few_have_cosigned_then_it_is_said(checker: Checker) -> None:
    ledger, own = ordinary()
    one = ledger.report(own, note=ledger.checkpoint(WITNESSES[0]))
    forged = (
        ledger.checkpoint(WITNESSES[0]).decode()
        + ledger.checkpoint(WITNESSES[1], size=3).decode().splitlines()[-1]
        + "\n"
    )
    assert checker.verdict(one, policy=POLICY) == ("not-witnessed", "", 3)
    assert checker.verdict(one, auditors=AUDITORS) == ("not-audited", "", 3)
    assert checker.verdict(altered(one, checkpoint=forged), policy=POLICY) == ("signature", "", 3)
    assert checker.verdict(one, policy="quorum nobody\n") == ("format", "", 3)
    old = ledger.report(own, note=ledger.checkpoint(AUDITOR, at=NOW - timedelta(hours=25, seconds=1)))
    assert checker.verdict(old, auditors=AUDITORS) == ("stale", "", 3)
    assert checker.verdict(one, key=SEALED.hex()) == ("wrong-key", "", 1)


def test_visit_when_the_ledger_is_no_later_state_of_it_then_fork(checker: Checker) -> None:
    ledger, own = ordinary()
    kept, size = visit_of(ledger.report(own)), len(ledger.entries)
    own.add(event_of("use"))
    ledger.take(own)
    ledger.index()
    later = ledger.report(own, since=size)
    assert checker.verdict(altered(later, since=None), kept) == ("proof", "", 6)
    assert checker.verdict(ledger.report(own, since=size - 1), kept) == ("proof", "", 6)
    assert checker.verdict(
        altered(later, since=later["since"] | {"path": other_bytes(later["since"]["path"], 5)}), kept
    ) == ("fork", "fork", 6)
    other, mine = ordinary(others=199)
    other.append(b"somebody else is shown this")
    other.index()
    assert checker.verdict(other.report(mine, since=size), kept) == ("fork", "fork", 6)
    assert checker.verdict(base(), visit_of(later)) == ("fork", "rollback", 6)


def test_visit_when_a_list_became_shorter_or_is_gone_then_incomplete(checker: Checker) -> None:
    ledger, own = ordinary()
    report = ledger.report(own)
    kept = visit_of(report)
    kept["lists"][0]["entries"] += 1
    assert checker.verdict(report, kept) == ("incomplete", "shortened", 6)
    kept["lists"][0] |= {"entries": 0, "id": key_id(SEALED)}
    assert checker.verdict(report, kept) == ("incomplete", "shortened", 6)
    assert checker.verdict(report, b'{"type":"azukari/visit/v1"}') == ("format", "", 1)


def test_withheld_entry_when_it_is_shown_before_its_day_then_it_is_held_against_the_commitment_too(
    checker: Checker,
) -> None:
    early = report_of(withheld(10, logged=9, hidden=False))
    assert holds(checker, early)["withheld"] == 0
    event = json.loads(early["lists"][0]["entries"][1]["event"]) | {"purpose": "別の目的"}
    assert checker.verdict(entry(early, event=canonical(event).decode())) == ("commitment", "", 9)


def test_label_when_it_is_derived_by_hand_then_it_is_that_of_the_specification(checker: Checker) -> None:
    script = (
        "([key, chain, n]) => azukariReport.parts.toHex(azukariReport.parts.labelOf(Uint8Array.from(key), chain, n))"
    )
    for chain, n in ((0, 1), (1, 3), (0, 2**32 + 7)):
        assert checker.page.evaluate(script, [list(KEY), chain, n]) == derived(KEY, "label", n, chain).hex()


def test_evidence_when_it_is_checked_again_then_it_convicts_only_where_what_the_log_signed_contradicts_itself(
    checker: Checker,
) -> None:
    ledger, own = ordinary()
    kept = visit_of(ledger.report(own))
    other, mine = ordinary(others=199)
    other.index()  # another entry at the same place: two states of one size
    grown, theirs = ordinary(others=199)
    for told in ("one more", "and another"):
        grown.append(told.encode())
    grown.index()
    assert again(checker, other.report(mine), kept, "fork", "fork", 6) == (True, True)
    assert again(checker, grown.report(theirs, since=len(ledger.entries)), kept, "fork", "fork", 6) == (True, False)
    assert again(checker, twice(), None, "incomplete", "twice", 7) == (True, True)
    assert again(checker, dropped(), None, "incomplete", "skipped", 8) == (True, False)
    assert again(checker, twice(), None, "incomplete", "missing", 7) == (False, False)
    assert again(checker, base(), None, "incomplete", "twice", 7) == (False, False)


def again(checker: Checker, report: Json, visit: Json | None, word: str, kind: str, step: int) -> tuple[bool, bool]:
    evidence = canonical({
        "type": "azukari/misbehaviour/v1", "word": word, "kind": kind, "step": step,
        "report": canonical(report).decode(), "visit": canonical(visit).decode() if visit else "",
    })  # fmt: skip
    script = """async ([told, key]) => {
      const { same, convicts } = await azukariReport.recheck({ evidence: new TextEncoder().encode(told), logKeys: [key] });
      return [same, convicts];
    }"""
    same, convicts = checker.page.evaluate(script, [evidence.decode(), LOG.vkey])
    return same, convicts
