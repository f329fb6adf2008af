"""Bundles made by `bundles.py`: what holds, and every way in which one must not."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from bundles import CHANNELS, Bundle, Copy, Signer, sha, text
from subject import FILE, canonical, verify

Alter = Callable[[Bundle], Any]
CODES = {word: code for word, (code, _, _) in verify.WORDS.items()}


class Desk:
    """A folder to verify bundles in; runs the verifier and gives its JSON."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def run(self, evidence: bytes, specimen: bytes | None, *options: str) -> dict[str, Any]:
        (self.folder / "evidence.json").write_bytes(evidence)
        arguments = [str(self.folder / "evidence.json"), "--json", "--lang", "en", *options]
        if specimen is not None:
            (self.folder / "specimen.json").write_bytes(specimen)
            arguments += ["--specimen", str(self.folder / "specimen.json")]
        code = verify.main(arguments)
        found: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        assert code == CODES[found["verdict"]]
        return found

    def verdict(self, bundle: Bundle, *options: str) -> str:
        found = self.run(canonical(bundle.evidence), canonical(bundle.specimen), *options)
        assert found["verdict"] in ("holds", "not-recomputed") or found["accused"] == found["excluded"] == []
        return str(found["verdict"])


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


# ---- It holds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [*([c] for c in ("spelling", "reference")), ["canary", "order"], CHANNELS])
def test_evidence_when_untouched_then_it_holds(desk: Desk, channels: list[str]) -> None:
    bundle = Bundle(channels=channels, earlier_specimens=1)
    found = desk.run(canonical(bundle.evidence), canonical(bundle.specimen), "--log-key", bundle.log.vkey)
    total = bundle.evidence["accused"][0]["log2_e"]["total"]
    assert (found["verdict"], found["n"], found["k"], found["bound"]) == ("holds", 4, 2, "2e-09")
    assert found["accused"] == [bundle.copy.id] and found["excluded"] == bundle.evidence["excluded"]
    assert float(found["log2_e"][bundle.copy.id]) == pytest.approx(float(total), abs=0.001)
    assert found["threshold"] == "31.897"


def test_evidence_when_there_is_no_specimen_then_it_is_not_recomputed(desk: Desk) -> None:
    bundle = Bundle()
    found = desk.run(canonical(bundle.evidence), None)
    assert (found["verdict"], found["steps"], found["log2_e"]) == ("not-recomputed", 7, None)


def test_evidence_when_run_as_a_program_then_it_says_what_cannot_be_said(tmp_path: Path) -> None:
    bundle, names = Bundle(), [tmp_path / "evidence.json", tmp_path / "specimen.json"]
    for name, value in zip(names, (bundle.evidence, bundle.specimen), strict=True):
        name.write_bytes(canonical(value))
    command = [sys.executable, "-I", str(FILE), str(names[0]), "--specimen", str(names[1])]
    english = subprocess.run([*command, "--lang", "en"], capture_output=True, check=True, encoding="utf-8").stdout
    assert english.count("✓") == 11
    for phrase in ("which person", "Null hypothesis", "body itself leaked", "k x 1e-9", "not innocent", "Compare the"):
        assert phrase in english
    japanese = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    assert "帰無仮説" in japanese and "言えないこと" in japanese
    assert not any(cell in english + japanese for row in bundle.sample for cell in row if cell)


# ---- Must fail -------------------------------------------------------------------------------------------------


def accused(bundle: Bundle) -> Any:
    return bundle.evidence["accused"][0]


def other_digit(value: str, place: int = -1) -> str:
    place %= len(value)
    return value[:place] + ("1" if value[place] != "1" else "2") + value[place + 1 :]


def change(holder: Any, key: Any, place: int = -1) -> None:
    holder[key] = other_digit(holder[key], place)


def entry_changed(bundle: Bundle) -> None:
    raw = b64decode(bundle.evidence["entries"][4]).replace(b"else", b"most")
    bundle.evidence["entries"][4] = b64encode(raw).decode()


def resigned(alter: Alter) -> Alter:
    """A change that the body itself made, and signed."""

    def apply(bundle: Bundle) -> None:
        alter(bundle)
        bundle.sign()

    return apply


