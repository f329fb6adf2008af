from __future__ import annotations

import csv
import dataclasses
import datetime
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import AzukariError, ColumnError, LimitError, NotFoundError, TableError
from azukari.tables import LIMITS, Table, read_table

MIB = 1024 * 1024


def put(folder: Path, content: bytes | str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: bytes | str) -> Table:
    return read_table(put(folder, content))


def test_read_table_when_leading_zeros_and_blanks_then_kept_as_text(tmp_path: Path) -> None:
    table = read(tmp_path, "番号,氏名,額\n0012,山田 太郎,007.50\n, ,1e5\n")
    assert table.frame.to_dict(as_series=False) == {
        "番号": ["0012", ""], "氏名": ["山田 太郎", " "], "額": ["007.50", "1e5"],
    }  # fmt: skip
    assert set(table.frame.dtypes) == {pl.String}
    assert (table.encoding, table.delimiter, table.kind) == ("utf-8", ",", "csv")


@pytest.mark.parametrize("word", ["NULL", "NA", "NaN", "None", "null", "true", "-", "#N/A"])
def test_read_table_when_a_cell_is_a_word_of_machines_then_it_is_text(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, f"a,b\n{word},1\n").frame.item(0, 0) == word


def test_read_table_when_cp932_with_extensions_then_decoded(tmp_path: Path) -> None:
    table = read(tmp_path, "氏名,備考\r\n髙﨑　花子,①番目\r\n".encode("cp932"))
    assert table.encoding == "cp932"
    assert table.frame.rows() == [("髙﨑　花子", "①番目")]


def test_read_table_when_trail_bytes_look_like_ascii_then_not_split(tmp_path: Path) -> None:
    table = read(tmp_path, "表,ソ\n表示|能,ソ~予\n".encode("cp932"))
    assert table.frame.rows() == [("表示|能", "ソ~予")]


def test_read_table_when_utf8_with_bom_then_bom_is_no_part_of_the_name(tmp_path: Path) -> None:
    table = read(tmp_path, b"\xef\xbb\xbf" + "氏名,カナ\n山田,ヤマダ\n".encode())
    assert table.encoding == "utf-8-sig"
    assert table.frame.columns == ["氏名", "カナ"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_read_table_when_utf16_with_bom_then_decoded(tmp_path: Path, codec: str) -> None:
    table = read(tmp_path, "\ufeff氏名\tカナ\r\n山田\tヤマダ\r\n".encode(codec))
    assert (table.encoding, table.kind) == ("utf-16", "tsv")
    assert table.frame.rows() == [("山田", "ヤマダ")]


@pytest.mark.parametrize(("delimiter", "kind"), [(",", "csv"), (";", "csv"), ("\t", "tsv")])
def test_read_table_when_delimiter_differs_then_taken_from_header(tmp_path: Path, delimiter: str, kind: str) -> None:
    table = read(tmp_path, f'"x,;\t"{delimiter}b\n1{delimiter}2\n')
    assert (table.delimiter, table.kind) == (delimiter, kind)
    assert table.frame.rows() == [("1", "2")]


def test_read_table_when_quoted_newlines_quotes_and_delimiters_then_exact(tmp_path: Path) -> None:
    table = read(tmp_path, '"住\n所",b\r\n"東京都\r\n千代田区","a""b"\r\n"x,y",\r\n"",z\r\n')
    assert table.frame.columns == ["住\n所", "b"]
    assert table.frame.rows() == [("東京都\r\n千代田区", 'a"b'), ("x,y", ""), ("", "z")]


def test_read_table_when_one_column_with_blank_lines_then_rows_are_kept(tmp_path: Path) -> None:
    table = read(tmp_path, "備考\na\n\nb\n\n\n")
    assert table.frame.rows() == [("a",), ("",), ("b",)]
    assert table.blank_rows == 2


def test_read_table_when_blank_rows_at_the_end_then_left_out_and_counted(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n1,\n,\n3,4\n,\n,\n\n\n")
    assert table.frame.rows() == [("1", ""), ("", ""), ("3", "4")]
    assert table.blank_rows == 4


def test_read_table_when_blank_line_in_the_middle_then_blank_row(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2\n\n3,4").frame.rows() == [("1", "2"), ("", ""), ("3", "4")]


def test_read_table_when_several_people_to_a_row_then_all_columns_are_there(tmp_path: Path) -> None:
    header = "氏名,配偶者氏名,扶養親族1氏名,扶養親族2氏名"
    assert read(tmp_path, f"{header}\n山田太郎,山田花子,,山田次郎\n").frame.columns == header.split(",")


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ("a,b\n1,2\n3\n", 2),
        ("a,b\n1\n", 1),
        ("a,b\n1,2\n3,4,5\n", 2),
        ("a,b\n1,2\n\n3\n", 3),
        ("a,b,c\n,,\n3\n1,2,3\n", 2),
        ('a,b\n"x,y",2\n3\n', 2),
        ('a,b\n"x\ny",2\n"z\n",3\n4,\n5\n', 4),
        ("a\n1\n2,3\n", 2),
        ("a,b\n" + "1,2\n" * 60_000 + "3\n" + "1,2\n" * 10, 60_001),
    ],
)
def test_read_table_when_ragged_then_names_the_row(tmp_path: Path, content: str, row: int) -> None:
    with pytest.raises(TableError, match=f"row {row}:"):
        read(tmp_path, content)


@pytest.mark.parametrize("content", ['a,b\n1,"秘密\n', 'a,b\n1,"秘密"z\n', '"a,b\n1,秘密\n'])
def test_read_table_when_quotation_marks_do_not_match_then_table_error_without_cells(
    tmp_path: Path, content: str
) -> None:
    with pytest.raises(TableError) as caught:
        read(tmp_path, content)
    assert "秘密" not in f"{caught.value!r}{caught.value.__context__!r}{caught.value.__cause__!r}"


def test_read_table_when_quotation_mark_inside_a_plain_cell_then_kept(tmp_path: Path) -> None:
    assert read(tmp_path, 'a,b\n1,5"x\n2,y\n3,"q""r"\n').frame.rows() == [("1", '5"x'), ("2", "y"), ("3", 'q"r')]


@pytest.mark.parametrize("content", ["", "\n", "a,b\n", "a,b", "a,b\n,\n,\n", "a,b\r\n\r\n"])
def test_read_table_when_no_data_rows_then_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises((TableError, ColumnError)):
        read(tmp_path, content)


def test_read_table_when_column_named_twice_then_column_error_names_it(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="氏名"):
        read(tmp_path, "氏名,カナ,氏名\n1,2,3\n")


def test_read_table_when_column_without_name_then_column_error_gives_position(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="column 2"):
        read(tmp_path, "氏名, ,カナ\n1,2,3\n")


@pytest.mark.parametrize("content", [b"a,b\n1,\x00\n", b"a\x00,b\n1,2\n", "a,b\n1,2\n".encode("utf-16-le")])
def test_read_table_when_nul_bytes_then_table_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TableError, match="NUL"):
        read(tmp_path, content)


