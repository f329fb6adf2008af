"""A keystore from a copy of before: whoever was erased on either side stays erased (docs/spec/backup.md)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet

from azukari.errors import StorageError
from azukari.stores.files import TEMPORARY_SUFFIX, put_in_place, sweep_temporary
from azukari.stores.keys import KEY_BYTES, KeyEncryptionKey
from azukari.web.subjects import keystore
from azukari.web.subjects.actions import settling
from azukari.web.subjects.models import Listed, Subject
from azukari.web.subjects.queries import store_path

BATCH: Final = 2_000


@dataclass(frozen=True)
class Restored:
    """戻した鍵保管簿。 People whose keys are there; those who are younger than the copy, who got new ones; pages of the copy."""

    people: int
    lost: int
    pages: int


def restore(
    *, copy: keystore.Copy, made_with: KeyEncryptionKey, kek: KeyEncryptionKey, by: UUID, at: datetime
) -> Restored:
    """Make the keystore of the open office from a copy, under ``kek``.

    1. Whoever was erased in the copy, in a register that is older than it, is erased in the register. 2. Whoever is younger
    than the copy gets a new key, and a list that begins at 1: cells of before and the old list are lost. 3. The file is made
    beside its place, without the keys of who is erased, and 4. put there. Killed anywhere, the same may be repeated.
    KeyFileError, FormatError, StorageError.
    """
    pages = dict(copy.opened(made_with))
    _erase(_destroyed(pages), at)  # 1
    lacking = _lacking(pages)
    lost = sum(_begin_anew(page) for page in lacking)  # 2
    path = store_path()
    sweep_temporary(path.parent, name=path.name)
    made = path.with_name(f".{path.name}.{secrets.token_hex(6)}{TEMPORARY_SUFFIX}")
    try:
        keystore.build(made, copy, made_with, kek, _without_the_erased, lacking)  # 3
        put_in_place(made, path)  # 4
    except OSError as error:
        raise StorageError((error.strerror or "I/O").lower()) from None
    finally:
        made.unlink(missing_ok=True)
    settling.catch_up(kek=kek, by=by, at=at)
    return Restored(_living().count() - lost, lost, len(pages))


def _destroyed(pages: dict[int, bytes]) -> list[int]:
    """The slots that hold no key."""
    size, found = KEY_BYTES, []
    for number, content in pages.items():
        if keystore.NOBODY in content:
            places = range(keystore.SLOTS)
            slots = (place for place in places if content[place * size : (place + 1) * size] == keystore.NOBODY)
            found += [number * keystore.SLOTS + place for place in slots]
    return found


def _erase(numbers: Iterable[int], at: datetime) -> None:
    with transaction.atomic():
        for chunk in _chunks(list(numbers)):
            gone = Subject.objects.filter(number__in=chunk, erased_at=None, wrapped_key=None)
            Listed.objects.filter(number__in=gone.values("number")).delete()
            gone.update(pseudonym=None, erased_at=at)


def _without_the_erased(number: int, content: bytes) -> bytes:
    first = number * keystore.SLOTS
    gone = Subject.objects.filter(number__range=(first, first + keystore.SLOTS - 1), erased_at__isnull=False)
    return keystore.changed(content, dict.fromkeys(gone.values_list("number", flat=True), keystore.NOBODY))


def _lacking(pages: dict[int, bytes]) -> list[int]:
    """The pages that people of the register are in, and the copy does not have."""
    highest = int(_living().aggregate(found=Max("number"))["found"] or 0) // keystore.SLOTS
    return [page for page in range(highest + 1) if page not in pages]


def _begin_anew(page: int) -> int:
    with transaction.atomic():
        people = _living().filter(number__range=_slots(page))
        Listed.objects.filter(number__in=people.values("number")).delete()
        return people.update(generation=0)


def _living() -> QuerySet[Subject]:
    return Subject.objects.filter(erased_at=None, wrapped_key=None)


def _slots(page: int) -> tuple[int, int]:
    return page * keystore.SLOTS, (page + 1) * keystore.SLOTS - 1


def _chunks(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[first : first + BATCH] for first in range(0, len(numbers), BATCH))
