"""Lists of people: leaves of hand-overs and of single events, indexes, reports that check, and the ends of a list."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.bodies import KEK
from tests.web.conftest import BY, Ledger
from tests.web.listing import KEY, NOW, TODAY, Office, event

from azukari.completeness.leaf import LEAF_BYTES, Leaf, is_leaf
from azukari.completeness.leaves_entry import LeavesEntry
from azukari.errors import IncompleteError, NotFoundError, OptionError, StateError


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return Office(ledger)


def entries(office: Office) -> list[bytes]:
    from azukari.web.sequencer import queries

    return list(queries.entries(office.ledger.log_id))


def leaves(office: Office) -> list[Leaf]:
    return [Leaf.parse(one) for one in entries(office) if is_leaf(one)]


def test_report_when_a_person_stands_in_two_hand_overs_and_a_use_then_all_three_and_nothing_else(
    office: Office,
) -> None:
    first = office.hand_over(["1", "2", "3"], spouses=["2", "", "9"], nobody=0)
    office.note("2")
    second = office.hand_over(["2", "4"], nobody=3)
    office.index()
    checked, made = office.checked("2")
    (one,) = made.lists
    assert [entry.event.id for entry in one.entries].count(first.hex) == 2, "by her own row, and by her spouse's"
    assert sorted(entry.event.role for entry in one.entries) == ["person", "person", "person", "spouse"]
    assert [entry.event.id for entry in one.entries][-1] == second.hex
    assert checked.as_of == NOW and len(one.entries) == 4
    assert [len(office.checked(other)[1].lists[0].entries) for other in ("1", "3", "4", "9")] == [1, 1, 1, 1]


def test_leaves_when_appended_then_in_the_order_of_labels_with_the_entry_that_says_where(office: Office) -> None:
    ids = [str(number) for number in range(40)]
    made = office.hand_over(ids, nobody=5)
    found = entries(office)
    said = LeavesEntry.parse(found[-1])
    ((first, count),) = said.runs
    assert (said.handover, said.rows, said.leaves, count, said.state) == (made.hex, 45, 45, 45, "released")
    run = [Leaf.parse(one) for one in found[first : first + count]]
    assert all(left.label < right.label for left, right in pairwise(run))
    assert len({(leaf.kind, leaf.entrustment, leaf.day) for leaf in run}) == 1, "nobody's leaf looks like any other"


def test_leaves_when_few_then_they_name_no_entrustment_and_the_entry_only_a_band(office: Office) -> None:
    office.hand_over(["1", "2"], nobody=1)
    assert {leaf.entrustment for leaf in leaves(office)} == {bytes(16)}
    assert b'"rows":"<10"' in entries(office)[-1]


def test_finish_when_the_hand_over_is_given_up_then_all_leaves_stand_there_and_it_is_void(office: Office) -> None:
    made = office.begin(["1", "2"])
    assert office.finish(made, given_up=True) == "void" == office.finish(made)
    assert len(leaves(office)) == 2 and LeavesEntry.parse(entries(office)[-1]).state == "void"
    office.index()
    assert len(office.checked("1")[1].lists[0].entries) == 1


def test_files_when_a_bulk_is_done_then_nothing_of_its_people_is_left(office: Office) -> None:
    from azukari.web.leaves.models import Reserved
    from azukari.web.leaves.queries import leftovers

    made = office.begin(["1", "2"])
    spool = office.ledger.folder / "spool"
    assert (spool / f"{made}.people").exists() and not leftovers()
    office.finish(made)
    assert not list(spool.glob(f"{made}*")) and not Reserved.objects.exists()


def test_people_when_spooled_then_sealed_under_a_key_of_their_own(office: Office) -> None:
    from azukari.errors import WrongKeyError
    from azukari.web.leaves import files, people

    made = office.begin(["1", "2", "3"])
    held = people.read(files.people(made), KEY, made)
    assert held.known.tolist() == sorted(office.numbers(["1", "2", "3"]).tolist())
    raw = files.people(made).read_bytes()
    assert held.roles["person"].astype("<i8").tobytes() not in raw and held.secret not in raw
    with pytest.raises(WrongKeyError):
        people.read(files.people(made), secrets.token_bytes(32), made)


def test_index_when_a_bulk_is_open_then_it_waits(office: Office) -> None:
    from azukari.web.leaves.actions import ending, epoch

    made = office.begin(["1", "2"])
    with pytest.raises(StateError):
        office.index()
    assert not epoch.make_due(body_id=office.ledger.body_id, by=BY, at=NOW)
    with pytest.raises(StateError):
        ending.rekey(subject_id=office.person("1").id, kek=KEK, by=BY, at=NOW)
    assert office.person("1").generation == 0
    office.finish(made)
    assert epoch.make_due(body_id=office.ledger.body_id, by=BY, at=NOW)
    assert not epoch.make_due(body_id=office.ledger.body_id, by=BY, at=NOW), "one an hour"
    office.ledger.integrate()
    assert len(office.checked("1")[1].lists[0].entries) == 1, "nothing of the refused change of keys is left"


def test_index_when_a_bulk_ends_just_after_the_entries_were_counted_then_it_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first leaves would be in the index and its last ones not: a list with a hole, which convicts the office."""
    from azukari.web.leaves.models import Epoch
    from azukari.web.sequencer import queries

    made, real = office.begin(["1", "2"]), queries.count

    def counting(log_id: Any) -> int:
        size = real(log_id)
        monkeypatch.setattr(queries, "count", real)
        office.finish(made)
        return size

    monkeypatch.setattr(queries, "count", counting)
    with pytest.raises(StateError):
        office.index()
    assert not Epoch.objects.exists()
    office.index()
    assert office.checked("1")[0].shown == 1


