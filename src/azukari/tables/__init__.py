"""Tables in and out: CSV, TSV, XLSX and Parquet as frames of strings, their columns typed as (kind, role).

Never infers a type, never drops a zero in front, never alters a value; never holds more of a hostile file in
memory than its limits say; never quotes a cell in an error.
"""

from azukari.tables.canonical import csv_bytes_to_table, table_to_csv_bytes
from azukari.tables.grounds import Ground, GroundCode
from azukari.tables.limits import LIMITS, Limits
from azukari.tables.overrides import apply_overrides, parse_columns_option
from azukari.tables.pasted import Pasted, parse_pasted
from azukari.tables.read import Table, read_table
from azukari.tables.twelve import find_number_cells, find_numbers_in_text, without_twelve_digits
from azukari.tables.typing import ColumnTyping, type_columns
from azukari.tables.write import FormulaWarning, Written, formula_warnings, write_table

__all__ = [
    "LIMITS",
    "ColumnTyping",
    "FormulaWarning",
    "Ground",
    "GroundCode",
    "Limits",
    "Pasted",
    "Table",
    "Written",
    "apply_overrides",
    "csv_bytes_to_table",
    "find_number_cells",
    "find_numbers_in_text",
    "formula_warnings",
    "parse_columns_option",
    "parse_pasted",
    "read_table",
    "table_to_csv_bytes",
    "type_columns",
    "without_twelve_digits",
    "write_table",
]
