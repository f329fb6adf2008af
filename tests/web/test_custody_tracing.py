"""Tracing and disclosing as the office does it: fixed in the ledger first, the same answer again, burned afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call, copied, entries, leak, named

from azukari.cli.options import Office, open_office
from azukari.errors import StateError
from azukari.evidence.verifying import verify_bundle
from azukari.tables import read_table, type_columns
from azukari.trace.reading import read_specimen
from azukari.trace.specimen import Specimen

FIRM = "shiraho"


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture
def sealed(tmp_path: Path) -> Scene:
    return copied(scenes.sealed(), tmp_path / "scene")


@pytest.fixture
def traced(tmp_path: Path) -> Scene:
    return copied(scenes.traced(), tmp_path / "scene")


def opened(scene: Scene) -> Office:
    return open_office(scene / "office", scene / "office.key", None)


def sample(scene: Scene, slug: str = FIRM, **options: Any) -> Specimen:
    frame = read_table(leak(scene, slug, **options)).frame
    return read_specimen(frame, type_columns(frame))


def log(office: Office, found: Specimen, case: UUID | None = None) -> UUID:
    from azukari.web.incidents.actions.specimen import log_specimen, open_case

    acting: dict[str, Any] = {"by": office.by, "at": office.at}
    case_id = case or open_case(body_id=office.body_id, title="掲示板", **acting)
    return log_specimen(case_id=case_id, sample=found, kek=office.kek, **acting)


def traced_again(office: Office, specimen_id: UUID) -> Any:
    from azukari.web.incidents.tracing import trace_specimen

    return trace_specimen(specimen_id=specimen_id, kek=office.kek)


def disclosed(office: Office, found: Any, file: Any) -> Any:
    from azukari.web.incidents.actions.disclosure import disclose

    return disclose(found=found, file=file, kek=office.kek, by=office.by, at=office.at)


def case_of(scene: Scene) -> UUID:
    return UUID(hex=json.loads((scene / "finding.json").read_text(encoding="utf-8"))["case"])


def types(scene: Scene) -> list[str]:
    return [entry["type"] for entry in named(scene).values()]


def test_specimen_when_logged_then_its_commitment_is_signed_before_any_trace(sealed: Scene) -> None:
    from azukari.web.incidents import queries
    from azukari.web.sequencer import queries as sequencer

    office, found = opened(sealed), sample(sealed)
    specimen_id = log(office, found)
    info = queries.specimen(specimen_id)
    entry = json.loads(entries(sealed)[info.entry_index])
    assert (entry["type"], entry["commitment"]) == ("azukari/specimen/v1", info.commit)
    assert sequencer.checkpoint(sequencer.log_of(office.body_id).id).size == info.entry_index + 1
    assert info.rows == len(found.rows)


def test_trace_when_repeated_then_the_same_finding_and_the_order_of_registration_does_not_matter(
    traced: Scene,
) -> None:
    office = opened(traced)
    before = json.loads((traced / "finding.json").read_text(encoding="utf-8"))
    found, file = traced_again(office, UUID(hex=before["specimen"]))
    assert found.finding.as_json() == {name: before[name] for name in found.finding.as_json()}
    assert found.finding.accused == (traced.hand_overs()[FIRM],)
    assert file.specimen.commitment(file.opening).hex() == found.finding.commitment


def test_trace_when_a_hand_over_came_after_the_specimen_then_it_is_not_examined(traced: Scene) -> None:
    """It cannot be the source, and counting it would change a bound that was told already."""
    again = ("seal", traced / "register.csv", "--entrustment", "試験", "--to", scenes.PARTY[FIRM])
    later = traced.json(*again, "-o", traced / "later.azk")["handover"]
    specimen = json.loads((traced / "finding.json").read_text(encoding="utf-8"))["specimen"]
    found, _ = traced_again(opened(traced), UUID(hex=specimen))
    assert later not in found.finding.measurements and found.finding.hand_overs == 4


@pytest.mark.parametrize("after", ["append", "row", "integrate"])
def test_specimen_when_it_fails_after_the_append_then_neither_row_nor_entry_nor_file(
    sealed: Scene, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    from azukari.web.incidents.actions import specimen as action
    from azukari.web.incidents.models import Specimen as Row

    office, found, before = opened(sealed), sample(sealed), types(sealed)

    def fail(**_: Any) -> None:
        raise ZeroDivisionError

    where: tuple[Any, str] = {
        "append": (action.ledger_entry, "append"),
        "row": (Row.objects, "create"),
        "integrate": (action.checkpoint, "integrate"),
    }[after]
    with monkeypatch.context() as patch:
        patch.setattr(*where, fail)
        with pytest.raises(ZeroDivisionError):
            log(office, found)
    logged = after == "integrate"  # then the entry stands, and the next checkpoint signs it
    assert types(sealed) == before + ["azukari/specimen/v1"] * logged
    assert Row.objects.count() == logged == len(list((sealed / "office" / "index").glob("*.specimen")))
    sealed.json("ledger", "export", sealed / "export")
    assert sealed.json("ledger", "check")["size"] == len(entries(sealed))


def test_disclosure_when_made_then_the_copy_is_burned_and_the_next_sample_of_it_accuses_nobody(
    traced: Scene,
) -> None:
    from azukari.web.custody import queries

    hand_over = traced.hand_overs()[FIRM]
    burned = {h.id.hex: h.burned_at is not None for h in queries.hand_overs(opened(traced).body_id)}
    assert [name for name, is_burned in burned.items() if is_burned] == [hand_over]
    found = traced.json("trace", leak(traced, FIRM, seed=5), "-o", traced / "second.json")
    assert (found["accused"], found["burned"], found["genuine"]) == ([], [hand_over], "genuine")
    assert found["log2_e"][hand_over]["total"] == 0, "e = 1: the marks prove nothing any more"
    assert found["handovers"] == 4, "it still counts in n"
    answer = traced.run("trace", leak(traced, FIRM, seed=6), "-o", traced / "third.json", lang="en")
    assert "its marks were disclosed, nothing can be said" in answer.out


def test_disclosure_when_the_other_full_copy_leaks_afterwards_then_that_one_is_named(traced: Scene) -> None:
    found = traced.json("trace", leak(traced, "seiran", seed=5), "-o", traced / "second.json")
    assert found["accused"] == [traced.hand_overs()["seiran"]]


def test_disclosure_when_a_specimen_was_logged_before_it_then_that_one_still_counts(traced: Scene) -> None:
    """Burned from the disclosure on, not before."""
    specimen = json.loads((traced / "finding.json").read_text(encoding="utf-8"))["specimen"]
    found, _ = traced_again(opened(traced), UUID(hex=specimen))
    assert found.finding.accused == (traced.hand_overs()[FIRM],) and found.finding.burned == ()


def test_disclosure_when_repeated_then_the_same_evidence_without_a_second_entry(traced: Scene) -> None:
    from azukari.web.incidents.models import Disclosure

    s, before = traced, types(traced)
    assert before.count("azukari/disclosure/v1") == 1
    files = ("--evidence", s / "e.json", "--specimen", s / "s.age", "--to", s / "verifier.key.card", "--yes")
    opened_channels = s.json("disclose", s / "finding.json", *files)["opened"]
    assert types(s) == before and Disclosure.objects.count() == 1
    assert (s / "e.json").read_bytes() == (s / "evidence.json").read_bytes()
    assert list(opened_channels) == [s.hand_overs()[FIRM]]
    with_specimen = ("--specimen", s / "s.age", "-i", s / "verifier.key", "--log-key", s.log_key)
    assert call("verify", s / "e.json", *with_specimen).code == 0


@pytest.mark.parametrize("after", ["append", "row", "burn", "integrate"])
def test_disclosure_when_it_fails_after_the_append_then_neither_row_nor_entry_nor_burn(
    sealed: Scene, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    from azukari.web.custody import queries
    from azukari.web.incidents.actions import disclosure as action
    from azukari.web.incidents.models import Disclosure

    office = opened(sealed)
    found, file = traced_again(office, log(office, sample(sealed)))
    before, hand_over = types(sealed), UUID(hex=sealed.hand_overs()[FIRM])

    def fail(**_: Any) -> None:
        raise ZeroDivisionError

    where: tuple[Any, str] = {
        "append": (action.ledger_entry, "append"),
        "row": (Disclosure.objects, "create"),
        "burn": (action.burning, "burn"),
        "integrate": (action.checkpoint, "integrate"),
    }[after]
    with monkeypatch.context() as patch:
        patch.setattr(*where, fail)
        with pytest.raises(ZeroDivisionError):
            disclosed(office, found, file)
    logged = after == "integrate"  # the entry stands, so the copy is burned; a repetition gives the evidence
    assert types(sealed) == before + ["azukari/disclosure/v1"] * logged
    assert Disclosure.objects.count() == logged
    assert (queries.hand_over(hand_over).burned_at is not None) == logged
    bundle, specimen = disclosed(office, found, file)
    assert types(sealed) == [*before, "azukari/disclosure/v1"]
    assert verify_bundle(bundle.encode(), specimen.encode(), vkey=sealed.log_key).accused


def test_disclosure_when_nobody_is_accused_then_refused_and_nothing_logged(sealed: Scene) -> None:
    office = opened(sealed)
    found, file = traced_again(office, log(office, sample(sealed, "yamabiko", rows=2)))
    before = types(sealed)
    with pytest.raises(StateError):
        disclosed(office, found, file)
    assert types(sealed) == before


def test_case_when_it_has_a_second_specimen_then_the_bound_of_its_evidence_is_doubled(traced: Scene) -> None:
    """Two samples of one leak are two chances to accuse; another case begins again with one."""
    office = opened(traced)
    found, file = traced_again(office, log(office, sample(traced, "seiran", seed=7), case_of(traced)))
    assert (found.finding.specimens_in_case, found.finding.bound) == (2, 2e-9)
    bundle, specimen = disclosed(office, found, file)
    checked = verify_bundle(bundle.encode(), specimen.encode(), vkey=traced.log_key)
    assert (checked.specimens_in_case, checked.bound) == (2, 2e-9)
    assert list(checked.accused) == [traced.hand_overs()["seiran"]]
    first = json.loads((traced / "finding.json").read_text(encoding="utf-8"))["specimen"]
    again, _ = traced_again(office, UUID(hex=first))
    assert (again.finding.specimens_in_case, again.finding.bound) == (1, 1e-9), "what was told first stands"


def test_evidence_when_a_receipt_came_after_the_trace_then_the_grade_is_that_of_the_disclosure(sealed: Scene) -> None:
    """ "Only name and kana" is claimed, then receipted, then opened: the better the later it is asked."""
    from azukari.web.custody.models import Receipt

    office, wakaba = opened(sealed), UUID(hex=sealed.hand_overs()["wakaba"])
    note = Receipt.objects.get(hand_over_id=wakaba).note
    Receipt.objects.filter(hand_over_id=wakaba).delete()
    found, _ = traced_again(office, log(office, sample(sealed)))
    grades = {x.hand_over: x.grade.value for x in found.finding.excluded}
    assert grades == {wakaba.hex: "claimed", sealed.hand_overs()["yamabiko"]: "opened"}
    (sealed / "late.receipt").write_text(note, encoding="utf-8", newline="")
    sealed.json("receipt", sealed / "late.receipt")
    found, file = traced_again(opened(sealed), UUID(hex=found.finding.specimen))
    bundle, specimen = disclosed(office, found, file)
    checked = verify_bundle(bundle.encode(), specimen.encode(), vkey=sealed.log_key)
    assert checked.excluded[wakaba.hex].grade.value == "receipted"


def test_trace_when_canaries_leak_too_then_the_other_full_copy_is_excluded_for_rows_it_never_held(
    sealed: Scene,
) -> None:
    """Rows that are nobody's and stand in one copy only: they point to it, and away from every other."""
    found = sealed.json("trace", leak(sealed, FIRM, rows=20, canaries=True), "-o", sealed / "finding.json")
    copies = sealed.hand_overs()
    assert found["accused"] == [copies[FIRM]] and found["log2_e"][copies[FIRM]]["canary"] > 5
    excluded = {x["handover"]: (x["field"], x["rows"], x["grade"]) for x in found["excluded"]}
    assert excluded.pop(copies["seiran"]) == (None, 2, "claimed")
    assert set(excluded) == {copies["wakaba"], copies["yamabiko"]}


def test_specimen_when_kept_then_sealed_under_the_office_key_for_this_specimen_only(traced: Scene) -> None:
    from azukari.errors import KeyFileError, NotFoundError
    from azukari.web.incidents import keeping

    office = opened(traced)
    one = UUID(hex=json.loads((traced / "finding.json").read_text(encoding="utf-8"))["specimen"])
    other = log(office, sample(traced, seed=8))
    assert keeping.kept(one, office.kek).specimen != keeping.kept(other, office.kek).specimen
    folder = traced / "office" / "index"
    (folder / f"{one}.specimen").write_bytes((folder / f"{other}.specimen").read_bytes())
    with pytest.raises(KeyFileError):
        keeping.kept(one, office.kek)
    (folder / f"{one}.specimen").unlink()
    with pytest.raises(NotFoundError):
        keeping.kept(one, office.kek)
