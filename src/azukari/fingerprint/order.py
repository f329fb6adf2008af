"""The order channel: rows leave in an order keyed on their source row number (docs/spec/fingerprint.md, section 6).

The number must be unique. Keyed on anything that repeats, equal values would sit together in every
copy, and a sample would speak against copies that had nothing to do with it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from azukari.errors import MarkError
from azukari.fingerprint.keys import prf_u64

DOMAIN: Final = b"azkord/1"


def sort_keys(key: bytes, source_rows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The sort key of each source row; shape as given."""
    return prf_u64(key, DOMAIN, source_rows)


def delivered_order(key: bytes, source_rows: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Indices into ``source_rows`` in delivered order: ascending sort key, then source row number.

    Raises MarkError if a source row number occurs twice.
    """
    if len(np.unique(source_rows)) != len(source_rows):
        raise MarkError("source row numbers are not unique")
    return np.lexsort((source_rows, sort_keys(key, source_rows)))
