"""Write the consignment vectors beside this file: ``python vectors/consignment/generate.py``.

One JSON file per case: ``expect`` is "holds" or the verdict word, ``comment`` says why and at which step of docs/spec/consignment.md
(The proof). ``proof`` is the file as text, byte for byte; ``log_key`` the pinned verifier key of the ledger and ``party_key`` the
reader's own, or null. Each case but for "holds" fails for one reason alone.

A pension service handed boxes of paper to a data entry firm. Nothing is random: keys and openings follow from fixed strings. All
bodies, firms and keys are fictitious.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from azukari.fields.kinds import Field, Kind
from azukari.ledger import Cosigner, Signature, Signer, parse_note, parse_proof
from azukari.ledger.entry import canonical
from azukari.ledger.note import sign_note
from azukari.ledger.proof import encode_proof
from azukari.seal.consignment import (
    LABELS,
    REASON,
    ConsignmentEntry,
    Medium,
    Unit,
    VoidEntry,
    commitments_of,
    consigned_fields,
    opened,
    sign_receipt,
)
from azukari.seal.consignment_proof import Voiding, make_consignment_proof
from azukari.seal.identity import Identity
from azukari.seal.logged import committed
from azukari.testing.cast import KEYING
from azukari.testing.sealed import fixed_bytes, fixed_id, fixed_identity, fixed_ledger, fixed_log, fixed_proof

Case = dict[str, Any]
File = dict[str, Any]
HERE = Path(__file__).parent
SEED = fixed_bytes("consignment seed")
SIGNED, VOIDED = date(2026, 4, 2), "2026-04-09"
PARTY, STRANGER = fixed_identity(KEYING.slug), fixed_identity("wakaba")
NEW_KEY = Signer(fixed_log().name, fixed_bytes("new log key"))
OTHER = b'{"type":"azukari/other/v1"}'
VALUES = {
    "carrier": "職員 2 名が施錠した箱で運ぶ",
    "note": "封緘済み\n控えは庁内",
    "party": KEYING.ja,
    "people": "1200",
    "purpose": "扶養親族等申告書のデータ入力",
    "units": "3",
}


def made(values: dict[str, str] | None = None, **change: Any) -> ConsignmentEntry:
    """Three boxes with the forms of 1,200 people, some of it changed."""
    entry = ConsignmentEntry(
        consignment=fixed_id("consignment"),
        body=fixed_id("body"),
        entrustment=fixed_id("entrustment/seiran"),
        party=fixed_id("party/seiran"),
        parent="",
        medium=Medium.PAPER,
        unit=Unit.BOX,
        units=None,
        people=1_200,
        fields=consigned_fields([Field(Kind.NAME), Field(Kind.KANA), Field(Kind.BIRTH_DATE)]),
        day="2026-04-01",
        recipient=PARTY.vkey,
        commitments=commitments_of(SEED, VALUES | (values or {})),
    )
    return replace(entry, **change)


BOXES = made()
REASON_GIVEN = opened(SEED, REASON, "箱の数を誤った")
VOID = VoidEntry(BOXES.consignment, VOIDED, committed(REASON, REASON_GIVEN))


def text(value: Any) -> str:
    """As written by anybody, canonical or malformed inside."""
    return canonical(value).decode()


def proven(
    entry: ConsignmentEntry = BOXES,
    labels: Sequence[str] = LABELS,
    values: dict[str, str] | None = None,
    by: Identity | None = PARTY,
    log: Signer | None = None,
) -> File:
    """A proof without a void entry, as plain data to be changed; ``by``: who signed for it."""
    raw, known = entry.encode(), VALUES | (values or {})
    openings = {label: opened(SEED, label, known[label]) for label in labels}
    receipt = None if by is None else sign_receipt(raw, by, SIGNED)
    found: File = json.loads(
        make_consignment_proof(raw, 1, fixed_proof(fixed_ledger([OTHER, raw, OTHER], log), 1), openings, receipt)
    )
    return found


def voided(
    entry: ConsignmentEntry = BOXES, void: VoidEntry = VOID, *, shown: bool = True, log: Signer | None = None
) -> File:
    """A proof with the entry that called it void; ``shown``: with the reason."""
    raw, said = entry.encode(), void.encode()
    ledger = fixed_ledger([OTHER, raw, OTHER, OTHER, said, OTHER], log)
    openings = {label: opened(SEED, label, VALUES[label]) for label in ("people", "units")}
    voiding = Voiding(said, 4, fixed_proof(ledger, 4), REASON_GIVEN if shown else None)
    receipt = sign_receipt(raw, PARTY, SIGNED)
    found: File = json.loads(make_consignment_proof(raw, 1, fixed_proof(ledger, 1), openings, receipt, voiding))
    return found


def relogged(file: File, **change: Any) -> File:
    """The same after the body itself wrote other members into the entry, in a ledger that it signed; without a receipt."""
    entry = text({**json.loads(file["entry"]), **change}).encode()
    ledger = fixed_ledger([OTHER, entry, OTHER])
    return {**file, "entry": entry.decode(), "proof": fixed_proof(ledger, 1).decode(), "receipt": None, "void": None}


def revoided(**change: Any) -> File:
    """A proof whose void entry the body itself wrote otherwise, in a ledger that it signed."""
    file = voided()
    said = text({**json.loads(file["void"]["entry"]), **change}).encode()
    ledger = fixed_ledger([OTHER, file["entry"].encode(), OTHER, OTHER, said, OTHER])
    void = {**file["void"], "entry": said.decode(), "proof": fixed_proof(ledger, 4).decode()}
    return {**file, "proof": fixed_proof(ledger, 1).decode(), "void": void}


def case(name: str, expect: str, comment: str, file: File | str, **given: Any) -> tuple[str, Case]:
    proof = file if isinstance(file, str) else text(file)
    chosen = {"log_key": fixed_log().vkey, "party_key": PARTY.vkey, **given}
    return name, {"expect": expect, "comment": comment, "proof": proof, **chosen}


def holds() -> Iterator[tuple[str, Case]]:
    def good(name: str, comment: str, file: File, **given: Any) -> tuple[str, Case]:
        return case(name, "holds", comment, file, **given)

    yield good("whole", "three boxes, signed for, everything opened", proven())
    yield good("hidden", "nothing opened", proven(labels=()))
    yield good("counts", "only the counts opened", proven(labels=("people", "units")))
    yield good("unsigned", "nobody has signed for it", proven(by=None))
    yield good("no-keys", "the reader has neither key", proven(), log_key=None, party_key=None)
    nobody = made(recipient="")
    yield good("no-recipient", "a firm whose key was not confirmed", proven(nobody, by=None), party_key=None)
    discs = made({"units": "12", "people": "9"}, medium=Medium.MEDIA, unit=Unit.DISC, units=12, people=None)
    yield good("discs", "twelve discs about nine people", proven(discs, values={"units": "12", "people": "9"}))
    access = made({"note": ""}, medium=Medium.TERMINAL, unit=Unit.ACCOUNT, parent=fixed_id("hand-over"))
    yield good("terminal", "accounts, below a hand-over, without a note", proven(access, values={"note": ""}))
    yield good("void", "called void, with the reason", voided())
    yield good("void-hidden", "called void, the reason not shown", voided(shown=False))
    most = made({"units": str(2**63 - 1)}, units=2**63 - 1)
    yield good("most", "as many as there can be", proven(most, values={"units": str(2**63 - 1)}))
    yield good("witnessed", "a line of a key that nobody knows on the checkpoint", _witnessed(proven()))
    yield good(
        "key-change", "two keys of the ledger have signed, the new one is pinned", _two_keys(), log_key=NEW_KEY.vkey
    )


def _witnessed(file: File) -> File:
    line = Signature("witness.example/w1", b"none", bytes(64)).line
    return {**file, "proof": file["proof"] + line}


def _two_keys(second: Signer = NEW_KEY) -> File:
    """While the ledger changes its key; ``second``: the key that the proof of the void entry names."""
    file = voided()
    parsed = [parse_proof(part["proof"].encode()) for part in (file, file["void"])]
    note = parsed[0].checkpoint + NEW_KEY.sign(parse_note(parsed[0].checkpoint)[0]).encode()
    ends = [
        replace(one, checkpoint=note, extra=k.vkey.encode()) for one, k in zip(parsed, (NEW_KEY, second), strict=True)
    ]
    one, other = (encode_proof(end).decode() for end in ends)
    return {**file, "proof": one, "void": {**file["void"], "proof": other}}


def step_1() -> Iterator[tuple[str, Case]]:
    def form(name: str, comment: str, file: File | str, expect: str = "format", **given: Any) -> tuple[str, Case]:
        return case(name, expect, f"step 1: {comment}", file, **given)

    def change(alter: Callable[[File], Any], start: Callable[[], File] = proven) -> File:
        file = deepcopy(start())
        alter(file)
        return file

    whole = text(proven())
    yield form("empty", "no bytes", "")
    yield form("cut", "the last byte is missing", whole[:-1])
    yield form("newline", "a newline more", whole + "\n")
    yield form("spaced", "a space more", whole.replace(",", ", ", 1))
    yield form("type", "a later version", change(lambda f: f.update(type="azukari/consignment-proof/v2")))
    yield form("more", "a member more", change(lambda f: f.update(note="")))
    yield form("no-void", "the void entry is left out, not null", change(lambda f: f.pop("void")))
    yield form("no-receipt", "the receipt is left out, not null", change(lambda f: f.pop("receipt")))
    yield form("receipt-list", "a receipt that is no text", change(lambda f: f.update(receipt=[])))
    yield form("index", "an index that is not that of the proof", change(lambda f: f.update(index=2)))
    yield form("index-true", "true for an index of 1", change(lambda f: f.update(index=True)))
    yield form(
        "void-index", "an index that is not that of its proof", change(lambda f: f["void"].update(index=5), voided)
    )
    yield form("void-members", "a void entry without a reason", change(lambda f: f["void"].pop("reason"), voided))
    yield form("void-list", "a void entry that is a list", change(lambda f: f.update(void=[]), voided))
    yield form(
        "entry-spaced", "the entry is not canonical", change(lambda f: f.update(entry=f["entry"].replace(",", ", ", 1)))
    )
    yield form("proof-none", "no proof", change(lambda f: f.update(proof="proof\n")))
    bare = encode_proof(replace(parse_proof(proven()["proof"].encode()), extra=b"")).decode()
    yield form("proof-no-key", "no key in the proof", change(lambda f: f.update(proof=bare)))
    yield form("label", "an opening of a label that there is not", change(
        lambda f: f["openings"].update(rows=f["openings"]["units"])))  # fmt: skip
    yield form(
        "opening-short", "an opening of 31 bytes", change(lambda f: f["openings"]["note"].update(opening="00" * 31))
    )
    yield form(
        "opening-upper", "an opening in capitals", change(lambda f: f["openings"]["note"].update(opening="A" * 64))
    )
    yield form(
        "opening-more", "a member more in an opening", change(lambda f: f["openings"]["note"].update(label="note"))
    )
    for label, value, comment, kind in [
        ("carrier", "", "it got there in no way", "format"),
        ("party", f"{KEYING.ja}\n", "a name of two lines", "format"),
        ("note", "封緘\x1b[2J", "a control character", "format"),
        ("purpose", "入力\u202e", "a text that turns its direction", "format"),
        ("units", "03", "a leading zero", "format"),
        ("people", "0", "nobody", "format"),
        ("people", "１２００", "wide digits", "format"),
        ("people", "1" * 20, "twenty digits", "format"),
        ("note", "長" * 2_001, "a text of 2,001 characters", "limit"),
    ]:
        name = f"value-{label}-{comment.replace(' ', '-').replace(',', '')}"
        yield form(name, f"{label}: {comment}", change(
            lambda f, label=label, value=value: f["openings"][label].update(value=value)), kind)  # fmt: skip
    crowded = "".join(Signature(f"witness{i}.example", b"none", bytes(3_000)).line for i in range(80))
    yield form(
        "large",
        "more than 262,144 bytes, for all the signatures",
        {**proven(), "proof": proven()["proof"] + crowded},
        "limit",
    )
    yield from _entries(form)
    yield from _voids(form)


def _entries(form: Callable[..., tuple[str, Case]]) -> Iterator[tuple[str, Case]]:
    """What the body itself wrote into the entry, and signed."""
    for name, member, wrong, comment in [
        ("units-nine", "units", 9, "nine units are a band"),
        ("people-text", "people", "1200", "a count in quotes"),
        ("people-beyond", "people", 2**63, "more people than there can be"),
        ("unit-of-another", "unit", "disc", "discs that are paper"),
        ("unit-unknown", "unit", "crate", "a unit of no name"),
        ("medium-unknown", "medium", "air", "a medium of no name"),
        ("fields-none", "fields", [], "no field"),
        ("fields-order", "fields", ["name/person", "kana/person"], "fields in another order"),
        ("fields-twice", "fields", ["name/person", "name/person"], "a field twice"),
        ("fields-reference", "fields", ["name/person", "reference/person"], "a row reference is on no paper"),
        ("fields-unknown", "fields", ["number/person"], "a kind of field that there is not"),
        ("day-spelling", "day", "20260401", "a day in another spelling"),
        ("day-none", "day", "2026-02-30", "a day that there is not"),
        ("recipient-none", "recipient", "azukari.party", "a recipient that is no key"),
        ("parent-upper", "parent", "AB" * 16, "an identifier in capitals"),
        ("party-short", "party", "04" * 15, "an identifier of 15 bytes"),
        ("commitment-missing", "commitments", {}, "no commitments"),
        ("commitment-short", "commitments", dict.fromkeys(LABELS, "00" * 31), "commitments of 31 bytes"),
        ("named", "party_name", KEYING.ja, "a name in the entry"),
        ("entry-type", "type", "azukari/consignment/v2", "an entry of a later version"),
    ]:
        yield form(f"entry-{name}", comment, relogged(proven(), **{member: wrong}), party_key=None)


def _voids(form: Callable[..., tuple[str, Case]]) -> Iterator[tuple[str, Case]]:
    """What the body itself wrote into the void entry, and signed."""
    for name, change, comment in [
        ("day", {"day": "2026-4-9"}, "a day in another spelling"),
        ("named", {"why": "誤記"}, "the reason in clear words"),
        ("reason", {"reason": "00" * 31}, "a commitment of 31 bytes"),
        ("type", {"type": "azukari/consignment/v1"}, "a void entry of another type"),
        ("consignment", {"consignment": ""}, "no consignment"),
    ]:
        yield form(f"void-entry-{name}", comment, revoided(**change))
    file = deepcopy(voided())
    file["void"]["reason"]["value"] = ""
    yield form("void-reason-empty", "an empty reason", file)


def steps_2_to_4() -> Iterator[tuple[str, Case]]:
    one = voided()
    entry, said = one["entry"].encode(), one["void"]["entry"].encode()
    later = fixed_ledger([OTHER, entry, OTHER, OTHER, said, OTHER, OTHER])
    before = fixed_ledger([OTHER, said, entry])
    yield case("two-views", "proof", "step 2: the void entry is proven by a later checkpoint", {
        **one, "void": {**one["void"], "proof": fixed_proof(later, 4).decode()}})  # fmt: skip
    yield case("two-keys", "proof", "step 2: the proofs name two keys of the ledger", _two_keys(fixed_log()))
    yield case("void-first", "proof", "step 2: the void entry stands before the consignment", {
        **one, "index": 2, "proof": fixed_proof(before, 2).decode(),
        "void": {**one["void"], "index": 1, "proof": fixed_proof(before, 1).decode()}})  # fmt: skip
    yield case(
        "void-of-another",
        "proof",
        "step 2: another consignment was called void",
        revoided(consignment=fixed_id("other")),
    )
    stranger = Signer(fixed_log().name, fixed_bytes("stranger"))
    yield case(
        "other-ledger-key", "signature", "step 3: signed by a key that is not the pinned one", proven(log=stranger)
    )
    elsewhere = fixed_log("ledger.asagiri.example/log1")
    yield case("other-ledger", "signature", "step 3: another body's ledger", proven(log=elsewhere))
    last, other = (str(file["proof"].rstrip("\n").rpartition(" ")[2]) for file in (proven(), voided()))
    forged = text(proven()).replace(last, other)
    yield case("signature", "signature", "step 3: the signature is of another checkpoint", json.loads(forged))
    yield case("log-key-none", "format", "step 3: the pinned key is none", proven(), log_key="ledger")
    hidden = {**proven(), "entry": proven()["entry"].replace('"birth-date/person",', ""), "receipt": None}
    yield case("field-hidden", "proof", "step 4: a field was taken out of the entry", hidden)
    fewer = {**proven(), "entry": proven()["entry"].replace('"people":1200', '"people":1100'), "receipt": None}
    yield case("people-lowered", "proof", "step 4: a hundred people were taken out", fewer)
    moved = deepcopy(one)
    moved["void"]["entry"] = moved["void"]["entry"].replace(VOIDED, "2026-04-02")
    yield case("void-moved", "proof", "step 4: the day of the void entry was changed", moved)
    for name, where in (("path", proven()), ("void-path", one)):
        part = where["void"] if name == "void-path" else where
        parsed = parse_proof(part["proof"].encode())
        part["proof"] = encode_proof(replace(parsed, path=(fixed_bytes("path"), *parsed.path[1:]))).decode()
        yield case(name, "proof", "step 4: a hash of the path differs", where)


def steps_5_to_7() -> Iterator[tuple[str, Case]]:
    for label in LABELS:
        other = proven()
        other["openings"][label]["value"] += "1" if label in ("people", "units") else "他"
        yield case(f"value-{label}", "commitment", f"step 5: another {label}", other)
    other = proven()
    other["openings"]["party"]["opening"] = fixed_bytes("another").hex()
    yield case("opening", "commitment", "step 5: another opening", other)
    other = voided()
    other["void"]["reason"]["value"] = "誤りはない"
    yield case("void-reason", "commitment", "step 5: another reason", other)
    for name, change, said in [("units", {"units": "30"}, "'<10' units are opened as thirty"),
                               ("people", {"people": "1199"}, "1,200 people are opened as 1,199"),
                               ("people-few", {"people": "9"}, "1,200 people are opened as nine")]:  # fmt: skip
        lied = relogged(proven(), commitments=commitments_of(SEED, VALUES | change))
        for label, value in change.items():
            lied["openings"][label]["value"] = value
        yield case(f"count-{name}", "commitment", f"step 5: {said}", lied)
    yield from _receipts()
    yield case(
        "for-another", "foreign-receipt", "step 7: the reader is another party", proven(), party_key=STRANGER.vkey
    )
    yield case("for-nobody", "foreign-receipt", "step 7: the entry names no key", proven(made(recipient=""), by=None))
    yield case("party-key-none", "format", "step 7: the reader's key is none", proven(), party_key="azukari.party")
    cosigner = Cosigner("witness.example/far", bytes(32)).vkey
    yield case(
        "party-key-cosigner", "format", "step 7: the reader's key is of another kind", proven(), party_key=cosigner
    )


def _receipts() -> Iterator[tuple[str, Case]]:
    def receipt(name: str, expect: str, comment: str, note: bytes | str, file: File | None = None) -> tuple[str, Case]:
        said = note if isinstance(note, str) else note.decode()
        return case(f"receipt-{name}", expect, f"step 6: {comment}", {**(file or proven()), "receipt": said})

    def sign(body: dict[str, Any], by: Identity = PARTY) -> bytes:
        return sign_note(f"azukari/consignment-receipt/v1\n{text(body)}\n", [by.signer])

    good = proven()["receipt"]
    body: dict[str, Any] = json.loads(good.split("\n")[1])
    yield receipt("empty", "format", "no bytes", "")
    yield receipt("cut", "format", "cut short", good[:-20])
    yield receipt("unsigned", "format", "no signature", good.partition("\n\n")[0] + "\n\n")
    yield receipt(
        "heading", "format", "the receipt of a package", good.replace("consignment-receipt/v1\n", "receipt/v1\n", 1)
    )
    yield receipt("spaced", "format", "a space more", good.replace(",", ", ", 1))
    yield receipt("day-none", "format", "a day that there is not", sign(body | {"day": "2026-02-30"}))
    for member, value in [("consignment", fixed_id("other")), ("entry", "00" * 32), ("unit", "bundle"), ("medium", "media"),
                          ("units", 10), ("people", 1_199), ("fields", body["fields"][1:]), ("note", "なし")]:  # fmt: skip
        yield receipt(member, "foreign-receipt", f"another {member} than the entry's", sign(body | {member: value}))
    yield receipt(
        "member-missing",
        "foreign-receipt",
        "it does not say how many",
        sign({k: v for k, v in body.items() if k != "units"}),
    )
    elsewhere = sign_receipt(made(day="2026-04-02").encode(), PARTY, SIGNED)
    yield receipt("of-another-entry", "foreign-receipt", "the receipt for another entry", elsewhere)
    yield receipt("by-another", "signature", "signed by a key that the entry does not name", sign(body, STRANGER))
    yield receipt("day-changed", "signature", "the day was changed", good.replace(SIGNED.isoformat(), "2026-04-01"))
    yield case("receipt-of-nobody", "foreign-receipt", "step 6: the entry names no key", {
        **proven(nobody := made(recipient=""), by=None),
        "receipt": sign(body | {"entry": sha256(nobody.encode()).hexdigest()}).decode()}, party_key=None)  # fmt: skip


def files() -> dict[str, bytes]:
    """File name -> content of every case."""
    found: dict[str, bytes] = {}
    for group in (holds, step_1, steps_2_to_4, steps_5_to_7):
        for name, given in group():
            assert f"{name}.json" not in found, name
            found[f"{name}.json"] = (json.dumps(given, ensure_ascii=False, indent=1) + "\n").encode()
    return found


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    for file_name, content in files().items():
        (HERE / file_name).write_bytes(content)
