"""A crossing as one file: what was written comes out again, and whatever else happens to it is refused."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import (
    AzukariError,
    FormatError,
    IncompleteCrossingError,
    LimitError,
    StateError,
    StorageError,
)
from azukari.ledger.note import Signer
from azukari.seal.crossing import FIRST_PREVIOUS, KEY_NAME, KINDS, Crossing, Expected, Listed, Side, name_of
from azukari.seal.crossing import verify_crossing as verify
from azukari.stores.crossing import copy_in, crossings_in, folder_name, read_note
from azukari.stores.crossing_file import blocks_of, file_bytes, file_name, unpack, write_file

BODY, SIGNER = "0" * 31 + "b", Signer(KEY_NAME, b"\x01" * 32)
Files = dict[str, bytes]
Made = list[tuple[Crossing, Files]]
files = st.dictionaries(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 2**128 - 1)), st.binary(min_size=1, max_size=1_500), max_size=4
)


def chain(contents: list[dict[tuple[str, int], bytes]], begins: int = 1) -> Made:
    made: Made = []
    for number, each in enumerate(contents, begins):
        listed = sorted(
            Listed(name_of(kind, f"{key:032x}"), kind, f"{key:032x}", len(data), sha256(data).hexdigest())
            for (kind, key), data in each.items()
        )
        before = made[-1][0].digest if made else (FIRST_PREVIOUS if number == 1 else "a" * 64)
        crossing = Crossing(Side.INSIDE, BODY, number, before, 0, "2026-11-20T00:00:00Z", tuple(listed))
        made.append((crossing, {name_of(kind, f"{key:032x}"): data for (kind, key), data in each.items()}))
    return made


def packed(made: Made) -> list[tuple[bytes, list[tuple[str, bytes | Path]]]]:
    return [(crossing.sign(SIGNER), list(given.items())) for crossing, given in made]


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def taken(folders: list[Path], begins: int, into: Path) -> list[Files]:
    """Steps 1 to 8 on each folder: what a taker gets."""
    found, previous = list[Files](), FIRST_PREVIOUS if begins == 1 else "a" * 64
    for number, folder in enumerate(folders, begins):
        note = read_note(folder)
        crossing = verify(note, Expected(BODY, Side.OUTSIDE, SIGNER.vkey, number, previous, 0))
        (into / folder.name).mkdir(parents=True)
        copy_in(folder, crossing, into / folder.name)
        previous = crossing.digest
        found.append({one.name: one.read_bytes() for one in (into / folder.name).iterdir()})
    return found


@settings(max_examples=40)
@given(st.lists(files, min_size=1, max_size=3), st.integers(1, 999_999), st.integers(100, 5_000))
def test_file_when_unpacked_then_each_folder_is_taken_as_it_was_made(
    contents: list[dict[tuple[str, int], bytes]], begins: int, size: int
) -> None:
    made = chain(contents, begins)
    data = b"".join(blocks_of(packed(made)))
    assert len(data) == file_bytes(note for note, _ in packed(made))
    with tempfile.TemporaryDirectory() as name:
        folders = unpack(cut(data, size), len(data), Path(name))
        assert [one.name for one in folders] == [folder_name(crossing) for crossing, _ in made]
        assert sorted(folders) == crossings_in(Path(name))
        assert taken(folders, begins, Path(name) / "taken") == [given for _, given in made]


@settings(max_examples=80)
@given(st.lists(files, min_size=1, max_size=3), st.data())
def test_file_when_a_byte_is_changed_or_it_is_cut_then_nothing_else_is_ever_taken(
    contents: list[dict[tuple[str, int], bytes]], data: st.DataObject
) -> None:
    made = chain(contents)
    whole = b"".join(blocks_of(packed(made)))
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        spoiled = whole[:place]
        expected: tuple[type[AzukariError], ...] = (IncompleteCrossingError,)
    else:
        spoiled = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
        expected = (AzukariError,)  # a changed signature is seen when the folder is taken
    with tempfile.TemporaryDirectory() as name, pytest.raises(expected):
        folders = unpack(cut(spoiled, 4_096), len(spoiled), Path(name))
        taken(folders, 1, Path(name) / "taken")
        raise AssertionError("taken all the same")


@given(st.binary(max_size=3_000))
def test_bytes_when_they_are_anything_then_the_refusal_is_one_of_ours(data: bytes) -> None:
    for each in (data, b"azukari-" + data):
        with tempfile.TemporaryDirectory() as name:
            with pytest.raises((FormatError, LimitError, IncompleteCrossingError)):
                unpack(iter([each]), len(each), Path(name))
            assert list(Path(name).iterdir()) == []


def test_file_when_a_list_is_of_more_than_there_is_then_nothing_is_laid_down(tmp_path: Path) -> None:
    ((crossing, _),) = chain([{("package", 1): b"x" * 5_000}])
    data = b"".join(blocks_of([(crossing.sign(SIGNER), [(crossing.items[0].name, b"x" * 5_000)])]))[:-9_000]
    with pytest.raises(IncompleteCrossingError):
        unpack(cut(data, 512), len(data), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_file_when_written_then_whole_and_never_over_another(tmp_path: Path) -> None:
    made = chain([{("work", 1): b"sealed"}])
    path = tmp_path / "out.azx"
    write_file(path, packed(made))
    assert path.read_bytes() == b"".join(blocks_of(packed(made)))
    with pytest.raises(StateError):
        write_file(path, packed(made))
    assert file_name(packed(made)[0][0]) == f"azukari-{BODY[:16]}-inside-000001.azx"


@pytest.mark.parametrize("left", [b"seale", b"sealed ", None])
def test_file_when_what_was_listed_changed_meanwhile_then_none_is_written(tmp_path: Path, left: bytes | None) -> None:
    ((crossing, _),) = chain([{("package", 1): b"sealed"}])
    place = tmp_path / "package.azk"
    if left is not None:
        place.write_bytes(left)
    with pytest.raises(StorageError):
        write_file(tmp_path / "out.azx", [(crossing.sign(SIGNER), [(crossing.items[0].name, place)])])
    assert not (tmp_path / "out.azx").exists()


def test_file_when_more_than_its_limits_then_refused_before_it_is_begun(tmp_path: Path) -> None:
    item = Listed(name_of("package", BODY), "package", BODY, 8**11, "0" * 64)
    large = Crossing(Side.INSIDE, BODY, 1, FIRST_PREVIOUS, 0, "2026-11-20T00:00:00Z", (item,))
    with pytest.raises(LimitError):
        write_file(tmp_path / "out.azx", [(large.sign(SIGNER), [(item.name, b"")])])
    many = [(large.sign(SIGNER), [])] * 1_001
    with pytest.raises(LimitError):
        list(blocks_of(many))
    assert list(tmp_path.iterdir()) == []


def test_place_when_something_is_in_the_way_then_storage(tmp_path: Path) -> None:
    made = chain([{("work", 1): b"sealed"}])
    data = b"".join(blocks_of(packed(made)))
    (tmp_path / folder_name(made[0][0])).write_text("in the way")
    with pytest.raises(StorageError):
        unpack(iter([data]), len(data), tmp_path)
