"""The witness itself: judge, store, and only then answer; one folder, however many processes work in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from azukari.errors import AzukariError, KeyFileError, StateError, StorageError
from azukari.ledger import (
    Accepted,
    Checkpoint,
    Cosigner,
    Refused,
    Request,
    Signature,
    cosign_response,
    judge,
    parse_note,
)
from azukari.ledger.witnessing import TEXT_TYPE
from azukari.stores.files import PUBLIC, creating

from .database import Database, create_database
from .record import Evidence, Record

DATABASE: Final = "witness.db"
KEY: Final = "witness.key"
EVIDENCE: Final = "evidence"

_log = logging.getLogger("azukari.witness")


@dataclass(frozen=True, slots=True)
class Outcome:
    """証人の判断。 What is answered: status, content type, body, a reason for people, evidence if a fork shows."""

    status: int
    content_type: str
    body: bytes
    reason: str = ""
    evidence: Evidence | None = None


class WitnessFolder:
    """証人のフォルダー。 A witness without its key: what it trusts, saw and refused. Close it, or use ``with``."""

    def __init__(self, folder: Path) -> None:
        """Open a folder that ``create`` made. Raises NotFoundError, StateError, StorageError."""
        self.folder = folder
        self._database = Database(folder / DATABASE)
        try:
            with self.reading() as record:
                self.name, self.vkey = record.identity()
        except BaseException:
            self._database.close()
            raise

    @staticmethod
    def create(folder: Path, cosigner: Cosigner) -> None:
        """Make the folder if need be, and the record in it. Raises StateError if there is one, StorageError."""
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder.name}: {(error.strerror or 'not writable').lower()}") from None
        create_database(folder / DATABASE, cosigner.name, cosigner.vkey)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the record."""
        self._database.close()

    @contextmanager
    def reading(self) -> Iterator[Record]:
        """The record as it is committed."""
        with self._database.reading() as rows:
            yield Record(rows)

    @contextmanager
    def changing(self) -> Iterator[Record]:
        """The record in one durable transaction, which no other process comes between."""
        with self._database.transaction() as rows:
            yield Record(rows)

    def write_evidence(self, evidence: Evidence) -> list[Path]:
        """Write the two notes of a fork under ``evidence/``, once; the files. Raises StorageError."""
        folder = self.folder / EVIDENCE
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder.name}: {(error.strerror or 'not writable').lower()}") from None
        for name, note in evidence.files.items():
            with suppress(StateError), creating(folder / name, mode=PUBLIC) as file:  # there already: same notes
                file.write(note)
        return [folder / name for name in evidence.files]


class Witness:
    """証人。 Answers add-checkpoint requests for one folder with one key."""

    def __init__(self, folder: WitnessFolder, cosigner: Cosigner) -> None:
        """Raises KeyFileError if the key is not the one that the folder was made for."""
        if cosigner.vkey != folder.vkey:
            raise KeyFileError("this key is not the one of this witness")
        self.folder = folder
        self._cosigner = cosigner

    def latest(self, hashed_origin: str) -> bytes | None:
        """The latest cosigned note of a log, by the hexadecimal SHA-256 of its origin. Raises StorageError."""
        with self.folder.reading() as record:
            return record.cosigned(hashed_origin)

    def add_checkpoint(self, body: bytes, at: datetime) -> Outcome:
        """Answer one request (C2SP tlog-witness), whatever its bytes. Raises StorageError, and then cosigned nothing.

        1. One transaction, which keeps other threads and processes out. 2. Judge. 3. Time: now, or the last one if
        the clock was set back. 4. Cosign and store; a refused checkpoint that may be a fork is stored as evidence.
        5. Only after the commit is durable the outcome is returned.
        """
        with self.folder.changing() as record:  # 1
            verdict = judge(body, record.keys_of, record.seen_of)  # 2
            if isinstance(verdict, Refused):
                outcome = _refusal(verdict, body, record, int(at.timestamp()))
            else:
                outcome = self._cosigned(verdict, body, record, int(at.timestamp()))
        self._tell(outcome)  # 5
        return outcome

    def _cosigned(self, accepted: Accepted, body: bytes, record: Record, now: int) -> Outcome:
        last = record.last_of(accepted.checkpoint.origin)
        time = max(now, last.time) if last else now  # 3
        signatures = cosign_response(accepted, [self._cosigner], time)
        record.store(accepted, _signed_by_log(body, record, accepted.checkpoint.origin), signatures, time)  # 4
        return Outcome(200, TEXT_TYPE, signatures)

    def _tell(self, outcome: Outcome) -> None:
        """Say and show a fork; the record holds it already, so that files which fail to be written lose nothing."""
        found = outcome.evidence
        if found is None:
            return
        seen, offered = found.seen, found.offered
        _log.warning(
            "%s of %s: cosigned size %d root %s, refused size %d root %s",
            *(found.kind, found.origin, seen.size, seen.root.hex(), offered.size, offered.root.hex()),
        )
        if found.kind == "fork":
            with suppress(AzukariError):
                self.folder.write_evidence(found)


def _refusal(refused: Refused, body: bytes, record: Record, now: int) -> Outcome:
    """The outcome of a refusal. After 409 and 422 the log's own signature is known to hold, so it may be evidence."""
    evidence = None
    if refused.status in (409, 422):
        checkpoint = Checkpoint.parse(parse_note(Request.parse(body).checkpoint)[0])
        evidence = _evidence(refused.status, checkpoint, body, record, now)
    said = refused.body or f"{refused.reason}\n".encode()
    return Outcome(refused.status, refused.content_type, said, refused.reason, evidence)


def _evidence(status: int, checkpoint: Checkpoint, body: bytes, record: Record, now: int) -> Evidence | None:
    """Two roots for one size are a fork, also where the request named an old size of long ago."""
    seen = record.seen_of(checkpoint.origin)
    if seen is None:
        return None
    note = _signed_by_log(body, record, checkpoint.origin)
    if checkpoint.size == seen.size and checkpoint.root != seen.root:
        return record.keep("fork", checkpoint, note, now)
    if status == 422 and checkpoint.size > seen.size:
        return record.keep("unproven", checkpoint, note, now)
    return None


def _signed_by_log(body: bytes, record: Record, origin: str) -> bytes:
    """The checkpoint with the signatures of the log's trusted keys alone, which the judgement has verified.

    What others added to the note is not kept: nobody has checked it, and it could be large.
    """
    text, signatures = parse_note(Request.parse(body).checkpoint)
    trusted = {(key.name, key.key_id) for key in record.keys_of(origin)}
    kept: dict[tuple[str, bytes], Signature] = {}
    for one in signatures:
        if (one.name, one.key_id) in trusted:
            kept.setdefault((one.name, one.key_id), one)
    return (text + "\n" + "".join(one.line for one in kept.values())).encode("utf-8")