def other_log(bundle: Bundle) -> None:
    bundle.log = Signer(bundle.log.name, sha(b"another log"))
    bundle.sign()


def burned(bundle: Bundle) -> None:
    bundle.entries[4] = bundle.disclosure("7" * 32)


def exclude(position: int, field: str | None, grade: str = "claimed") -> Alter:
    def apply(bundle: Bundle) -> None:
        copy = (*bundle.others[:2], bundle.copy, bundle.others[2])[position]
        bundle.evidence["excluded"] = [{"handover": copy.id, "field": field, "grade": grade}]

    return apply


def receipts(*notes: Callable[[Copy], str], grade: str = "receipted") -> Alter:
    def apply(bundle: Bundle) -> None:
        copy = bundle.others[1]
        bundle.evidence["receipts"] = {copy.id: [note(copy) for note in notes]}
        bundle.evidence["excluded"][0]["grade"] = grade

    return apply


def weak(bundle: Bundle) -> None:
    """Consistent figures that reach no threshold."""
    accused(bundle)["channels"], accused(bundle)["log2_e"] = {}, {"total": "-9.000"}
    bundle.entries[-1]["channels"] = []
    bundle.sign()


def unlinked_salt(bundle: Bundle) -> None:
    accused(bundle)["links"].pop()


def other_count(bundle: Bundle) -> None:
    bundle.entries[2]["rows"] = 43
    bundle.sign()


