"""Small sealed copies, traces and evidence in memory, with keys that follow from names: fictitious and repeatable.

Everything but the sealed bytes themselves is the same on every run: age encryption is randomised.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256

import polars as pl

from azukari.evidence.bundle import Bundle
from azukari.evidence.making import LedgerView, channels_needed, make_bundle, make_specimen_file
from azukari.fields.kinds import Field, Kind
from azukari.fingerprint.keys import Channel, HandOverKey
from azukari.handover.record import RecordReader
from azukari.handover.returning import Delivered
from azukari.handover.sealing import Parties, Plan, Secrets, seal_table
from azukari.ledger import Checkpoint, Proof, Signer, Tree, encode_proof, leaf_hash, sign_checkpoint
from azukari.seal.identity import Identity
from azukari.seal.manifest import Contents, Entry
from azukari.seal.package import open_payload, write_package
from azukari.seal.receipt import Grade
from azukari.trace.copies import Copy
from azukari.trace.specimen import Specimen, SpecimenFile, disclosure_entry, specimen_entry
from azukari.trace.tracing import Trace, trace

ORIGIN = "ledger.minasoko.example/log1"
DAY, EXPIRES = "2026-11-23", "2027-03-31"
OVERSIGHT = "oversight"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def fixed_bytes(name: str, size: int = 32) -> bytes:
    """At most 32 bytes that follow from a name."""
    return sha256(b"azukari testing: " + name.encode()).digest()[:size]


def fixed_id(name: str) -> str:
    """An identifier of 16 bytes as hex."""
    return fixed_bytes(f"id/{name}", 16).hex()


def fixed_identity(name: str) -> Identity:
    """The identity of a fictitious party: its age key is 32 bytes that follow from the name."""
    return Identity.parse(_bech32("age-secret-key-", fixed_bytes(f"identity/{name}")).upper())


def fixed_log(origin: str = ORIGIN) -> Signer:
    """The signer of a fictitious ledger."""
    return Signer(origin, fixed_bytes(f"log/{origin}"))


@dataclass(frozen=True, repr=False)
class SealedCopy:
    """封印した写し。 One hand-over with everything that office and recipient hold of it."""

    name: str
    entry: Entry
    plan: Plan
    secrets: Secrets
    payload: bytes
    record: bytes

    @property
    def identity(self) -> Identity:
        """The key of the recipient."""
        return fixed_identity(self.name)

    @property
    def entry_bytes(self) -> bytes:
        """The ledger entry."""
        return self.entry.encode()

    def opened(self) -> tuple[Contents, pl.DataFrame]:
        """What the recipient finds, after every check."""
        return open_payload(io.BytesIO(self.identity.decrypt(self.payload)), self.entry)

    @property
    def table(self) -> pl.DataFrame:
        """The delivered rows."""
        return self.opened()[1]

    @property
    def rows(self) -> int:
        """Delivered rows, canaries included."""
        return self.reader().numbers("source-rows", "<u8").size

    def reader(self) -> RecordReader:
        """The copy record."""
        return RecordReader(io.BytesIO(self.record), self.secrets.record_key, self.entry.hand_over)

    @contextmanager
    def _open_record(self) -> Iterator[RecordReader]:
        yield self.reader()

    def copy(self, index: int = 0, *, burned: bool = False, grade: Grade = Grade.CLAIMED) -> Copy:
        """The copy as a trace wants it; ``index``: of its entry in the ledger."""
        key, index_key = self.secrets.key, self.secrets.index_key
        return Copy(self.entry, index, key, index_key, self.rows, burned, grade, self._open_record)

    def delivered(self) -> Delivered:
        """The copy as the way back wants it."""
        return Delivered(
            self.plan.fields,
            self.rows,
            self.secrets.key.channel(Channel.REFERENCE),
            self.secrets.key.derive("cells"),
            self.reader(),
        )

    def package(self, ledger: LedgerView | None = None, index: int = 0) -> bytes:
        """P.azk, proven by a ledger that holds this entry at ``index`` (by default it holds nothing else)."""
        view = ledger or fixed_ledger([self.entry_bytes])
        out = io.BytesIO()
        write_package(out, self.entry_bytes, io.BytesIO(self.payload), fixed_proof(view, index))
        return out.getvalue()


def seal_copy(
    source: pl.DataFrame,
    columns: Mapping[str, Field],
    name: str,
    *,
    snapshot: str = "snapshot",
    strict_schema: bool = False,
    canaries: int | None = None,
    purpose: str = "データ入力",
    payload: bytes | None = None,
) -> SealedCopy:
    """Seal ``columns`` of ``source`` for the party ``name``; a local-id column that does not leave is kept in the record.

    ``payload``: sealed bytes of an earlier run with the same arguments, used instead of sealing again.
    """
    leaving = tuple((header, field) for header, field in columns.items() if field.kind is not Kind.LOCAL_ID)
    local_id = next((header for header, field in columns.items() if field.kind is Kind.LOCAL_ID), None)
    plan = Plan(leaving, local_id, strict_schema, canaries)
    key = HandOverKey(fixed_bytes(f"hand-over/{name}"))
    secrets = Secrets(key, fixed_bytes(f"record/{name}"), fixed_bytes(f"index/{snapshot}"))
    payload_out, record_out = io.BytesIO(), io.BytesIO()
    entry = seal_table(source, plan, _parties(name, snapshot, purpose), secrets, payload_out, record_out)
    if payload is not None:
        entry = replace(entry, payload=sha256(payload).hexdigest(), payload_bytes=len(payload))
    return SealedCopy(name, entry, plan, secrets, payload or payload_out.getvalue(), record_out.getvalue())


def _parties(name: str, snapshot: str, purpose: str) -> Parties:
    recipient, oversight = fixed_identity(name), fixed_identity(OVERSIGHT)
    return Parties(
        hand_over=fixed_id(f"hand-over/{name}"),
        body=fixed_id("body"),
        entrustment=fixed_id(f"entrustment/{name}"),
        party=fixed_id(f"party/{name}"),
        snapshot=fixed_id(f"snapshot/{snapshot}"),
        parent="",
        party_name=name,
        purpose=purpose,
        recipient=recipient.recipient,
        recipient_vkey=recipient.vkey,
        oversight=oversight.recipient,
        oversight_vkey=oversight.vkey,
        day=DAY,
        expires=EXPIRES,
    )


def fixed_ledger(entries: Sequence[bytes], signer: Signer | None = None) -> LedgerView:
    """A ledger of exactly these entries under a signed checkpoint."""
    log = signer or fixed_log()
    checkpoint = Checkpoint(log.name, len(entries), Tree([leaf_hash(entry) for entry in entries]).root)
    return LedgerView(log.name, log.vkey, sign_checkpoint(checkpoint, [log]).decode(), tuple(entries))


def fixed_proof(ledger: LedgerView, index: int) -> bytes:
    """The proof that travels in a package: the entry is in the ledger; the extra line names the key."""
    tree = Tree([leaf_hash(entry) for entry in ledger.entries])
    return encode_proof(Proof(index, tuple(tree.path(index)), ledger.checkpoint.encode(), ledger.vkey.encode()))


@dataclass(frozen=True, repr=False)
class Case:
    """流出事案。 A logged specimen, its trace, and the evidence that follows from both."""

    specimen: Specimen
    trace: Trace
    ledger: LedgerView
    bundle: Bundle
    file: SpecimenFile


def trace_case(
    specimen: Specimen,
    copies: Sequence[SealedCopy],
    *,
    name: str = "specimen",
    channels: Sequence[Channel] | None = None,
    receipts: Mapping[str, Sequence[str]] | None = None,
    grades: Mapping[str, Grade] | None = None,
) -> Case:
    """Log the copies and the specimen, trace it, disclose what is needed of every accused copy, make the evidence.

    ``channels``: to disclose instead of the fewest; ``receipts`` and ``grades``: by name of the copy.
    """
    opening = fixed_bytes(f"opening/{name}")
    committed = specimen.commitment(opening)
    specimen_id = fixed_id(name)
    known = grades or {}
    traced = trace(
        specimen,
        [one.copy(i, grade=known.get(one.name, Grade.CLAIMED)) for i, one in enumerate(copies)],
        specimen_id=specimen_id,
        committed=committed,
        specimens_in_case=1,
    )
    entries = [one.entry_bytes for one in copies]
    entries.append(specimen_entry(case=fixed_id("case"), specimen=specimen_id, committed=committed, day=DAY))
    disclosures: dict[str, tuple[int, Sequence[Channel]]] = {}
    for hand_over in traced.finding.accused:
        needed = channels or channels_needed(traced.examined[hand_over].measurement, traced.finding.threshold)
        disclosures[hand_over] = (len(entries), needed)
        entries.append(disclosure_entry(hand_over=hand_over, specimen=specimen_id, channels=list(needed), day=DAY))
    ids = {one.name: one.entry.hand_over for one in copies}
    ledger = fixed_ledger(entries)
    bundle = make_bundle(
        traced,
        specimen,
        ledger,
        specimen_entry=len(copies),
        disclosures=disclosures,
        receipts={ids[one]: notes for one, notes in (receipts or {}).items()},
    )
    return Case(specimen, traced, ledger, bundle, make_specimen_file(traced, specimen, opening, list(disclosures)))


def _bech32(prefix: str, data: bytes) -> str:
    """BIP 173, as age writes its keys."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    words = [int(bits[i : i + 5], 2) for i in range(0, len(bits), 5)]
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod([*spread, *words, 0, 0, 0, 0, 0, 0]) ^ 1
    words += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return f"{prefix}1{''.join(_BECH32[word] for word in words)}"


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> i & 1 else 0
    return check
