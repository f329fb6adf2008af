"""A table the project did not make, all the way: CP932 or XLSX, Japanese headers, blanks, namesakes, families in a row."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from tests.cli import scene as scenes
from tests.cli.scene import PARTY, Scene, call, copied, entrust

from azukari.tables import read_table, write_table
from azukari.testing import fictitious_people

ROWS = 260
FIELDS = (
    "name,kana,birth-date,phone,postal-code,address,amount,code,"
    "name/spouse,kana/spouse,birth-date/spouse,name/dependant-1,birth-date/dependant-1"
)


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    found = copied(scenes.registered(), tmp_path / "scene")
    entrust(found, "世帯", PARTY["seiran"], FIELDS)
    entrust(found, "世帯2", PARTY["shiraho"], FIELDS)
    entrust(found, "氏名", PARTY["yamabiko"], "name,kana")
    return found


def foreign() -> pl.DataFrame:
    """As a town's system might export it: unsorted, eras, narrow kana, wide digits, blanks, people twice, oddities."""
    chance = random.Random(5)
    people = fictitious_people(ROWS, 77, era=True).sample(fraction=1.0, shuffle=True, seed=3)
    people = pl.concat([people, people.head(6)])  # entered twice
    rows = people.height

    def blank(values: list[str], share: float) -> list[str]:
        return ["" if chance.random() < share else value for value in values]

    wide = {ord("0") + n: ord("０") + n for n in range(10)}
    return pl.DataFrame(
        {
            "整理番号": [f"{n:07d}" for n in range(rows)],
            "世帯主との続柄": [chance.choice(["本人", "妻", "夫", "子"]) for _ in range(rows)],
            "住所（現住所）": blank([text.translate(wide) for text in people["住所"]], 0.03),
            "マイナンバー": blank(people["個人番号"].to_list(), 0.2),
            "氏名（漢字）": people["氏名"].to_list(),
            "氏名（カナ）": [text.replace("　", " ") for text in people["フリガナ"]],
            "配偶者氏名": people["配偶者氏名"].to_list(),
            "配偶者生年月日": people["配偶者生年月日"].to_list(),
            "扶養親族１氏名": blank(people["氏名"].reverse().to_list(), 0.6),
            "扶養親族１生年月日": blank(people["生年月日"].reverse().to_list(), 0.6),
            "生年月日": people["生年月日"].to_list(),
            "電話": blank(people["電話番号"].to_list(), 0.1),
            "〒": people["郵便番号"].to_list(),
            "支給額": [f"{int(amount):,}" for amount in people["年金額"]],
            "謎": [chance.choice(["x1/7", "#N/A", "?", "0.3%", "※"]) + str(n) for n in range(rows)],
            "空": [""] * rows,
        }
    )


def cp932(frame: pl.DataFrame, path: Path) -> None:
    path.write_bytes(frame.write_csv(line_terminator="\r\n").encode("cp932"))


def encodable(text: str) -> bool:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    frame = foreign()
    good = [all(encodable(cell) for cell in row) for row in frame.rows()]
    kept = frame.filter(pl.Series(good))
    assert kept.height > 0.9 * frame.height
    return kept


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_foreign_table_when_sealed_opened_returned_and_leaked_then_each_step_holds(
    scene: Scene, table: pl.DataFrame, kind: str
) -> None:
    source = scene / f"foreign.{kind}"
    cp932(table, source) if kind == "csv" else write_table(table, source)
    assert read_table(source).frame.equals(table), "what is read is what stood there, zeros in front and all"

    sealed = {}
    for slug, title in (("seiran", "世帯"), ("shiraho", "世帯2")):
        named = ("--entrustment", title, "--to", PARTY[slug], "-o", scene / f"{slug}.azk")
        sealed[slug] = scene.json("seal", source, *named)
    fates = {column["header"]: column for column in sealed["seiran"]["columns"]}
    check_fates(fates)

    for slug in sealed:
        scenes.open_package(scene, slug, slug)
    check_back(scene, table, source, sealed["seiran"]["handover"])
    check_leak(scene, sealed)


def check_fates(fates: dict[str, dict[str, str]]) -> None:
    """What is known leaves as what it is; what cannot be typed is said, and stays; the number never leaves."""
    leaves = {header: column["field"] for header, column in fates.items() if column["fate"] == "leaves"}
    wanted = {
        "氏名（漢字）": "name/person",
        "氏名（カナ）": "kana/person",
        "生年月日": "birth-date/person",
        "住所（現住所）": "address/person",
        "配偶者氏名": "name/spouse",
        "配偶者生年月日": "birth-date/spouse",
        "扶養親族１氏名": "name/dependant-1",
        "扶養親族１生年月日": "birth-date/dependant-1",
    }
    assert wanted.items() <= leaves.items()
    assert fates["マイナンバー"] == {
        "header": "マイナンバー",
        "field": "individual-number/person",
        "fate": "not-permitted",
    }
    assert fates["謎"]["fate"] == fates["空"]["fate"] == "untyped" and fates["謎"]["field"] is None
    assert fates["整理番号"]["fate"] in ("local-id", "untyped")