def cases() -> list[Any]:
    e, s, a = attrgetter("evidence"), attrgetter("specimen"), accused
    table: dict[str, list[tuple[str, Alter]]] = {
        "format": [
            ("a member is missing", lambda b: e(b).pop("others")),
            ("a member is added", lambda b: e(b).update(extra=1)),
            ("a type of later days", lambda b: e(b).update(type="azukari/evidence/v2")),
            ("other rules", lambda b: e(b).update(rules="rules/2")),
            ("a number where text is due", lambda b: e(b).update(origin=1)),
            ("a float", lambda b: e(b).update(rows=12.0)),
            ("a negative row", lambda b: a(b)["links"][0].update(row=-1)),
            ("true for a number", lambda b: e(b).update(specimen=True)),
            ("an upper-case key", lambda b: a(b)["channels"]["spelling"].update(key="A" * 64)),
            ("nineteen shams", lambda b: e(b)["shams"]["first"].pop()),
            ("an entry that is no base64", lambda b: e(b)["entries"].append("?")),
            ("an entry with a space", resigned(lambda b: b.entries.append("x"))),
            ("a logarithm of two places", lambda b: a(b)["log2_e"].update(total="80.00")),
            ("a logarithm of no channel", lambda b: a(b)["log2_e"].update(order="1.000")),
            ("canaries of a closed channel", lambda b: a(b).update(canaries={"list": [], "opening": "0" * 64})),
            ("a hand-over without its root", resigned(lambda b: b.entries[2].pop("row_root"))),
            ("a sample row too short", lambda b: s(b)["rows"][0].pop()),
            ("a cell that is null", lambda b: s(b)["rows"][0].__setitem__(0, None)),
            ("a verifier key of no key", lambda b: e(b).update(vkey="a+b")),
            ("a key id of another key", lambda b: change(e(b), "vkey", len("ledger.city.example/log1+x"))),
            ("a checkpoint of two lines", lambda b: e(b).update(checkpoint=b.log.note("a\n1\n"))),
            ("a receipt of no form", receipts(lambda c: c.party.note("hello\n"))),
        ],
        "signature": [
            ("another log's key signed", lambda b: e(b).update(vkey=Signer(b.log.name, sha(b"x")).vkey)),
            ("the key has another name", lambda b: e(b).update(vkey=Signer("other", sha(b"log")).vkey)),
            ("another origin", lambda b: e(b).update(origin="ledger.town.example/log1")),
            ("the signature is altered", lambda b: change(e(b), "checkpoint", -20)),
            ("the size is altered", lambda b: change(e(b), "checkpoint", len("ledger.city.example/log1\n"))),
            ("a receipt by a stranger", receipts(lambda c: c.receipt("receipted", Signer("azukari.party", sha(b"x"))))),
            ("a receipt by the wrong grade's key", receipts(lambda c: c.receipt("opened", c.party), grade="opened")),
        ],
        "proof": [
            ("links in another order", lambda b: a(b)["links"].reverse()),
            ("an entry is altered", entry_changed),
            ("an entry is removed", lambda b: e(b)["entries"].pop(4)),
            ("the last entry is removed", lambda b: e(b)["entries"].pop()),
            ("an entry is added", lambda b: e(b)["entries"].append(e(b)["entries"][4])),
            ("the tree is larger", lambda b: b.checkpoint(9, bytes(32))),
            ("a position twice", lambda b: a(b)["links"][1].update(position=a(b)["links"][0]["position"])),
            ("a specimen row twice", lambda b: a(b)["links"][1].update(row=0)),
            ("a position beyond", lambda b: a(b)["links"][0].update(position=42)),
            ("a row beyond", lambda b: a(b)["links"][0].update(row=12)),
            ("another position", lambda b: a(b)["links"][0].update(position=3)),
            ("another source row", lambda b: a(b)["links"][0].update(source_row=39)),
            ("another source salt", lambda b: change(a(b)["links"][0], "source_salt")),
            ("another cell commitment", lambda b: change(a(b)["links"][0]["cells"], 5)),
            ("a cell commitment too few", lambda b: a(b)["links"][0]["cells"].pop()),
            ("a path too short", lambda b: a(b)["links"][0]["path"].pop()),
            ("a path altered", lambda b: change(a(b)["links"][0]["path"], 0)),
        ],
        "commitment": [
            ("another key", lambda b: change(a(b)["channels"]["spelling"], "key")),
            ("another opening", lambda b: change(a(b)["channels"]["spelling"], "opening")),
            ("another row count", lambda b: a(b)["rows"].update(count=43)),
            ("another opening of the count", lambda b: change(a(b)["rows"], "opening")),
            ("a salt altered", lambda b: change(s(b)["openings"][b.copy.id][3]["salts"], "2")),
            ("a salt of another column", lambda b: s(b)["openings"][b.copy.id][3]["salts"].update({"9": "0" * 32})),
            ("salts of a row without a link", unlinked_salt),
        ],
        "foreign-receipt": [
            ("a receipt for another hand-over", lambda b: e(b)["receipts"].update(
                {b.others[1].id: [b.others[0].receipt("receipted")]})),
            ("a receipt for other fields", receipts(lambda c: c.receipt("receipted", fields=c.fields[:2]))),
            ("a receipt for another entry", receipts(lambda c: c.receipt("receipted", entry="0" * 64))),
            ("a receipt for no hand-over", lambda b: e(b)["receipts"].update({"e" * 32: []})),
        ],
        "evidence": [
            ("the specimen is no specimen", lambda b: e(b).update(specimen=4)),
            ("the specimen is nowhere", lambda b: e(b).update(specimen=99)),
            ("epsilon is one", lambda b: e(b).update(epsilon="1")),
            ("epsilon is nothing", lambda b: e(b).update(epsilon="0.0")),
            ("epsilon is too small to be reached", lambda b: e(b).update(epsilon="1e-99")),
            ("the accused entry is a notice", lambda b: a(b).update(entry=4)),
            ("the accused entry is another copy's", lambda b: a(b).update(entry=0)),
            ("the hand-over is logged after the specimen", resigned(lambda b: (
                b.entries.append(b.copy.entry()), a(b).update(entry=7)))),
            ("accused twice", lambda b: e(b)["accused"].append(a(b))),
            ("no disclosure", resigned(lambda b: b.entries.pop())),
            ("a disclosure of another specimen", resigned(lambda b: b.entries[6].update(specimen="8" * 32))),
            ("a disclosure of another hand-over", resigned(lambda b: b.entries[6].update(handover="8" * 32))),
            ("a disclosure of more channels", resigned(lambda b: b.entries[6]["channels"].append("order"))),
            ("a row count other than the entry's", other_count),
            ("an accused copy is excluded", exclude(2, None)),
            ("a field that was held", exclude(0, "phone/person")),
            ("a field that can be derived", exclude(3, "kana/person")),
            ("a field that did not leak", exclude(1, "email/person")),
            ("a field that no cell opened", exclude(1, "reference/person")),
            ("an unknown hand-over is excluded", lambda b: e(b)["excluded"][0].update(handover="e" * 32)),
            ("a grade too good", lambda b: e(b)["excluded"][0].update(grade="opened")),
            ("a grade without its receipt", lambda b: e(b).update(receipts={})),
            ("a grade too poor", lambda b: e(b)["excluded"][0].update(grade="claimed")),
            ("missing rows, receipted", lambda b: e(b)["excluded"][1].update(grade="receipted")),
            ("leaked cells altered", lambda b: e(b)["leaked"][0].update(cells=11, opened=11)),
            ("leaked in another order", lambda b: e(b)["leaked"].reverse()),
            ("a salt withheld", lambda b: s(b)["openings"][b.copy.id][3]["salts"].pop("2")),
            ("an e-value altered", lambda b: change(a(b)["log2_e"], "spelling", 1)),
            ("a total altered", lambda b: change(a(b)["log2_e"], "total", 1)),
            ("a total that reaches nothing", weak),
            ("a sham altered", lambda b: change(e(b)["shams"]["first"], 7, -3)),
            ("shams not drawn", lambda b: e(b)["shams"].update(drawn=20)),
            ("a sham that reached", lambda b: e(b)["shams"].update(reached=1)),
            ("a highest sham below the first", lambda b: e(b)["shams"].update(highest="-9.000")),
        ],
        "specimen": [
            ("a cell altered", lambda b: change(s(b)["rows"][3], 0)),
            ("a space added", lambda b: s(b)["rows"][3].__setitem__(0, s(b)["rows"][3][0] + " ")),
            ("an unread cell altered", lambda b: s(b)["rows"][3].__setitem__(2, "memo 2")),
            ("a row removed", lambda b: s(b)["rows"].pop()),
            ("the opening altered", lambda b: change(s(b), "opening")),
            ("other columns", lambda b: s(b)["columns"].__setitem__(2, "email/person")),
            ("other columns in the evidence", lambda b: e(b)["columns"].__setitem__(2, "email/person")),
        ],
        "burned": [("disclosed before the specimen", resigned(burned))],
        "not-recomputed": [("nobody is accused", lambda b: e(b).update(accused=[], leaked=[], excluded=[]))],
        "holds": [
            ("another figure of a copy that is not accused", lambda b: e(b)["others"][0].update(log2_e="0.000")),
            ("the best of two receipts", receipts(
                lambda c: c.receipt("receipted"), lambda c: c.receipt("opened"), grade="opened")),
            ("a field claimed only", lambda b: (
                e(b).update(receipts={}), e(b)["excluded"][0].update(grade="claimed"))),
            ("a value within a hundredth", lambda b: change(a(b)["log2_e"], "total")),
        ],
    }  # fmt: skip
    return [pytest.param(word, alter, id=f"{word}: {name}") for word, rows in table.items() for name, alter in rows]


