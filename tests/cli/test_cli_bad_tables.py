"""Tables that cannot be read: the same verdict through `seal`, `trace` and `return`, and nothing half-done."""

from __future__ import annotations

import importlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from tests.cli.scene import PARTY, PLANTED, Scene, check_spill, people

HEAD = "氏名,フリガナ,生年月日\r\n"
ROW = ",".join(PLANTED[header] for header in ("氏名", "フリガナ", "生年月日")) + "\r\n"
MIB = 1 << 20

Make = Callable[[Path], None]


def text(content: str, encoding: str = "utf-8") -> Make:
    return lambda path: _write(path, content.encode(encoding))


def data(content: bytes) -> Make:
    return lambda path: _write(path, content)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def endless_line(path: Path) -> None:
    """1 GB without a line feed."""
    with path.open("wb") as file:
        file.write(HEAD.encode())
        block = "珠".encode() * (16 * MIB // 3)
        while file.tell() < 1 << 30:
            file.write(block)


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(64 * MIB))


def xlsx_bomb(path: Path) -> None:
    """A workbook as Excel writes it, but for 64 MiB of shared strings in 64 KiB."""
    from azukari.tables import write_table

    write_table(people().head(5), path)
    inside = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(inside) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/sharedStrings.xml", b"<sst>" + b" " * (64 * MIB) + b"</sst>")


