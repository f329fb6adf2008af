"""A crossing as one file, by command: over and back, and what must not be taken from one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.web import crossings
from tests.web.crossings import FIRM, Gap
from tests.web.test_crossing import dump, firm_and_person, grade, send_receipt, tree


@pytest.fixture
def gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gap]:
    scenes.without_office(monkeypatch)
    yield crossings.copied(crossings.crossed(), tmp_path / "gap")
    scenes.close()


def one_more(gap: Gap, login: str) -> None:
    gap.inside.json("person", "add", login, "--name", "灘　渚", "--role", "contractor", "--party", FIRM.ja)


def test_file_when_carried_over_and_back_then_taken_as_the_folders_are(gap: Gap) -> None:
    firm, _ = firm_and_person(gap)
    send_receipt(gap)
    written = gap.out_json("export", "--file", gap / "back.azx")
    assert (written["made"], written["items"], len(written["crossings"])) == (1, 1, 1)
    assert gap.inside.json("import", gap / "back.azx")["crossings"] == [{"sequence": 1, "taken": 1, "refused": []}]
    assert grade(gap)[firm.hex] == "receipted"
    gap.inside.json("export", "--file", gap / "over.azx")
    assert gap.out_json("import", gap / "over.azx")["crossings"] == [{"sequence": 2, "taken": 1, "refused": []}]
    gap.out_json("export", "--file", gap / "told.azx")
    gap.inside.json("import", gap / "told.azx")
    nothing = gap.inside.json("export", "--file", gap / "nothing.azx")
    assert (nothing["made"], nothing["crossings"]) == (0, []) and not (gap / "nothing.azx").exists()
    assert not list((gap / "office" / "crossings").iterdir())  # what was laid down is gone


def test_file_when_several_are_on_their_way_then_it_holds_all_and_those_that_are_next_are_taken(gap: Gap) -> None:
    one_more(gap, "aoarashi-2")
    gap.inside.json("export", "--file", gap / "lost.azx")
    one_more(gap, "aoarashi-3")
    assert len(gap.inside.json("export", "--file", gap / "next.azx")["crossings"]) == 3  # the first is not confirmed
    gap.inside.json("export", gap.empty())
    import tarfile

    with tarfile.open(gap / "next.azx") as archive:
        archive.extractall(gap / "unpacked", filter="data")
    assert tree(gap / "unpacked") == tree(gap.stick)  # an ordinary program sees the very folders
    assert [one["sequence"] for one in gap.out_json("import", gap / "next.azx")["crossings"]] == [2, 3]
    assert gap.out_json("import", gap / "next.azx")["crossings"] == []
    assert gap.out_json("import", gap / "lost.azx")["crossings"] == []


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _changed(data: bytes) -> bytes:
    place = data.index(b"age-encryption.org") + 40
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def _resigned(data: bytes) -> bytes:
    place = data.index("— azukari.crossing ".encode()) + 40
    return data[:place] + (b"A" if data[place : place + 1] != b"A" else b"B") + data[place + 1 :]


BAD: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "cut": ("incomplete-crossing", _cut),
    "changed": ("crossing-file", _changed),
    "signature": ("signature", _resigned),
    "more": ("format", lambda data: data + bytes(512)),
    "renamed": ("format", lambda data: data.replace(b"-inside-", b"-INSIDE-")),
    "nothing": ("incomplete-crossing", lambda data: b""),
    "package": ("format", lambda data: b"manifest.json" + data[13:]),
}


@pytest.mark.parametrize("case", BAD)
def test_file_when_it_is_bad_then_it_has_its_word_and_both_sides_stay_as_they_are(case: str, gap: Gap) -> None:
    word, spoil = BAD[case]
    gap.back()  # so that the one that follows is alone on its way
    one_more(gap, "aoarashi-2")
    assert len(gap.inside.json("export", "--file", gap / "good.azx")["crossings"]) == 1
    (gap / "bad.azx").write_bytes(spoil((gap / "good.azx").read_bytes()))
    before = dump(gap), gap.inside.state()
    scenes.refused(word, gap.out, "import", gap / "bad.azx")
    assert (dump(gap), gap.inside.state()) == before
    assert not list((gap / "outside" / "crossings").iterdir())
    assert gap.out_json("import", gap / "good.azx")["crossings"][0]["refused"] == []
    scenes.refused("replayed-crossing", gap.out, "import", gap / "good.azx")


def test_file_when_it_is_for_another_or_the_place_makes_no_sense_then_refused(gap: Gap) -> None:
    gap.inside.json("export", "--file", gap / "own.azx")
    scenes.refused("foreign-crossing", gap.inside.run, "import", gap / "own.azx")
    scenes.refused("not-found", gap.out, "import", gap / "none.azx")
    scenes.refused("state", gap.inside.run, "export", "--file", gap / "own.azx")
    scenes.refused("not-found", gap.inside.run, "export", "--file", gap / "no folder" / "own.azx")
    scenes.refused("option", gap.inside.run, "export")
    scenes.refused("option", gap.inside.run, "export", gap.stick, "--file", gap / "two.azx")
    assert not (gap / "two.azx").exists()
    shutil.rmtree(gap.stick)
    scenes.refused("not-found", gap.inside.run, "export", gap / "stick")


def test_run_when_files_lie_there_then_each_side_takes_the_others_and_keeps_one_of_its_own(gap: Gap) -> None:
    for name in ("out", "in"):
        (gap / name).mkdir()
    ways = {
        "inside": ("--to", gap / "out", "--from", gap / "in"),
        "outside": ("--to", gap / "in", "--from", gap / "out"),
    }
    firm, _ = firm_and_person(gap)

    def rounds() -> None:
        for side, run in (("inside", gap.inside.json), ("outside", gap.out_json)):
            run("crossing", "run", "--file", "--times", "1", *ways[side])

    send_receipt(gap)
    one_more(gap, "aoarashi-2")
    rounds()  # inside writes nos. 1 and 2; outside takes no. 2 and writes its first
    (first,) = (gap / "out").iterdir()
    assert first.name.endswith("-inside-000002.azx")
    (gap / "in" / "a broken one.azx").write_bytes(b"azukari-")
    (gap / "in" / "of somebody else.azx").write_bytes(b"no crossing")
    rounds()  # inside takes it, in spite of what lies beside
    assert grade(gap)[firm.hex] == "receipted"
    (second,) = (gap / "out").iterdir()
    assert second.name.endswith("-inside-000003.azx")
    rounds()
    assert {one.name for one in (gap / "in").iterdir()} >= {"a broken one.azx", "of somebody else.azx"}
    rounds()
    assert list((gap / "out").iterdir()) == []  # all has arrived
    gap.on("outside")
    from azukari.web.accounts import queries

    assert queries.person("aoarashi-2").is_active