@pytest.mark.parametrize(("word", "alter"), cases())
def test_evidence_when_altered_then_the_verdict_is(desk: Desk, word: str, alter: Alter) -> None:
    bundle = Bundle()
    alter(bundle)
    assert desk.verdict(bundle) == word


def test_evidence_when_the_log_key_is_pinned_then_another_log_fails(desk: Desk) -> None:
    bundle = Bundle()
    pinned = bundle.log.vkey
    other_log(bundle)
    bundle.evidence["vkey"] = bundle.log.vkey
    assert desk.verdict(bundle) == "holds"  # which is why the fingerprint has to be compared
    assert desk.verdict(bundle, "--log-key", pinned) == "signature"
    assert desk.verdict(bundle, "--log-key", "nonsense") == "format"


@pytest.mark.parametrize("alter", [
    lambda m: m["canaries"]["list"].pop(),
    lambda m: m["canaries"]["list"][0].__setitem__(0, m["canaries"]["list"][0][0] - 1),
    lambda m: change(m["canaries"], "opening"),
])  # fmt: skip
def test_canaries_when_altered_then_they_open_no_commitment(desk: Desk, alter: Alter) -> None:
    bundle = Bundle(channels=CHANNELS)
    alter(accused(bundle))
    assert desk.verdict(bundle) == "commitment"