def many_entries(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(6_000):
            archive.writestr(f"{number}", b"")


def cut_xlsx(path: Path) -> None:
    from azukari.tables import write_table

    write_table(people().head(5), path)
    path.write_bytes(path.read_bytes()[:-40])


def cut_parquet(path: Path) -> None:
    people().write_parquet(path)
    path.write_bytes(path.read_bytes()[:-40])


BAD: list[tuple[str, str, str, Make]] = [
    ("empty", "t.csv", "table", data(b"")),
    ("header only", "t.csv", "table", text(HEAD)),
    ("blank rows only", "t.csv", "table", text(HEAD + ",,\r\n,,\r\n")),
    ("a name twice", "t.csv", "column", text(HEAD.replace("フリガナ", "氏名") + ROW)),
    ("a name twice in CP932", "t.csv", "column", text(HEAD.replace("フリガナ", "氏名") + ROW, "cp932")),
    ("a column without a name", "t.csv", "column", text(HEAD.replace("フリガナ", "") + ROW)),
    ("a row too short", "t.csv", "table", text(HEAD + ROW + PLANTED["氏名"] + "\r\n" + ROW)),
    ("a row too long", "t.csv", "table", text(HEAD + ROW.rstrip() + "," + ROW)),
    ("an open quotation mark", "t.csv", "table", text(HEAD + ROW + '"' + ROW)),
    ("NUL", "t.csv", "table", text(HEAD + ROW + "\0" + ROW)),
    ("lines that end in CR only", "t.csv", "table", text((HEAD + ROW * 3).replace("\r\n", "\r"))),
    ("neither UTF-8 nor CP932", "t.csv", "table", data(HEAD.encode() + ROW.encode("cp932") + b"\xff\xfe\xfa")),
    ("a PDF", "t.csv", "table", data(b"%PDF-1.7\n" + ROW.encode())),
    ("gzip", "t.csv", "table", data(b"\x1f\x8b\x08" + bytes(99))),
    ("an old or encrypted workbook", "t.xlsx", "table", data(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(999))),
    ("a zip that is none", "t.xlsx", "table", data(b"PK\x03\x04" + ROW.encode())),
    ("a zip bomb that is no workbook", "t.xlsx", "table", zip_bomb),
    ("an XLSX bomb", "t.xlsx", "limit", xlsx_bomb),
    ("too many files in the zip", "t.xlsx", "limit", many_entries),
    ("a workbook cut short", "t.xlsx", "table", cut_xlsx),
    ("a Parquet file cut short", "t.parquet", "table", cut_parquet),
    ("501 columns", "t.csv", "limit", text(",".join(f"c{n}" for n in range(501)) + "\n" + "," * 500 + "\n")),
    ("a cell too long", "t.csv", "limit", text(HEAD + PLANTED["氏名"] * 15_000 + ",,\r\n")),
    ("1 GB in one line", "t.csv", "limit", endless_line),
]


def commands(scene: Scene, table: Path) -> list[tuple[object, ...]]:
    party, hand_over = PARTY["seiran"], scene.hand_overs()["seiran"]
    return [
        ("seal", table, "--entrustment", "入力", "--to", party, "-o", scene / "out.azk"),
        ("trace", table, "-o", scene / "out.json"),
        ("trace", scene / "register.csv", "--source", table, "-o", scene / "out.json"),
        ("return", table, "--handover", hand_over, "-o", scene / "out.csv"),
        ("return", scene / "seiran.csv", "--source", table, "--handover", hand_over, "-o", scene / "out.csv"),
    ]


@pytest.mark.parametrize(("name", "word", "make"), [(n, w, m) for _, n, w, m in BAD], ids=[case[0] for case in BAD])
def test_table_when_it_cannot_be_read_then_one_sentence_and_nothing_changes(
    sealed: Scene, name: str, word: str, make: Make
) -> None:
    table = sealed / name
    make(table)
    for command in commands(sealed, table):
        sealed.refused(word, *command)
    table.unlink()


def test_table_when_it_is_a_folder_or_not_there_then_refused(sealed: Scene) -> None:
    for command in commands(sealed, sealed / "office"):
        sealed.refused("table", *command)
    for command in commands(sealed, sealed / "nowhere.csv"):
        sealed.refused("not-found", *command)


def test_sentence_when_a_row_does_not_fit_then_its_number_and_not_its_cells(sealed: Scene) -> None:
    (sealed / "t.csv").write_text(HEAD + ROW + PLANTED["氏名"] + "\r\n", encoding="utf-8", newline="")
    answer = sealed.run(*commands(sealed, sealed / "t.csv")[0], lang="en")
    assert "row 2: 1 cells instead of 3" in answer.err


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\0\0", ("　" * 9).encode(), "　".encode("cp932")])
def test_pasted_text_when_there_is_nothing_in_it_then_refused(sealed: Scene, content: bytes) -> None:
    (sealed / "pasted.txt").write_bytes(content)
    sealed.refused("table", "trace", sealed / "pasted.txt", "-o", sealed / "out.json")


def test_pasted_text_when_too_long_then_refused(sealed: Scene) -> None:
    (sealed / "pasted.txt").write_text(f"{PLANTED['氏名']},1\n" * 100_000, encoding="utf-8")
    sealed.refused("limit", "trace", sealed / "pasted.txt", "-o", sealed / "out.json")


def test_errors_when_followed_to_their_causes_then_no_cell_is_in_any_of_them(
    sealed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a debugger, a log or an error collector would see: messages, arguments and facts, down the whole chain."""
    seen: list[BaseException] = []
    main = importlib.import_module("azukari.cli.main")  # the package has a function of this name
    refuse = main._refuse
    monkeypatch.setattr(main, "_refuse", lambda speech, error: seen.append(error) or refuse(speech, error))
    notes = [PLANTED["個人番号"]] * 300
    people().with_columns(pl.Series("備考", notes)).write_csv(sealed / "note.csv")
    columns = ("--columns", "備考=free-text")
    named = ("--entrustment", "備考", "--to", PARTY["seiran"], "-o", sealed / "out.azk")
    assert sealed.run("seal", sealed / "note.csv", *columns, *named).code == 32
    for _, name, _, make in BAD[:-1]:
        make(sealed / name)
        for command in commands(sealed, sealed / name)[:3:2]:
            sealed.run(*command)
        (sealed / name).unlink()
    assert len(seen) == 2 * len(BAD) - 1
    chains = [list(chain(error)) for error in seen]
    for error in (error for links in chains for error in links):
        check_spill(f"{error!r} {error} {error.args!r} {vars(error)!r}")


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
