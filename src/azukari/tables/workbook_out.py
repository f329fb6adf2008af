"""XLSX out: one sheet, every cell a text, no formula, no number that a spreadsheet could round.

Written directly, because it is little and must be exact: openpyxl needs 15 microseconds a cell, turns "=1+1"
into a formula and loses carriage returns. The same frame always gives the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO, Final

import polars as pl

from azukari.errors import LimitError

MAX_ROWS: Final = 1_048_575  # the grid of the format has 1,048,576 rows, one of them the header
MAX_COLUMNS: Final = 16_384
MAX_CHARS: Final = 32_767  # of one cell, as Excel applies ECMA-376

_SLICE: Final = 20_000  # rows that are held as XML at a time
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # Style 1 is the number format "text" (49), so that a clerk who edits 0312345678 keeps its zero.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}

# XML cannot hold these characters, or would change them; _xHHHH_ is how the format writes them
# (ST_Xstring, ECMA-376 part 1, 22.9.2.19), so a text that looks like it needs its underscore written so too.
_CONTROL: Final = r"[\x00-\x08\x0b\x0c\r\x0e-\x1f\ufffe\uffff]"
_NEEDS_ESCAPE: Final = rf"{_CONTROL}|_x[0-9A-Fa-f]{{4}}_"
_ESCAPED: Final = re.compile(rf"{_CONTROL}|_(?=x[0-9A-Fa-f]{{4}}_)")


def write_workbook(frame: pl.DataFrame, file: BinaryIO) -> None:
    """Write n rows x k string columns, header first. Raises LimitError for what the format cannot hold."""
    if frame.height > MAX_ROWS or frame.width > MAX_COLUMNS:
        raise LimitError(f"XLSX holds {MAX_ROWS} rows x {MAX_COLUMNS} columns; write CSV or Parquet")
    for name in frame.columns:
        if max(len(name), _longest(frame.get_column(name))) > MAX_CHARS:
            raise LimitError(f"column {name}: XLSX holds {MAX_CHARS} characters a cell; write CSV or Parquet")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, xml in _PARTS.items():
            archive.writestr(_entry(part), _DECLARATION + xml)
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            sheet.write(f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            header = pl.DataFrame([frame.columns], schema=frame.columns, orient="row")
            sheet.write(_rows(header, 1))
            for start in range(0, frame.height, _SLICE):
                sheet.write(_rows(frame.slice(start, _SLICE), start + 2))
            sheet.write(b"</sheetData></worksheet>")


def column_letters(place: int) -> str:
    """The name of a column of the grid: A for 0, Z for 25, AA for 26."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # dated 1980-01-01: the same table gives the same file
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _rows(frame: pl.DataFrame, first: int) -> bytes:
    numbers = pl.select(pl.int_range(first, first + frame.height).cast(pl.String)).to_series()
    cells = [_cells(column, column_letters(place), numbers) for place, column in enumerate(frame.get_columns())]
    xml = pl.select(pl.concat_str(pl.lit('<row r="'), numbers, pl.lit('">'), *cells, pl.lit("</row>")))
    return "".join(xml.to_series().to_list()).encode()


def _cells(column: pl.Series, letters: str, numbers: pl.Series) -> pl.Expr:
    if column.str.contains(_NEEDS_ESCAPE).any():
        column = pl.Series([_ESCAPED.sub(_escape, text) for text in column], dtype=pl.String)
    text = pl.lit(column)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.str.replace_all(sign, entity, literal=True)
    # A text node keeps its spaces at the ends only if told so.
    head = pl.concat_str(
        pl.lit(f'<c r="{letters}'), numbers, pl.lit('" s="1" t="inlineStr"><is><t xml:space="preserve">')
    )
    filled = pl.concat_str(head, text, pl.lit("</t></is></c>"))
    return pl.when(pl.lit(column) == "").then(pl.lit("")).otherwise(filled)


def _longest(column: pl.Series) -> int:
    longest = column.str.len_chars().max()
    return longest if isinstance(longest, int) else 0


def _escape(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"
