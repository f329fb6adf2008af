"""Append, integrate, prove: entries without gaps, checkpoints that never fork."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from tests.web.conftest import AT, BY, ORIGIN, SEED, Ledger

from azukari.errors import (
    LimitError,
    NotFoundError,
    ProofError,
    SignatureError,
    StateError,
    TileError,
)
from azukari.ledger import EMPTY_ROOT, Signer, open_checkpoint, verify_consistency, verify_proof


def test_append_when_outside_a_transaction_then_state_error(ledger: Ledger) -> None:
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import entry

    with pytest.raises(StateError):
        entry.append(log_id=ledger.log_id, data=b"x", by=BY, at=AT)
    assert queries.count(ledger.log_id) == 0


def test_append_when_too_large_or_unknown_log_then_refused(ledger: Ledger) -> None:
    from django.db import transaction

    from azukari.web.sequencer.actions import entry

    assert ledger.append(b"", b"x" * 65_535) == [0, 1]
    with pytest.raises(LimitError):
        ledger.append(b"x" * 65_536)
    with transaction.atomic(), pytest.raises(NotFoundError):
        entry.append(log_id=uuid4(), data=b"x", by=BY, at=AT)


def test_append_when_the_transaction_fails_then_nothing_is_left_and_the_index_is_used_again(
    ledger: Ledger,
) -> None:
    from django.db import transaction

    from azukari.web.sequencer import queries

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ledger.append(b"lost")
        raise ZeroDivisionError
    assert queries.count(ledger.log_id) == 0
    assert ledger.append(b"kept") == [0]
    assert queries.entry(ledger.log_id, 0) == b"kept"


def test_integrate_when_there_are_no_entries_then_the_empty_tree_is_signed_once(ledger: Ledger) -> None:
    one, two = ledger.integrate(), ledger.integrate()
    assert one == two
    assert (one.size, one.root) == (0, EMPTY_ROOT)


def test_integrate_when_nothing_is_new_then_the_last_checkpoint(ledger: Ledger) -> None:
    ledger.append(b"a")
    assert ledger.integrate() == ledger.integrate()


@pytest.mark.parametrize("steps", [(1, 1, 1), (255, 1, 1), (256, 256), (300, 511, 1), (70_000 // 64, 3)])
def test_proofs_when_the_log_grows_then_all_verify(ledger: Ledger, steps: tuple[int, ...]) -> None:
    from azukari.web.sequencer import check, queries
    from azukari.web.sequencer.queries import proving

    past = [ledger.integrate()]
    for step in steps:
        start = past[-1].size
        ledger.append(*(b"entry %d" % number for number in range(start, start + step)))
        past.append(ledger.integrate())
    newest = past[-1]
    assert newest.size == sum(steps)
    for index in {0, 1, 254, 255, 256, newest.size - 1}:
        if index < newest.size:
            proof = proving.proof(ledger.log_id, index)
            assert verify_proof(proof, b"entry %d" % index, ORIGIN, [ledger.verifier]).size == newest.size
    for old in past:
        path = queries.consistency(ledger.log_id, old.size, newest.size)
        verify_consistency(old.size, old.root, newest.size, newest.root, path)
        assert open_checkpoint(old.note, ORIGIN, [ledger.verifier]).size == old.size
    assert check.check_log(ledger.log_id, [ledger.vkey]) == newest.size
    assert list(queries.checkpoints(ledger.log_id)) == past
    assert list(queries.entries(ledger.log_id, 1, 3)) == [b"entry 1", b"entry 2"][: newest.size - 1]


def test_proof_when_against_an_older_checkpoint_then_only_what_it_covers(ledger: Ledger) -> None:
    from azukari.web.sequencer.queries import proving

    ledger.append(b"a", b"b", b"c")
    ledger.integrate()
    ledger.append(b"d")
    ledger.integrate()
    proof = proving.proof(ledger.log_id, 1, size=3, extra=b"note")
    assert verify_proof(proof, b"b", ORIGIN, [ledger.verifier]).size == 3
    with pytest.raises(ProofError):
        verify_proof(proof, b"a", ORIGIN, [ledger.verifier])
    with pytest.raises(ProofError):
        proving.proof(ledger.log_id, 3, size=3)
    with pytest.raises(NotFoundError):
        proving.proof(ledger.log_id, 0, size=2)


def test_integrate_when_the_signer_is_another_then_signature_error(ledger: Ledger) -> None:
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import checkpoint

    ledger.append(b"a")
    with pytest.raises(SignatureError):
        checkpoint.integrate(log_id=ledger.log_id, signers=[Signer(ORIGIN, b"\x08" * 32)], by=BY, at=AT)
    assert queries.latest(ledger.log_id) is None


def test_log_when_made_twice_or_with_another_name_then_refused(ledger: Ledger) -> None:
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import log

    vkey = Signer(ORIGIN, SEED).vkey
    for body_id, origin, error in [
        (ledger.body_id, ORIGIN, StateError),
        (uuid4(), ORIGIN, StateError),
        (uuid4(), "ledger.example/other", SignatureError),
    ]:
        with pytest.raises(error):
            log.create(body_id=body_id, origin=origin, vkey=vkey, wrapped_key=b"w", by=BY, at=AT)
    assert queries.log_of(ledger.body_id).id == ledger.log_id
    assert "wrapped" not in repr(queries.log(ledger.log_id))


def test_checkpoints_when_two_follow_the_same_one_then_the_database_refuses(ledger: Ledger) -> None:
    """The fork that no code path writes: two signed states after the same state."""
    from django.db import IntegrityError, transaction

    from azukari.web.sequencer.models import SignedCheckpoint

    ledger.append(b"a")
    ledger.integrate()
    ledger.append(b"b")
    ledger.integrate()
    row = SignedCheckpoint.objects.get(log_id=ledger.log_id, size=2)
    for size, previous in [(3, 1), (2, 2), (2, 0), (1, 2)]:
        row.pk, row.size, row.previous_size = None, size, previous
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)


def test_integrate_when_another_writer_signed_first_then_state_error_and_nothing_written(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.sequencer import check, queries
    from azukari.web.sequencer.actions import checkpoint
    from azukari.web.sequencer.models import SignedCheckpoint

    ledger.append(b"a")
    ledger.integrate()
    ledger.append(b"b")
    real = checkpoint.sign_checkpoint

    def overtaken(*arguments: object) -> bytes:
        """Just before this one is stored another writer's checkpoint is there."""
        signed = queries.checkpoint(ledger.log_id)
        SignedCheckpoint.objects.create(
            log_id=ledger.log_id, body=ledger.body_id, size=2, previous_size=1, root=signed.root, edge=b"",
            note=b"", signed_at=AT, signed_by=BY,
        )  # fmt: skip
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoint, "sign_checkpoint", overtaken)
    with pytest.raises(StateError):
        ledger.integrate()
    monkeypatch.undo()
    assert [signed.size for signed in queries.checkpoints(ledger.log_id)] == [1]
    assert ledger.integrate().size == 2
    check.check_log(ledger.log_id, [ledger.vkey])


