"""What a witness promises of one log: it goes forward, it keeps forks, and its time never goes back."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.witness.logs import COSIGNER, NOON, Log, again, at, witness_for

from azukari.errors import KeyFileError, LimitError, NotFoundError, OptionError, StateError, StorageError
from azukari.ledger import (
    Answer,
    Cosigner,
    Request,
    Signer,
    cosignature_time,
    open_note,
    parse_note,
    read_answer,
    sign_checkpoint,
)
from azukari.witness import record as record_module
from azukari.witness.limits import LIMITS
from azukari.witness.record import hashed
from azukari.witness.witness import DATABASE, Outcome, Witness, WitnessFolder

LOG = Log()
FORKED = Log(fork_at=3)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    made = witness_for(tmp_path / "w", LOG.key)
    yield made
    made.folder.close()


def time_of(outcome: Outcome, note: bytes) -> int:
    (signature,) = read_answer(Answer(outcome.status, outcome.body), note, [COSIGNER.verifier])
    return cosignature_time(signature)


def test_witness_when_asked_step_by_step_then_each_cosignature_verifies(witness: Witness) -> None:
    old = 0
    for size in (0, 1, 2, 5, 8, 8, 300):
        outcome = witness.add_checkpoint(LOG.request(old, size), NOON)
        assert outcome.status == 200
        assert time_of(outcome, LOG.note(size)) == int(NOON.timestamp())
        old = size


def test_witness_when_it_cosigned_then_monitors_get_the_note_with_both_signatures(witness: Witness) -> None:
    assert witness.latest(hashed(LOG.origin)) is None
    witness.add_checkpoint(LOG.request(0, 5), NOON)
    note = witness.latest(hashed(LOG.origin))
    assert note is not None
    assert len(open_note(note, [LOG.key, COSIGNER.verifier]).verified) == 2
    assert note.startswith(LOG.note(5))


def test_witness_when_strangers_add_signature_lines_then_they_are_not_kept(witness: Witness) -> None:
    stranger = Signer("stranger.example", b"\x09" * 32)
    note = sign_checkpoint(LOG.checkpoint(5), [stranger, *LOG.signers, *LOG.signers])
    assert witness.add_checkpoint(Request(0, (), note).encode(), NOON).status == 200
    kept = witness.latest(hashed(LOG.origin))
    assert kept is not None
    assert [one.name for one in parse_note(kept)[1]] == [LOG.origin, COSIGNER.name]


def test_fork_when_the_same_size_has_another_root_then_it_is_refused_and_both_notes_are_kept(witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 5), NOON)
    outcome = witness.add_checkpoint(FORKED.request(5, 5), at(1))
    assert (outcome.status, outcome.evidence is not None) == (422, True)
    with witness.folder.reading() as record:
        (found,) = record.evidence()
        assert record.seen_of(LOG.origin) == found.seen
    assert (found.kind, found.seen.size, found.offered.size) == ("fork", 5, 5)
    assert found.seen.root == LOG.checkpoint(5).root != found.offered.root == FORKED.checkpoint(5).root
    for note in (found.seen_note, found.offered_note):
        assert open_note(note, [LOG.key]).verified, "a stranger can verify the evidence with the log's key alone"
    for name, content in found.files.items():
        assert (witness.folder.folder / "evidence" / name).read_bytes() == content


def test_fork_when_the_old_size_is_of_long_ago_then_it_is_evidence_all_the_same(witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 5), NOON)
    outcome = witness.add_checkpoint(FORKED.request(0, 5), NOON)
    assert (outcome.status, outcome.body) == (409, b"5\n")
    assert outcome.evidence is not None and outcome.evidence.kind == "fork"


def test_fork_when_repeated_then_it_is_kept_once(witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 5), NOON)
    for _ in range(3):
        assert witness.add_checkpoint(FORKED.request(5, 5), NOON).evidence is not None
    with witness.folder.reading() as record:
        assert len(record.evidence()) == 1


def test_forks_when_more_than_the_limit_then_they_are_refused_and_no_longer_kept(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_module, "LIMITS", replace(LIMITS, forks=2))
    witness.add_checkpoint(LOG.request(0, 5), NOON)
    for fork_at in (0, 1, 2, 3):
        outcome = witness.add_checkpoint(Log(fork_at=fork_at).request(5, 5), NOON)
        assert outcome.status == 422 and outcome.evidence is not None
    with witness.folder.reading() as record:
        assert [one.offered.root for one in record.evidence()] == [Log(fork_at=at).checkpoint(5).root for at in (0, 1)]


def test_unproven_checkpoints_when_many_come_then_the_newest_are_kept(witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 5), NOON)
    for size in range(6, 6 + LIMITS.unproven + 4):
        assert witness.add_checkpoint(FORKED.request(5, size), NOON).status == 422
    with witness.folder.reading() as record:
        kept = record.evidence()
    assert [one.offered.size for one in kept] == list(range(10, 10 + LIMITS.unproven))
    assert {one.kind for one in kept} == {"unproven"}
    assert not (witness.folder.folder / "evidence").exists(), "what proves nothing by itself is no evidence file"


@pytest.mark.parametrize(
    "body", [b"", b"old 5\n\n", b"old x\n\n" + LOG.note(5), b"\xff" * 40, b"old 0\n\n" + LOG.note(5)[:-5]]
)
def test_witness_when_the_request_is_malformed_then_400_and_nothing_is_kept(witness: Witness, body: bytes) -> None:
    assert witness.add_checkpoint(body, NOON).status == 400
    with witness.folder.reading() as record:
        assert record.seen_of(LOG.origin) is None and not record.evidence()


def test_clock_when_set_back_then_the_time_of_the_log_stands_still(witness: Witness) -> None:
    times = []
    for size, seconds in ((1, 0), (2, 50), (3, -4000), (4, 40), (5, 51)):
        outcome = witness.add_checkpoint(LOG.request(size - 1, size), at(seconds))
        times.append(time_of(outcome, LOG.note(size)) - int(NOON.timestamp()))
    assert times == [0, 50, 50, 50, 51]


def test_keys_when_two_are_trusted_then_either_signs_and_a_dropped_one_no_longer(witness: Witness) -> None:
    new = Log(seed=b"\x08" * 32)
    assert witness.add_checkpoint(new.request(0, 1), NOON).status == 403
    with witness.folder.changing() as record:
        assert record.trust(new.key) and not record.trust(new.key)
    assert witness.add_checkpoint(new.request(0, 1), NOON).status == 200
    assert witness.add_checkpoint(LOG.request(1, 2), NOON).status == 200
    with witness.folder.changing() as record:
        assert record.distrust(LOG.key) and not record.distrust(LOG.key)
    assert witness.add_checkpoint(LOG.request(2, 3), NOON).status == 403
    assert witness.add_checkpoint(new.request(2, 3), NOON).status == 200


def test_log_when_dropped_and_trusted_again_then_what_was_seen_stayed(witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 5), NOON)
    with witness.folder.changing() as record:
        record.distrust(LOG.key)
    assert witness.add_checkpoint(LOG.request(5, 6), NOON).status == 404
    with witness.folder.changing() as record:
        record.trust(LOG.key)
    assert witness.add_checkpoint(FORKED.request(0, 6), NOON).status == 409
    assert witness.add_checkpoint(LOG.request(5, 6), NOON).status == 200


def test_keys_when_too_many_for_one_log_then_limit_error(witness: Witness) -> None:
    with pytest.raises(LimitError), witness.folder.changing() as record:
        for number in range(LIMITS.keys_per_log + 1):
            record.trust(Signer(LOG.origin, bytes([number]) * 32).verifier)
    with witness.folder.reading() as record:
        assert list(record.keys_of(LOG.origin)) == [LOG.key], "the whole change was taken back"


def test_keys_when_they_are_a_witness_s_then_they_are_trusted_for_no_log(witness: Witness) -> None:
    own = Signer(LOG.origin, COSIGNER.seed).verifier
    for key in (COSIGNER.verifier, Cosigner(LOG.origin, b"\x01" * 32).verifier, own):
        with pytest.raises(OptionError), witness.folder.changing() as record:
            record.trust(key)


def test_logs_when_there_are_two_then_each_has_its_own_state(witness: Witness) -> None:
    other = Log("ledger.wakaba.example/log1", b"\x05" * 32)
    with witness.folder.changing() as record:
        record.trust(other.key)
    assert witness.add_checkpoint(LOG.request(0, 5), NOON).status == 200
    assert witness.add_checkpoint(other.request(0, 3), NOON).status == 200
    with witness.folder.reading() as record:
        assert [record.seen_of(log.origin) is not None for log in (LOG, other)] == [True, True]
        assert record.origins() == [LOG.origin, other.origin]


@pytest.mark.parametrize(
    "change",
    ["size = 4", "root = zeroblob(32)", "time = 0", "origin = 'x'", "size = 4, root = zeroblob(32), time = time + 1"],
)
def test_record_when_written_backwards_by_any_hand_then_the_database_refuses(witness: Witness, change: str) -> None:
    witness.add_checkpoint(LOG.request(0, 5), NOON)
    with sqlite3.connect(witness.folder.folder / DATABASE) as rows, pytest.raises(sqlite3.IntegrityError):
        rows.execute(f"UPDATE seen SET {change}")
    with sqlite3.connect(witness.folder.folder / DATABASE) as rows, pytest.raises(sqlite3.IntegrityError):
        rows.execute("DELETE FROM seen")
    rows.close()


def test_database_when_opened_then_commits_are_durable_and_the_journal_is_no_wal(witness: Witness) -> None:
    with witness.folder._database.reading() as rows:
        read = {name: rows.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert read == {"journal_mode": "delete", "synchronous": 3}


def test_folder_when_it_is_something_else_then_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        WitnessFolder(tmp_path)
    (tmp_path / DATABASE).write_bytes(b"no database, but long enough to be read as one" * 100)
    with pytest.raises(StorageError, match="damaged"):
        WitnessFolder(tmp_path)
    (tmp_path / DATABASE).unlink()
    sqlite3.connect(tmp_path / DATABASE).close()
    (tmp_path / DATABASE).touch()
    with pytest.raises(StateError):
        WitnessFolder(tmp_path)


def test_folder_when_made_twice_then_the_first_stays(witness: Witness) -> None:
    with pytest.raises(StateError):
        WitnessFolder.create(witness.folder.folder, COSIGNER)
    assert witness.add_checkpoint(LOG.request(0, 5), NOON).status == 200


def test_witness_when_the_key_is_another_then_key_file_error(witness: Witness) -> None:
    for other in (Cosigner(COSIGNER.name, b"\x01" * 32), Cosigner("other.example", COSIGNER.seed)):
        with pytest.raises(KeyFileError):
            Witness(witness.folder, other)


def test_threads_when_all_ask_for_different_successors_then_one_history_is_cosigned(witness: Witness) -> None:
    witness.add_checkpoint(LOG.request(0, 3), NOON)
    bodies = [log.request(3, size) for size in (4, 5, 6) for log in (LOG, FORKED)]
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda body=body: outcomes.append(witness.add_checkpoint(body, NOON)))  # type: ignore[misc]
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcome.status for outcome in outcomes) == [200] + 5 * [409]


def test_two_witnesses_of_one_folder_when_both_are_open_then_they_share_one_state(witness: Witness) -> None:
    beside = again(witness.folder.folder)
    assert witness.add_checkpoint(LOG.request(0, 5), NOON).status == 200
    assert beside.add_checkpoint(LOG.request(0, 5), NOON).status == 409
    assert beside.add_checkpoint(LOG.request(5, 9), NOON).status == 200
    assert witness.add_checkpoint(FORKED.request(5, 9), NOON).status == 409
    beside.folder.close()


def test_folder_when_another_process_writes_for_too_long_then_storage_error_and_later_it_works(
    witness: Witness,
) -> None:
    other = sqlite3.connect(witness.folder.folder / DATABASE, isolation_level=None)
    with witness.folder._database.reading() as rows:
        rows.execute("PRAGMA busy_timeout = 10")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match="too long"):
        witness.add_checkpoint(LOG.request(0, 5), NOON)
    other.execute("ROLLBACK")
    other.close()
    assert witness.add_checkpoint(LOG.request(0, 5), NOON).status == 200


def test_database_when_a_sync_failed_then_it_refuses_until_it_is_opened_anew(witness: Witness) -> None:
    class SyncFailed(sqlite3.OperationalError):
        sqlite_errorname = "SQLITE_IOERR_FSYNC"

    with pytest.raises(StorageError), witness.folder._database.transaction():
        raise SyncFailed
    with pytest.raises(StorageError, match="earlier sync failed"):
        witness.add_checkpoint(LOG.request(0, 5), NOON)
    anew = again(witness.folder.folder)
    assert anew.add_checkpoint(LOG.request(0, 5), NOON).status == 200
    anew.folder.close()


def test_spec_when_its_example_is_asked_then_it_is_answered_as_printed(witness: Witness) -> None:
    text = (Path(__file__).parents[3] / "docs" / "spec" / "witness.md").read_text(encoding="utf-8")
    request, answer = (block.partition("\n")[2] for block in text.split("```")[1:4:2])
    witness.add_checkpoint(LOG.request(0, 1), NOON)
    outcome = witness.add_checkpoint(request.removeprefix("POST /add-checkpoint\n\n").encode(), NOON)
    assert (outcome.status, outcome.body.decode()) == (200, answer)
