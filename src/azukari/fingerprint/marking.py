"""Put the spelling code into columns, and prove before anything leaves that nothing else changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from azukari.errors import MarkError
from azukari.fields.kinds import Kind
from azukari.fields.spelling import SLOTS, presentation
from azukari.fingerprint.codes import code_words, encoded_tags, forms
from azukari.tables import spelling as columns
from azukari.tables.spelling import NONE, Forms, Mask, Reading

SAMPLE: Final = 256  # cells of a column that the reference rules check again


def spell_column(values: pl.Series, kind: Kind, key: bytes) -> tuple[pl.Series, pl.Series]:
    """Spell one column under the key of the spelling channel.

    ``kind`` has slots. Returns the delivered column and its presentation form (both text, as long as
    ``values``). Fail closed: a cell that would differ in more than presentation, or would not read back
    exactly as coded, stays as it came. Raises MarkError if the reference rules disagree.
    """
    before = columns.read(kind, values)
    wanted = _wanted_forms(kind, values, before, key)
    spelled = columns.spell(kind, values, before, wanted)
    faithful = _faithful(before, columns.read(kind, spelled), wanted)
    delivered = spelled.zip_with(pl.Series(faithful), values)
    verify_sample(kind, values, delivered)
    return delivered.alias(values.name), before.plain.alias(values.name)


def verify_sample(kind: Kind, source: pl.Series, delivered: pl.Series) -> None:
    """Compare some cells by the reference rules, which share no code with the column rules. Raises MarkError."""
    step = max(1, len(source) // SAMPLE)
    for before, after in zip(source.gather_every(step), delivered.gather_every(step), strict=True):
        if presentation(kind, before) != presentation(kind, after):
            raise MarkError(kind.value)


def _wanted_forms(kind: Kind, values: pl.Series, reading: Reading, key: bytes) -> dict[str, Forms]:
    """The coded form of each slot by name, NONE where a cell does not bear it."""
    words = code_words(key, encoded_tags(kind, reading.plain.cast(pl.Binary).to_list()))
    bears = columns.bearing(kind, values, reading.forms)
    return {slot.name: np.where(bears[slot.name], forms(words, slot), np.int8(NONE)) for slot in SLOTS[kind]}


def _faithful(before: Reading, after: Reading, wanted: Mapping[str, Forms]) -> Mask:
    """Whether a spelled cell has the same presentation form, and reads back as wanted in every slot borne."""
    same: Mask = (after.plain == before.plain).to_numpy()
    for name, form in wanted.items():
        same = same & ((form == NONE) | (after.forms[name] == form))
    return same
