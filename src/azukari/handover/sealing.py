"""Mark and seal one copy: sealed payload, copy record, ledger entry (docs/spec/package.md, section 6)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azukari.errors import ColumnError
from azukari.fields.kinds import REFERENCE, Field
from azukari.fields.spelling import RULES, SLOTS
from azukari.fingerprint.codes import CODE
from azukari.fingerprint.keys import Channel, HandOverKey
from azukari.fingerprint.marking import spell_column
from azukari.fingerprint.order import delivered_order
from azukari.fingerprint.references import references
from azukari.handover.decoys import canary_count, decoy_rows
from azukari.handover.linking import Digester, link_columns, role_columns
from azukari.handover.record import RecordWriter
from azukari.ledger.entry import canonical
from azukari.ledger.tree import leaf_hash, root_of
from azukari.seal.commitments import (
    HASH_BYTES,
    commitment,
    encoded_cell_commitments,
    row_leaf,
    source_row_commitments,
)
from azukari.seal.manifest import LABELS, SMALL_COUNT, Contents, Entry, headers_bytes
from azukari.seal.package import encrypt_payload, payload_archive
from azukari.tables.canonical import table_to_csv_bytes
from azukari.tables.spelling import presentation

REFERENCE_HEADER: Final = "行参照"
ROWS: Final = 65_536  # rows handled at a time
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Parties:
    """受渡しの当事者と識別子。 Who and what the entry names; identifiers are 16 bytes as hex, keys public."""

    hand_over: str
    body: str
    entrustment: str
    party: str
    snapshot: str
    parent: str
    party_name: str
    purpose: str
    recipient: str
    recipient_vkey: str
    oversight: str
    oversight_vkey: str
    day: str
    expires: str


@dataclass(frozen=True)
class Plan:
    """受渡しの計画。 The leaving columns in source order, the local-id column, and how to mark."""

    columns: tuple[tuple[str, Field], ...]
    local_id: str | None
    strict_schema: bool = False
    canaries: int | None = None  # None: by the size of the table
    held: tuple[int, ...] = ()  # source rows that stay, because the person is under protective measures

    @property
    def fields(self) -> tuple[Field, ...]:
        """The delivered fields: the row reference first."""
        return (REFERENCE, *(field for _, field in self.columns))

    @property
    def headers(self) -> tuple[str, ...]:
        """The delivered headers. Raises ColumnError if the source has a column called like the reference."""
        headers = tuple(header for header, _ in self.columns)
        if REFERENCE_HEADER in headers:
            raise ColumnError(REFERENCE_HEADER)
        return (REFERENCE_HEADER, *headers)


@dataclass(frozen=True, repr=False)
class Secrets:
    """受渡しの秘密。 K_h, the key of the copy record, the index key of the snapshot; 32 bytes each."""

    key: HandOverKey
    record_key: bytes
    index_key: bytes


@dataclass
class _Digests:
    """What is gathered over all chunks."""

    leaves: list[bytes]
    sources: bytearray
    links: dict[str, list[tuple[NDArray[np.uint64], int]]]


def seal_table(
    source: pl.DataFrame,
    plan: Plan,
    parties: Parties,
    secrets: Secrets,
    payload_out: BinaryIO,
    record_out: BinaryIO,
    progress: Progress = lambda done, total: None,
) -> Entry:
    """Mark the rows, write payload.age and the copy record, and return the entry to be logged.

    ``source``: text columns, one row a person, row number = source row number. Raises MarkError if a
    mark would change more than presentation; then nothing that was written may be used.
    """
    leaving = np.setdiff1d(np.arange(source.height, dtype=np.uint64), np.array(plan.held, dtype=np.uint64))
    # Canaries are drawn from rows that leave: nothing of a row that stays may come along in one.
    decoys, numbers = decoy_rows(source[leaving], plan.columns, secrets.key, _canaries(plan, len(leaving)))
    source_rows = np.concatenate([leaving, np.arange(decoys.height, dtype=np.uint64) + np.uint64(source.height)])
    rows = len(source_rows)
    order = source_rows[delivered_order(secrets.key.channel(Channel.ORDER), source_rows)].astype(np.intp)
    everything = pl.concat([source.select(decoys.columns), decoys])
    record = RecordWriter(record_out, secrets.record_key, parties.hand_over)
    csv = io.BytesIO()
    gathered = _Digests([], bytearray(), {})
    cells = _cells(everything, order, plan, secrets, csv, gathered, progress)
    record.section("cells", cells)
    _write_rest(record, source, plan, order, gathered, _canary_list(numbers, order, source.height))
    contents = _contents(plan, parties, secrets.key, rows)
    digest, size = _encrypt(payload_archive(contents, csv, bytes(gathered.sources)), payload_out, parties)
    root = root_of(gathered.leaves)
    canary_list = canonical(_canary_list(numbers, order, source.height))
    return _entry(plan, parties, secrets.key, contents, root, digest, size, canary_list)


def _canaries(plan: Plan, rows: int) -> int:
    return canary_count(rows) if plan.canaries is None else plan.canaries


def _cells(
    frame: pl.DataFrame,
    order: NDArray[np.intp],
    plan: Plan,
    secrets: Secrets,
    csv: BinaryIO,
    gathered: _Digests,
    progress: Progress,
) -> Iterator[bytes]:
    """Yield the cell commitments of every delivered row, row by row; write the rows to ``csv`` on the way."""
    cell_key, row_key = secrets.key.derive("cells"), secrets.key.derive("source-rows")
    digester = Digester(secrets.index_key)
    for first in range(0, len(order), ROWS):
        taken = order[first : first + ROWS]
        delivered, plain = _mark(frame[taken], plan, secrets.key, first)
        text = table_to_csv_bytes(delivered)
        csv.write(text if first == 0 else text[text.index(b"\n") + 1 :])
        sources = source_row_commitments(row_key, first, taken.tolist())
        cells = _cell_rows(cell_key, first, plain)
        gathered.sources += sources
        gathered.leaves += _leaf_hashes(first, sources, cells, len(plain))
        _gather_links(digester, plan.fields, plain, first, gathered)
        progress(first + len(taken), len(order))
        yield cells


def _cell_rows(cell_key: bytes, first: int, plain: Sequence[pl.Series]) -> bytes:
    """The cell commitments of a chunk, row by row."""
    columns = [
        encoded_cell_commitments(cell_key, number, first, column.cast(pl.Binary).to_list())
        for number, column in enumerate(plain)
    ]
    return np.stack([np.frombuffer(column, dtype=f"V{HASH_BYTES}") for column in columns], axis=1).tobytes()


def _leaf_hashes(first: int, sources: bytes, cells: bytes, width: int) -> Iterator[bytes]:
    """The Merkle leaves of a chunk of rows with ``width`` cells each."""
    size = width * HASH_BYTES
    for i in range(len(sources) // HASH_BYTES):
        source = sources[i * HASH_BYTES : (i + 1) * HASH_BYTES]
        yield leaf_hash(row_leaf(first + i, source, cells[i * size : (i + 1) * size]))


def _mark(frame: pl.DataFrame, plan: Plan, key: HandOverKey, first: int) -> tuple[pl.DataFrame, list[pl.Series]]:
    """The delivered rows of a chunk, and the presentation form of each delivered column."""
    names = references(key.channel(Channel.REFERENCE), frame.height, first)
    delivered = [pl.Series(REFERENCE_HEADER, names, dtype=pl.String)]
    plain = [delivered[0]]
    spelling = key.channel(Channel.SPELLING)
    for header, field in plan.columns:
        if field.kind in SLOTS and not plan.strict_schema:
            series, form = spell_column(frame[header], field.kind, spelling)
        else:
            series, form = frame[header], presentation(field.kind, frame[header])
        delivered.append(series)
        plain.append(form)
    return pl.DataFrame(delivered), plain


def _gather_links(
    digester: Digester, fields: Sequence[Field], plain: Sequence[pl.Series], first: int, gathered: _Digests
) -> None:
    columns = link_columns(fields)
    forms = {n: digester.forms(kind, plain[n].to_list()) for n, kind in role_columns(columns, fields).items()}
    for column in columns:
        digests = digester.digests(column.combination, [forms[n] for n in column.columns])
        gathered.links.setdefault(column.combination.name, []).append((digests, first))


def _write_rest(
    record: RecordWriter,
    source: pl.DataFrame,
    plan: Plan,
    order: NDArray[np.intp],
    gathered: _Digests,
    canary_list: list[list[int]],
) -> None:
    record.section("leaves", (b"".join(gathered.leaves[i : i + ROWS]) for i in range(0, len(gathered.leaves), ROWS)))
    record.section("source-rows", [order.astype("<u8").tobytes()])
    for name, parts in gathered.links.items():
        digests = np.concatenate([digest for digest, _ in parts])
        positions = np.concatenate([np.arange(first, first + len(d), dtype="<u4") for d, first in parts])
        known = digests != 0
        digests, positions = digests[known], positions[known]
        by_digest = np.lexsort((positions, digests))
        record.section(f"digest/{name}", [digests[by_digest].astype("<u8").tobytes()])
        record.section(f"position/{name}", [positions[by_digest].astype("<u4").tobytes()])
    record.section("headers", [headers_bytes(plan.headers)])
    record.section("canaries", [canonical(canary_list)])
    if plan.local_id is not None:
        ids = source[plan.local_id].to_list()
        encoded = [ids[row].encode() if row < len(ids) else b"" for row in order.tolist()]
        record.section("local-id/ends", [np.cumsum([len(e) for e in encoded]).astype("<u8").tobytes()])
        record.section("local-id/text", [b"".join(encoded)])
    record.close()


def _canary_list(numbers: Sequence[int], order: NDArray[np.intp], first: int) -> list[list[int]]:
    """[delivered position, canary number] of every canary, by position."""
    positions = np.empty(first + len(numbers), dtype=np.int64)
    positions[order] = np.arange(len(order))
    return sorted([int(positions[first + i]), number] for i, number in enumerate(numbers))


def _contents(plan: Plan, parties: Parties, key: HandOverKey, rows: int) -> Contents:
    openings = {label: key.derive(f"opening/{label}") for label in ("headers", "party", "purpose", "rows")}
    return Contents(
        parties.hand_over, plan.headers, rows, parties.party_name, parties.purpose, key.derive("cells"), openings
    )


class _Hashing:
    """A writer that hashes what goes through."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._out.write(data)

    def flush(self) -> None:
        self._out.flush()


