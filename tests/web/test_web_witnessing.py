"""Witnesses of the office's log: asked, lying, down, ahead; and nothing leaves before enough of them have cosigned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.web.conftest import AT, BY, ORIGIN, Ledger

from azukari.errors import ForkError, FormatError, NotFoundError, NotWitnessedError, OptionError, StorageError
from azukari.ledger import (
    Accepted,
    Answer,
    Ask,
    Cosigner,
    Policy,
    Refused,
    Seen,
    Signer,
    cosign_response,
    judge,
    verify_cosigned,
    verify_proof,
)

NAMES = ("mizusoko", "tsukikage", "hoshimi")
COSIGNERS = {name: Cosigner(f"witness.example/{name}", bytes([n]) * 32) for n, name in enumerate(NAMES, start=20)}
POLICY = (
    "".join(f"witness {name} {key.vkey} https://{name}.example/\n" for name, key in COSIGNERS.items())
    + "group two 2 mizusoko tsukikage hoshimi\nquorum two\n"
).encode()


class Witnesses:
    """Three honest witnesses in memory, by the judgement of the ledger room; each can be made to misbehave."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.seen: dict[str, Seen] = {}
        self.asked: list[str] = []
        self.bad: dict[str, Any] = {}

    def ask(self, url: str, body: bytes) -> Answer:
        name = url.removeprefix("https://").partition(".")[0]
        self.asked.append(name)
        if name in self.bad:
            found = self.bad[name]
            if isinstance(found, Exception):
                raise found
            return found
        judged = judge(body, lambda origin: [self.ledger.verifier], lambda origin: self.seen.get(name))
        if isinstance(judged, Refused):
            return Answer(judged.status, judged.body)
        assert isinstance(judged, Accepted)
        self.seen[name] = Seen(judged.checkpoint.size, judged.checkpoint.root)
        return Answer(200, cosign_response(judged, [COSIGNERS[name]], 1_775_000_000))


@pytest.fixture
def witnesses(ledger: Ledger) -> Witnesses:
    return Witnesses(ledger)


def adopt(ledger: Ledger, text: bytes = POLICY) -> int:
    from azukari.web.sequencer.actions import policy

    return policy.adopt(log_id=ledger.log_id, text=text, by=BY, at=AT)


def gather(ledger: Ledger, ask: Ask, at: Any = AT) -> Any:
    from azukari.web.sequencer.actions import witnessing

    return witnessing.gather(log_id=ledger.log_id, ask=ask, by=BY, at=at)


def test_policy_when_adopted_then_it_stands_in_the_ledger(ledger: Ledger) -> None:
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.queries import witnessing

    assert witnessing.policy(ledger.log_id) is None
    index = adopt(ledger)
    assert b"azukari/witness-policy/v1" in queries.entry(ledger.log_id, index)
    assert set(witnessing.policy(ledger.log_id).witnesses) == set(NAMES)  # type: ignore[union-attr]
    with pytest.raises(FormatError):
        adopt(ledger, b"quorum two\n")
    with pytest.raises(OptionError):
        adopt(ledger, f"log {Signer(ORIGIN, bytes(32)).vkey}\nquorum none\n".encode())
    assert queries.count(ledger.log_id) == 1, "what was refused left no entry"


def test_gather_when_all_answer_then_the_checkpoint_meets_the_policy(ledger: Ledger, witnesses: Witnesses) -> None:
    from azukari.web.sequencer.queries import proving, witnessing

    adopt(ledger)
    ledger.append(b"a", b"b")
    signed = ledger.integrate()
    with pytest.raises(NotWitnessedError):
        proving.proof(ledger.log_id, 1)
    gathered = gather(ledger, witnesses.ask)
    assert (gathered.size, gathered.enough, dict(gathered.failed)) == (signed.size, True, {})
    shown = witnessing.published(ledger.log_id)
    found = verify_cosigned(shown.note, Policy.parse(POLICY), origin=ORIGIN, log_keys=[ledger.verifier])
    assert found.checkpoint.size == signed.size and set(found.times) == set(NAMES)
    verify_proof(proving.proof(ledger.log_id, 1), b"a", ORIGIN, [ledger.verifier])


def test_gather_when_the_log_grows_then_each_is_asked_from_what_it_saw(ledger: Ledger, witnesses: Witnesses) -> None:
    adopt(ledger)
    for number in range(4):
        ledger.append(b"%d" % number)
        ledger.integrate()
        assert gather(ledger, witnesses.ask).enough
    assert len(witnesses.asked) == 4 * len(NAMES), "nobody had to be asked twice"