@pytest.mark.parametrize("content", [b"a,b\n1,\xff\xfe\xfd\n", b"\xef\xbb\xbfa,b\n1,\xff\n", b"\xff\xfea"])
def test_read_table_when_no_known_encoding_then_table_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TableError):
        read(tmp_path, content)


def test_read_table_when_lines_end_in_cr_only_then_table_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="CR"):
        read(tmp_path, "a,b\r1,2\r")


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n",
        b"\x1f\x8b\x08\x00abc",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x28\xb5\x2f\xfd0",
        b"PK\x05\x06" + bytes(18),
    ],
)
def test_read_table_when_another_kind_of_file_then_table_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TableError):
        read(tmp_path, content)


def test_read_table_when_header_begins_like_a_magic_then_still_text(tmp_path: Path) -> None:
    assert read(tmp_path, "PKコード,b\n1,2\n").frame.columns == ["PKコード", "b"]
    assert read(tmp_path, "PAR1,b\n1,2\n").frame.columns == ["PAR1", "b"]


def test_read_table_when_not_there_or_a_directory_then_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_table(tmp_path / "none.csv")
    with pytest.raises(TableError, match="directory"):
        read_table(tmp_path)


def test_read_table_when_name_has_a_wildcard_then_only_that_file(tmp_path: Path) -> None:
    put(tmp_path, "a\n1\n", "x1.csv")
    assert read_table(put(tmp_path, "b\n2\n", "x*.csv")).frame.columns == ["b"]


def test_read_table_when_one_endless_line_then_limit_error_soon(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b\n")
    with path.open("ab") as file:
        for _ in range(64):
            file.write(b"x" * MIB)
    began = time.monotonic()
    with pytest.raises(LimitError, match="line 2"):
        read_table(path)
    assert time.monotonic() - began < 1


def test_read_table_when_a_gigabyte_of_nothing_then_refused_soon(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b\n")
    with path.open("r+b") as file:
        file.truncate(1024 * MIB)  # sparse
    began = time.monotonic()
    with pytest.raises(TableError, match="NUL"):
        read_table(path)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "utf-16"])
