"""What would follow if a table were sealed: what the party would hold, and which marks the copy would carry.

Counts and fields go into the job's result. Headers and example rows may be personal data: they are noted beside the
upload, under its key, and can be read no longer than the upload itself.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import numpy as np
import polars as pl

from azukari.errors import StateError
from azukari.fields.kinds import REFERENCE
from azukari.handover.choosing import Choice
from azukari.handover.holding import Holding, hold
from azukari.handover.overlap import Range
from azukari.handover.preview import Preview, preview
from azukari.stores.keys import KeyEncryptionKey
from azukari.trace.strength import rows_that_name
from azukari.web.custody import queries, snapshots
from azukari.web.custody.queries import held
from azukari.web.custody.withholding import Withheld
from azukari.web.jobs import uploads

UNIONS: Final = 5  # different sets of fields that are told one by one
Progress = Callable[[int, int], None]


def holding(
    source: pl.DataFrame,
    withheld: Withheld,
    choice: Choice,
    terms: queries.EntrustmentInfo,
    kek: KeyEncryptionKey,
    progress: Progress,
) -> dict[str, Any]:
    """What the party would hold of the people whose rows leave, as plain data.

    FormatError, WrongKeyError for a copy record that is damaged.
    """
    before = held.held(terms.party, kek)
    same = snapshots.snapshot_of(source, terms.body, kek)
    rows = np.delete(np.arange(source.height), withheld.held).tolist()
    found = hold(leaving(withheld), choice, before.copies, same.hex if same else None, progress, rows)
    fields = frozenset(field for copy in before.copies for field in copy.fields) - {REFERENCE}
    return _as_json(found) | {"own": before.own, "below": before.below, "before": [str(f) for f in sorted(fields)]}


def leaving(withheld: Withheld) -> pl.DataFrame:
    """The rows that would leave, with what is blanked in them blanked."""
    return withheld.frame[np.delete(np.arange(withheld.frame.height), withheld.held)]


def marks(
    frame: pl.DataFrame, choice: Choice, body_id: UUID, progress: Progress, *, strict: bool = False
) -> tuple[dict[str, Any], bytes]:
    """The marks as plain data, and headers and examples as the bytes to be noted; ``strict``: no spelling is changed."""
    shown = preview(frame, choice.leaving, secrets.token_bytes(32), spell=not strict, progress=progress)
    spelled = [] if strict else choice.leaving
    strength = rows_that_name(frame, spelled, queries.count_hand_overs(body_id) + 1, secrets.token_bytes(32))
    counts = {
        "strict": strict,
        "canaries": shown.canaries,
        "rows_that_name": strength,
        "columns": [
            {"column": frame.columns.index(one.header), "cells": one.cells, "slots": one.slots} for one in shown.columns
        ],
    }
    return counts, _examples(shown, frame.columns)


def examples(upload_id: UUID | None, kek: KeyEncryptionKey) -> Mapping[str, Any] | None:
    """``columns`` of the table, ``headers`` and ``rows`` of the examples; None where the upload is gone, or nothing was noted."""
    try:
        data = uploads.noted(upload_id, kek) if upload_id is not None else None
    except StateError:
        return None
    return None if data is None else dict(json.loads(data))


def _examples(shown: Preview, columns: list[str]) -> bytes:
    rows = [[*zip(one.before, one.after, strict=True)] for one in shown.examples]
    marked = [one.header for one in shown.columns]
    return json.dumps({"columns": columns, "headers": marked, "rows": rows}).encode()


def _as_json(found: Holding) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "known": _range(found.known),
        "people": _range(found.people),
        "new": [found.rows - found.known.high, found.rows - found.known.low],
        "unions": [{"fields": [str(f) for f in one.fields], "rows": one.rows} for one in found.unions[:UNIONS]],
        "more_unions": max(0, len(found.unions) - UNIONS),
        "unique": found.unique,
        "few": found.few,
    }


def _range(one: Range) -> list[int]:
    return [one.low, one.high]