def test_gather_when_one_is_down_or_lies_then_two_suffice_and_it_is_named(ledger: Ledger, witnesses: Witnesses) -> None:
    adopt(ledger)
    ledger.integrate()
    bad: list[tuple[Any, str]] = [
        (StorageError("unreachable"), "storage"),
        (Answer(500, b"oops"), "state"),
        (Answer(200, b"nonsense"), "format"),
        (Answer(200, Answer(200, b"").body), "format"),
        (Answer(409, b"many\n"), "format"),
        (Answer(422, b""), "fork"),
    ]
    for number, (behaviour, word) in enumerate(bad):
        ledger.append(b"%d" % number)
        ledger.integrate()
        witnesses.bad = {"hoshimi": behaviour}
        gathered = gather(ledger, witnesses.ask)
        assert gathered.enough and {n: e.word for n, e in gathered.failed.items()} == {"hoshimi": word}, behaviour
    witnesses.bad["tsukikage"] = StorageError("unreachable")
    ledger.append(b"last")
    ledger.integrate()
    assert not gather(ledger, witnesses.ask).enough


def test_gather_when_a_witness_signs_another_checkpoint_then_it_does_not_count(
    ledger: Ledger, witnesses: Witnesses
) -> None:
    from azukari.web.sequencer.queries import witnessing

    adopt(ledger)
    ledger.integrate()
    stale: list[Answer] = []
    honest = witnesses.ask

    def replaying(url: str, body: bytes) -> Answer:
        answer = honest(url, body)
        stale.append(answer)
        return stale[0] if "hoshimi" in url else answer

    gather(ledger, replaying)
    ledger.append(b"x")
    signed = ledger.integrate()
    gathered = gather(ledger, replaying)
    assert "hoshimi" in gathered.failed and gathered.failed["hoshimi"].word == "signature"
    assert set(witnessing.cosignatures(ledger.log_id, signed.size)) == {"mizusoko", "tsukikage"}


def test_gather_when_a_witness_remembers_another_size_then_it_is_asked_again_from_there(
    ledger: Ledger, witnesses: Witnesses
) -> None:
    from azukari.web.sequencer.models import Cosignature

    adopt(ledger)
    ledger.append(b"a")
    ledger.integrate()
    gather(ledger, witnesses.ask)
    Cosignature.objects.all().delete()  # as after a restored backup of the office
    ledger.append(b"b")
    ledger.integrate()
    witnesses.asked.clear()
    assert gather(ledger, witnesses.ask).enough
    assert len(witnesses.asked) == 2 * len(NAMES)


def test_gather_when_a_witness_saw_more_than_the_database_holds_then_the_rollback_is_named(
    ledger: Ledger, witnesses: Witnesses
) -> None:
    adopt(ledger)
    ledger.integrate()
    witnesses.seen["hoshimi"] = Seen(900, b"\x01" * 32)
    gathered = gather(ledger, witnesses.ask)
    assert isinstance(gathered.failed["hoshimi"], ForkError)
    assert gathered.failed["hoshimi"].facts["kind"] == "rollback" and gathered.enough


def test_gather_when_cosignatures_are_fresh_then_nobody_is_asked_and_later_all_are(
    ledger: Ledger, witnesses: Witnesses
) -> None:
    from azukari.web.sequencer.actions.witnessing import REFRESH_SECONDS

    adopt(ledger)
    ledger.integrate()
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(1_775_000_000, UTC)
    gather(ledger, witnesses.ask, at)
    witnesses.asked.clear()
    gather(ledger, witnesses.ask, at + timedelta(seconds=REFRESH_SECONDS - 1))
    assert witnesses.asked == []
    gather(ledger, witnesses.ask, at + timedelta(seconds=REFRESH_SECONDS))
    assert sorted(witnesses.asked) == sorted(NAMES)
    gather(ledger, witnesses.ask, at - timedelta(days=400))
    assert len(witnesses.asked) == 2 * len(NAMES), "a clock that was set back does not silence it"


def test_carried_request_when_answered_then_the_cosignature_counts(ledger: Ledger, witnesses: Witnesses) -> None:
    from azukari.web.sequencer.actions import witnessing

    adopt(ledger)
    ledger.integrate()
    for name in NAMES[:2]:
        body = witnessing.request(log_id=ledger.log_id, witness=name, by=BY, at=AT)
        answer = witnesses.ask(f"https://{name}.example/", body)
        witnessing.take_answer(log_id=ledger.log_id, witness=name, body=answer.body, by=BY, at=AT)
    from azukari.web.sequencer.queries import witnessing as reading

    assert reading.is_witnessed(ledger.log_id, 1)
    with pytest.raises(NotFoundError):
        witnessing.request(log_id=ledger.log_id, witness="nobody", by=BY, at=AT)


