"""A file of a source, in the form that the source has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from azukari.errors import NotFoundError
from azukari.stores.keys import KeyEncryptionKey
from azukari.tables import read_table
from azukari.uses import cloudevents
from azukari.uses.reasons import UnusableError
from azukari.web.keyring import queries as keyring
from azukari.web.trail.elements import Element, of_batch, of_lines, of_table
from azukari.web.trail.queries import SourceInfo

_WHOLE: Final = cloudevents.BATCH * cloudevents.EVENT_BYTES  # bytes of a batch


def elements(source: SourceInfo, path: Path, kek: KeyEncryptionKey, now: datetime) -> Iterable[Element]:
    """What the file tells. NotFoundError without one; FormatError, LimitError, ColumnError, and what ``read_table``
    raises for one that is not of the source's form: then nothing is taken.
    """
    if not path.is_file():
        raise NotFoundError(path.name)
    if source.form == "table":
        key = keyring.derived(source.body, f"use-row/{source.id}", kek)
        return of_table(source, read_table(path).frame, key, now)
    with path.open("rb") as file:
        head = file.readline(cloudevents.EVENT_BYTES + 1)
        if source.form == "fhir" or not _is_line(head):
            return of_batch(source, head + file.read(_WHOLE + 1), now)
    return _lines(source, path, now)


def _lines(source: SourceInfo, path: Path, now: datetime) -> Iterator[Element]:
    with path.open("rb") as file:
        yield from of_lines(source, file, now)


def _is_line(head: bytes) -> bool:
    """Whether the first line is a whole event, or too long to tell, or nothing that could begin a batch."""
    if len(head) > cloudevents.EVENT_BYTES:
        return True
    try:
        return isinstance(cloudevents.parse_json(head), dict)
    except UnusableError:
        return head.lstrip()[:1] not in (b"[", b"{")