DAMAGES = {
    "entry": "UPDATE sequencer_entry SET data = x'00' WHERE \"index\" = 300",
    "leaf": 'UPDATE sequencer_entry SET leaf_hash = zeroblob(32) WHERE "index" = 300',
    "gap": 'UPDATE sequencer_entry SET "index" = 999 WHERE "index" = 300',
    "tile": 'UPDATE sequencer_tile SET data = zeroblob(length(data)) WHERE level = 0 AND "index" = 1',
    "parent": "UPDATE sequencer_tile SET data = zeroblob(32) WHERE level = 1",
    "gone": 'DELETE FROM sequencer_tile WHERE level = 0 AND "index" = 1',
    "edge": "UPDATE sequencer_signedcheckpoint SET edge = zeroblob(length(edge)) WHERE size = 290",
    "root": "UPDATE sequencer_signedcheckpoint SET root = zeroblob(32) WHERE size = 290",
}


def on_postgresql(statement: str) -> str:
    """The same statement with bytes as PostgreSQL writes them."""
    lengths = re.sub(r"zeroblob\((\d+|length\(\w+\))\)", r"decode(repeat('00', \1), 'hex')", statement)
    return re.sub(r"x'([0-9a-f]*)'", r"decode('\1', 'hex')", lengths)


def run(damage: str) -> None:
    """A statement of SQL; or EDIT (the last byte but one) or LENGTHEN (by one hash) column|table|condition."""
    from django.db import connection

    verb, rest = damage.split(" ", 1)
    with connection.cursor() as cursor:
        if verb in ("EDIT", "LENGTHEN"):
            column, table, condition = rest.split("|")
            (old,) = cursor.execute(f"SELECT {column} FROM {table} WHERE {condition}").fetchone()
            new = old + bytes(32) if verb == "LENGTHEN" else old[:-2] + bytes([old[-2] ^ 1]) + old[-1:]
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {condition}", [new])
        else:
            cursor.execute(damage if connection.vendor == "sqlite" else on_postgresql(damage))
        assert cursor.rowcount >= 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_integrate_when_a_stored_row_was_damaged_then_it_refuses_to_sign(ledger: Ledger, damage: str) -> None:
    from azukari.web.sequencer import queries

    ledger.append(*(b"%d" % number for number in range(290)))
    ledger.integrate()
    ledger.append(*(b"%d" % number for number in range(290, 310)))
    run(DAMAGES[damage])
    with pytest.raises((TileError, ProofError)):
        ledger.integrate()
    assert [signed.size for signed in queries.checkpoints(ledger.log_id)] == [290]


