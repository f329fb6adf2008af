"""Uses of somebody's data, read from whatever a source tells (docs/spec/use.md).

It reads and judges; it keeps nothing, looks nobody up, and never drops a line without a reason.
"""

from azukari.uses.reading import Quarantined, Taken, Tally, read_events, read_rows, tally
from azukari.uses.reasons import Reason
from azukari.uses.use import Act, Use, Visibility, use_of

__all__ = [
    "Act",
    "Quarantined",
    "Reason",
    "Taken",
    "Tally",
    "Use",
    "Visibility",
    "read_events",
    "read_rows",
    "tally",
    "use_of",
]