def test_index_when_made_three_times_then_two_are_kept_and_each_is_that_of_all_leaves(office: Office) -> None:
    from azukari.completeness.auditing import Audit
    from azukari.web.leaves import files, indexing

    sizes = []
    for round_ in range(3):
        office.hand_over([str(round_), "x"])
        sizes.append(office.index(NOW + timedelta(minutes=round_)))
    kept = {folder.name for folder in files.epochs(office.ledger.log_id).iterdir()}
    assert kept == {str(size) for size in sizes[1:]}
    audit = Audit()
    for one in entries(office):
        audit.take(one)
    assert audit.indexes == 3
    rebuilt = indexing.opened(office.ledger.log_id, sizes[0])
    assert rebuilt.count == 2, "an older one comes back from the leaves"


def test_index_when_its_files_are_gone_then_the_report_rebuilds_them(office: Office) -> None:
    import shutil

    from azukari.web.leaves import files

    office.hand_over(["1"])
    office.index()
    before = office.report("1").encode()
    shutil.rmtree(files.epochs(office.ledger.log_id))
    assert office.report("1").encode() == before


def test_index_when_the_clock_is_behind_then_refused(office: Office) -> None:
    office.hand_over(["1"])
    office.index()
    with pytest.raises(StateError):
        office.index(NOW - timedelta(hours=1))


def test_report_when_there_is_no_index_or_no_such_person_then_refused(office: Office) -> None:
    from uuid import uuid4

    from azukari.web.leaves.queries.reporting import report

    office.hand_over(["1"])
    office.ledger.integrate()
    with pytest.raises(NotFoundError):
        office.report("1")
    office.index()
    with pytest.raises(NotFoundError):
        report(uuid4(), KEK, TODAY)


def test_entry_when_withheld_then_counted_until_its_day_and_opened_on_it(office: Office) -> None:
    until = TODAY + timedelta(days=30)
    office.note("1", until=until)
    office.note("1")
    office.index()
    checked, made = office.checked("1")
    assert checked.withheld == (until,) and made.lists[0].entries[0].event is None
    (hidden,) = [leaf for leaf in leaves(office) if leaf.withheld]
    assert (hidden.kind, hidden.entrustment, hidden.opens) == (0, bytes(16), until)
    later = NOW + timedelta(days=31)
    office.index(later)
    checked, made = office.checked("1", later)
    assert not checked.withheld and made.lists[0].entries[0].event.purpose == "給付の審査"
    assert len(made.lists[0].entries[0].opening) == 32


@pytest.mark.parametrize("until", [TODAY, TODAY - timedelta(days=1)])
def test_note_when_withheld_to_no_later_day_then_refused_and_nothing_is_counted(office: Office, until: date) -> None:
    with pytest.raises(OptionError):
        office.note("1", until=until)
    assert office.note("1").n == 1


def test_note_when_outside_a_transaction_then_refused(office: Office) -> None:
    from azukari.web.leaves.actions import single

    office.numbers(["1"])
    with pytest.raises(StateError):
        single.note(subject_id=office.person("1").id, event=event(), kek=KEK, by=BY, at=NOW)


