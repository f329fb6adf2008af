"""The copies of a body as a trace sees them: register, secrets and copy records put together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

from azukari.handover.record import RecordReader
from azukari.seal.manifest import Entry
from azukari.seal.receipt import Grade
from azukari.stores.keys import KeyEncryptionKey
from azukari.trace.copies import Copy
from azukari.web.custody import places, queries, vault
from azukari.web.custody.models import Receipt


def copies(body_id: UUID, kek: KeyEncryptionKey, *, before: int, burned: frozenset[UUID]) -> list[Copy]:
    """Every logged hand-over whose entry stands before ledger index ``before``, in ledger order.

    ``burned``: hand-overs whose marks prove nothing any more. Raises KeyFileError.
    """
    infos = [h for h in queries.hand_overs(body_id) if h.entry_index is not None and h.entry_index < before]
    infos.sort(key=lambda info: info.entry_index or 0)
    index_keys = {s: vault.index_key(queries.snapshot(s), kek) for s in {info.snapshot for info in infos}}
    grades = best_grades(body_id)
    return [_copy(info, index_keys[info.snapshot], kek, info.id in burned, grades[info.id]) for info in infos]


def _copy(info: queries.HandOverInfo, index_key: bytes, kek: KeyEncryptionKey, burned: bool, grade: Grade) -> Copy:
    assert info.entry is not None and info.entry_index is not None  # the caller took logged ones
    return Copy(
        entry=Entry.parse(info.entry),
        index=info.entry_index,
        key=vault.hand_over_key(info, kek),
        index_key=index_key,
        rows=info.rows,
        burned=burned,
        grade=grade,
        open_record=record_opener(info.id, vault.record_key(info, kek)),
        expired=info.record_removed_at is not None,
    )


def best_grade(hand_over_id: UUID) -> Grade:
    """The best grade that the receipts of a hand-over prove."""
    return _best(Grade(receipt.grade) for receipt in queries.receipts(hand_over_id))


def best_grades(body_id: UUID) -> Mapping[UUID, Grade]:
    """The best grade of every hand-over of a body, read at once; claimed where there is no receipt."""
    found: dict[UUID, Grade] = defaultdict(lambda: Grade.CLAIMED)
    for key, grade in Receipt.objects.filter(body_id=body_id).values_list("hand_over_id", "grade"):
        found[key] = _best((found[key], Grade(grade)))
    return found


def receipt_notes(body_id: UUID) -> dict[str, list[str]]:
    """The signed notes of all receipts of a body, oldest first, by the hexadecimal id of the hand-over."""
    found: dict[str, list[str]] = {}
    rows = Receipt.objects.filter(body_id=body_id).order_by("received_at", "id")
    for key, note in rows.values_list("hand_over_id", "note"):
        found.setdefault(key.hex, []).append(note)
    return found


def _best(grades: Iterable[Grade]) -> Grade:
    return max((Grade.CLAIMED, *grades), key=list(Grade).index)


def record_opener(hand_over_id: UUID, key: bytes) -> Callable[[], AbstractContextManager[RecordReader]]:
    """Opens the copy record of a hand-over, whose key this is, as often as it is asked."""

    @contextmanager
    def open_record() -> Iterator[RecordReader]:
        with places.record(hand_over_id).open("rb") as file:
            yield RecordReader(file, key, hand_over_id.hex)

    return open_record