def test_order_when_the_key_is_open_and_links_do_not_ascend_then_it_is_evidence(desk: Desk) -> None:
    """A copy whose rows were not left in the order of its key, committed to by the body itself."""
    bundle = Bundle(channels=["order"])
    bundle.copy.order[20], bundle.copy.order[21] = bundle.copy.order[21], bundle.copy.order[20]
    bundle.copy.leaves = [bundle.copy.leaf(p) for p in range(bundle.copy.size)]
    bundle.entries[2] = bundle.copy.entry()
    accused(bundle)["links"] = [bundle.link(i, p) for i, p in enumerate(bundle.positions)]
    bundle.sign()
    assert desk.verdict(bundle) == "evidence"


def test_rows_when_only_one_cell_opens_then_the_row_does_not_count(desk: Desk) -> None:
    bundle = Bundle(channels=["spelling", "order"])
    for opening in bundle.specimen["openings"][bundle.copy.id]:
        opening["salts"] = {"1": opening["salts"]["1"]}
    for leak in bundle.evidence["leaked"]:
        leak.update(cells=0, opened=0)
    bundle.evidence["excluded"] = bundle.evidence["excluded"][1:]
    assert desk.verdict(bundle) == "evidence"  # the order says nothing any more
    accused(bundle)["log2_e"]["order"] = "-2.000"
    total = float(accused(bundle)["log2_e"]["spelling"]) - 6
    accused(bundle)["log2_e"]["total"] = f"{total:.3f}"
    shams = [bundle.sham(i, []) for i in range(20)]
    bundle.evidence["shams"].update(first=[text(sham) for sham in shams], highest=text(max(shams)))
    assert desk.verdict(bundle) == "holds"


# ---- Malformed bytes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [
    b"", b"{}", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"\xef\xbb\xbf{}", b"{" * 100_000, b"[" * 1_000_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"9" * 10_000, b"1e999", b"NaN", b'{"a":1,"a":1}', b'"\\ud800"',
], ids=lambda raw: repr(raw[:12]))  # fmt: skip
def test_bytes_when_malformed_then_the_verdict_is_format(desk: Desk, raw: bytes) -> None:
    assert desk.run(raw, None)["verdict"] == "format"
    assert desk.run(canonical(Bundle().evidence), raw)["verdict"] == "format"


def test_bytes_when_not_canonical_then_the_verdict_is_format(desk: Desk) -> None:
    bundle = Bundle()
    raw, specimen = canonical(bundle.evidence), canonical(bundle.specimen)
    ascii_only = json.dumps(bundle.specimen, sort_keys=True, separators=(",", ":")).encode()
    for evidence, sample in ((raw + b"\n", None), (raw.replace(b",", b", ", 1), None), (raw, ascii_only)):
        assert desk.run(evidence, sample)["verdict"] == "format"
    assert desk.run(raw, specimen)["verdict"] == "holds"


def test_bytes_when_one_is_changed_anywhere_then_nothing_breaks_and_nothing_more_holds(desk: Desk) -> None:
    bundle, chance = Bundle(channels=["spelling", "reference"]), random.Random(5)
    evidence, specimen = canonical(bundle.evidence), canonical(bundle.specimen)
    free = (b'"others":', b'"highest":', b'"log2_e":')  # what is not recomputed, or only within a hundredth
    for _ in range(150):
        raw, sample = bytearray(evidence), bytearray(specimen)
        target = chance.choice((raw, sample))
        place = chance.randrange(len(target))
        target[place] ^= 1 << chance.randrange(8)
        found = desk.run(bytes(raw), bytes(sample))["verdict"]
        near = bytes(target[max(0, place - 60) : place])
        shams = evidence.index(b'"shams":') < place and target is raw
        assert found != "not-recomputed"
        assert found != "holds" or shams or any(name in near for name in free)


def test_file_when_missing_or_too_large_then_it_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify.main([str(desk.folder / "nothing"), "--json"]) == 43
    desk.capsys.readouterr()
    monkeypatch.setattr(verify, "LIMIT", 10)
    assert desk.run(b"[" * 11, None)["verdict"] == "limit"
    assert verify.main([str(desk.folder / "evidence.json")]) == 41
