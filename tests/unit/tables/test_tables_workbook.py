from __future__ import annotations

import dataclasses
import datetime
import io
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # openpyxl ships no types
import pytest

from azukari.errors import AzukariError, ColumnError, LimitError, TableError
from azukari.tables import LIMITS, read_table


def save(folder: Path, rows: Sequence[Sequence[object]], **cells: object) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place, value in cells.items():
        sheet[place] = value
    path = folder / "book.xlsx"
    book.save(path)
    return path


def change(path: Path, name: str, old: bytes, new: bytes) -> Path:
    """Rewrite one entry of a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            target.writestr(entry.filename, content.replace(old, new, 1) if entry.filename == name else content)
    path.write_bytes(out.getvalue())
    return path


def test_read_table_when_workbook_has_numbers_and_dates_then_plain_text(tmp_path: Path) -> None:
    long = 1234_5678_9012
    path = save(
        tmp_path,
        [
            ["番号", "電話", "日付", "時刻", "額", "可否", "氏名"],
            [long, 9001234567, datetime.date(1965, 3, 2), datetime.datetime(1965, 3, 2, 4, 5), 0.1, True, "髙﨑"],
            ["0012", "090-0123-4567", None, datetime.time(4, 5), 1e20, False, None],
            [-5, 0, 100000, 1.5, 1e-7, None, " x "],
        ],
    )
    table = read_table(path)
    assert (table.kind, table.encoding, table.delimiter) == ("xlsx", "", "")
    assert table.frame.rows() == [
        ("123456789012", "9001234567", "1965-03-02", "1965-03-02T04:05:00", "0.1", "TRUE", "髙﨑"),
        ("0012", "090-0123-4567", "", "04:05:00", "100000000000000000000", "FALSE", ""),
        ("-5", "0", "100000", "1.5", "0.0000001", "", " x "),
    ]


def test_read_table_when_workbook_begins_below_and_ends_empty_then_only_the_table(tmp_path: Path) -> None:
    path = save(tmp_path, [], B3="氏名", C3="カナ", B4="山田", C4='ヤ,マ\n"ダ', B9="", G3="")
    assert read_table(path).frame.rows() == [("山田", 'ヤ,マ\n"ダ')]


def test_read_table_when_suffix_is_wrong_then_content_decides(tmp_path: Path) -> None:
    path = save(tmp_path, [["a"], ["1"]]).rename(tmp_path / "book.csv")
    assert read_table(path).kind == "xlsx"


def test_read_table_when_workbook_header_is_doubled_or_blank_then_column_error(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="氏名"):
        read_table(save(tmp_path, [["氏名", "氏名"], ["a", "b"]]))
    with pytest.raises(ColumnError, match="column 2"):
        read_table(save(tmp_path, [["氏名", None, "カナ"], ["a", "b", "c"]]))
    with pytest.raises(ColumnError, match="column 2"):
        read_table(save(tmp_path, [["氏名", None], ["a", "b"]]))


@pytest.mark.parametrize("rows", [[], [["氏名"]], [["氏名"], [None]]])
def test_read_table_when_workbook_has_no_rows_then_table_error(
    tmp_path: Path, rows: Sequence[Sequence[object]]
) -> None:
    with pytest.raises(TableError):
        read_table(save(tmp_path, rows))


@pytest.mark.parametrize("place", ["XFD1048576", "XFD2", "SG2", "AF1048576"])
def test_read_table_when_one_cell_spans_the_grid_then_limit_error_soon(tmp_path: Path, place: str) -> None:
    path = save(tmp_path, [["a"], ["1"]], **{place: "x"})
    began = time.monotonic()
    with pytest.raises(LimitError):
        read_table(path)
    assert time.monotonic() - began < 1


def test_read_table_when_first_sheet_is_hidden_then_the_visible_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.append(["隠し"])
    hidden.sheet_state = "hidden"
    for row in (["氏名"], ["山田"]):
        book.create_sheet("表").append(row) if row == ["氏名"] else book["表"].append(row)
    book.save(tmp_path / "b.xlsx")
    assert read_table(tmp_path / "b.xlsx").frame.columns == ["氏名"]


def bomb(folder: Path, megabytes: int) -> Path:
    path = save(folder, [["a"], ["1"]])
    filler = b"<!--" + b" " * (megabytes << 20) + b"-->"
    return change(path, "xl/worksheets/sheet1.xml", b"<sheetData>", filler + b"<sheetData>")


def test_read_table_when_entry_unpacks_to_a_thousand_times_its_size_then_limit_error(tmp_path: Path) -> None:
    path = bomb(tmp_path, 64)
    assert path.stat().st_size < 200_000
    began = time.monotonic()
    with pytest.raises(LimitError, match="times its size"):
        read_table(path)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "lowered",
    [
        {"workbook_unpacked_bytes": 1000},
        {"workbook_entries": 3},
        {"workbook_bytes": 1000},
        {"workbook_rows": 1},
        {"workbook_cells": 3},
        {"columns": 1},
        {"workbook_text_bytes": 10},
        {"cell_chars": 2},
    ],
)
def test_read_table_when_workbook_passes_a_limit_then_limit_error(tmp_path: Path, lowered: dict[str, int]) -> None:
    path = save(tmp_path, [["a", "b"], ["1", "234"]])
    read_table(path)
    with pytest.raises(LimitError):
        read_table(path, limits=dataclasses.replace(LIMITS, **lowered))


def test_read_table_when_parser_needs_more_memory_than_allowed_then_limit_error(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    path = save(tmp_path, [["a"] * 300] + [["1"]] * 3, KN70000="x")
    limits = dataclasses.replace(LIMITS, workbook_memory_bytes=400 << 20)
    with pytest.raises(LimitError, match="too large to parse"):
        read_table(path, limits=limits)


def test_read_table_when_directory_lies_about_the_size_then_refused(tmp_path: Path) -> None:
    path = bomb(tmp_path, 3)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    place = content.rindex(size.to_bytes(4, "little"))  # in the central directory
    content[place : place + 4] = (5000).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises((TableError, LimitError)):
        read_table(path)


def test_read_table_when_workbook_has_entities_then_table_error(tmp_path: Path) -> None:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
    doctype = b'<!DOCTYPE worksheet [<!ENTITY l0 "ha">' + laughs + b"]><worksheet"
    path = change(save(tmp_path, [["a"], ["1"]]), "xl/worksheets/sheet1.xml", b"<worksheet", doctype)
    began = time.monotonic()
    with pytest.raises(TableError, match="entities"):
        read_table(path)
    assert time.monotonic() - began < 1


def test_read_table_when_zip_is_no_workbook_or_damaged_then_table_error(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(TableError, match="no XLSX"):
        read_table(path)
    whole = save(tmp_path, [["a"], ["1"]]).read_bytes()
    for content in (whole[:100], whole[:-40], whole[:200] + bytes(100) + whole[300:]):
        path.write_bytes(content)
        with pytest.raises(AzukariError):
            read_table(path)


def test_read_table_when_zip_entry_is_encrypted_then_table_error(tmp_path: Path) -> None:
    path = save(tmp_path, [["a"], ["1"]])
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(TableError, match="encrypted"):
        read_table(path)
