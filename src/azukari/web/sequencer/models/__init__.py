"""The tables of this room, by what they hold."""

from azukari.web.sequencer.models.forks import Fork
from azukari.web.sequencer.models.log import Log, RetiredKey
from azukari.web.sequencer.models.rows import ENTRY_BYTES, Entry, SignedCheckpoint, Tile
from azukari.web.sequencer.models.witnesses import Cosignature, WitnessPolicy
from azukari.web.sequencer.models.work import Batch, BatchRun, Lease

__all__ = [
    "ENTRY_BYTES",
    "Batch",
    "BatchRun",
    "Cosignature",
    "Entry",
    "Fork",
    "Lease",
    "Log",
    "RetiredKey",
    "SignedCheckpoint",
    "Tile",
    "WitnessPolicy",
]
