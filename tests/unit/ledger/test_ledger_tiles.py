"""Tiles and bundles: names, growth, proofs out of tiles."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import FormatError, LimitError, ProofError, TileError
from azukari.ledger import (
    TILE_WIDTH,
    TileReader,
    TileRow,
    Tree,
    bundle_path,
    encode_bundle,
    new_tiles,
    parse_bundle,
    parse_path,
    root_of,
    tile_path,
    tile_widths,
    verify_consistency,
    verify_inclusion,
)
from azukari.ledger.limits import Limits

Rows = dict[tuple[int, int], bytes]
LEAVES = [sha256(b"%d" % number).digest() for number in range(70_000)]


def grow(*steps: int) -> Rows:
    rows: Rows = {}
    size = 0
    for step in steps:
        for row in new_tiles(size, lambda level, index: rows[level, index], LEAVES[size : size + step]):
            old = rows.get((row.level, row.index), b"")
            assert row.data.startswith(old)
            assert row.data != old
            rows[row.level, row.index] = row.data
        size += step
    return rows


LOG = grow(len(LEAVES))


def read(level: int, index: int) -> bytes:
    return LOG[level, index]


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (63, 999, 255, "tile/63/999.p/255"),
        (1, 1000, 1, "tile/1/x001/000.p/1"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        (None, 1234067, 12, "tile/entries/x001/x234/067.p/12"),
    ],
)
def test_path_when_named_then_as_in_the_specification(level: int | None, index: int, width: int, path: str) -> None:
    made = bundle_path(index, width) if level is None else tile_path(level, index, width)
    assert made == path
    name = parse_path(path)
    assert (name.level, name.index, name.width) == (level, index, width)


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_path_when_parsed_then_same_name(level: int | None, index: int, width: int) -> None:
    path = bundle_path(index, width) if level is None else tile_path(level, index, width)
    name = parse_path(path)
    assert (name.level, name.index, name.width, name.path) == (level, index, width, path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/tile/0/000",
        "tile/00/000",
        "tile/64/000",
        "tile/0/0",
        "tile/0/1000",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/data/000",
        "tile/0/" + "x999/" * 7 + "999",
        "tile/0/../000",
    ],
)
def test_path_when_not_canonical_then_format_error(path: str) -> None:
    with pytest.raises(FormatError):
        parse_path(path)


@given(st.text())
def test_path_when_arbitrary_text_then_format_error(text: str) -> None:
    with pytest.raises(FormatError):
        parse_path("tile/" + text + "/")


def test_path_when_out_of_range_then_format_error() -> None:
    for level, index, width in [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)]:
        with pytest.raises(FormatError):
            tile_path(level, index, width)


def test_tile_widths_when_examples_of_the_specification_then_same() -> None:
    assert tile_widths(70_000) == [(273, 112), (1, 17), (0, 1)]
    assert tile_widths(256) == [(1, 0), (0, 1)]
    assert tile_widths(0) == []


def test_new_tiles_when_70000_entries_then_widths_of_the_specification() -> None:
    found: Rows = {}
    for level, (full, partial) in enumerate(tile_widths(len(LEAVES))):
        found |= {(level, index): bytes(8192) for index in range(full)}
        if partial:
            found[level, full] = bytes(32 * partial)
    assert {key: len(data) for key, data in LOG.items()} == {key: len(data) for key, data in found.items()}


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(0, 3), st.integers(250, 260), st.integers(0, 1500)), max_size=6))
def test_new_tiles_when_grown_in_steps_then_same_rows_as_at_once(steps: list[int]) -> None:
    assert grow(*steps) == grow(sum(steps))


def test_new_tiles_when_grown_across_level_2_then_same_rows_as_at_once() -> None:
    assert grow(65_535, 1, 4_464) == LOG


def test_new_tiles_when_nothing_is_new_then_no_rows() -> None:
    assert new_tiles(300, read, []) == []


def test_new_tiles_when_one_entry_is_new_then_only_the_last_row() -> None:
    assert new_tiles(5, read, LEAVES[5:6]) == [TileRow(0, 0, b"".join(LEAVES[:6]))]


def test_new_tiles_when_partial_row_is_missing_or_short_then_tile_error() -> None:
    for rows in ({}, {(0, 0): LEAVES[0]}):
        with pytest.raises(TileError) as caught:
            new_tiles(5, lambda level, index, rows=rows: rows[level, index], LEAVES[5:6])
        assert caught.value.facts["kind"] == "missing"


def test_new_tiles_when_a_hash_is_short_then_format_error() -> None:
    with pytest.raises(FormatError):
        new_tiles(0, read, [b"short"])


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000])
def test_reader_when_root_of_any_size_then_that_of_the_leaves(size: int) -> None:
    assert TileReader(read, size).root() == root_of(LEAVES[:size])


@settings(deadline=None, max_examples=30)
@given(st.integers(1, len(LEAVES)), st.data())
def test_reader_when_proving_then_same_paths_as_tree(size: int, data: st.DataObject) -> None:
    reader, tree = TileReader(read, size), Tree(LEAVES[:size])
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    assert reader.inclusion_path(index) == tree.path(index)
    assert reader.consistency_path(old) == tree.consistency_path(old)
    verify_inclusion(LEAVES[index], index, size, reader.inclusion_path(index), tree.root)
    verify_consistency(old, root_of(LEAVES[:old]), size, tree.root, reader.consistency_path(old))


def test_reader_when_many_tiles_are_read_then_few_are_kept_and_those_used_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("azukari.ledger.tiles.LIMITS", Limits(cached_tiles=4, cached_nodes=3))
    asked: list[tuple[int, int]] = []

    def counted(level: int, index: int) -> bytes:
        asked.append((level, index))
        return LOG[level, index]

    reader, tree = TileReader(counted, 70_000), Tree(LEAVES)
    for index in range(0, 70_000, TILE_WIDTH):
        assert reader.inclusion_path(index) == tree.path(index)
        assert len(reader._expanded) <= 4 and len(reader._nodes) <= 3
    assert asked.count((1, 0)) == 1, "the tile above all of them is never dropped"
    reader.inclusion_path(0)
    reader.inclusion_path(70_000 - TILE_WIDTH)
    assert asked.count((0, 0)) == 2, "the first one was"


def test_reader_when_no_such_entry_then_proof_error() -> None:
    with pytest.raises(ProofError):
        TileReader(read, 5).inclusion_path(5)
    with pytest.raises(ProofError):
        TileReader(read, 5).consistency_path(6)


def test_reader_when_row_is_malformed_then_tile_error() -> None:
    with pytest.raises(TileError) as caught:
        TileReader(lambda level, index: LOG[level, index][:-1], 70_000).root()
    assert caught.value.facts["kind"] == "tile-altered"


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256), st.data())
def test_bundle_when_encoded_then_parses_and_prefixes_parse(entries: list[bytes], data: st.DataObject) -> None:
    packed = encode_bundle(entries)
    width = data.draw(st.integers(1, len(entries)))
    assert parse_bundle(packed) == entries
    assert parse_bundle(packed, width) == entries[:width]
    assert packed.startswith(encode_bundle(entries[:width]))


@given(st.binary(max_size=300))
def test_bundle_when_arbitrary_bytes_then_entries_or_format_error(data: bytes) -> None:
    try:
        assert encode_bundle(parse_bundle(data)) == data
    except FormatError:
        pass


def test_bundle_when_at_the_limits_then_round_trip() -> None:
    assert parse_bundle(encode_bundle([b"x" * 65_535])) == [b"x" * 65_535]
    assert parse_bundle(encode_bundle([b""] * 256)) == [b""] * 256


def test_bundle_when_beyond_a_limit_then_limit_error() -> None:
    for entries in ([b"x" * 65_536], [b""] * 257):
        with pytest.raises(LimitError):
            encode_bundle(entries)


def test_bundle_when_without_entries_then_format_error() -> None:
    with pytest.raises(FormatError):
        encode_bundle([])
    with pytest.raises(FormatError):
        parse_bundle(b"")
