"""The next n of each person's list (docs/spec/completeness.md, 2), for one or for millions; none is skipped, none is taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from azukari.errors import StateError

CHUNK: Final = 2_000  # people in one statement
_ON: Final = (
    " ON CONFLICT (number) DO UPDATE SET count = subjects_listed.count + excluded.count"
    " WHERE subjects_listed.body_id = excluded.body_id RETURNING number, count"
)
_SQLITE: Final = (
    "INSERT INTO subjects_listed (number, body_id, count)"
    " SELECT value ->> 0, %s, value ->> 1 FROM json_each(%s) WHERE true" + _ON
)
_POSTGRESQL: Final = (
    "INSERT INTO subjects_listed (number, body_id, count)"
    " SELECT number, %s, more FROM unnest(%s::bigint[], %s::bigint[]) AS given (number, more)" + _ON
)


def take(*, body_id: UUID, numbers: NDArray[np.int64], by: UUID, at: datetime) -> NDArray[np.uint64]:
    """The next n of each number, in the order given; a number that stands twice gets two that follow one another.

    In the caller's transaction, and taken if that is: whoever takes them appends their leaves. The rows are locked in the
    order of numbers, so that two callers do not wait for each other. StateError for a number of another body.
    """
    people, where, more = np.unique(numbers, return_inverse=True, return_counts=True)
    if not len(people):
        return np.zeros(0, dtype=np.uint64)
    before = _counted(body_id, people, more) - more
    order = np.argsort(where, kind="stable")
    rank = np.empty(len(numbers), dtype=np.int64)
    rank[order] = np.arange(len(numbers)) - np.repeat(np.cumsum(more) - more, more)
    return (before[where] + rank + 1).astype(np.uint64)


def _counted(body_id: UUID, people: NDArray[np.int64], more: NDArray[np.int64]) -> NDArray[np.int64]:
    """The counts of these people, ascending, after ``more`` were added to each."""
    after = np.empty(len(people), dtype=np.int64)
    with connection.cursor() as cursor:
        for first in range(0, len(people), CHUNK):
            chunk = slice(first, first + CHUNK)
            cursor.execute(*_statement(body_id, people[chunk].tolist(), more[chunk].tolist()))
            found = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2)
            found = found[np.argsort(found[:, 0])]
            if not np.array_equal(found[:, 0], people[chunk]):
                raise StateError("a person of another body")
            after[chunk] = found[:, 1]
    return after


def _statement(body_id: UUID, people: Sequence[int], more: Sequence[int]) -> tuple[str, list[Any]]:
    if connection.vendor == "postgresql":
        return _POSTGRESQL, [body_id, list(people), list(more)]
    return _SQLITE, [body_id.hex, json.dumps(list(zip(people, more, strict=True)))]