def _encrypt(archive: BinaryIO, out: BinaryIO, parties: Parties) -> tuple[str, int]:
    hashing = _Hashing(out)
    encrypt_payload(archive, hashing, [r for r in (parties.recipient, parties.oversight) if r])  # type: ignore[arg-type] # a writer is enough
    return hashing.digest.hexdigest(), hashing.size


def _entry(
    plan: Plan,
    parties: Parties,
    key: HandOverKey,
    contents: Contents,
    root: bytes,
    payload: str,
    payload_bytes: int,
    canary_list: bytes,
) -> Entry:
    values = {f"channel/{channel.value}": key.channel(channel) for channel in Channel}
    values |= contents.committed_values() | {"canaries": canary_list}
    commitments = {label: commitment(label, key.derive(f"opening/{label}"), values[label]).hex() for label in LABELS}
    return Entry(
        hand_over=parties.hand_over,
        body=parties.body,
        entrustment=parties.entrustment,
        party=parties.party,
        snapshot=parties.snapshot,
        parent=parties.parent,
        day=parties.day,
        expires=parties.expires,
        fields=plan.fields,
        rows=contents.rows if contents.rows >= SMALL_COUNT else None,
        rules=RULES,
        code=CODE,
        strict_schema=plan.strict_schema,
        recipient=parties.recipient_vkey,
        oversight=parties.oversight_vkey,
        row_root=root.hex(),
        payload=payload,
        payload_bytes=payload_bytes,
        commitments=commitments,
    )
