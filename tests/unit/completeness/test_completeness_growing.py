"""An index that grows is the index that is built: the same bytes, whatever is added, and however often."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.completeness.growing import FEW, extended
from azukari.completeness.index import Index, build
from azukari.errors import FormatError

ALIKE = st.sampled_from([b"a" * 32, b"a" * 8 + b"b" * 24, b"\xff" * 32, b"\0" * 32])
LABEL = st.binary(min_size=32, max_size=32)


def made(labels: list[bytes], first: int = 0) -> Index:
    return build(b"".join(labels), np.arange(first, first + len(labels), dtype=np.uint64))


def grown(old: Index, labels: list[bytes]) -> Index:
    return extended(old, b"".join(labels), np.arange(old.count, old.count + len(labels), dtype=np.uint64))


def same(one: Index, other: Index) -> bool:
    return one.records.tobytes() == other.records.tobytes() and one.nodes.tobytes() == other.nodes.tobytes()


def labels_of(count: int, name: str = "") -> list[bytes]:
    return [sha256(f"{name}{at}".encode()).digest() for at in range(count)]


@given(st.sampled_from([0, 1, 7, 8, 9, 60, 64, 65, 500]), st.lists(LABEL | ALIKE, max_size=70), st.integers(0, 70))
def test_index_when_it_grows_in_two_steps_then_that_of_all_leaves(count: int, more: list[bytes], cut: int) -> None:
    first = labels_of(count)
    old = made(first)
    before = old.nodes.tobytes()
    assert same(grown(grown(old, more[:cut]), more[cut:]), made([*first, *more]))
    assert old.nodes.tobytes() == before and old.count == count


@pytest.mark.parametrize("count", [64, 1000, 1001, 4096])
def test_index_when_it_grows_by_few_then_only_what_is_above_them_is_hashed_again(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[int] = []
    from azukari.completeness import growing

    real = growing.bucket_hash
    monkeypatch.setattr(growing, "bucket_hash", lambda records: hashed.append(len(records)) or real(records))
    for few in (1, count // FEW):
        hashed.clear()
        assert same(
            grown(made(labels_of(count)), labels_of(few, "new")), made([*labels_of(count), *labels_of(few, "new")])
        )
        assert len(hashed) <= few


def test_index_when_the_same_label_comes_again_then_both_stand_in_order() -> None:
    old = made(labels_of(100))
    assert grown(old, labels_of(1)).find(labels_of(1)[0]) == [0, 100]


def test_index_when_there_is_not_one_index_for_each_label_then_format_error() -> None:
    with pytest.raises(FormatError):
        extended(made(labels_of(3)), bytes(33), [1])