@pytest.mark.parametrize("piece", [1, 7, 64, 4096])
def test_read_table_when_line_limit_is_met_or_passed_then_decided_by_one_byte(
    tmp_path: Path, codec: str, piece: int
) -> None:
    limits = dataclasses.replace(LIMITS, line_bytes=40, scan_bytes=piece)
    for length, fits in ((40, True), (41, False)):
        path = put(tmp_path, ("a\n" + "x" * length + "\nb\n" + ("あ\n" if codec == "cp932" else "")).encode(codec))
        if fits:
            assert read_table(path, limits=limits).frame.height >= 2
        else:
            with pytest.raises(LimitError, match="line 2"):
                read_table(path, limits=limits)


@pytest.mark.parametrize(
    "lowered",
    [{"rows": 2}, {"columns": 1}, {"cells": 5}, {"cell_chars": 3}, {"file_bytes": 10}, {"header_chars": 1}],
)
def test_read_table_when_larger_than_a_limit_then_limit_error(tmp_path: Path, lowered: dict[str, int]) -> None:
    path = put(tmp_path, "ab,c\n1,2\n3,4\n5,67890\n")
    read_table(path)
    with pytest.raises(LimitError):
        read_table(path, limits=dataclasses.replace(LIMITS, **lowered))


def test_read_table_when_cell_is_wide_in_bytes_but_not_in_characters_then_accepted(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b\nあいう,1\n")
    assert read_table(path, limits=dataclasses.replace(LIMITS, cell_chars=3)).frame.height == 1
    with pytest.raises(LimitError, match="column a, row 1"):
        read_table(path, limits=dataclasses.replace(LIMITS, cell_chars=2))


def test_read_table_when_parquet_of_all_types_then_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame(
        {
            "text": ["0012", None],
            "int": [123, None],
            "gaps": [1234_5678_9012.0, None],
            "float": [0.1, 1e-7],
            "big": [1e20, float("nan")],
            "date": [datetime.date(1965, 3, 2), None],
            "stamp": [datetime.datetime(1965, 3, 2), None],
            "time": [datetime.datetime(1965, 3, 2, 4, 5), datetime.datetime(1965, 3, 2)],
            "flag": [True, None],
            "cat": pl.Series(["x", None], dtype=pl.Categorical),
            "dec": pl.Series(["1.50", None]).cast(pl.Decimal(10, 2)),
            "none": pl.Series([None, None], dtype=pl.Null),
        }
    ).write_parquet(path)
    table = read_table(path)
    assert table.kind == "parquet"
    assert set(table.frame.dtypes) == {pl.String}
    first, second = table.frame.rows()
    assert first == (
        "0012", "123", "123456789012", "0.1", "100000000000000000000", "1965-03-02", "1965-03-02",
        "1965-03-02T04:05:00.000000", "TRUE", "x", "1.50", "",
    )  # fmt: skip
    assert second == ("", "", "", "0.0000001", "NaN", "", "", "1965-03-02T00:00:00.000000", "", "", "", "")


def test_read_table_when_parquet_has_lists_or_is_damaged_then_table_error(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": [[1]], "b": ["x"]}).write_parquet(path)
    with pytest.raises(TableError, match="column a"):
        read_table(path)
    pl.DataFrame({"a": ["x" * 100] * 50}).write_parquet(path)
    whole = path.read_bytes()
    for content in (whole[:60], whole[:-30], b"PAR1\x15" + bytes(40) + b"PAR1"):
        with pytest.raises(TableError):
            read_table(put(tmp_path, content, "u.parquet"))


def test_read_table_when_random_bytes_then_only_our_errors(tmp_path: Path) -> None:
    import random

    chance = random.Random(7)
    for _ in range(300):
        content = bytes(chance.choices(b'a,"\n\r;\t\x82\xa0\xe3\x81\x82 1', k=chance.randrange(1, 40)))
        try:
            read(tmp_path, content)
        except AzukariError:
            pass


CELL = st.text('ab"\n\r,; あ髙①', max_size=5)
ROWS = st.integers(1, 4).flatmap(lambda k: st.lists(st.tuples(*[CELL] * k), min_size=1, max_size=6))


@settings(max_examples=300, deadline=None)
@given(rows=ROWS, codec=st.sampled_from(["utf-8", "utf-8-sig", "cp932", "utf-16"]), end=st.sampled_from(["\n", "\r\n"]))
def test_read_table_when_written_by_another_writer_then_the_same_cells(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], codec: str, end: str
) -> None:
    rows = [*rows, ("last",) * len(rows[0])]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    with path.open("w", encoding=codec, newline="") as file:
        writer = csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL)
        writer.writerows([[f"列{place}" for place in range(len(rows[0]))], *rows])
    assert read_table(path).frame.rows() == rows
