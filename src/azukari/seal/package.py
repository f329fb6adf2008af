"""The package file P.azk: put together, verified, opened (docs/spec/package.md, sections 6 and 7).

The steps of `verify_package` and `open_payload` carry the numbers of the specification.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, BinaryIO, Final

import polars as pl
import pyrage

from azukari.errors import FormatError, PayloadError, ProofError, RowRootError, UndeclaredColumnError
from azukari.ledger.note import Verifier
from azukari.ledger.proof import parse_proof, verify_proof
from azukari.ledger.tree import leaf_hash, root_of
from azukari.seal.archive import member_offsets, read_member, write_archive
from azukari.seal.commitments import HASH_BYTES, cell_commitments, row_leaf
from azukari.seal.identity import Identity
from azukari.seal.manifest import Contents, Entry
from azukari.tables.canonical import csv_bytes_to_table
from azukari.tables.spelling import plain_column

MEMBERS: Final = ("manifest.json", "payload.age", "entry.tlog-proof")
INNER: Final = ("manifest.json", "rows.csv", "source-rows.bin")
MAX_MANIFEST: Final = 65_535  # bytes; a ledger entry is no larger
MAX_PROOF: Final = 65_536  # bytes
MAX_PAYLOAD: Final = 8 << 30  # bytes
_CHUNK: Final = 1 << 20  # bytes read at a time
_ROWS: Final = 65_536  # rows hashed at a time


@dataclass(frozen=True)
class Package:
    """封印された包み。 A package whose entry, proof and sealed bytes agree."""

    entry: Entry
    entry_bytes: bytes
    vkey: str
    origin: str
    tree_size: int


@dataclass(frozen=True, repr=False)
class Opened:
    """開けた中身。 The rows of a package, after every check."""

    package: Package
    contents: Contents
    table: pl.DataFrame


def payload_archive(contents: Contents, rows_csv: BinaryIO, source_rows: bytes) -> io.BytesIO:
    """The tar that is encrypted as payload.age: manifest in full, rows, commitments to source row numbers."""
    manifest = contents.encode()
    size = rows_csv.seek(0, io.SEEK_END)
    rows_csv.seek(0)
    out = io.BytesIO()
    members = [
        (INNER[0], len(manifest), io.BytesIO(manifest)),
        (INNER[1], size, rows_csv),
        (INNER[2], len(source_rows), io.BytesIO(source_rows)),
    ]
    write_archive(out, members)
    out.seek(0)
    return out


def encrypt_payload(archive: BinaryIO, out: BinaryIO, recipients: Iterable[str]) -> None:
    """Encrypt to every recipient's age key, as a stream; clear bytes touch no disk."""
    keys = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
    pyrage.encrypt_io(archive, out, keys)


def write_package(out: BinaryIO | IO[bytes], entry: bytes, payload: BinaryIO, proof: bytes) -> None:
    """Write P.azk from the entry, the sealed bytes and the proof that the entry is in the ledger."""
    size = payload.seek(0, io.SEEK_END)
    payload.seek(0)
    members = [
        (MEMBERS[0], len(entry), io.BytesIO(entry)),
        (MEMBERS[1], size, payload),
        (MEMBERS[2], len(proof), io.BytesIO(proof)),
    ]
    write_archive(out, members)


def verify_package(source: BinaryIO, vkey: str | None = None) -> Package:
    """Steps 1 to 4: the package is what the ledger says. Needs no key.

    ``vkey`` pins the ledger's verifier key; without it the one named in the proof is used, and the
    caller has to tell people which it was. Raises FormatError, SignatureError, ProofError, PayloadError.
    """
    places = member_offsets(source, MEMBERS)  # step 1
    entry_bytes = read_member(source, places[MEMBERS[0]], MAX_MANIFEST)
    entry = Entry.parse(entry_bytes)  # step 2
    proof = read_member(source, places[MEMBERS[2]], MAX_PROOF)
    used, origin, size = _verify_entry(entry_bytes, proof, vkey)  # step 3
    _verify_payload(source, places[MEMBERS[1]], entry)  # step 4
    return Package(entry, entry_bytes, used, origin, size)


