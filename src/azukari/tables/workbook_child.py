"""The child process that parses one workbook. Run as a script; imports nothing of azukari on purpose.

    python -P workbook_child.py FILE LIMITS_AS_JSON

Writes RFC 4180 CSV with every cell quoted to standard output. Exit codes: see below; standard error is empty
or the dying words of the allocator, never a cell.
"""

from __future__ import annotations

import datetime
import itertools
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

UNREADABLE: Final = 10
NO_SHEET: Final = 11
ENCRYPTED: Final = 12
TOO_LARGE: Final = 13

_MIDNIGHT: Final = datetime.time()


class _Stop(Exception):
    """Ends the child with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def main(path: str, allowed: dict[str, int]) -> int:
    """Parse and print; returns the exit code."""
    _restrict(allowed["memory"], allowed["seconds"])
    try:
        _print_rows(_rows(path, allowed["cells"]), allowed["chars"], allowed["bytes"])
    except _Stop as stop:
        return stop.code
    except MemoryError:
        return TOO_LARGE
    except Exception:  # whatever the parser raises may quote a cell: only a code leaves
        return UNREADABLE
    return 0


def _restrict(memory: int, seconds: int) -> None:
    """Limits of the operating system where it has them; Windows goes by the checks before the start alone."""
    try:
        import resource
    except ImportError:
        return
    for what, wanted in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (soft, hard))


def _rows(path: str, cells: int) -> Iterator[list[Any]]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError:
        raise _Stop(ENCRYPTED) from None
    for meta in book.sheets_metadata:
        shown = meta.visible == calamine.SheetVisibleEnum.Visible
        if shown and meta.typ == calamine.SheetTypeEnum.WorkSheet:
            sheet = book.get_sheet_by_name(meta.name)
            if sheet.start is None:
                break
            if sheet.height * sheet.width > cells:
                raise _Stop(TOO_LARGE)
            return _from_first_cell(sheet.iter_rows(), sheet.start[0], sheet.width)
    raise _Stop(NO_SHEET)


def _from_first_cell(rows: Iterator[list[Any]], top: int, width: int) -> Iterator[list[Any]]:
    """Without the empty rows above the first cell; the parser leaves out the columns to its left, or not."""
    return (row[-width:] for row in itertools.islice(rows, top, None))


def _print_rows(rows: Iterator[list[Any]], chars: int, left: int) -> None:
    out = sys.stdout.buffer
    for row in rows:
        texts = [_text(value) for value in row]
        if any(len(text) > chars for text in texts):
            raise _Stop(TOO_LARGE)
        line = ('"' + '","'.join([text.replace('"', '""') for text in texts]) + '"\n').encode()
        left -= len(line)
        if left < 0:
            raise _Stop(TOO_LARGE)
        out.write(line)
    out.flush()


def _text(value: Any) -> str:
    """A cell as text: digits stay plain digits, dates are ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime.datetime):
        return (value.date() if value.time() == _MIDNIGHT else value).isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], json.loads(sys.argv[2])))
