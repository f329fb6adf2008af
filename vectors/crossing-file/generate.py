"""Write the vectors of crossings as one file beside this file: ``python vectors/crossing-file/generate.py``.

One JSON file per case: ``expect`` is "holds" or the verdict word, ``comment`` says why and at which step of section 6.
``file`` is the file in pieces: a text is base64, a number so many zero bytes. ``folders`` is what a file that holds
unpacks to: folder to file name to text. Signatures are not verified by these steps; the folders are taken as others are.

Nothing is random: keys follow from fixed strings. Bodies are fictitious.
"""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from azukari.ledger import Signer
from azukari.seal.crossing import FIRST_PREVIOUS, KEY_NAME, Crossing, Listed, Side, name_of
from azukari.stores.crossing import folder_name
from azukari.testing.sealed import fixed_bytes, fixed_id

Case = dict[str, Any]
Member = tuple[str, bytes]
HERE = Path(__file__).parent
BODY, OTHER = fixed_id("body"), fixed_id("another body")
INSIDE, OUTSIDE = (Signer(KEY_NAME, fixed_bytes(f"crossing {name}")) for name in ("in", "out"))
FILES = {
    name_of("firm", fixed_id("firm")): b"sealed firm",
    name_of("package", fixed_id("package")): b"sealed package, " * 40,
    name_of("work", fixed_id("work")): b"w" * 512,
}
BLOCK, RECORD = tarfile.BLOCKSIZE, tarfile.RECORDSIZE


def listed(files: dict[str, bytes]) -> tuple[Listed, ...]:
    """The list of these files."""
    found = []
    for name, data in sorted(files.items()):
        kind, _, rest = name.partition("-")
        found.append(Listed(name, kind, rest.partition(".")[0], len(data), sha256(data).hexdigest()))
    return tuple(found)


FIRST = Crossing(Side.INSIDE, BODY, 1, FIRST_PREVIOUS, 0, "2026-11-19T01:30:00Z", ())
SECOND = Crossing(Side.INSIDE, BODY, 2, FIRST.digest, 1, "2026-11-20T01:30:00Z", listed(FILES))
THIRD = Crossing(Side.INSIDE, BODY, 3, SECOND.digest, 1, "2026-11-21T01:30:00Z", ())
BACK = Crossing(Side.OUTSIDE, BODY, 1, FIRST_PREVIOUS, 1, "2026-11-19T05:00:00Z", ())


def members(crossing: Crossing, files: dict[str, bytes] | None = None) -> list[Member]:
    """What a file has of a crossing, in order."""
    name, signer = folder_name(crossing), INSIDE if crossing.side is Side.INSIDE else OUTSIDE
    given = files if files is not None else (FILES if crossing.items else {})
    return [(f"{name}/crossing", crossing.sign(signer)), *((f"{name}/files/{k}", v) for k, v in sorted(given.items()))]


