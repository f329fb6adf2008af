"""docs/manual/: it names commands that exist, both languages tell the same, and every picture is shown, and small."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_deploy import resolve

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "manual"
WITH_COMMANDS = [("README.md", "ja.md"), ("contractor.md", "contractor.ja.md")]
PAGES = [*WITH_COMMANDS, ("citizen.md", "citizen.ja.md")]
MOST_BYTES = 120 * 1024


def read(name: str) -> str:
    return (MANUAL / name).read_text(encoding="utf-8")


def orders(name: str) -> list[str]:
    """The lines that are to be typed, without what is said about them."""
    lines = [
        line for line in read(name).splitlines() if line.lstrip().startswith("azukari ") and line.startswith("    ")
    ]
    return [" ".join(line.partition("  #")[0].split()) for line in lines]


def commands(name: str) -> Iterator[list[str]]:
    for line in [*orders(name), *re.findall(r"`(azukari [a-z].*?)`", read(name))]:
        yield line.split()[1:]


@pytest.mark.parametrize("name", [name for pair in WITH_COMMANDS for name in pair])
def test_manual_when_it_names_a_command_then_it_and_its_options_exist(name: str) -> None:
    seen = 0
    for words in commands(name):
        command, rest = resolve(words)
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert not {word for word in rest if word.startswith("-") and word not in known}, words
        seen += 1
    assert seen >= 2


@pytest.mark.parametrize("name", PAGES[-1])
def test_manual_of_a_person_when_its_command_is_typed_then_the_list_holds(name: str, tmp_path: Path) -> None:
    case = json.loads((ROOT / "vectors" / "completeness" / "nothing-asked.json").read_text(encoding="utf-8"))
    (tmp_path / "list.azl").write_text(case["report"], encoding="utf-8")
    (typed,) = re.findall(r"^    python (azukari_verify\.py report .*)$", read(name), re.MULTILINE)
    script, *words = (case["vkeys"][0] if word in ("LEDGER-KEY", "台帳の鍵") else word for word in typed.split())
    command = [sys.executable, str(ROOT / "verifier" / script), *words, "--now", case["now"]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("english", "japanese"), PAGES)
def test_manual_when_both_languages_are_compared_then_sections_commands_and_pictures_are_the_same(
    english: str, japanese: str
) -> None:
    sections = [re.findall(r"^(#+) ", read(name), re.MULTILINE) for name in (english, japanese)]
    assert sections[0] == sections[1]
    placeless = [
        [re.sub(r"[^\x00-\x7f]+|LEDGER-KEY", "", line).rstrip() for line in orders(name)]
        for name in (english, japanese)
    ]
    assert placeless[0] == placeless[1]
    assert pictures(english, "en") == pictures(japanese, "ja")


def pictures(name: str, language: str) -> list[str]:
    """The pictures that a page shows, without their language."""
    shown = re.findall(r"\(pictures/([\w-]+)\.png\)", read(name))
    assert all(one.endswith(f"-{language}") for one in shown)
    return [one.removesuffix(f"-{language}") for one in shown]


def test_pictures_when_listed_then_each_is_shown_and_none_is_large() -> None:
    shown = {
        f"{one}-{language}.png"
        for pair in PAGES
        for language, name in zip(("en", "ja"), pair, strict=True)
        for one in pictures(name, language)
    }
    there = {path.name: path.stat().st_size for path in (MANUAL / "pictures").iterdir()}
    assert set(there) == shown
    assert {name: size for name, size in there.items() if size > MOST_BYTES} == {}