def test_note_when_what_happened_is_rolled_back_then_its_number_is_given_again(office: Office) -> None:
    from django.db import transaction

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        office.note("1")
        raise ZeroDivisionError
    assert office.note("1").n == 1 and len(leaves(office)) == 1


def test_rekey_when_somebody_saw_the_key_then_the_old_list_names_the_new_one_and_stays_shown(office: Office) -> None:
    from azukari.web.leaves.actions import ending

    office.hand_over(["1", "2"])
    ending.rekey(subject_id=office.person("1").id, reason="鍵を見られた", kek=KEK, by=BY, at=NOW)
    office.hand_over(["1"])
    office.index()
    checked, made = office.checked("1")
    assert [len(one.entries) for one in made.lists] == [2, 1]
    assert made.lists[0].entries[-1].event.basis == "鍵を見られた"
    _, again = office.checked("1", key=made.lists[-1].key)
    assert again.encode() == made.encode() and checked.visit.lists[0].entries == 2


def test_report_when_visited_again_then_it_proves_that_the_ledger_is_the_same(office: Office) -> None:
    office.hand_over(["1", "2"])
    office.index()
    checked, _ = office.checked("1")
    office.hand_over(["1"])
    office.index()
    again, made = office.checked("1", since=checked.visit.seen.size, visit=checked.visit)
    assert made.since.size == checked.visit.seen.size and again.visit.lists[0].entries == 2
    with pytest.raises(IncompleteError):
        office.checked("2", visit=again.visit)


def test_erase_when_announced_then_a_last_report_checks_and_then_nothing_opens(office: Office) -> None:
    from azukari.web.leaves.actions import ending
    from azukari.web.leaves.models import Ending, Single

    office.hand_over(["1", "2"])
    office.note("1", until=TODAY + timedelta(days=9))
    one = office.person("1")
    acting: dict[str, Any] = {"subject_id": one.id, "kek": KEK, "by": BY, "at": NOW}
    with pytest.raises(StateError):
        ending.destroy(**acting)
    for _ in range(2):
        ending.announce(ground="保存期間の満了", **acting)
    office.index()
    _, made = office.checked("1")
    assert [entry.event and entry.event.basis for entry in made.lists[0].entries][-1] == "保存期間の満了"
    assert len(made.lists[0].entries) == 3, "announced once, however often it is asked for"
    ending.destroy(**acting)
    assert office.person("1") is None and not Single.objects.exists() and not Ending.objects.exists()
    _, other = office.checked("2")
    assert len(other.lists[0].entries) == 1
    with pytest.raises(StateError):
        ending.announce(ground="もう一度", **acting)


def test_erase_when_it_has_no_ground_then_refused(office: Office) -> None:
    from azukari.web.leaves.actions import ending

    office.note("1")
    with pytest.raises(OptionError):
        ending.announce(subject_id=office.person("1").id, ground=" ", kek=KEK, by=BY, at=NOW)


@given(st.lists(st.binary(min_size=LEAF_BYTES, max_size=LEAF_BYTES), max_size=30), st.booleans())
def test_plan_when_sorted_then_by_all_of_the_label(rows: list[bytes], alike: bool) -> None:
    from azukari.web.leaves import plan

    if alike:  # eight bytes do not tell them apart
        rows = [row[:26] + bytes(8) + row[34:] for row in rows]
    table = plan.gathered(iter(rows), len(rows))
    found = [table[place].tobytes() for place in plan.by_label(table)]
    assert [row[26:58] for row in found] == sorted(row[26:58] for row in rows) and sorted(found) == sorted(rows)


def test_numbers_when_one_person_stands_in_a_table_twice_then_two_entries_follow_one_another(office: Office) -> None:
    office.hand_over(["1", "2", "1", "1"])
    office.index()
    assert len(office.checked("1")[1].lists[0].entries) == 3
    assert np.all(office.numbers(["1", "1"]) == office.person("1").number)


def test_leaves_when_very_many_then_a_process_beside_makes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from azukari.web.leaves import labelling

    head = bytes.fromhex("01010100") + bytes(16) + bytes.fromhex("000050000000")
    blocks = [
        labelling.Block(head, bytes([n]) * 32, secrets.token_bytes(32 * 9), b"".join(m.to_bytes(8, "little") for m in range(1, 10)))
        for n in range(4)
    ]  # fmt: skip
    here = list(labelling.leaves(blocks, 36))
    monkeypatch.setattr(labelling, "MANY", 10)
    assert list(labelling.leaves(blocks, 36)) == here == [block.leaves() for block in blocks]
    assert list(labelling.leaves([], 36)) == [] and len(set(here)) == 4