def open_package(source: BinaryIO, identity: Identity, vkey: str | None = None) -> Opened:
    """Steps 1 to 8. Raises as `verify_package`, and WrongKeyError, CommitmentError, UndeclaredColumnError, RowRootError."""
    package = verify_package(source, vkey)
    offset, size = member_offsets(source, MEMBERS)[MEMBERS[1]]
    source.seek(offset)
    clear = io.BytesIO(identity.decrypt(source.read(size)))  # step 5
    contents, table = open_payload(clear, package.entry)
    return Opened(package, contents, table)


def open_payload(clear: BinaryIO, entry: Entry) -> tuple[Contents, pl.DataFrame]:
    """Steps 6 to 8: the decrypted rows are those of the entry, and no column is there that it does not declare."""
    places = member_offsets(clear, INNER)
    contents = Contents.parse(read_member(clear, places[INNER[0]], MAX_PAYLOAD))
    contents.verify(entry)  # step 6
    table = csv_bytes_to_table(read_member(clear, places[INNER[1]], MAX_PAYLOAD))
    verify_columns(table, contents, entry)  # step 7
    source_rows = read_member(clear, places[INNER[2]], MAX_PAYLOAD)
    if table.height != contents.rows or len(source_rows) != HASH_BYTES * table.height:
        raise RowRootError("row count")
    if row_root(table, entry, contents.cell_key, source_rows) != bytes.fromhex(entry.row_root):  # step 8
        raise RowRootError
    return contents, table


def verify_columns(table: pl.DataFrame, contents: Contents, entry: Entry) -> None:
    """Step 7. Raises UndeclaredColumnError, FormatError."""
    extra = [name for name in table.columns if name not in contents.headers]
    if extra or table.width > len(entry.fields):
        raise UndeclaredColumnError(f"{len(extra) or table.width - len(entry.fields)} column(s)")
    if tuple(table.columns) != contents.headers or table.width != len(entry.fields):
        raise FormatError("columns are missing or in another order")


def row_root(table: pl.DataFrame, entry: Entry, cell_key: bytes, source_rows: bytes) -> bytes:
    """The Merkle root over all rows; ``source_rows``: 32 bytes a row."""
    leaves: list[bytes] = []
    for first in range(0, table.height, _ROWS):
        chunk = table.slice(first, _ROWS)
        columns = [
            cell_commitments(cell_key, number, first, plain_column(chunk.to_series(number), field.kind))
            for number, field in enumerate(entry.fields)
        ]
        for i, cells in enumerate(zip(*columns, strict=True)):
            start = (first + i) * HASH_BYTES
            leaves.append(leaf_hash(row_leaf(first + i, source_rows[start : start + HASH_BYTES], b"".join(cells))))
    return root_of(leaves)


def _verify_entry(entry: bytes, proof: bytes, vkey: str | None) -> tuple[str, str, int]:
    """Step 3. The key that the proof names must have signed, and so must one that the reader pinned."""
    named = parse_proof(proof).extra.decode("utf-8", "replace")
    used = vkey or named
    origin = Verifier.parse(used).name
    for key in {used, named or used}:
        checkpoint = verify_proof(proof, entry, origin, [Verifier.parse(key)])
    if checkpoint.size < 1:
        raise ProofError("empty ledger")
    return used, checkpoint.origin, checkpoint.size


def _verify_payload(source: BinaryIO, place: tuple[int, int], entry: Entry) -> None:
    offset, size = place
    if size != entry.payload_bytes:
        raise PayloadError("size")
    digest = hashlib.sha256()
    source.seek(offset)
    left = size
    while left:
        chunk = source.read(min(_CHUNK, left))
        if not chunk:
            raise PayloadError("cut short")
        digest.update(chunk)
        left -= len(chunk)
    if digest.hexdigest() != entry.payload:
        raise PayloadError("digest")
