"""The audit names the damaged place, whatever was changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import TileError
from azukari.ledger import Checkpoint, Tree, check_tiles, encode_bundle, leaf_hash, new_tiles
from azukari.ledger.check import check_growth


@dataclass
class Stored:
    rows: dict[tuple[int, int], bytes]
    bundles: dict[int, bytes]
    size: int
    root: bytes

    def copy(self) -> Stored:
        return Stored(dict(self.rows), dict(self.bundles), self.size, self.root)

    def check(self) -> None:
        check_tiles(lambda level, index: self.rows[level, index], self.bundles.__getitem__, self.size, self.root)


def no_row(level: int, index: int) -> bytes:
    raise LookupError


def make(size: int, change: Callable[[int], bytes] = lambda number: b"entry %d" % number) -> Stored:
    entries = [change(number) for number in range(size)]
    leaves = [leaf_hash(entry) for entry in entries]
    rows = {(row.level, row.index): row.data for row in new_tiles(0, no_row, leaves)}
    bundles = {at // 256: encode_bundle(entries[at : at + 256]) for at in range(0, size, 256)}
    return Stored(rows, bundles, size, Tree(leaves).root)


SMALL, LARGE = make(700), make(66_000)


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def damage(stored: Stored) -> tuple[object, object, object]:
    with pytest.raises(TileError) as caught:
        stored.check()
    facts = caught.value.facts
    return facts["kind"], facts["level"], facts["index"]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 700])
def test_check_when_untouched_then_passes(size: int) -> None:
    make(size).check()


@pytest.mark.parametrize("size", [0, 1, 255, 256, 300, 512, 699])
def test_check_when_rows_have_grown_since_then_passes(size: int) -> None:
    older = SMALL.copy()
    older.size, older.root = size, make(size).root
    older.check()


def test_check_when_three_levels_untouched_then_passes() -> None:
    LARGE.check()


@settings(deadline=None)
@given(st.data())
def test_check_when_one_bit_of_a_row_flips_then_names_the_row(data: st.DataObject) -> None:
    stored = SMALL.copy()
    key = data.draw(st.sampled_from(sorted(stored.rows)))
    stored.rows[key] = flip(stored.rows[key], data.draw(st.integers(0, len(stored.rows[key]) - 1)))
    assert damage(stored) == ("tile-altered", *key)


@settings(deadline=None)
@given(st.data())
def test_check_when_one_bit_of_a_bundle_flips_then_names_the_bundle(data: st.DataObject) -> None:
    stored = SMALL.copy()
    index = data.draw(st.sampled_from(sorted(stored.bundles)))
    stored.bundles[index] = flip(stored.bundles[index], data.draw(st.integers(0, len(stored.bundles[index]) - 1)))
    assert damage(stored) == ("bundle-altered", "entries", index)


@pytest.mark.parametrize("key", sorted(SMALL.rows))
def test_check_when_row_is_gone_or_short_then_missing(key: tuple[int, int]) -> None:
    stored = SMALL.copy()
    stored.rows[key] = stored.rows[key][:-32]
    assert damage(stored) == ("missing", *key)
    del stored.rows[key]
    assert damage(stored) == ("missing", *key)


def test_check_when_bundle_is_gone_then_missing() -> None:
    stored = SMALL.copy()
    del stored.bundles[1]
    assert damage(stored) == ("missing", "entries", 1)


def test_check_when_root_is_another_then_root_differs() -> None:
    stored = SMALL.copy()
    stored.root = make(699).root
    assert damage(stored) == ("root-differs", None, None)
    stored = make(0)
    stored.root = bytes(32)
    assert damage(stored) == ("root-differs", None, None)


@pytest.mark.parametrize("key", [(0, 0), (0, 257), (1, 0), (1, 1), (2, 0)])
def test_check_when_row_of_three_levels_is_altered_then_names_it(key: tuple[int, int]) -> None:
    stored = LARGE.copy()
    stored.rows[key] = flip(stored.rows[key], 0)
    assert damage(stored) == ("tile-altered", *key)


def test_check_when_upper_row_is_altered_and_bundle_too_then_names_the_upper_row() -> None:
    stored = LARGE.copy()
    stored.bundles[3] = flip(stored.bundles[3], 3)
    stored.rows[1, 0] = flip(stored.rows[1, 0], 3 * 32)
    assert damage(stored) == ("tile-altered", 1, 0)


def test_check_when_bundle_and_its_tile_are_altered_alike_then_names_the_bundle() -> None:
    forged = make(66_000, lambda number: b"forged" if number == 1000 else b"entry %d" % number)
    stored = LARGE.copy()
    stored.bundles[3], stored.rows[0, 3] = forged.bundles[3], forged.rows[0, 3]
    assert damage(stored) == ("bundle-altered", "entries", 3)
    stored.rows[1, 0] = forged.rows[1, 0]  # one level further up: the tile is all that can be named
    assert damage(stored) == ("tile-altered", 1, 0)
    stored.rows[2, 0] = forged.rows[2, 0]  # all the way: only the root knows
    assert damage(stored) == ("root-differs", None, None)


def test_check_when_two_places_are_altered_then_names_the_first() -> None:
    stored = SMALL.copy()
    stored.bundles[0] = flip(stored.bundles[0], 3)
    stored.rows[0, 1] = flip(stored.rows[0, 1], 9)
    assert damage(stored) == ("bundle-altered", "entries", 0)


def test_check_when_neither_side_leads_to_the_root_then_root_differs_there() -> None:
    stored = SMALL.copy()
    stored.bundles[0] = flip(stored.bundles[0], 3)
    stored.rows[1, 0] = flip(stored.rows[1, 0], 9)
    assert damage(stored) == ("root-differs", 0, 0)


def growth(stored: Stored, old: int) -> list[int]:
    """Recompute from the first ``old`` entries on; the bundles that were read."""
    leaves = [leaf_hash(b"entry %d" % number) for number in range(old)]
    seen: list[int] = []

    def read_bundle(index: int) -> bytes:
        seen.append(index)
        return stored.bundles[index]

    check_growth(
        lambda level, index: stored.rows[level, index],
        read_bundle,
        Checkpoint("log.example", old, Tree(leaves).root),
        Checkpoint("log.example", stored.size, stored.root),
    )
    return seen


@pytest.mark.parametrize("old", [0, 1, 255, 256, 257, 511, 512, 513, 699, 700])
def test_growth_when_untouched_then_only_what_is_new_is_read(old: int) -> None:
    assert growth(SMALL, old) == [index for index in range(3) if (index + 1) * 256 > old and old < 700]


@pytest.mark.parametrize("old", [0, 65_535, 65_536, 65_537])
def test_growth_when_three_levels_are_touched_then_it_passes(old: int) -> None:
    growth(LARGE, old)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_growth_when_a_byte_of_what_is_new_is_flipped_then_it_is_found(data: st.DataObject) -> None:
    old = data.draw(st.integers(0, 699))
    changed = SMALL.copy()
    entry = data.draw(st.integers(old, 699))
    entries = [b"entry %d" % number for number in range(entry // 256 * 256, min(entry // 256 * 256 + 256, 700))]
    entries[entry % 256] = flip(entries[entry % 256], 0)
    changed.bundles[entry // 256] = encode_bundle(entries)
    with pytest.raises(TileError) as caught:
        growth(changed, old)
    assert caught.value.facts["kind"] == "root-differs"


def test_growth_when_a_row_or_bundle_is_missing_or_malformed_then_it_is_named() -> None:
    for kind, bundles in [("missing", {}), ("bundle-altered", {1: b"\0"})]:
        with pytest.raises(TileError) as caught:
            growth(Stored(SMALL.rows, bundles, SMALL.size, SMALL.root), 300)
        assert (caught.value.facts["kind"], caught.value.facts["index"]) == (kind, 1)
    with pytest.raises(TileError) as caught:
        growth(Stored({}, SMALL.bundles, SMALL.size, SMALL.root), 300)
    assert caught.value.facts["kind"] == "missing"
    rewritten = make(700, lambda number: b"other %d" % number)
    with pytest.raises(TileError) as caught:
        growth(rewritten, 300)
    assert caught.value.facts["kind"] == "root-differs", "its first 300 entries are not those that are known"