def test_leaves_when_the_process_beside_ends_then_an_error_of_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from azukari.errors import StorageError
    from azukari.web.leaves import labelling

    monkeypatch.setattr(labelling, "MANY", 1)
    monkeypatch.setattr(labelling, "_COMMAND", (sys.executable, "-c", "import sys; sys.stdin.buffer.read(70)"))
    block = labelling.Block(bytes(26), bytes(32), bytes(32), (1).to_bytes(8, "little"))
    with pytest.raises(StorageError):
        list(labelling.leaves([block, block], 2))


def test_leaves_when_a_folder_holds_code_then_the_process_beside_runs_none_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever seals does so in a folder of files that came from anywhere; list keys go to that process."""
    from azukari.web.leaves import labelling

    (tmp_path / "azukari").mkdir()
    (tmp_path / "azukari" / "__init__.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(labelling, "MANY", 1)
    block = labelling.Block(bytes(26), bytes(32), bytes(32), (1).to_bytes(8, "little"))
    assert list(labelling.leaves([block], 1)) == [block.leaves()]


def test_plan_when_leaves_are_fewer_or_more_than_counted_then_refused() -> None:
    from azukari.errors import FormatError
    from azukari.web.leaves import plan

    for count in (1, 3):
        with pytest.raises(FormatError):
            plan.gathered([bytes(LEAF_BYTES), bytes(LEAF_BYTES)], count)


def test_index_when_served_and_exported_then_the_two_newest_that_a_checkpoint_covers(office: Office) -> None:
    from django.test import Client
    from tests.web.bodies import screens

    from azukari.completeness.index import Index
    from azukari.web.leaves.export import export_index

    sizes = []
    for minute in range(3):
        office.hand_over([str(minute)])
        sizes.append(office.index(NOW + timedelta(minutes=minute)))
    public, log = office.ledger.folder.parent / "public", office.ledger.log_id

    def served(size: int, name: str) -> bytes | None:
        answer = Client().get(f"/ledger/{log}/index/{size}/{name}")
        data = b"".join(answer.streaming_content) if answer.status_code == 200 else None
        answer.close()
        return data

    with screens("ledger"):
        shown = {size: [served(size, name) for name in ("records", "nodes")] for size in sizes}
        assert shown.pop(sizes[0]) == [None, None] and served(sizes[1], "..") is None
        assert served(sizes[2] + 1, "nodes") is None
    assert export_index(log, public) == 4 and export_index(log, public) == 0
    for size, (records, nodes) in shown.items():
        folder: Path = public / "index" / str(size)
        assert ((folder / "records").read_bytes(), (folder / "nodes").read_bytes()) == (records, nodes)
        assert Index.of(records, nodes).count == sizes.index(size) + 1
    office.hand_over(["9"])
    last = office.index(NOW + timedelta(minutes=9))
    assert export_index(log, public) == 2
    assert {folder.name for folder in (public / "index").iterdir()} == {str(sizes[2]), str(last)}


def test_keep_when_an_index_is_due_then_made_and_signed_once_and_the_report_is_as_of_then(office: Office) -> None:
    from azukari.stores.keys import KeyEncryptionKey
    from azukari.web.leaves.actions import keeping
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.models import Log
    from azukari.web.sequencer.queries.signing import wrap_seed

    def keep(at: Any) -> bool:
        return keeping.keep(body_id=office.ledger.body_id, kek=kek, ask=None, by=BY, at=at)

    kek: KeyEncryptionKey = KEK
    seed = office.ledger.signer.seed
    Log.objects.update(wrapped_key=wrap_seed(kek, office.ledger.log_id, seed))
    assert not keep(NOW), "nobody has a leaf yet"
    office.hand_over(["1"])
    assert keep(NOW) and not keep(NOW + timedelta(minutes=59)) and keep(NOW + timedelta(minutes=60))
    signed = queries.latest(office.ledger.log_id)
    assert signed is not None and signed.size == queries.count(office.ledger.log_id)
    checked, _ = office.checked("1", NOW + timedelta(minutes=61))
    assert checked.as_of == NOW + timedelta(minutes=60)


def test_epoch_when_only_single_events_are_noted_then_one_is_due(office: Office) -> None:
    from azukari.web.leaves.actions import epoch

    assert not epoch.make_due(body_id=office.ledger.body_id, by=BY, at=NOW)
    office.note("1")
    assert epoch.make_due(body_id=office.ledger.body_id, by=BY, at=NOW)
