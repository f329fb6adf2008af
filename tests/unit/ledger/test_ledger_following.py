"""Two signed states either lie on one history, or convict their log; a stranger can see which."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import ForkError, FormatError, ProofError, SignatureError
from azukari.ledger import Checkpoint, Signer, Tree, leaf_hash, new_tiles, sign_checkpoint
from azukari.ledger.monitor import Change, follow, verify_fork

ORIGIN = "ledger.example/town"
SIGNER = Signer(ORIGIN, b"\x11" * 32)
KEYS = [SIGNER.verifier]
HONEST = [leaf_hash(b"entry %d" % n) for n in range(600)]
OTHER = [*HONEST[:5], leaf_hash(b"rewritten"), *HONEST[6:]]


def note(leaves: list[bytes]) -> bytes:
    return sign_checkpoint(Checkpoint(ORIGIN, len(leaves), Tree(leaves).root), [SIGNER])


def rows(leaves: list[bytes]) -> dict[tuple[int, int], bytes]:
    return {(row.level, row.index): row.data for row in new_tiles(0, lambda level, index: b"", leaves)}


def forked(old: list[bytes], new: list[bytes]) -> tuple[bytes, bytes, bytes]:
    stored = rows(new)
    with pytest.raises(ForkError) as caught:
        follow(note(old), note(new), ORIGIN, KEYS, lambda level, index: stored[level, index])
    proof = caught.value.facts["proof"]
    assert isinstance(proof, bytes) and caught.value.facts["kind"] == "fork"
    return note(old), note(new), proof


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 600), st.integers(0, 600))
def test_follow_when_honest_then_it_has_grown_and_no_proof_convicts(first: int, second: int) -> None:
    small, large = sorted((first, second))
    old, new, stored = note(HONEST[:small]), note(HONEST[:large]), rows(HONEST[:large])
    found = follow(old, new, ORIGIN, KEYS, lambda level, index: stored[level, index])
    assert found.change is (Change.UNCHANGED if small == large else Change.GROWN)
    path = Tree(HONEST[:large]).consistency_path(small)
    proof = "".join(f"{line}\n" for line in map(base64, [Tree(HONEST[:small]).root, *path])).encode()
    with pytest.raises(ProofError):
        verify_fork(old, new, proof, ORIGIN, KEYS)


def base64(data: bytes) -> str:
    from base64 import b64encode

    return b64encode(data).decode("ascii")


@settings(max_examples=40, deadline=None)
@given(st.integers(6, 600), st.integers(6, 600))
def test_follow_when_rewritten_then_what_is_kept_convicts_the_log(first: int, second: int) -> None:
    small, large = sorted((first, second))
    one, two, proof = forked(HONEST[:small], OTHER[:large])
    verify_fork(one, two, proof, ORIGIN, KEYS)
    verify_fork(two, one, proof, ORIGIN, KEYS)


@pytest.mark.parametrize("old", [6, 256, 300])
def test_verify_fork_when_the_proof_is_changed_then_nobody_is_convicted(old: int) -> None:
    one, two, proof = forked(HONEST[:old], OTHER)
    lines = proof.splitlines(keepends=True)
    for at in range(len(lines)):
        for changed in [
            lines[:at] + lines[at + 1 :],
            [*lines[:at], base64(bytes(32)).encode() + b"\n", *lines[at + 1 :]],
        ]:
            with pytest.raises((ProofError, FormatError)):
                verify_fork(one, two, b"".join(changed), ORIGIN, KEYS)
    for malformed in (b"", proof[:-1], proof + b"x\n", b"\n" + proof, b"\xff" + proof):
        with pytest.raises(FormatError):
            verify_fork(one, two, malformed, ORIGIN, KEYS)


def test_verify_fork_when_a_note_is_of_another_key_or_the_same_then_nobody_is_convicted() -> None:
    one, two, proof = forked(HONEST[:300], OTHER)
    with pytest.raises(SignatureError):
        verify_fork(one, two, proof, ORIGIN, [Signer(ORIGIN, b"\x12" * 32).verifier])
    with pytest.raises(ProofError):
        verify_fork(one, one, b"", ORIGIN, KEYS)


def test_follow_when_smaller_then_a_rollback_is_told_but_convicts_nobody() -> None:
    with pytest.raises(ForkError) as caught:
        follow(note(HONEST[:9]), note(HONEST[:8]), ORIGIN, KEYS, lambda level, index: b"")
    assert caught.value.facts["kind"] == "rollback" and "proof" not in caught.value.facts
