"""The public test kit: fictitious people, bodies and firms, and what happens to a copy that leaks.

Implements no spec; it feeds the tests, the benches and `azukari demo`. Never makes an individual number
that passes its check digit or a telephone number that can be called, and never names a real body or firm.
"""

from azukari.testing.cast import BODIES, COUNTRIES, FIRMS, OFFICERS, PARTIES, Officer, Party
from azukari.testing.people import (
    COLUMNS,
    COLUMNS_OPTION,
    MAX_PEOPLE,
    fictitious_people,
    other_people,
    register,
)
from azukari.testing.specimens import (
    digits_only,
    keep_columns,
    mix_rows,
    nfkc,
    pick_rows,
    shuffle_rows,
    sort_by,
    strip_spaces,
    typing_errors,
)

__all__ = [
    "BODIES",
    "COLUMNS",
    "COLUMNS_OPTION",
    "COUNTRIES",
    "FIRMS",
    "MAX_PEOPLE",
    "OFFICERS",
    "PARTIES",
    "Officer",
    "Party",
    "digits_only",
    "fictitious_people",
    "keep_columns",
    "mix_rows",
    "nfkc",
    "other_people",
    "pick_rows",
    "register",
    "shuffle_rows",
    "sort_by",
    "strip_spaces",
    "typing_errors",
]
