"""The tree against the recursive definitions of RFC 6962, written out here once more."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import FormatError, ProofError
from azukari.ledger import (
    EMPTY_ROOT,
    Tree,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves and roots that Certificate Transparency implementations have shared since 2012.
REFERENCE_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
REFERENCE_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}

LEAVES = [leaf_hash(b"%d" % number) for number in range(80)]
sizes = st.integers(min_value=1, max_value=len(LEAVES))


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], known: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if known else [naive_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*naive_subproof(m, leaves[:k], known), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


@pytest.mark.parametrize("size", REFERENCE_ROOTS)
def test_root_when_reference_leaves_then_reference_root(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in REFERENCE_LEAVES[:size]]
    assert root_of(leaves).hex() == REFERENCE_ROOTS[size]


def test_leaf_and_node_hash_when_called_then_prefixed_sha256() -> None:
    assert leaf_hash(b"a") == sha256(b"\x00a").digest()
    assert node_hash(LEAVES[0], LEAVES[1]) == sha256(b"\x01" + LEAVES[0] + LEAVES[1]).digest()


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_root_when_any_size_then_equals_recursive_definition(size: int) -> None:
    expected = naive_root(LEAVES[:size])
    assert root_of(LEAVES[:size]) == expected
    assert root_of(tuple(LEAVES[:size])) == expected
    assert Tree(LEAVES[:size]).root == expected
    assert Tree(LEAVES[:size]).size == size


@given(sizes, st.data())
def test_inclusion_path_when_any_leaf_then_recursive_path_and_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    path = inclusion_path(leaves, index)
    assert path == naive_path(index, leaves)
    verify_inclusion(leaves[index], index, size, path, root_of(leaves))


@given(sizes, st.data())
def test_consistency_path_when_any_sizes_then_recursive_path_and_verifies(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    path = consistency_path(LEAVES[:size], old)
    assert path == (naive_subproof(old, LEAVES[:size], True) if old else [])
    verify_consistency(old, root_of(LEAVES[:old]), size, root_of(LEAVES[:size]), path)


def test_inclusion_when_every_other_index_or_size_then_proof_error() -> None:
    root = root_of(LEAVES[:13])
    path = inclusion_path(LEAVES[:13], 5)
    for index in range(13):
        if index != 5:
            with pytest.raises(ProofError):
                verify_inclusion(LEAVES[5], index, 13, path, root)
    for index, size in [(5, 0), (-1, 13), (13, 13), (5, 2**63), (5, 5)]:
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[5], index, size, path, root)


@given(sizes, st.data())
def test_inclusion_when_one_bit_flips_then_proof_error(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(LEAVES[:size], index)
    hashes = [LEAVES[index], root_of(LEAVES[:size]), *path]
    which = data.draw(st.integers(0, len(hashes) - 1))
    hashes[which] = bytes([hashes[which][0] ^ 1]) + hashes[which][1:]
    with pytest.raises(ProofError):
        verify_inclusion(hashes[0], index, size, hashes[2:], hashes[1])


@given(st.integers(2, len(LEAVES)), st.data())
def test_consistency_when_one_bit_flips_then_proof_error(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    hashes = [root_of(LEAVES[:old]), root_of(LEAVES[:size]), *consistency_path(LEAVES[:size], old)]
    which = data.draw(st.integers(0, len(hashes) - 1))
    hashes[which] = bytes([hashes[which][0] ^ 1]) + hashes[which][1:]
    with pytest.raises(ProofError):
        verify_consistency(old, hashes[0], size, hashes[1], hashes[2:])


@given(st.integers(2, len(LEAVES)), st.data())
def test_proofs_when_a_step_is_cut_or_added_then_proof_error(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    old_root, root = root_of(LEAVES[:old]), root_of(LEAVES[:size])
    path, steps = inclusion_path(LEAVES[:size], old), consistency_path(LEAVES[:size], old)
    for changed in (path[:-1], [*path, LEAVES[0]], [LEAVES[0], *path]):
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[old], old, size, changed, root)
    for changed in (steps[:-1], [*steps, LEAVES[0]], [LEAVES[0], *steps]):
        with pytest.raises(ProofError):
            verify_consistency(old, old_root, size, root, changed)


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(-2, 2**64),
    st.integers(-2, 2**64),
    st.lists(st.binary(min_size=31, max_size=33), max_size=66),
)
def test_verifiers_when_anything_comes_in_then_only_our_errors(
    hash_: bytes, low: int, high: int, path: list[bytes]
) -> None:
    with pytest.raises((FormatError, ProofError)):
        verify_inclusion(hash_, low, high, [*path, hash_], hash_)
    with pytest.raises((FormatError, ProofError)):
        verify_consistency(low, hash_, high, hash_, [*path, hash_])


def test_consistency_when_empty_tree_has_other_root_then_proof_error() -> None:
    with pytest.raises(ProofError):
        verify_consistency(0, LEAVES[0], 0, LEAVES[0], [])
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])


def test_provers_when_out_of_range_then_proof_error() -> None:
    for index in (-1, 3):
        with pytest.raises(ProofError):
            inclusion_path(LEAVES[:3], index)
    for old in (-1, 4):
        with pytest.raises(ProofError):
            consistency_path(LEAVES[:3], old)


def test_tree_when_a_hash_has_other_length_then_format_error() -> None:
    for make in (root_of, Tree):
        with pytest.raises(FormatError):
            make([LEAVES[0], b"short"])


def test_tree_when_made_of_a_row_then_the_same_as_of_its_hashes() -> None:
    for size in range(len(LEAVES) + 1):
        one, other = Tree(LEAVES[:size]), Tree.of_row(b"".join(LEAVES[:size]))
        assert (one.size, one.root) == (other.size, other.root)
        assert [one.path(index) for index in range(size)] == [other.path(index) for index in range(size)]
