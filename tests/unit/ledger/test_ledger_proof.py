"""tlog-proof files: round trip, verification from tiles, damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import FormatError, LimitError, ProofError, SignatureError
from azukari.ledger import (
    LIMITS,
    Checkpoint,
    Proof,
    Signer,
    Tree,
    encode_proof,
    leaf_hash,
    parse_proof,
    sign_checkpoint,
    verify_proof,
)

LOG = Signer("ledger.city.example", bytes(range(32)))
ENTRIES = [b"%d" % number for number in range(20)]
TREE = Tree([leaf_hash(entry) for entry in ENTRIES])
NOTE = sign_checkpoint(Checkpoint(LOG.name, TREE.size, TREE.root), [LOG])
hashes = st.binary(min_size=32, max_size=32)


def proof_of(index: int, extra: bytes = b"") -> bytes:
    return encode_proof(Proof(index, tuple(TREE.path(index)), NOTE, extra))


@given(st.integers(0, LIMITS.tree_size), st.lists(hashes, max_size=LIMITS.path_hashes), st.binary(max_size=50))
def test_proof_when_encoded_then_parses_to_the_same(index: int, path: list[bytes], extra: bytes) -> None:
    proof = Proof(index, tuple(path), NOTE, extra)
    assert parse_proof(encode_proof(proof)) == proof


@given(st.integers(0, len(ENTRIES) - 1), st.binary(max_size=9))
def test_proof_when_of_the_entry_then_gives_the_checkpoint(index: int, extra: bytes) -> None:
    found = verify_proof(proof_of(index, extra), ENTRIES[index], LOG.name, [LOG.verifier])
    assert found == Checkpoint(LOG.name, TREE.size, TREE.root)


@given(st.integers(0, len(ENTRIES) - 1), st.integers(0, len(ENTRIES) - 1))
def test_proof_when_of_another_entry_then_proof_error(index: int, other: int) -> None:
    if index != other:
        with pytest.raises(ProofError):
            verify_proof(proof_of(index), ENTRIES[other], LOG.name, [LOG.verifier])


@given(st.data())
def test_proof_when_one_byte_changes_then_refused(data: st.DataObject) -> None:
    good = proof_of(3)
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]
    if changed != good:
        with pytest.raises((FormatError, SignatureError, ProofError)):
            verify_proof(changed, ENTRIES[3], LOG.name, [LOG.verifier])


@given(st.binary())
def test_proof_when_arbitrary_bytes_then_format_error(data: bytes) -> None:
    for start in (b"", b"c2sp.org/tlog-proof@v1\n", b"c2sp.org/tlog-proof@v1\nindex 1\n"):
        with pytest.raises(FormatError):
            parse_proof(start + data)


def test_proof_when_made_of_nonsense_then_format_error() -> None:
    for index, path, note in [
        (-1, (), NOTE),
        (0, (b"short",), NOTE),
        (0, (bytes(32),) * 64, NOTE),
        (0, (), b"x"),
    ]:
        with pytest.raises(FormatError):
            Proof(index, path, note)


def test_proof_when_larger_than_limit_then_limit_error() -> None:
    with pytest.raises(LimitError):
        Proof(0, (), NOTE, bytes(LIMITS.extra_bytes + 1))
    with pytest.raises(LimitError):
        parse_proof(bytes(LIMITS.proof_bytes + 1))


def test_limits_when_everything_is_at_its_limit_then_a_proof_still_fits() -> None:
    path_line = 45
    base64_extra = (LIMITS.extra_bytes + 2) // 3 * 4
    needed = LIMITS.note_bytes + base64_extra + LIMITS.path_hashes * path_line + 100
    assert needed <= LIMITS.proof_bytes