def test_published_when_newer_ones_lack_witnesses_then_the_last_that_had_them(
    ledger: Ledger, witnesses: Witnesses
) -> None:
    from azukari.web.sequencer.queries import witnessing

    adopt(ledger)
    first = ledger.integrate()
    gather(ledger, witnesses.ask)
    ledger.append(b"x")
    ledger.integrate()
    assert witnessing.published(ledger.log_id).size == first.size
    with pytest.raises(NotWitnessedError):
        witnessing.published(ledger.log_id, covering=first.size + 1)
    adopt(ledger, b"quorum none\n")
    newest = ledger.integrate()
    assert witnessing.published(ledger.log_id).size == newest.size


def test_rotation_when_the_overlap_lasts_then_both_keys_sign_and_afterwards_the_new_one(ledger: Ledger) -> None:
    from azukari.errors import SignatureError, StateError
    from azukari.ledger import open_checkpoint
    from azukari.web.sequencer import check, queries
    from azukari.web.sequencer.actions import checkpoint, key
    from azukari.web.sequencer.queries.signing import verifiers

    ledger.append(b"a")
    ledger.integrate()
    new = Signer(ORIGIN, b"\x31" * 32)
    until = (AT + timedelta(days=30)).date()
    index = key.rotate(log_id=ledger.log_id, vkey=new.vkey, wrapped_key=b"w", until=until, by=BY, at=AT)
    assert b"azukari/log-key/v1" in queries.entry(ledger.log_id, index)
    for signers in ([ledger.signer], [new], [ledger.signer, new]):
        with pytest.raises(SignatureError):
            checkpoint.integrate(log_id=ledger.log_id, signers=signers, by=BY, at=AT)
    both = checkpoint.integrate(log_id=ledger.log_id, signers=[new, ledger.signer], by=BY, at=AT)
    for known in (ledger.verifier, new.verifier):
        assert open_checkpoint(both.note, ORIGIN, [known]).size == both.size
    later = AT + timedelta(days=31)
    ledger.append(b"b")
    alone = checkpoint.integrate(log_id=ledger.log_id, signers=[new], by=BY, at=later)
    with pytest.raises(SignatureError):
        open_checkpoint(alone.note, ORIGIN, [ledger.verifier])
    assert check.check_log(ledger.log_id, [v.vkey for v in verifiers(ledger.log_id)]) == alone.size
    with pytest.raises(StateError):
        key.rotate(log_id=ledger.log_id, vkey=ledger.vkey, wrapped_key=b"w", until=until, by=BY, at=AT)
    with pytest.raises(SignatureError):
        other = Signer("ledger.example/other", b"\x31" * 32)
        key.rotate(log_id=ledger.log_id, vkey=other.vkey, wrapped_key=b"w", until=until, by=BY, at=AT)


def test_check_when_somebody_kept_another_checkpoint_then_fork_or_rollback(ledger: Ledger) -> None:
    from azukari.ledger import Checkpoint, sign_checkpoint
    from azukari.web.sequencer import check

    ledger.append(b"a", b"b", b"c")
    signed = ledger.integrate()
    ledger.append(b"d")
    ledger.integrate()
    assert check.check_log(ledger.log_id, [ledger.vkey], signed.note) == 4
    for size, kind in [(3, "fork"), (9, "rollback")]:
        kept = sign_checkpoint(Checkpoint(ORIGIN, size, b"\x05" * 32), [ledger.signer])
        with pytest.raises(ForkError) as caught:
            check.check_log(ledger.log_id, [ledger.vkey], kept)
        assert caught.value.facts["kind"] == kind


def test_integrate_when_the_key_changes_after_the_signers_were_chosen_then_nothing_is_signed(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry that changes the key must lie under a checkpoint that both keys signed."""
    from azukari.errors import SignatureError
    from azukari.web.sequencer import queries, rows
    from azukari.web.sequencer.actions import key

    ledger.append(b"a")
    real = rows.read_entries

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.undo()
        new = Signer(ORIGIN, b"\x31" * 32)
        key.rotate(log_id=ledger.log_id, vkey=new.vkey, wrapped_key=b"w", until=AT.date(), by=BY, at=AT)
        return real(*arguments)

    monkeypatch.setattr(rows, "read_entries", overtaken)
    with pytest.raises(SignatureError):
        ledger.integrate()
    assert queries.latest(ledger.log_id) is None
