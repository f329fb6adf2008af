"""What a witness remembers: whom it trusts, what it cosigned last, and the checkpoints that it refused as evidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from azukari.errors import LimitError, OptionError
from azukari.ledger import Accepted, Checkpoint, Seen, Verifier
from azukari.ledger.note import ED25519

from .limits import LIMITS

Kind = Literal["fork", "unproven"]

_EVIDENCE: Final = "origin, kind, time, seen_size, seen_root, seen_note, size, root, note"


@dataclass(frozen=True, slots=True)
class LastSeen:
    """最後に連署した状態。 Origin, size, root (32 bytes) and POSIX seconds of the last cosignature for one log."""

    origin: str
    size: int
    root: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """分岐の証拠。 A refused checkpoint beside the one cosigned before, each a note signed by the log itself.

    ``fork``: two roots for one size, which proves itself. ``unproven``: a larger size without a valid proof; the
    log owes a proof from ``seen`` to ``offered``.
    """

    origin: str
    kind: Kind
    time: int
    seen: Seen
    seen_note: bytes
    offered: Seen
    offered_note: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """File names, made of hashes and sizes only, and the two notes."""
        stem = f"{hashed(self.origin)[:16]}-{self.offered.size}"
        return {
            f"{stem}-{seen.root.hex()[:16]}.{part}": note
            for part, seen, note in (("seen", self.seen, self.seen_note), ("refused", self.offered, self.offered_note))
        }


def hashed(origin: str) -> str:
    """Hexadecimal SHA-256 of an origin: its name at the monitoring end (C2SP tlog-witness)."""
    return sha256(origin.encode("utf-8")).hexdigest()


class Record:
    """証人の記録。 The rows of a witness as one transaction sees them."""

    def __init__(self, rows: sqlite3.Connection) -> None:
        self._rows = rows

    def identity(self) -> tuple[str, str]:
        """Name and verifier key of this witness."""
        name, vkey = self._rows.execute("SELECT name, vkey FROM witness").fetchone()
        return name, vkey

    def keys_of(self, origin: str) -> Sequence[Verifier]:
        """The trusted keys of one log; none for a log that nobody asked this witness to follow."""
        found = self._rows.execute("SELECT vkey FROM logs WHERE origin = ? ORDER BY vkey", (origin,))
        return [Verifier.parse(vkey) for (vkey,) in found]

    def origins(self) -> list[str]:
        """Every log that is followed or was, by name."""
        found = self._rows.execute("SELECT origin FROM logs UNION SELECT origin FROM seen ORDER BY origin")
        return [origin for (origin,) in found]

    def trust(self, key: Verifier) -> bool:
        """Add a key of the log that it is named after; whether it is new.

        Raises LimitError beyond ``keys_per_log``, OptionError for a key that is none of a log: of another type than
        Ed25519, or this witness's own, whose cosignatures would then count as a log's signatures.
        """
        if key.kind != ED25519 or key.public == Verifier.parse(self.identity()[1]).public:
            raise OptionError("this is no Ed25519 key of a ledger")
        if key in (known := self.keys_of(key.name)):
            return False
        if len(known) >= LIMITS.keys_per_log:
            raise LimitError(f"more than {LIMITS.keys_per_log} keys for one log")
        self._rows.execute("INSERT INTO logs VALUES (?, ?)", (key.name, key.vkey))
        return True

    def distrust(self, key: Verifier) -> bool:
        """Drop a key, as at the end of a rotation; whether it was there. What was seen of the log stays."""
        dropped = self._rows.execute("DELETE FROM logs WHERE origin = ? AND vkey = ?", (key.name, key.vkey))
        return dropped.rowcount > 0

    def seen_of(self, origin: str) -> Seen | None:
        """What was cosigned last for this log."""
        last = self.last_of(origin)
        return Seen(last.size, last.root) if last else None

    def last_of(self, origin: str) -> LastSeen | None:
        """What was cosigned last for this log, and when."""
        row = self._rows.execute("SELECT size, root, time FROM seen WHERE origin = ?", (origin,)).fetchone()
        return LastSeen(origin, *row) if row else None

    def cosigned(self, hashed_origin: str) -> bytes | None:
        """The latest cosigned note, by the hexadecimal hash of its origin."""
        row = self._rows.execute("SELECT cosigned FROM seen WHERE hashed = ?", (hashed_origin,)).fetchone()
        return bytes(row[0]) if row else None

    def store(self, accepted: Accepted, note: bytes, signatures: bytes, time: int) -> None:
        """Remember what is about to be answered: ``note`` as the log signed it, then our ``signatures``."""
        checkpoint = accepted.checkpoint
        self._rows.execute(
            "INSERT INTO seen (origin, hashed, time, size, root, note, cosigned) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (origin) DO UPDATE SET time = excluded.time, size = excluded.size, root = excluded.root,"
            " note = excluded.note, cosigned = excluded.cosigned",
            (
                *(checkpoint.origin, hashed(checkpoint.origin), time),
                *(checkpoint.size, checkpoint.root, note, note + signatures),
            ),
        )

    def keep(self, kind: Kind, checkpoint: Checkpoint, note: bytes, time: int) -> Evidence | None:
        """Keep a refused checkpoint beside the one seen; None if nothing was seen yet.

        One row for each checkpoint that the log really signed: a stranger who repeats them fills no disk.
        """
        row = self._rows.execute("SELECT size, root, note FROM seen WHERE origin = ?", (checkpoint.origin,)).fetchone()
        if row is None:
            return None
        size, root, seen_note = row
        found = Evidence(
            checkpoint.origin, kind, time, Seen(size, root), seen_note, Seen(checkpoint.size, checkpoint.root), note
        )
        if kind == "unproven" or self._forks_of(checkpoint.origin) < LIMITS.forks:
            self._insert(found)
        if kind == "unproven":
            self._prune(checkpoint.origin)
        return found

    def evidence(self) -> list[Evidence]:
        """All that was kept, oldest first."""
        return [
            Evidence(origin, kind, time, Seen(seen_size, seen_root), seen_note, Seen(size, root), note)
            for origin, kind, time, seen_size, seen_root, seen_note, size, root, note in self._rows.execute(
                f"SELECT {_EVIDENCE} FROM refused ORDER BY id"
            )
        ]

    def _insert(self, found: Evidence) -> None:
        self._rows.execute(
            f"INSERT OR IGNORE INTO refused ({_EVIDENCE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(found.origin, found.kind, found.time, found.seen.size, found.seen.root, found.seen_note),
                *(found.offered.size, found.offered.root, found.offered_note),
            ),
        )

    def _forks_of(self, origin: str) -> int:
        found = self._rows.execute("SELECT COUNT(*) FROM refused WHERE origin = ? AND kind = 'fork'", (origin,))
        count: int = found.fetchone()[0]
        return count

    def _prune(self, origin: str) -> None:
        self._rows.execute(
            "DELETE FROM refused WHERE origin = :origin AND kind = 'unproven' AND id NOT IN"
            " (SELECT id FROM refused WHERE origin = :origin AND kind = 'unproven' ORDER BY id DESC LIMIT :kept)",
            {"origin": origin, "kept": LIMITS.unproven},
        )
