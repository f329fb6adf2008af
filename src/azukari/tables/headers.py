"""Column names of a table: what is refused, in one place for all kinds of file."""

from __future__ import annotations

from collections.abc import Sequence

from azukari.errors import ColumnError, LimitError, TableError
from azukari.tables.limits import Limits


def checked_headers(names: Sequence[str], limits: Limits) -> list[str]:
    """The names as they came, if they can name columns.

    Raises ColumnError (a blank name, by position from 1; a name used twice), LimitError (too many columns,
    a name that is too long), TableError (no column at all). A blank name is refused rather than made up:
    a column nobody named is a column nobody permitted.
    """
    if not names:
        raise TableError("no columns")
    if len(names) > limits.columns:
        raise LimitError(f"{len(names)} columns, at most {limits.columns}")
    for position, name in enumerate(names, start=1):
        _check_name(position, name, limits)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ColumnError(f"column name used twice: {', '.join(twice)}")
    return list(names)


def _check_name(position: int, name: str, limits: Limits) -> None:
    if not name.strip():
        raise ColumnError(f"column {position} has no name")
    if len(name) > limits.header_chars:
        raise LimitError(f"name of column {position}: more than {limits.header_chars} characters")
