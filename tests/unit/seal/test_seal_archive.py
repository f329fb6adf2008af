"""The package's tar: exactly the named members in order, whatever anybody does to the file."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import FormatError
from azukari.seal.archive import member_offsets, read_member, write_archive

NAMES = ("manifest.json", "payload.age", "entry.tlog-proof")
CONTENTS = (b"{}", b"sealed" * 100, b"proof\n")


def archive(members: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    write_archive(out, [(name, len(data), io.BytesIO(data)) for name, data in members])
    return out.getvalue()


GOOD = archive(list(zip(NAMES, CONTENTS, strict=True)))


def read(data: bytes) -> list[bytes]:
    places = member_offsets(io.BytesIO(data), NAMES)
    return [read_member(io.BytesIO(data), places[name], 10_000) for name in NAMES]


@given(st.lists(st.binary(max_size=2000), min_size=3, max_size=3))
def test_archive_when_written_then_read_back_and_always_the_same_bytes(contents: list[bytes]) -> None:
    members = list(zip(NAMES, contents, strict=True))
    assert read(archive(members)) == contents
    assert archive(members) == archive(members)


@pytest.mark.parametrize(
    "members",
    [
        [],
        list(zip(NAMES, CONTENTS, strict=True))[:2],
        list(zip(NAMES, CONTENTS, strict=True))[::-1],
        [*zip(NAMES, CONTENTS, strict=True), ("extra.csv", b"a")],
        [*zip(NAMES, CONTENTS, strict=True), (NAMES[0], b"{}")],
        [("../manifest.json", b"{}"), (NAMES[1], b""), (NAMES[2], b"")],
        [("./manifest.json", b"{}"), (NAMES[1], b""), (NAMES[2], b"")],
        [("Manifest.json", b"{}"), (NAMES[1], b""), (NAMES[2], b"")],
    ],
    ids=["empty", "missing", "reordered", "extra", "twice", "parent folder", "dot", "case"],
)
def test_archive_when_members_are_not_exactly_these_then_format(members: list[tuple[str, bytes]]) -> None:
    with pytest.raises(FormatError):
        member_offsets(io.BytesIO(archive(members)), NAMES)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
@pytest.mark.parametrize("instead", [False, True])
def test_archive_when_a_member_is_no_plain_file_then_format(kind: bytes, instead: bool) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in zip(NAMES, CONTENTS, strict=True):
            info = tarfile.TarInfo(name)
            if instead and name == NAMES[1]:
                info.type, info.linkname = kind, "/etc/passwd"
                tar.addfile(info)
            else:
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        if not instead:
            info = tarfile.TarInfo("link")
            info.type, info.linkname = kind, NAMES[1]
            tar.addfile(info)
    with pytest.raises(FormatError):
        member_offsets(io.BytesIO(out.getvalue()), NAMES)


@pytest.mark.parametrize("length", range(0, len(GOOD), 512))
def test_archive_when_cut_at_a_block_then_format_or_whole(length: int) -> None:
    """Not even the zero blocks after the last member may be missing: no byte goes unchecked."""
    if length < len(GOOD):
        with pytest.raises(FormatError):
            read(GOOD[:length])
    else:
        assert read(GOOD) == list(CONTENTS)


@given(st.integers(0, len(GOOD)))
def test_archive_when_cut_anywhere_then_format_or_whole(length: int) -> None:
    try:
        assert read(GOOD[:length]) == list(CONTENTS)
    except FormatError:
        assert length < len(GOOD)


@given(st.integers(0, 4095), st.integers(1, 255))
@settings(max_examples=400)
def test_archive_when_any_byte_is_changed_then_format_or_the_named_members(place: int, flip: int) -> None:
    data = GOOD[:place] + bytes([GOOD[place] ^ flip]) + GOOD[place + 1 :]
    try:
        found = read(data)
    except FormatError:
        return
    assert sum(a != b for a, b in zip(b"".join(found), b"".join(CONTENTS), strict=False)) <= 1


@pytest.mark.parametrize("size", [-1, -512, -1024, 2**63 - 1, 8**11])
def test_archive_when_a_size_is_absurd_then_format(size: int) -> None:
    """GNU's binary sizes reach below zero and beyond the file."""
    info = tarfile.TarInfo(NAMES[0])
    info.size = size
    header = info.tobuf(format=tarfile.GNU_FORMAT)
    for data in (header + GOOD[512:], header * 3, header):
        with pytest.raises(FormatError):
            read(data)


@given(st.binary(max_size=3000))
def test_archive_when_any_bytes_then_format(data: bytes) -> None:
    with pytest.raises(FormatError):
        member_offsets(io.BytesIO(data), NAMES)


def test_member_when_larger_than_the_limit_then_format() -> None:
    places = member_offsets(io.BytesIO(GOOD), NAMES)
    with pytest.raises(FormatError):
        read_member(io.BytesIO(GOOD), places[NAMES[1]], 599)