MORE_DAMAGES = DAMAGES | {
    "old entry": "UPDATE sequencer_entry SET data = x'00' WHERE \"index\" = 5",
    "old leaf": 'UPDATE sequencer_entry SET leaf_hash = zeroblob(32) WHERE "index" = 5',
    "old tile": 'UPDATE sequencer_tile SET data = zeroblob(8192) WHERE level = 0 AND "index" = 0',
    "tail": "LENGTHEN data|sequencer_tile|level = 1",
    "extra": "UPDATE sequencer_tile SET level = 5 WHERE level = 1",
    "note": "EDIT note|sequencer_signedcheckpoint|size = 310",
    "previous": "UPDATE sequencer_signedcheckpoint SET previous_size = 3 WHERE size = 310",
    "dropped": "DELETE FROM sequencer_signedcheckpoint WHERE size = 290",
    "rewritten": "UPDATE sequencer_entry SET data = x'00', leaf_hash = "
    "x'96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7' WHERE \"index\" = 5",
}


@pytest.mark.parametrize("damage", MORE_DAMAGES)
def test_check_when_a_row_was_changed_then_it_is_found(ledger: Ledger, damage: str) -> None:
    from azukari.errors import VerificationError
    from azukari.web.sequencer import check

    ledger.append(*(b"%d" % number for number in range(290)))
    ledger.integrate()
    ledger.append(*(b"%d" % number for number in range(290, 310)))
    ledger.integrate()
    assert check.check_log(ledger.log_id, [ledger.vkey]) == 310
    run(MORE_DAMAGES[damage])
    with pytest.raises(VerificationError) as caught:
        check.check_log(ledger.log_id, [ledger.vkey])
    if damage in ("old entry", "rewritten"):
        assert caught.value.facts["index"] == 5


def test_check_when_the_key_is_another_then_signature_error(ledger: Ledger) -> None:
    from azukari.web.sequencer import check

    ledger.integrate()
    with pytest.raises(SignatureError):
        check.check_log(ledger.log_id, [Signer(ORIGIN, b"\x08" * 32).vkey])
    with pytest.raises(NotFoundError):
        check.check_log(uuid4(), [ledger.vkey])
