"""Story 9 of the mission, told by `azukari demo` with other seeds, leakers and samples."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from azukari.cli.story import FIRMS, Cast, Told, tell
from azukari.testing.cast import KANA, KEYING, PRINTING, SYSTEMS

# The firm that held only names and readings shows two slots a row: it takes more rows to name its copy.
TALES = [
    Cast(
        people=1_500,
        seed=seed,
        leaker=leaker.slug,
        rows=60 if leaker is not KANA else 150,
    )
    for seed, leaker in zip(range(100, 120), [KEYING, SYSTEMS, PRINTING, SYSTEMS, KANA] * 4, strict=True)
]
HELD_LESS = {
    KEYING.slug: {PRINTING.slug: "receipted", KANA.slug: "opened"},
    SYSTEMS.slug: {PRINTING.slug: "receipted", KANA.slug: "opened"},
    PRINTING.slug: {KANA.slug: "opened"},  # name and address leaked: the two full copies held them too
    KANA.slug: {},  # name and reading can be had from every copy
}


def told(cast: Cast, folder: Path) -> Told:
    return tell(cast, folder)


@pytest.mark.parametrize("cast", TALES, ids=lambda cast: f"{cast.seed}-{cast.leaker}")
def test_demo_when_a_copy_leaks_then_that_copy_alone_is_named_and_a_stranger_agrees(cast: Cast, tmp_path: Path) -> None:
    answer = told(cast, tmp_path).as_json()
    assert answer["accused"] == [cast.leaker]
    assert answer["false_accusations"] == 0
    assert answer["genuine"] == "genuine"
    assert answer["verified"] is True
    assert answer["verifier"]["verdict"] == "holds"
    assert {slug: why["grade"] for slug, why in answer["excluded"].items()} == HELD_LESS[cast.leaker]
    assert answer["own_list"]["verdict"] == "holds"
    assert [entry["party"] for entry in answer["own_list"]["entries"]] == [firm.ja for firm in FIRMS]


@pytest.mark.parametrize("seed", [201, 202, 203])
def test_demo_when_the_sample_is_of_strangers_then_not_ours_and_nobody_is_named(seed: int, tmp_path: Path) -> None:
    answer = told(Cast(people=1_500, seed=seed, leak="strangers"), tmp_path).as_json()
    assert (answer["genuine"], answer["accused"], answer["excluded"]) == ("not-ours", [], {})


@pytest.mark.parametrize("seed", [301, 302, 303])
def test_demo_when_a_fifth_body_holds_the_same_people_then_nobody_is_named(seed: int, tmp_path: Path) -> None:
    answer = told(Cast(people=1_500, seed=seed, leak="fifth-body"), tmp_path).as_json()
    assert (answer["genuine"], answer["accused"], answer["false_accusations"]) == ("genuine", [], 0)


def test_demo_when_run_as_a_command_then_one_json_object_with_what_was_promised() -> None:
    command = [sys.executable, "-m", "azukari", "demo", "--people", "1200", "--seed", "7", "--json"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=300)
    answer = json.loads(done.stdout.splitlines()[-1])
    promised = "people handovers leaked_from accused excluded false_accusations bound fields_leaked verified seconds"
    assert set(promised.split()) <= set(answer)
    assert (answer["people"], answer["handovers"], answer["verified"]) == (1200, len(FIRMS), True)
    assert all(seconds >= 0 for seconds in answer["seconds"].values())
