"""The index: one function of the leaves, and proofs of what stands in it and what does not (completeness.md, 6)."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.completeness import index as subject
from azukari.completeness.index import Index, build, depth_of, look_up, missing, prefix_of, prove, verify
from azukari.errors import FormatError, ProofError, VerificationError

Pairs = list[tuple[bytes, int]]


def pairs_of(count: int) -> Pairs:
    return [(sha256(at.to_bytes(4, "big")).digest(), 3 * at) for at in range(count)]


def built(pairs: Pairs) -> Index:
    return build(b"".join(label for label, _ in pairs), np.array([at for _, at in pairs], dtype=np.uint64))


def by_the_book(pairs: Pairs) -> tuple[bytes, bytes]:
    """Records and nodes by the words of the specification, a second time."""
    depth = 0
    while len(pairs) > 8 * 2**depth:
        depth += 1
    records = sorted(label + at.to_bytes(8, "big") for label, at in pairs)
    level = [
        sha256(b"\x02" + b"".join(r for r in records if int.from_bytes(r[:32], "big") >> (256 - depth) == p)).digest()
        for p in range(2**depth)
    ]
    nodes = list(level)
    while len(level) > 1:
        level = [sha256(b"\x03" + level[at] + level[at + 1]).digest() for at in range(0, len(level), 2)]
        nodes += level
    return b"".join(records), b"".join(nodes)


LABELS = st.lists(st.binary(min_size=32, max_size=32), max_size=60)
ALIKE = st.lists(st.sampled_from([b"a" * 32, b"a" * 31 + b"b", b"a" * 8 + b"c" * 24, b"z" * 32]), max_size=80)


@given(LABELS | ALIKE)
def test_index_when_built_then_that_of_the_specification(labels: list[bytes]) -> None:
    pairs = [(label, at) for at, label in enumerate(labels)]
    records, nodes = by_the_book(pairs)
    for order in (pairs, pairs[::-1]):
        made = built(order)
        assert (made.records.tobytes(), made.nodes.tobytes()) == (records, nodes)


@pytest.mark.parametrize(
    ("count", "depth"), [(0, 0), (1, 0), (8, 0), (9, 1), (16, 1), (17, 2), (5_000_000, 20), (2**53, 50)]
)
def test_depth_when_asked_then_the_smallest_that_holds_eight_a_bucket(count: int, depth: int) -> None:
    assert depth_of(count) == depth


@given(st.sampled_from([0, 1, 8, 9, 16, 17, 33, 300, 1000]), st.lists(st.integers(0, 1200), min_size=1, max_size=40))
def test_proof_when_made_then_it_verifies_and_shows_what_stands_and_what_does_not(count: int, asked: list[int]) -> None:
    made = built(pairs_of(count))
    labels = [sha256(at.to_bytes(4, "big")).digest() for at in asked]
    buckets, nodes = prove(made, labels)
    verify(made.root, made.depth, buckets, nodes)
    shown = dict(buckets)
    for at, label in zip(asked, labels, strict=True):
        found = look_up(shown[prefix_of(label, made.depth)], label)
        assert found == made.find(label) == ([3 * at] if at < count else [])


def test_index_when_mapped_from_its_files_then_it_proves_the_same(tmp_path: Path) -> None:
    made, labels = built(pairs_of(500)), [label for label, _ in pairs_of(510)]
    made.records.tofile(tmp_path / "records")
    made.nodes.tofile(tmp_path / "nodes")
    mapped = Index.of(*(np.memmap(tmp_path / name, dtype=np.uint8, mode="r") for name in ("records", "nodes")))
    assert (mapped.count, mapped.depth, mapped.root) == (500, made.depth, made.root)
    assert prove(mapped, labels) == prove(made, labels)


def test_index_when_its_files_do_not_go_together_then_format_error() -> None:
    made = built(pairs_of(40))
    records, nodes = made.records.tobytes(), made.nodes.tobytes()
    for pair in ((records[:-1], nodes), (records, nodes[:-32]), (records + bytes(40 * 100), nodes), (b"", b"")):
        with pytest.raises(FormatError):
            Index.of(*pair)


def test_build_when_there_is_not_one_index_for_each_label_then_format_error() -> None:
    for labels, indexes in ((bytes(33), [1]), (bytes(32), []), (bytes(64), [1])):
        with pytest.raises(FormatError):
            build(labels, indexes)


def test_label_when_it_was_used_twice_then_both_are_found() -> None:
    made = built([*pairs_of(100), (pairs_of(1)[0][0], 999)])
    assert made.find(pairs_of(1)[0][0]) == [0, 999]


PROVEN = built(pairs_of(400))
ASKED = [label for label, _ in pairs_of(420)[395:]]
BUCKETS, NODES = prove(PROVEN, ASKED)


@given(st.integers(0, len(BUCKETS) - 1), st.integers(0, 10**6), st.integers(1, 255))
def test_proof_when_a_byte_of_a_bucket_is_another_then_refused(bucket: int, place: int, flip: int) -> None:
    prefix, records = BUCKETS[bucket]
    changed = bytearray(records)
    changed[place % len(records)] ^= flip
    with pytest.raises(VerificationError):
        verify(PROVEN.root, PROVEN.depth, [*BUCKETS[:bucket], (prefix, bytes(changed)), *BUCKETS[bucket + 1 :]], NODES)


@given(st.integers(0, len(NODES) - 1), st.integers(1, 255))
def test_proof_when_a_byte_of_a_node_is_another_then_proof_error(place: int, flip: int) -> None:
    changed = bytearray(NODES)
    changed[place] ^= flip
    with pytest.raises(ProofError):
        verify(PROVEN.root, PROVEN.depth, BUCKETS, bytes(changed))


def swapped(at: int) -> list[tuple[int, bytes]]:
    prefix, records = BUCKETS[at]
    return [*BUCKETS[:at], (prefix, records[40:80] + records[:40] + records[80:]), *BUCKETS[at + 1 :]]


@pytest.mark.parametrize(
    ("buckets", "nodes", "error"),
    [
        ([], b"", ProofError),
        (BUCKETS, NODES + bytes(32), ProofError),
        (BUCKETS, NODES[:-32], ProofError),
        (BUCKETS, NODES[:-1], ProofError),
        (BUCKETS, NODES[32:64] + NODES[:32] + NODES[64:], ProofError),
        (BUCKETS[1:], NODES, ProofError),
        (BUCKETS[::-1], NODES, FormatError),
        ([BUCKETS[0], *BUCKETS], NODES, FormatError),
        ([(2**PROVEN.depth, b"")], NODES, FormatError),
        ([(-1, b""), *BUCKETS], NODES, FormatError),
        ([(BUCKETS[0][0], BUCKETS[0][1][:-1]), *BUCKETS[1:]], NODES, FormatError),
        ([(BUCKETS[0][0], BUCKETS[0][1][:40] * 2), *BUCKETS[1:]], NODES, FormatError),
        (swapped(0), NODES, FormatError),
        ([(BUCKETS[0][0], BUCKETS[1][1]), *BUCKETS[1:]], NODES, FormatError),
        ([(BUCKETS[0][0], BUCKETS[0][1][40:]), *BUCKETS[1:]], NODES, ProofError),
    ],
)
def test_proof_when_it_is_another_then_refused(
    buckets: list[tuple[int, bytes]], nodes: bytes, error: type[VerificationError]
) -> None:
    with pytest.raises(error):
        verify(PROVEN.root, PROVEN.depth, buckets, nodes)


def test_proof_when_the_depth_is_another_then_refused() -> None:
    for depth in (0, PROVEN.depth - 1, PROVEN.depth + 1):
        with pytest.raises(VerificationError):
            verify(PROVEN.root, depth, BUCKETS, NODES)


def test_missing_nodes_when_all_buckets_are_known_then_none() -> None:
    assert missing(range(8), 3) == []
    assert missing([2, 3, 6], 3) == [(0, 7), (1, 0), (1, 2)]


def test_hashes_when_made_then_no_leaf_or_node_of_the_ledger_is_one() -> None:
    assert subject.bucket_hash(b"") == sha256(b"\x02").digest()