def header(name: str, size: int, **members: Any) -> bytes:
    """A header; ``members`` are those of another one than azukari writes."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    for key, value in members.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.USTAR_FORMAT)


def summed(head: bytes) -> bytes:
    """A header that was changed, with a checksum that fits."""
    blank = head[:148] + b" " * 8 + head[156:]
    return head[:148] + b"%06o\0 " % sum(blank) + head[156:]


def member(name: str, data: bytes, **others: Any) -> bytes:
    """Header, data and filler."""
    return header(name, len(data), **others) + data + bytes(-len(data) % BLOCK)


def closed(data: bytes) -> bytes:
    """With the zeros at the end."""
    whole = -(-(len(data) + 2 * BLOCK) // RECORD) * RECORD
    return data + bytes(whole - len(data))


def file_of(*parts: Sequence[Member]) -> bytes:
    """A whole file."""
    return closed(b"".join(member(name, data) for part in parts for name, data in part))


def pieces(data: bytes) -> list[str | int]:
    """Bytes in pieces: long runs of zeros as their number."""
    found: list[str | int] = []
    for match in re.finditer(rb"\0{16,}|(?:(?!\0{16}).)+", data, re.DOTALL):
        run = match.group()
        found.append(len(run) if not any(run) else base64.b64encode(run).decode())
    return found


def case(expect: str, comment: str, data: bytes, *crossings: Crossing) -> Case:
    """One case; ``crossings`` are what a file that holds has."""
    folders = {
        folder_name(one): {name.partition("/")[2]: text.decode() for name, text in members(one)} for one in crossings
    }
    return {"expect": expect, "comment": comment, "file": pieces(data), "folders": folders}


def cases() -> Iterator[tuple[str, Case]]:
    """Name and case."""
    yield from holding()
    yield from misnamed()
    yield from misspelt()
    yield from large()
    yield from spoiled()


def holding() -> Iterator[tuple[str, Case]]:
    """What is unpacked."""
    yield "one", case("holds", "one crossing with three files", file_of(members(SECOND)), SECOND)
    yield "empty", case("holds", "one that only confirms", file_of(members(BACK)), BACK)
    parts = [members(one) for one in (FIRST, SECOND, THIRD)]
    yield "several", case("holds", "three that follow one another", file_of(*parts), FIRST, SECOND, THIRD)
    devices = file_of(members(BACK))
    head = summed(devices[:329] + (bytes(16) if any(devices[329:345]) else b"0000000\0" * 2) + devices[345:BLOCK])
    yield "devices", case("holds", "the other spelling of no device", head + devices[BLOCK:], BACK)


def misnamed() -> Iterator[tuple[str, Case]]:
    """Steps a, b and d: other members than the lists say."""
    note, *rest = members(SECOND)
    name = folder_name(SECOND)
    odd: dict[str, tuple[str, list[Member]]] = {
        "folder-other": ("step a: the folder of another number", [(f"{name[:-1]}3/crossing", note[1]), *rest]),
        "folder-none": ("step a: no folder", [("crossing", note[1])]),
        "folder-climbs": ("step a: a folder above", [(f"azukari-/../{name}/crossing", note[1]), *rest]),
        "list-last": ("step a: the list after its files", [*rest, note]),
        "files-order": ("step d: files in another order", [note, *rest[::-1]]),
        "file-missing": ("step d: a file that is listed is not there", [note, *rest[1:]]),
        "file-more": ("step d: a file that is not listed", [note, *rest, (f"{name}/files/more.age", b"x")]),
        "file-twice": ("step d: a file twice", [note, *rest, rest[-1]]),
        "file-climbs": ("step d: a name that climbs", [note, (f"{name}/files/../{rest[0][0]}", rest[0][1]), *rest[1:]]),
        "file-absolute": ("step d: an absolute name", [note, (f"/{rest[0][0]}", rest[0][1]), *rest[1:]]),
        "file-backslash": (
            "step d: a backslash",
            [note, (f"{name}\\files\\{sorted(FILES)[0]}", rest[0][1]), *rest[1:]],
        ),
        "file-longer": ("step d: a file is longer than listed", [note, (rest[0][0], rest[0][1] + b"."), *rest[1:]]),
        "file-shorter": ("step d: a file is shorter than listed", [note, (rest[0][0], rest[0][1][:-1]), *rest[1:]]),
    }
    for key, (comment, found) in odd.items():
        yield key, case("format", comment, file_of(found))
    for key, others in {
        "crossing-twice": (SECOND, SECOND),
        "crossing-missing": (FIRST, THIRD),
        "crossing-order": (THIRD, SECOND),
        "crossing-side": (BACK, replace(SECOND, side=Side.INSIDE)),
        "crossing-body": (FIRST, replace(SECOND, body=OTHER)),
    }.items():
        found = file_of(*(members(one) for one in others))
        yield key, case("format", f"step b: {key.replace('-', ' ')}", found)


def misspelt() -> Iterator[tuple[str, Case]]:
    """Steps a and d: headers of another spelling."""
    (name, note), *rest = members(SECOND)
    tail = b"".join(member(*one) for one in rest[1:])
    first = rest[0]
    kinds = {"link": tarfile.SYMTYPE, "hard-link": tarfile.LNKTYPE, "folder": tarfile.DIRTYPE, "pipe": tarfile.FIFOTYPE}
    for key, kind in kinds.items():
        found = header(first[0], len(first[1]), type=kind, linkname="/etc/passwd") + first[1]
        found += bytes(-len(first[1]) % BLOCK)
        yield (
            f"type-{key}",
            case("format", f"step d: a {key}, no plain file", closed(member(name, note) + found + tail)),
        )
    for key, value in {"mode": 0o755, "mtime": 1, "uid": 1_000, "uname": "officer"}.items():
        found = member(name, note) + member(*first, **{key: value}) + tail
        yield f"header-{key}", case("format", f"step d: {key} of another value", closed(found))
    plain = header(*_sized(first))
    binary = summed(plain[:124] + b"\x80" + bytes(10) + b"\x0b" + plain[136:])
    found = binary + first[1] + bytes(-len(first[1]) % BLOCK)
    yield "size-binary", case("format", "step d: a size in binary", closed(member(name, note) + found + tail))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "x"}) as archive:
        for one, data in members(SECOND):
            info = tarfile.TarInfo(one)
            info.size, info.mode = len(data), 0o600
            archive.addfile(info, io.BytesIO(data))
    yield "pax", case("format", "step a: headers of the pax format", out.getvalue())
    changed = header(*_sized(first))
    changed = changed[:148] + b"000000\0 " + changed[156:]
    found = closed(member(name, note) + changed + first[1] + bytes(-len(first[1]) % BLOCK) + tail)
    yield "checksum", case("format", "step d: another checksum", found)
    yield "text", case("format", "step a: a text file", "便は、ここにはありません。\n".encode() * 40)


def _sized(one: Member) -> tuple[str, int]:
    return one[0], len(one[1])


def large() -> Iterator[tuple[str, Case]]:
    """Limits, refused before anything is laid down."""
    name = folder_name(SECOND)
    found = header(f"{name}/crossing", 1_000_001)
    yield "list-large", case("limit", "step a: a list of 1,000,001 bytes", closed(found))
    big = replace(SECOND, items=(replace(SECOND.items[0], bytes=8**11),))
    yield "file-large", case("limit", "step c: a file of 8 GiB", file_of(members(big, {})))


def spoiled() -> Iterator[tuple[str, Case]]:
    """What happens to a file on its way."""
    whole = file_of(members(SECOND))
    data = members(SECOND)[1][1]
    place = whole.index(data)
    yield "cut-nothing", case("incomplete-crossing", "step a: an empty file", b"")
    yield "cut-list", case("incomplete-crossing", "step a: it ends within the list", whole[: BLOCK + 40])
    yield "cut-file", case("incomplete-crossing", "step c: it ends within a file", whole[: place + 3])
    yield "cut-header", case("incomplete-crossing", "step a: it ends within a header", whole[:100])
    yield "cut-between", case("incomplete-crossing", "step c: it ends before the files", whole[: place - BLOCK])
    end = len(whole.rstrip(b"\0"))
    yield "cut-end", case("incomplete-crossing", "step e: it ends before its end", whole[: end + -end % BLOCK])
    yield "cut-zeros", case("incomplete-crossing", "step e: a zero is missing", whole[:-1])
    flipped = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    yield "file-changed", case("crossing-file", "step d: a byte of a file was changed", flipped)
    filled = whole[: place + len(data)] + b"x" + whole[place + len(data) + 1 :]
    yield "filler", case("format", "step d: something behind a file", filled)
    yield "end-more", case("format", "step e: a zero more", whole + b"\0")
    yield "end-something", case("format", "step e: something at the end", whole[:-1] + b"x")
    yield "end-twice", case("format", "step e: another file behind it", whole + whole)


def files() -> dict[str, bytes]:
    """File name to content."""
    return {f"{name}.json": (json.dumps(one, ensure_ascii=False, indent=1) + "\n").encode() for name, one in cases()}


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    for name, content in files().items():
        (HERE / name).write_bytes(content)
