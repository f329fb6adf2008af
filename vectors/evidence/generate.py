"""Write the evidence vectors beside this file: ``python vectors/evidence/generate.py``.

One JSON file per case: ``expect`` is "holds" or the verdict word, ``comment`` says why. ``evidence`` and ``specimen``
are the two files as text, byte for byte (``specimen`` null: not given), ``log_key`` the pinned verifier key or null.

Four firms got copies of one register of ten people, one of them of six people only. Eleven rows of the first firm's copy
turn up, canaries among them. Nothing is random: keys follow from fixed strings, and the sealed bytes, which would
differ from run to run, are no part of evidence, so that fixed bytes stand for them in the entries. All people,
parties and bodies are fictitious.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from azukari.evidence.bundle import Bundle
from azukari.evidence.making import make_bundle
from azukari.fields.kinds import Field, Kind
from azukari.fingerprint.keys import Channel
from azukari.ledger import Signer
from azukari.ledger.entry import canonical
from azukari.seal.commitments import commitment
from azukari.seal.receipt import make_receipt
from azukari.testing.sealed import (
    DAY,
    OVERSIGHT,
    Case,
    SealedCopy,
    fixed_bytes,
    fixed_id,
    fixed_identity,
    fixed_ledger,
    fixed_log,
    seal_copy,
    trace_case,
)
from azukari.trace.specimen import Specimen, disclosure_entry, specimen_entry

Vector = dict[str, Any]
HERE = Path(__file__).parent
COLUMNS = {
    "氏名": Field(Kind.NAME),
    "カナ": Field(Kind.KANA),
    "生年月日": Field(Kind.BIRTH_DATE),
    "電話": Field(Kind.PHONE),
    "住所": Field(Kind.ADDRESS),
}
FAMILIES = [("佐藤", "サトウ"), ("髙橋", "タカハシ"), ("山﨑", "ヤマサキ"), ("渡邉", "ワタナベ"), ("鈴木", "スズキ")]
GIVEN = [("愛", "アイ"), ("亮", "リョウ")]
PEOPLE = pl.DataFrame(
    [
        (
            f"{family}　{given}",
            f"{family_kana}　{given_kana}",
            f"19{50 + 3 * i + j}-0{i + 1}-1{j}",
            f"090-0111-{i}{j}{i}{j}",
            f"霞浜市西町{i + 1}丁目{j + 2}番{i + j + 3}号　青葉荘{i + 1}0{j + 1}号室",
        )
        for i, (family, family_kana) in enumerate(FAMILIES)
        for j, (given, given_kana) in enumerate(GIVEN)
    ],
    schema=list(COLUMNS),
    orient="row",
)
FIRMS = ("seiran", "shiraho", "wakaba", "yamabiko")  # all fields; all fields; name and address; six people only
ALL = tuple(sorted(Channel))


def sealed(name: str, payload: bytes | None) -> SealedCopy:
    columns = {h: COLUMNS[h] for h in ("氏名", "住所")} if name == "wakaba" else COLUMNS
    people = PEOPLE.head(6) if name == "yamabiko" else PEOPLE
    return seal_copy(people, columns, name, canaries=2 if name == "seiran" else 0, payload=payload)


@cache
def copies() -> tuple[SealedCopy, ...]:
    return tuple(sealed(name, f"sealed for {name}".encode()) for name in FIRMS)


@cache
def specimen() -> Specimen:
    """Eleven of twelve rows; a column nobody can type, the references in some rows only, one cell typed wrongly."""
    rows = []
    for number, (reference, *cells) in enumerate(sealed("seiran", None).table.head(11).rows()):
        cells[3] = cells[3] if number != 2 else "090-0111-0000"
        rows.append((reference.lower() if number % 3 == 0 else "", *cells, f"メモ{number}"))
    return Specimen((Field(Kind.REFERENCE), *COLUMNS.values(), None), tuple(rows))


def receipt(copy: SealedCopy, name: str) -> str:
    note = make_receipt(copy.entry, copy.entry_bytes, copy.rows, fixed_identity(name), date.fromisoformat(DAY))
    return note.decode()


@cache
def whole() -> Case:
    """Every channel open."""
    return trace_case(specimen(), copies(), channels=ALL)


@cache
def fewest() -> Case:
    """Only the channels that are needed."""
    return trace_case(specimen(), copies())


def evidence(case: Case | None = None) -> dict[str, Any]:
    """evidence.json as plain data, to be changed."""
    value: dict[str, Any] = json.loads((case or whole()).bundle.encode())
    return value


def relogged(value: dict[str, Any], entries: list[bytes]) -> dict[str, Any]:
    """The same with other ledger entries under a new checkpoint."""
    ledger = fixed_ledger(entries)
    return value | {"entries": [base64.b64encode(e).decode() for e in entries], "checkpoint": ledger.checkpoint}


def vector(
    name: str,
    expect: str,
    comment: str,
    value: dict[str, Any] | bytes | None = None,
    file: dict[str, Any] | bytes | bool | None = True,
    log_key: str | None = None,
) -> tuple[str, Vector]:
    if value is None:
        value = evidence()
    if file is True:
        file = whole().file.encode()
    texts = [v if isinstance(v, bytes) else canonical(v) if v else None for v in (value, file)]
    given = {"evidence": texts[0].decode() if texts[0] else "", "specimen": texts[1].decode() if texts[1] else None}
    return name, {"expect": expect, "comment": comment, **given, "log_key": log_key}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    value = evidence()
    change(value)
    return value


def flip(hexadecimal: str) -> str:
    return ("1" if hexadecimal[0] != "1" else "2") + hexadecimal[1:]


def holding() -> Iterator[tuple[str, Vector]]:
    one = fewest()
    yield vector("whole", "holds", "every channel is open")
    yield vector("fewest", "holds", "the channels that are needed", evidence(one), one.file.encode())
    yield vector("pinned", "holds", "the ledger's key is known from elsewhere", log_key=fixed_log().vkey)
    yield vector("epsilon", "evidence", "step 4: a larger bound than the rules allow", evidence() | {"epsilon": "1e-6"})
    yield vector("epsilon-smaller", "holds", "a smaller bound that is reached too", evidence() | {"epsilon": "1e-10"})
    rounded = changed(
        lambda v: v["accused"][0]["log2_e"].update(total=moved(v["accused"][0]["log2_e"]["total"], 0.005))
    )
    yield vector("rounding", "holds", "a figure within 0.01", rounded)
    wakaba = copies()[2]
    for grade, name in (("receipted", "wakaba"), ("opened", OVERSIGHT)):
        graded = changed(lambda v, grade=grade: exclusion(v, "wakaba").update(grade=grade))
        graded["receipts"] = {wakaba.entry.hand_over: [receipt(wakaba, name)]}
        yield vector(f"grade-{grade}", "holds", f"an exclusion that is {grade}", graded)


def exclusion(value: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(x for x in value["excluded"] if x["handover"] == fixed_id(f"hand-over/{name}"))
    return found


def moved(figure: str, by: float) -> str:
    return f"{float(figure) + by:.3f}"


def without_specimen() -> Iterator[tuple[str, Vector]]:
    yield vector("no-specimen", "not-recomputed", "step 8: the proofs hold, nothing is recomputed", file=None)
    nobody = evidence() | {"accused": []}
    yield vector("nobody-accused", "not-recomputed", "nobody is accused, so nothing can be recomputed", nobody)


def steps_1_to_4() -> Iterator[tuple[str, Vector]]:
    raw = whole().bundle.encode()
    stranger = Signer(fixed_log().name, fixed_bytes("stranger"))
    entries = list(whole().ledger.entries)
    yield vector("spaced", "format", "step 1: not canonical", raw.replace(b",", b", ", 1))
    yield vector("more", "format", "step 1: a member more", evidence() | {"zzz": 1})
    yield vector("less", "format", "step 1: a member is missing", changed(lambda v: v.pop("others")))
    yield vector("cut", "format", "step 1: cut short", raw[:-1])
    yield vector("empty", "format", "step 1: no object", b"[]")
    yield vector("rules", "format", "step 1: rules that nobody knows", evidence() | {"rules": "rules/2"})
    yield vector("specimen-more", "format", "step 1: a member more in the specimen file",
                 file=json.loads(whole().file.encode()) | {"zzz": 1})  # fmt: skip
    yield vector("specimen-spaced", "format", "step 1: the specimen file is not canonical",
                 file=whole().file.encode().replace(b",", b", ", 1))  # fmt: skip
    yield vector("canaries-missing", "format", "step 1: the canary channel is open, its list is not there",
                 changed(lambda v: v["accused"][0].update(canaries=None)))  # fmt: skip
    checkpoint = evidence()["checkpoint"]
    root = checkpoint.split("\n")[2]
    other_root = base64.b64encode(fixed_bytes("root")).decode()
    yield vector(
        "checkpoint-root",
        "signature",
        "step 2: another root",
        evidence() | {"checkpoint": checkpoint.replace(root, other_root)},
    )
    yield vector(
        "checkpoint-size",
        "signature",
        "step 2: another size",
        evidence() | {"checkpoint": checkpoint.replace("\n6\n", "\n7\n")},
    )
    yield vector(
        "origin", "signature", "step 2: another origin", evidence() | {"origin": "ledger.asagiri.example/log1"}
    )
    yield vector("vkey", "signature", "step 2: another key", evidence() | {"vkey": stranger.vkey})
    yield vector("pinned-other", "signature", "step 2: not the pinned key", log_key=stranger.vkey)
    yield vector("checkpoint-none", "format", "step 2: no note", evidence() | {"checkpoint": "6\n"})
    altered = [entries[0].replace(DAY.encode(), b"2026-11-22"), *entries[1:]]
    b64 = [base64.b64encode(entry).decode() for entry in altered]
    yield vector("entry-altered", "proof", "step 3: a day in an entry", evidence() | {"entries": b64})
    yield vector("entry-missing", "proof", "step 3: an entry is left out", changed(lambda v: v["entries"].pop(1)))
    yield vector(
        "entry-added", "proof", "step 3: an entry twice", changed(lambda v: v["entries"].append(v["entries"][0]))
    )
    yield vector("entries-swapped", "proof", "step 3: two entries exchanged", changed(lambda v: v["entries"].reverse()))
    yield vector("specimen-index", "evidence", "step 4: no specimen entry", evidence() | {"specimen": 1})
    yield vector("specimen-index-beyond", "evidence", "step 4: no entry at all", evidence() | {"specimen": 99})
    yield vector("epsilon-2", "evidence", "step 4: epsilon is no probability", evidence() | {"epsilon": "2"})
    yield vector("epsilon-0", "evidence", "step 4: nor is 0", evidence() | {"epsilon": "0"})


def step_5() -> Iterator[tuple[str, Vector]]:
    entries = list(whole().ledger.entries)
    hand_over, channels = copies()[0].entry.hand_over, [c.value for c in ALL]

    def accused(name: str, expect: str, comment: str, change: Callable[[dict[str, Any]], object]) -> tuple[str, Vector]:
        return vector(name, expect, f"step 5: {comment}", changed(lambda v: change(v["accused"][0])))

    yield accused("accused-entry", "evidence", "another hand-over's entry", lambda a: a.update(entry=1))
    yield accused("accused-hand-over", "evidence", "the entry is of another hand-over", lambda a: a.update(handover=fixed_id("hand-over/shiraho")))  # fmt: skip
    yield accused("disclosure-index", "evidence", "no disclosure entry", lambda a: a.update(disclosure=4))
    for channel in ALL:
        yield accused(f"key-{channel}", "commitment", f"another key of the {channel} channel",
                      lambda a, c=channel: a["channels"][c].update(key=flip(a["channels"][c]["key"])))  # fmt: skip
    yield accused("opening", "commitment", "another opening",
                  lambda a: a["channels"]["order"].update(opening=flip(a["channels"]["order"]["opening"])))  # fmt: skip
    yield accused("rows-count", "commitment", "another row count", lambda a: a["rows"].update(count=13))
    yield accused("rows-opening", "commitment", "another opening of the row count", lambda a: a["rows"].update(opening=flip(a["rows"]["opening"])))  # fmt: skip
    yield accused("canary-list", "commitment", "a canary is left out", lambda a: a["canaries"]["list"].pop())
    yield accused(
        "canary-number",
        "commitment",
        "a canary has another number",
        lambda a: a["canaries"]["list"][0].__setitem__(1, 9),
    )
    missing = relogged(evidence(), entries[:-1])
    yield vector("disclosure-missing", "evidence", "step 5: the disclosure was never logged", missing)
    fewer = disclosure_entry(hand_over=hand_over, specimen=fixed_id("specimen"), channels=channels[:1], day=DAY)
    yield vector(
        "disclosure-channels",
        "evidence",
        "step 5: other channels were disclosed",
        relogged(evidence(), [*entries[:-1], fewer]),
    )
    other = disclosure_entry(hand_over=hand_over, specimen=fixed_id("another"), channels=channels, day=DAY)
    yield vector(
        "disclosure-specimen",
        "evidence",
        "step 5: disclosed for another specimen",
        relogged(evidence(), [*entries[:-1], other]),
    )
    theirs = disclosure_entry(
        hand_over=fixed_id("hand-over/shiraho"), specimen=fixed_id("specimen"), channels=channels, day=DAY
    )
    yield vector(
        "disclosure-hand-over",
        "evidence",
        "step 5: another copy was disclosed",
        relogged(evidence(), [*entries[:-1], theirs]),
    )
    burned = relogged(evidence(), [*entries[:4], other, *entries[4:]])
    burned["specimen"], burned["accused"][0]["disclosure"] = 5, 6
    yield vector("burned", "burned", "step 5: the copy was disclosed before the specimen was logged", burned)


def step_6() -> Iterator[tuple[str, Vector]]:
    def link(
        name: str, expect: str, comment: str, change: Callable[[list[dict[str, Any]]], object]
    ) -> tuple[str, Vector]:
        return vector(f"link-{name}", expect, f"step 6: {comment}", changed(lambda v: change(v["accused"][0]["links"])))

    yield link(
        "cell", "proof", "a commitment to a cell", lambda ls: ls[0]["cells"].__setitem__(1, flip(ls[0]["cells"][1]))
    )
    yield link("position", "proof", "another position", lambda ls: ls[0].update(position=11))
    yield link("position-beyond", "proof", "beyond the last row", lambda ls: ls[0].update(position=12))
    yield link("position-twice", "proof", "one position twice", lambda ls: ls[0].update(position=ls[1]["position"]))
    yield link("row-twice", "proof", "one row of the specimen twice", lambda ls: ls[0].update(row=ls[1]["row"]))
    yield link("row-beyond", "proof", "a row that the specimen does not have", lambda ls: ls[-1].update(row=11))
    yield link("path", "proof", "a hash of the path", lambda ls: ls[0]["path"].__setitem__(0, flip(ls[0]["path"][0])))
    yield link("path-short", "proof", "the path is cut short", lambda ls: ls[0]["path"].pop())
    yield link("path-long", "proof", "the path has a hash more", lambda ls: ls[0]["path"].append(ls[0]["path"][0]))
    yield link("source-row", "proof", "another source row", lambda ls: ls[0].update(source_row=99))
    yield link(
        "source-salt",
        "proof",
        "another salt of the source row",
        lambda ls: ls[0].update(source_salt=flip(ls[0]["source_salt"])),
    )
    copy = copies()[0]
    key, opening = fixed_bytes("another order key"), copy.secrets.key.derive("opening/channel/order")
    commitments = copy.entry.commitments | {"channel/order": commitment("channel/order", opening, key).hex()}
    entries = [replace(copy.entry, commitments=commitments).encode(), *whole().ledger.entries[1:]]
    lied = relogged(evidence(), entries)
    lied["accused"][0]["channels"]["order"]["key"] = key.hex()
    yield vector("order-lied", "evidence", "step 6: the rows do not stand in the order of the key", lied)


def step_7() -> Iterator[tuple[str, Vector]]:
    def excluded(name: str, comment: str, who: str, field: str | None, grade: str = "claimed") -> tuple[str, Vector]:
        row = {"handover": fixed_id(f"hand-over/{who}"), "field": field, "grade": grade}
        return vector(
            f"excluded-{name}", "evidence", f"step 7: {comment}", changed(lambda v: v["excluded"].append(row))
        )

    yield excluded("accused", "an accused copy", "seiran", None)
    yield excluded("derivable", "kana can be derived from names", "wakaba", "kana/person")
    yield excluded("held", "it held the field", "shiraho", "phone/person")
    yield excluded("not-leaked", "the field did not leak", "wakaba", "amount/person")
    yield excluded("unknown", "no such hand-over", "nobody", "phone/person")
    for name, comment, other in [("unknown", "no such hand-over", "nobody"), ("accused", "an accused copy", "seiran")]:
        renamed = changed(lambda v, o=other: v["others"][0].update(handover=fixed_id(f"hand-over/{o}")))
        yield vector(f"others-{name}", "evidence", f"step 7: among the others, {comment}", renamed)
    yield excluded("rows-receipted", "missing rows are always a claim", "shiraho", None, "receipted")
    raised = changed(lambda v: exclusion(v, "wakaba").update(grade="receipted"))
    yield vector("grade-raised", "evidence", "step 7: receipted without a receipt", raised)
    wakaba = copies()[2]
    mine = receipt(wakaba, "wakaba")
    lowered = evidence() | {"receipts": {wakaba.entry.hand_over: [mine]}}
    yield vector("grade-lowered", "evidence", "step 7: claimed, although there is a receipt", lowered)
    foreign = receipt(copies()[1], "shiraho")
    for name, expect, comment, note in [
        ("foreign", "foreign-receipt", "a receipt for another hand-over", foreign),
        ("altered", "signature", "the day of a receipt was altered", mine.replace(DAY, "2026-11-22")),
        ("none", "format", "no receipt", "azukari\n\n"),
    ]:
        value = raised | {"receipts": {wakaba.entry.hand_over: [note]}}
        yield vector(f"receipt-{name}", expect, f"step 7: {comment}", value)


def steps_8_and_9() -> Iterator[tuple[str, Vector]]:
    def file(name: str, expect: str, comment: str, change: Callable[[dict[str, Any]], object]) -> tuple[str, Vector]:
        value = json.loads(whole().file.encode())
        change(value)
        return vector(f"specimen-{name}", expect, comment, file=value)

    hand_over = copies()[0].entry.hand_over
    yield file("cell", "specimen", "step 8: a cell was altered", lambda f: f["rows"][1].__setitem__(1, "佐藤　偽"))
    yield file(
        "spacing",
        "specimen",
        "step 8: a spelling was altered",
        lambda f: f["rows"][1].__setitem__(1, f["rows"][1][1].swapcase() + " "),
    )
    yield file("row-missing", "specimen", "step 8: a row is left out", lambda f: f["rows"].pop())
    yield file("rows-swapped", "specimen", "step 8: two rows are exchanged", lambda f: f["rows"].reverse())
    yield file(
        "column",
        "specimen",
        "step 8: a column is typed otherwise",
        lambda f: f["columns"].__setitem__(6, "amount/person"),
    )
    yield file("opening", "specimen", "step 8: another opening", lambda f: f.update(opening=flip(f["opening"])))
    yield vector(
        "columns", "specimen", "step 8: evidence.json has other columns", evidence() | {"columns": ["name/person"]}
    )
    yield vector("rows", "specimen", "step 8: evidence.json has other rows", evidence() | {"rows": 12})

    def first_salt(f: dict[str, Any]) -> None:
        salts = f["openings"][hand_over][0]["salts"]
        salts["1"] = flip(salts["1"])

    yield file("salt", "commitment", "step 9: another salt", first_salt)
    yield file(
        "salt-missing",
        "evidence",
        "step 9: a salt is missing, so fewer cells are open",
        lambda f: f["openings"][hand_over][0]["salts"].pop("1"),
    )
    yield file("salts-missing", "evidence", "step 9: a row is not opened", lambda f: f["openings"][hand_over].pop())
    yield vector(
        "leaked-count",
        "evidence",
        "step 9: a cell more is said to be open",
        changed(lambda v: v["leaked"][1].update(opened=v["leaked"][1]["opened"] - 1)),
    )
    yield vector(
        "leaked-cells",
        "evidence",
        "step 9: fewer cells are said to be there",
        changed(lambda v: v["leaked"][4].update(cells=10)),
    )
    yield vector("leaked-missing", "evidence", "step 9: a field is left out", changed(lambda v: v["leaked"].pop(0)))


def steps_10_and_11() -> Iterator[tuple[str, Vector]]:
    for name in ("total", *ALL):
        value = changed(
            lambda v, n=name: v["accused"][0]["log2_e"].update({n: moved(v["accused"][0]["log2_e"][n], 0.5)})
        )
        yield vector(f"e-{name}", "evidence", f"step 10: the figure of {name} is larger", value)
    yield vector(
        "below", "evidence", "step 10: the total does not reach the threshold", evidence() | {"epsilon": "1e-300"}
    )
    trace, given = whole().trace, whole()
    innocent = copies()[1].entry.hand_over
    entries = [
        *given.ledger.entries[:5],
        disclosure_entry(hand_over=innocent, specimen=fixed_id("specimen"), channels=list(ALL), day=DAY),
    ]
    lie: Bundle = make_bundle(
        trace, specimen(), fixed_ledger(entries), specimen_entry=4, disclosures={innocent: (5, ALL)}, receipts={}
    )
    yield vector("innocent", "evidence", "step 9: another copy is accused", json.loads(lie.encode()))
    sham = changed(lambda v: v["shams"]["first"].__setitem__(3, moved(v["shams"]["first"][3], 0.5)))
    yield vector("sham", "evidence", "step 11: a sham is another", sham)
    yield vector(
        "sham-reached",
        "evidence",
        "step 11: a sham reached the threshold",
        changed(lambda v: v["shams"].update(reached=1)),
    )
    yield vector("shams-drawn", "evidence", "step 11: fewer were drawn", changed(lambda v: v["shams"].update(drawn=20)))
    committed = specimen().commitment(fixed_bytes("opening/specimen"))
    again = specimen_entry(case=fixed_id("case"), specimen=fixed_id("specimen"), committed=fixed_bytes("x"), day=DAY)
    assert committed.hex() in given.ledger.entries[4].decode()
    other = relogged(evidence(), [*given.ledger.entries[:4], again, given.ledger.entries[5]])
    yield vector("specimen-entry", "specimen", "step 8: the ledger committed to another specimen", other)


def files() -> dict[str, bytes]:
    """File name -> content of every case."""
    found: dict[str, bytes] = {}
    groups = (holding, without_specimen, steps_1_to_4, step_5, step_6, step_7, steps_8_and_9, steps_10_and_11)
    for group in groups:
        for name, given in group():
            assert f"{name}.json" not in found, name
            found[f"{name}.json"] = (json.dumps(given, ensure_ascii=False, indent=1) + "\n").encode()
    return found


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    for file_name, content in files().items():
        (HERE / file_name).write_bytes(content)