def check_back(scene: Scene, table: pl.DataFrame, source: Path, hand_over: str) -> None:
    """The work comes back in CP932, shuffled and with a column more; the body has its rows whole again."""
    work = read_table(scene / "seiran.csv").frame.sample(fraction=1.0, shuffle=True, seed=9)
    # Narrow gaps of the marks are no CP932: what the contractor's system cannot hold, it writes as a space.
    text = work.with_columns(pl.lit("済").alias("点検")).write_csv(line_terminator="\r\n")
    (scene / "work.csv").write_bytes(text.replace("\u2009", " ").encode("cp932"))
    command = ("return", scene / "work.csv", "--handover", hand_over, "--source", source, "-o", scene / "back.xlsx")
    counts = scene.json(*command)
    found = {name: counts[name] for name in ("returned", "missing", "added", "changed", "new_columns")}
    assert found == {"returned": table.height, "missing": 0, "added": 0, "changed": 0, "new_columns": ["点検"]}
    back = read_table(scene / "back.xlsx").frame
    for header in ("整理番号", "マイナンバー", "謎", "空", "世帯主との続柄", "支給額"):
        assert back[header].to_list() == table[header].to_list(), header


def check_leak(scene: Scene, sealed: dict[str, dict[str, str]]) -> None:
    """Rows of one copy turn up in CP932 under other headers: that copy is named."""
    rows = read_table(scene / "shiraho.csv").frame.filter(pl.col("電話") != "").sample(80, seed=2)
    leaked = rows.select("氏名（漢字）", "氏名（カナ）", "生年月日", "電話", "住所（現住所）").rename(
        {"氏名（漢字）": "お名前", "氏名（カナ）": "ヨミ", "電話": "TEL", "住所（現住所）": "住所"}
    )
    (scene / "leaked.csv").write_bytes(leaked.write_csv().replace("\u2009", " ").encode("cp932"))
    found = scene.json("trace", scene / "leaked.csv", "-o", scene / "finding.json")
    assert (found["accused"], found["genuine"]) == ([sealed["shiraho"]["handover"]], "genuine")


def test_foreign_table_when_typed_again_without_marks_then_source_links_it_and_nobody_is_accused(
    scene: Scene, table: pl.DataFrame
) -> None:
    """Six rows read off a screen: linked through --source, genuine at most, never an accusation."""
    cp932(table, scene / "foreign.csv")
    scene.json("seal", scene / "foreign.csv", "--entrustment", "世帯", "--to", PARTY["seiran"], "-o", scene / "p.azk")
    some = table.filter(pl.col("電話") != "").slice(20, 6)
    typed = some.select("氏名（漢字）", "生年月日", "電話").rename({"氏名（漢字）": "氏名"})
    typed = typed.with_columns(pl.col("氏名").str.slice(0, 3).str.replace_all("　", ""))  # the end was not seen
    typed.write_csv(scene / "typed.csv")
    found = scene.json("trace", scene / "typed.csv", "--source", scene / "foreign.csv", "-o", scene / "finding.json")
    assert found["accused"] == [] and found["linked"] >= 3
    assert len(found["source_rows"]) >= 3


def test_foreign_table_when_duplicated_people_leak_then_ambiguous_rows_accuse_nobody(
    scene: Scene, table: pl.DataFrame
) -> None:
    """Everybody twice: no row points to one position, so none counts."""
    twice = pl.concat([table.head(60), table.head(60)])
    cp932(twice, scene / "twice.csv")
    scene.json("seal", scene / "twice.csv", "--entrustment", "氏名", "--to", PARTY["yamabiko"], "-o", scene / "p.azk")
    scenes.call("open", scene / "p.azk", "-i", scene / "yamabiko.key", "-o", scene / "rows.csv")
    names = twice.select("氏名（漢字）", "氏名（カナ）").head(40)
    names.write_csv(scene / "leaked.csv")
    found = scene.json("trace", scene / "leaked.csv", "-o", scene / "finding.json")
    assert found["accused"] == [] and found["linked"] == 0


@pytest.mark.parametrize("name", ["foreign.csv", "foreign.xlsx"])
def test_foreign_table_when_nothing_in_it_is_permitted_then_refused_in_one_sentence(
    scene: Scene, table: pl.DataFrame, name: str
) -> None:
    odd = table.select("整理番号", "謎", "空", "マイナンバー")
    cp932(odd, scene / name) if name.endswith("csv") else write_table(odd, scene / name)
    command = ("seal", scene / name, "--entrustment", "氏名", "--to", PARTY["yamabiko"], "-o", scene / "p.azk")
    scene.refused("nothing-to-seal", *command)
    answer = scene.run(*command)
    assert "謎: 不明" in answer.out and call("verify", scene / "p.azk").code == 43
