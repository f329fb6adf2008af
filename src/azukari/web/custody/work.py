"""What a worker does for the register: look at an uploaded table, and seal it. Both may be begun again by another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl

from azukari.errors import NotFoundError, OptionError, StateError
from azukari.fields.kinds import Field, Kind
from azukari.handover.choosing import Choice, Fate, choose, unique_rows
from azukari.ledger.witnessing import Ask
from azukari.stores.clock import now, today
from azukari.tables import ColumnTyping, apply_overrides, read_table, type_columns
from azukari.web import office
from azukari.web.custody import foresight, queries
from azukari.web.custody.actions import releasing, sealing
from azukari.web.custody.carrier import CARRY, carry
from azukari.web.custody.withholding import withhold
from azukari.web.jobs import uploads
from azukari.web.jobs.actions import queue
from azukari.web.jobs.worker import Context, Work

LOOK = "look"
SEAL = "seal"
UNTYPED = ""
"""What an officer chooses for a column that is not to leave."""


def kinds(ask: Ask | None) -> Mapping[str, Work]:
    """The work of this room by its kind; ``ask`` reaches the witnesses of the body's policy."""
    return {LOOK: look, SEAL: lambda context: seal(context, ask), CARRY: carry}


def look(context: Context) -> Mapping[str, Any]:
    """What each column was taken for, or said to be; what would happen to it, and what the party would then hold.

    Nothing of the table is in the result, no header either: the first line of a file without headers is somebody's.
    Headers and example rows are noted beside the upload, under its key.
    """
    terms, frame = queries.entrustment(UUID(context.job.arguments["entrustment"])), _table(context)
    context.progress(0, frame.height)
    typings = typed(frame, context.job.arguments.get("columns"))
    choice = choose(typings, terms.fields)
    withheld = withhold(frame, choice, terms.body, today(), office.key())
    held = foresight.holding(frame, withheld, choice, terms, office.key(), context.progress)
    leaving = foresight.leaving(withheld)
    marks, examples = foresight.marks(
        leaving, choice, terms.body, context.progress, strict=bool(context.job.arguments.get("strict"))
    )
    if context.job.upload is not None:
        uploads.note(context.job.upload, office.key(), examples)
    return {
        "rows": frame.height,
        "unique": unique_rows(leaving, choice),
        "withheld": [len(withheld.held), withheld.blanked, withheld.unmatched],
        "columns": [_column(typing, fate) for typing, (_, _, fate) in zip(typings, choice.fates, strict=True)],
        "holding": held,
        "marks": marks,
    }


def _column(typing: ColumnTyping, fate: Fate) -> dict[str, str]:
    return {
        "field": str(typing.field) if typing.field else UNTYPED,
        "fate": fate.value,
        "ja": "".join(ground.sentence("ja") for ground in typing.grounds),
        "en": " ".join(ground.sentence("en") for ground in typing.grounds),
    }


def seal(context: Context, ask: Ask | None = None) -> Mapping[str, Any]:
    """Seal the table for the party of the entrustment; the hand-over has the id of the job, so there is one at most."""
    job = context.job
    if not _resumed(context, ask):
        terms = queries.entrustment(UUID(job.arguments["entrustment"]))
        frame = _table(context)
        order = sealing.Order(
            entrustment_id=terms.id,
            party_id=terms.party,
            choice=chosen(frame, terms.fields, job.arguments["columns"]),
            output=None,
            strict_schema=bool(job.arguments.get("strict")),
            parent_id=UUID(job.arguments["parent"]) if job.arguments.get("parent") else None,
            hand_over_id=job.id,
            unmatched=bool(job.arguments.get("unmatched")),
        )
        sealing.seal(
            source=frame,
            order=order,
            kek=office.key(),
            by=job.created_by,
            at=now(),
            ask=ask,
            progress=context.progress,
            telling=context.tell,
        )
    if job.upload is not None:
        queue.destroy_upload(upload_id=job.upload, by=job.created_by, at=now())
    return {"hand_over": job.id.hex}


def chosen(frame: pl.DataFrame, permitted: tuple[Field, ...], columns: Sequence[str]) -> Choice:
    """The choice under what the officer said of each column, for twelve digits too. OptionError for another table."""
    return choose(typed(frame, columns), permitted)


def typed(frame: pl.DataFrame, columns: Sequence[str] | None) -> list[ColumnTyping]:
    """The columns as they look, or as the officer said, one by one. OptionError for another table than was looked at."""
    if columns is None:
        return type_columns(frame)
    if len(columns) != frame.width:
        raise OptionError("these are not the columns that were looked at")
    said = {header: Field.parse(text) if text else None for header, text in zip(frame.columns, columns, strict=True)}
    numbers = {h: False for h, field in said.items() if field and field.kind is not Kind.INDIVIDUAL_NUMBER}
    return apply_overrides(type_columns(frame), said, declare_number=numbers)


def leaves(fate: str) -> bool:
    """Whether a column with this fate leaves."""
    return fate == Fate.LEAVES.value


def _resumed(context: Context, ask: Ask | None) -> bool:
    """Whether an earlier holder of this job has got as far as the ledger; then only the rest is done."""
    try:
        info = queries.hand_over(context.job.id)
    except NotFoundError:
        return False
    if info.status == "logged":
        acting: dict[str, Any] = {"by": context.job.created_by, "at": now()}
        releasing.release(hand_over_id=info.id, kek=office.key(), ask=ask, telling=context.tell, **acting)
    return True


def _table(context: Context) -> pl.DataFrame:
    if context.job.upload is None:
        raise StateError("this work has no table")
    with uploads.in_memory(context.job.upload, office.key()) as path:
        return read_table(Path(path)).frame
