"""Put the spelling code into columns, and prove before anything leaves that nothing else changed."""

from __future__ import annotations

import polars as pl

from azukari.errors import MarkError
from azukari.fields.kinds import Kind
from azukari.fields.spelling import SLOTS, Slot
from azukari.fingerprint.codes import code_words, forms, tags
from azukari.tables import spelling as columns


def spell_column(values: pl.Series, kind: Kind, key: bytes) -> tuple[pl.Series, pl.Series]:
    """Spell one column under the key of the spelling channel.

    Returns the delivered column and its presentation form (both text, as long as ``values``). A cell
    that would not read back exactly as coded stays as it came. Raises MarkError if any delivered cell
    differs from its source in more than presentation.
    """
    frame = values.alias("source").to_frame()
    frame = frame.with_columns(plain=columns.presentation(kind, pl.col("source")))
    if kind not in SLOTS:
        return frame["source"], frame["plain"]
    frame = frame.with_columns(_wanted_forms(frame, kind, key))
    wanted = {slot.name: pl.col(slot.name) for slot in SLOTS[kind]}
    frame = frame.with_columns(spelled=columns.spell(kind, pl.col("source"), wanted))
    delivered = frame.select(pl.when(_faithful(kind)).then("spelled").otherwise("source").alias(values.name))
    spelled = delivered[values.name]
    verify_presentation(kind, spelled, frame["plain"])
    return spelled, frame["plain"]


def verify_presentation(kind: Kind, delivered: pl.Series, plain: pl.Series) -> None:
    """Raises MarkError unless every delivered cell has the presentation form of its source cell."""
    again = delivered.alias("cell").to_frame().select(columns.presentation(kind, pl.col("cell")))["cell"]
    if not (again == plain).all():
        raise MarkError(kind.value)


def _wanted_forms(frame: pl.DataFrame, kind: Kind, key: bytes) -> list[pl.Series]:
    """The coded form of each slot, null where a cell does not bear it."""
    words = code_words(key, tags(kind, frame["plain"].to_list()))
    bears = frame.select(**columns.bearing(kind, pl.col("source")))
    return [_masked(slot, pl.Series(slot.name, forms(words, slot)), bears[slot.name]) for slot in SLOTS[kind]]


def _masked(slot: Slot, wanted: pl.Series, bears: pl.Series) -> pl.Series:
    return pl.select(pl.when(bears).then(wanted).alias(slot.name))[slot.name]


def _faithful(kind: Kind) -> pl.Expr:
    """Whether the spelled cell has the same presentation form, and reads back as wanted in every slot borne."""
    read = columns.read(kind, pl.col("spelled"))
    reads_back = pl.all_horizontal(
        pl.col(slot.name).is_null() | read[slot.name].eq_missing(pl.col(slot.name)) for slot in SLOTS[kind]
    )
    return reads_back & (columns.presentation(kind, pl.col("spelled")) == pl.col("plain"))
