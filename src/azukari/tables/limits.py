"""The hard limits of this room, with their units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB


@dataclass(frozen=True)
class Limits:
    """上限。 What is larger is refused with LimitError, before it can fill the memory."""

    file_bytes: int = 4 * GIB  # one file of any kind
    rows: int = 20_000_000  # data rows of one table
    columns: int = 500
    cells: int = 500_000_000  # rows x columns; every cell costs 16 bytes of memory even when blank
    cell_chars: int = 100_000  # Unicode characters of one cell
    line_bytes: int = 1 * MIB  # between two line feeds
    header_chars: int = 500  # of one column name
    scan_bytes: int = 256 * KIB  # read at a time by the first scan
    workbook_bytes: int = 512 * MIB  # an XLSX file as it lies on the disk
    workbook_unpacked_bytes: int = 2 * GIB  # all entries of the zip together
    workbook_ratio: int = 200  # unpacked / packed of one entry above 1 MiB
    workbook_entries: int = 5_000  # files in the zip
    workbook_rows: int = 1_048_576  # the grid of the format itself
    workbook_cells: int = 30_000_000  # the rectangle that holds all cells, blank ones included
    workbook_memory_bytes: int = 6 * GIB  # address space of the child that parses
    workbook_cpu_seconds: int = 300  # of the child that parses
    workbook_text_bytes: int = 2 * GIB  # text that the child may hand back
    pasted_chars: int = 1_000_000
    pasted_rows: int = 10_000


LIMITS: Final = Limits()
"""The limits in force unless a test lowers them."""
