from __future__ import annotations

import io
import os
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # openpyxl ships no types
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import FormatError, LimitError, OptionError, StorageError
from azukari.tables import FormulaWarning, csv_bytes_to_table, read_table, table_to_csv_bytes, write_table
from azukari.tables.workbook_out import column_letters, write_workbook

TEXT = st.text(max_size=8) | st.text('"\n\r,;\t =\ufeff\x00あ', max_size=6)


@st.composite
def frames(draw: st.DrawFn, text: st.SearchStrategy[str] = TEXT) -> pl.DataFrame:
    names = draw(st.lists(text, min_size=1, max_size=4, unique=True))
    rows = draw(st.lists(st.tuples(*[text] * len(names)), max_size=5))
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


@settings(max_examples=400)
@given(frames())
def test_csv_bytes_when_any_text_then_exact_inverse(frame: pl.DataFrame) -> None:
    content = table_to_csv_bytes(frame)
    back = csv_bytes_to_table(content)
    assert back.columns == frame.columns
    assert back.rows() == frame.rows()
    assert table_to_csv_bytes(back) == content


def test_csv_bytes_when_written_then_these_very_bytes() -> None:
    frame = pl.DataFrame({"氏名": ["山田", "", 'a"b'], "b": ["x,y", "l\nm", " s "]})
    assert table_to_csv_bytes(frame) == '氏名,b\n山田,"x,y"\n,"l\nm"\n"a""b", s \n'.encode()
    assert table_to_csv_bytes(pl.DataFrame({"a": ["", "x"]})) == b'a\n""\nx\n'


@pytest.mark.parametrize("content", [b"", b"\n", b"a,a\n1,2\n", b"\xff\n", b"a\n\xff\n", b'a\n"x\n', b"a,b\n1,2,3\n"])
def test_csv_bytes_to_table_when_not_ours_then_format_error(content: bytes) -> None:
    with pytest.raises(FormatError):
        csv_bytes_to_table(content)


def test_csv_bytes_when_frame_is_not_text_then_format_error() -> None:
    for frame in (pl.DataFrame({"a": [1]}), pl.DataFrame()):
        with pytest.raises(FormatError):
            table_to_csv_bytes(frame)


PEOPLE = pl.DataFrame(
    {
        "氏名": ["髙﨑　花子", "", "=1+1"],
        "電話": ["0312345678", "+81312345678", "＋８１"],
        "備考": ["a\nb", '"q",', " s "],
    }
)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "xlsx", "parquet"])
def test_write_table_when_read_again_then_unchanged(tmp_path: Path, suffix: str) -> None:
    written = write_table(PEOPLE, tmp_path / f"t.{suffix}")
    assert read_table(written.path).frame.equals(PEOPLE)
    assert (written.kind, written.rows) == (suffix, 3)
    assert [path.name for path in tmp_path.iterdir()] == [f"t.{suffix}"]


def test_write_table_when_csv_then_bom_and_crlf_for_spreadsheets(tmp_path: Path) -> None:
    path = write_table(pl.DataFrame({"a": ["1", ""], "b": ["あ", "x"]}), tmp_path / "t.CSV").path
    assert path.read_bytes() == b"\xef\xbb\xbf" + "a,b\r\n1,あ\r\n,x\r\n".encode()


def test_write_table_when_cells_look_like_formulae_then_unchanged_and_counted(tmp_path: Path) -> None:
    cells = ["=1", "+1", "-1", "@a", "\tx", "\rx", "＝1", "＋1", "－1", "＠a", "1=1", ""]
    frame = pl.DataFrame({"a": cells, "b": ["x"] * len(cells)})
    written = write_table(frame, tmp_path / "t.csv")
    assert written.warnings == (FormulaWarning("a", 10),)
    assert read_table(written.path).frame.get_column("a").to_list() == cells
    assert write_table(frame, tmp_path / "t.xlsx").warnings == ()


def test_write_table_when_xlsx_then_every_cell_is_text(tmp_path: Path) -> None:
    path = write_table(PEOPLE, tmp_path / "t.xlsx").path
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    types = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert types == {"s"}
    assert sheet["A4"].value == "=1+1"
    assert sheet["B2"].number_format == "@"


@settings(max_examples=25, deadline=None)
@given(
    frames(st.text(min_size=1, max_size=6).filter(str.strip) | st.sampled_from(["_x0041_", "a\r\nb", "<&>", "x\x00"]))
)
def test_write_table_when_xlsx_of_any_text_then_read_back(
    tmp_path_factory: pytest.TempPathFactory, frame: pl.DataFrame
) -> None:
    if frame.height:
        path = write_table(frame, tmp_path_factory.mktemp("x") / "t.xlsx").path
        assert read_table(path).frame.equals(frame)


def test_write_workbook_when_written_twice_then_same_bytes() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    write_workbook(PEOPLE, first)
    write_workbook(PEOPLE, second)
    assert first.getvalue() == second.getvalue()


def test_column_letters_when_counted_then_like_the_grid() -> None:
    assert [column_letters(place) for place in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_write_table_when_too_large_for_xlsx_then_limit_error_and_nothing_left(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="column a"):
        write_table(pl.DataFrame({"a": ["x" * 32_768]}), tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_write_table_when_file_exists_then_refused_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("mine")
    with pytest.raises(OptionError):
        write_table(PEOPLE, path)
    assert path.read_text() == "mine"
    write_table(PEOPLE, path, overwrite=True)
    assert read_table(path).frame.equals(PEOPLE)


def test_write_table_when_suffix_is_unknown_then_option_error(tmp_path: Path) -> None:
    with pytest.raises(OptionError):
        write_table(PEOPLE, tmp_path / "t.xls")


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_write_table_when_the_disk_refuses_then_storage_error_and_nothing_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "full")

    path = tmp_path / "t.csv"
    path.write_text("mine")
    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(StorageError, match="28"):
        write_table(PEOPLE, path, overwrite=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]
    assert path.read_text() == "mine"


def test_write_table_when_folder_is_missing_then_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_table(PEOPLE, tmp_path / "none" / "t.csv")
