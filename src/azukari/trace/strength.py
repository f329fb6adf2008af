"""How many leaked rows would name the copy that they come from? Tried out before anything leaves, not promised.

A trial marks rows under a key of its own, takes some at random as they were delivered, without their references and
without canaries, and measures the spelling channel with the functions of a trace; the other channels count for what
they are worth when they say nothing. Whoever re-types or normalises the rows leaves less (docs/bench/trace-matrix.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from azukari.fields.kinds import Field
from azukari.fields.spelling import SLOTS
from azukari.fingerprint import likelihood
from azukari.fingerprint.keys import Channel, HandOverKey
from azukari.fingerprint.marking import spell_column
from azukari.trace.finding import threshold
from azukari.trace.measure import FLOORS

TRIALS: Final = 20
ROWS: Final = (5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500)
SILENT: Final = FLOORS[Channel.CANARY] + FLOORS[Channel.ORDER]


def rows_that_name(
    source: pl.DataFrame, leaving: Sequence[tuple[str, Field]], hand_overs: int, seed: bytes
) -> int | None:
    """The least of ``ROWS`` at which every trial named its copy; None where none did.

    ``hand_overs``: of the body, this one included, which sets the threshold; ``seed``: 32 random bytes.
    """
    spelled = [(header, field) for header, field in leaving if field.kind in SLOTS]
    wanted = threshold(max(1, hand_overs))
    for rows in ROWS if spelled else ():
        if rows > source.height:
            return None
        if all(_named(source, spelled, rows, wanted, HandOverKey(seed), trial) for trial in range(TRIALS)):
            return rows
    return None


def _named(
    source: pl.DataFrame, spelled: Sequence[tuple[str, Field]], rows: int, wanted: float, seed: HandOverKey, trial: int
) -> bool:
    key = seed.derive(f"trial/{trial}")
    drawn = np.random.Generator(np.random.PCG64(int.from_bytes(key[:8], "big")))
    some = source[drawn.choice(source.height, rows, replace=False)]
    cells = [(f.kind, cell) for header, f in spelled for cell in spell_column(some[header], f.kind, key)[0]]
    return likelihood.spelling(key, likelihood.observe(cells)) + SILENT >= wanted
