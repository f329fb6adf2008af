"""Write the permission vectors beside this file: ``python vectors/permission/generate.py``.

One JSON file per case: ``expect`` is "holds" or the verdict word, ``comment`` says why and at which step.
``certificate`` is the file as text, byte for byte; ``today`` the reader's day; ``log_key`` the pinned verifier key of
the ledger and ``party_key`` the reader's own, or null. Each case but for "holds" fails for one reason alone.

A data entry firm asked the pension service to let a second firm do part of the work. Nothing is random: keys and openings
follow from fixed strings. All bodies, firms and keys are fictitious.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from azukari.fields.kinds import Field, Kind
from azukari.ledger import Cosigner, Signature, Signer, parse_note, parse_proof
from azukari.ledger.entry import canonical
from azukari.ledger.proof import encode_proof
from azukari.seal.certificate import (
    LABELS,
    Mode,
    PermissionEntry,
    Reporting,
    State,
    StatusEntry,
    StatusProof,
    commitments_of,
    make_certificate,
    permitted_fields,
)
from azukari.seal.logged import OpenValue
from azukari.testing.cast import KEYING, PENSION_SERVICE, SYSTEMS
from azukari.testing.sealed import fixed_bytes, fixed_id, fixed_identity, fixed_ledger, fixed_log, fixed_proof

Case = dict[str, Any]
File = dict[str, Any]
HERE = Path(__file__).parent
DECIDED, SAID, TODAY = "2026-04-10", "2026-11-20", "2026-11-23"
PARTY = fixed_identity(SYSTEMS.slug).vkey
NEW_KEY = Signer(fixed_log().name, fixed_bytes("new log key"))
STRANGER = fixed_identity("wakaba").vkey
OTHER = b'{"type":"azukari/other/v1"}'
VALUES = {
    "asker": KEYING.ja,
    "body": PENSION_SERVICE.ja,
    "evidence": "情報の管理体制の調査票（2026年3月）\n現地確認の記録",
    "party": SYSTEMS.ja,
    "purpose": "扶養親族等申告書のデータ入力",
    "safeguards": "入力室の入退室を記録する。\n持出しのできる媒体を使わない。",
}


def opened(**change: str) -> dict[str, OpenValue]:
    """The names and texts, some changed."""
    return {label: OpenValue(fixed_bytes(f"opening/{label}"), (VALUES | change)[label]) for label in LABELS}


ADVANCE = PermissionEntry(
    permission=fixed_id("permission"),
    body=fixed_id("body"),
    entrustment=fixed_id("entrustment/seiran"),
    child=fixed_id("entrustment/shiraho"),
    asker=fixed_id("party/seiran"),
    party=fixed_id("party/shiraho"),
    vkey=PARTY,
    country="JP",
    fields=permitted_fields([Field(Kind.NAME), Field(Kind.KANA), Field(Kind.NAME, "spouse")]),
    people=120_000,
    starts_on="2026-04-15",
    expires_on="2027-03-31",
    decided=DECIDED,
    mode=Mode.ADVANCE,
    report=Reporting.MONTHLY,
    renews="",
    commitments=commitments_of(opened()),
)
NOW = replace(
    ADVANCE,
    mode=Mode.NOW,
    report=Reporting.NONE,
    decided="2026-11-01",
    starts_on="2026-11-01",
    commitments=commitments_of(opened(evidence="")),
)
IN_FORCE = StatusEntry(ADVANCE.permission, State.IN_FORCE, SAID)
REVOKED = replace(IN_FORCE, state=State.REVOKED)


def text(value: Any) -> str:
    """As written by anybody, canonical or malformed inside."""
    return canonical(value).decode()


def with_status(
    permission: PermissionEntry = ADVANCE,
    status: StatusEntry = IN_FORCE,
    values: dict[str, OpenValue] | None = None,
    log: Signer | None = None,
) -> File:
    """A certificate with a status, as plain data to be changed."""
    entry, said = permission.encode(), status.encode()
    ledger = fixed_ledger([OTHER, entry, OTHER, OTHER, OTHER, said, OTHER], log)
    proof = StatusProof(said, 5, fixed_proof(ledger, 5))
    found: File = json.loads(make_certificate(entry, 1, values or opened(), fixed_proof(ledger, 1), proof))
    return found


def without_status(permission: PermissionEntry = NOW, values: dict[str, OpenValue] | None = None) -> File:
    """A certificate that rests on the day of the decision."""
    entry = permission.encode()
    proof = fixed_proof(fixed_ledger([OTHER, entry]), 1)
    found: File = json.loads(make_certificate(entry, 1, values or opened(evidence=""), proof))
    return found


def with_two_keys(status_key: Signer) -> File:
    """While the ledger changes its key: both have signed the checkpoint, the proofs name the new one.

    ``status_key``: the one that the proof of the status names.
    """
    file = with_status()
    parsed = [parse_proof(part["proof"].encode()) for part in (file, file["status"])]
    note = parsed[0].checkpoint + NEW_KEY.sign(parse_note(parsed[0].checkpoint)[0]).encode()
    keys = NEW_KEY, status_key
    first, second = (
        encode_proof(replace(one, checkpoint=note, extra=key.vkey.encode())).decode()
        for one, key in zip(parsed, keys, strict=True)
    )
    return {**file, "proof": first, "status": {**file["status"], "proof": second}}


def relogged(file: File, log: Signer | None = None, **change: Any) -> File:
    """The same after the body itself wrote other members into the permission, in a ledger that it signed."""
    entry = text({**json.loads(file["entry"]), **change}).encode()
    said = file["status"]["entry"].encode()
    ledger = fixed_ledger([OTHER, entry, OTHER, OTHER, OTHER, said, OTHER], log)
    status = {**file["status"], "proof": fixed_proof(ledger, 5).decode()}
    return {**file, "entry": entry.decode(), "proof": fixed_proof(ledger, 1).decode(), "status": status}


def case(name: str, expect: str, comment: str, file: File | str, **given: Any) -> tuple[str, Case]:
    certificate = file if isinstance(file, str) else text(file)
    chosen = {"today": TODAY, "log_key": fixed_log().vkey, "party_key": PARTY, **given}
    return name, {"expect": expect, "comment": comment, "certificate": certificate, **chosen}


def holds() -> Iterator[tuple[str, Case]]:
    abroad = replace(ADVANCE, country="XA", people=None, report=Reporting.EACH_USE, renews=fixed_id("before"))
    yield case("advance", "holds", "in advance, with a status of three days ago", with_status())
    yield case("now", "holds", "for one re-entrustment, as of the day of the decision", without_status())
    yield case("no-keys", "holds", "without pinned keys the ledger's is the one in the proof", with_status(), log_key=None, party_key=None)  # fmt: skip
    yield case("abroad", "holds", "abroad, fewer than ten people, a renewal, reports on each use", with_status(abroad))
    yield case("witnessed", "holds", "signatures of keys that the reader does not know", _crowded(with_status(), 3))
    yield case("key-change", "holds", "both keys have signed; the old one is pinned", with_two_keys(NEW_KEY))
    yield case("first-day", "holds", "the first day is included; the status is of tomorrow", with_status(
        status=replace(IN_FORCE, day="2026-04-16")), today="2026-04-15")  # fmt: skip
    yield case("last-day", "holds", "the last day is included; the status is 31 days old", with_status(
        status=replace(IN_FORCE, day="2027-02-28")), today="2027-03-31")  # fmt: skip
    long = opened(purpose="入" * 2_000)
    yield case("long", "holds", "a text of 2,000 characters", with_status(replace(
        ADVANCE, commitments=commitments_of(long)), values=long))  # fmt: skip


def step_1() -> Iterator[tuple[str, Case]]:
    def form(name: str, comment: str, file: File | str, expect: str = "format") -> tuple[str, Case]:
        return case(name, expect, f"step 1: {comment}", file)

    def change(alter: Callable[[File], Any]) -> File:
        file = deepcopy(with_status())
        alter(file)
        return file

    whole = text(with_status())
    yield form("empty", "no bytes", "")
    yield form("cut", "the last byte is missing", whole[:-1])
    yield form("newline", "a newline more", whole + "\n")
    yield form("spaced", "a space more", whole.replace(",", ", ", 1))
    yield form("type", "a later version", change(lambda f: f.update(type="azukari/certificate/v2")))
    yield form("more", "a member more", change(lambda f: f.update(note="")))
    yield form("no-status", "the status is left out, not null", change(lambda f: f.pop("status")))
    yield form("index", "an index that is not that of the proof", change(lambda f: f.update(index=2)))
    yield form("index-true", "true for an index of 1", change(lambda f: f.update(index=True)))
    yield form("opening-missing", "no opening of the purpose", change(lambda f: f["openings"].pop("purpose")))
    yield form(
        "opening-short", "an opening of 31 bytes", change(lambda f: f["openings"]["body"].update(opening="00" * 31))
    )
    yield form(
        "entry-spaced", "the entry is not canonical", change(lambda f: f.update(entry=f["entry"].replace(",", ", ", 1)))
    )
    yield form(
        "status-of-no-status",
        "the permission as its own status",
        change(lambda f: f["status"].update(entry=f["entry"])),
    )
    yield form("proof-none", "no proof", change(lambda f: f.update(proof="proof\n")))
    bare = encode_proof(replace(parse_proof(with_status()["proof"].encode()), extra=b"")).decode()
    yield form("proof-no-key", "no key in the proof", change(lambda f: f.update(proof=bare)))
    yield form("large", "more than 65,536 bytes, for all the signatures", _crowded(with_status(), 40), "limit")
    yield form("value-long", "a text of 2,001 characters", _with_value("purpose", "入" * 2_001), "limit")
    for name, value, comment in [
        ("name-empty", "", "a name is empty"),
        ("name-two-lines", "白帆\n情報処理", "a name has two lines"),
        ("name-escape", "白帆\x1b[2J情報処理", "a name holds a control character"),
        ("name-direction", "白帆\u202e情報処理", "a name turns the direction of the text"),
    ]:
        yield form(name, comment, _with_value("party", value))
    yield form("evidence-of-now", "evidence where the mode is now", _with_value("evidence", "調査票", without_status()))
    yield form("evidence-missing", "no evidence where the mode is advance", _with_value("evidence", ""))
    for name, member, wrong, comment in [
        ("fields-reference", "fields", ["name/person", "reference/person"], "a row reference is no permitted field"),
        ("fields-order", "fields", ["name/person", "kana/person"], "fields in another order"),
        ("fields-twice", "fields", ["name/person", "name/person"], "a field twice"),
        ("fields-none", "fields", [], "no field"),
        ("people-nine", "people", 9, "nine people are a band"),
        ("country-lower", "country", "jp", "a country in small letters"),
        ("day-spelling", "decided", "20260410", "a day in another spelling"),
        ("period-turned", "starts_on", "2027-04-01", "the first day is after the last"),
        ("mode-unknown", "mode", "later", "a mode of no name"),
        ("report-none", "report", "", "no reports where the mode is advance"),
        ("vkey-cosigner", "vkey", Cosigner("witness.example/far", bytes(32)).vkey, "a key that is not Ed25519"),
        ("permission-name", "asker_name", KEYING.ja, "a name in the entry"),
    ]:
        yield form(name, comment, relogged(with_status(), **{member: wrong}))
    after = with_status(status=replace(IN_FORCE, day="2027-04-02"))
    yield form("decided-late", "decided when all was over", relogged(after, decided="2027-04-01"))
    late = relogged(with_status(), decided="2026-11-21")
    yield form("status-before-decision", "a status of a day before the decision", late)


def _crowded(file: File, lines: int) -> File:
    """The same with signatures of unknown keys on the checkpoint, 1,000 bytes each."""
    more = "".join(Signature(f"witness{i}.example", b"none", bytes(1_000)).line for i in range(lines))
    status = {**file["status"], "proof": file["status"]["proof"] + more}
    return {**file, "proof": file["proof"] + more, "status": status}


def _with_value(label: str, value: str, file: File | None = None) -> File:
    """Another value, to which the body itself committed."""
    found = deepcopy(file or with_status())
    found["openings"][label]["value"] = value
    wrong = OpenValue(fixed_bytes(f"opening/{label}"), "")
    object.__setattr__(wrong, "value", value)  # OpenValue would refuse it
    entry = json.loads(found["entry"])
    entry["commitments"] |= {label: commitments_of({**opened(), label: wrong})[label]}
    raw = text(entry).encode()
    if found["status"] is None:
        return {**found, "entry": raw.decode(), "proof": fixed_proof(fixed_ledger([OTHER, raw]), 1).decode()}
    return relogged(found, commitments=entry["commitments"])


def steps_2_to_4() -> Iterator[tuple[str, Case]]:
    one = with_status()
    entry, said = one["entry"].encode(), one["status"]["entry"].encode()
    later = fixed_ledger([OTHER, entry, OTHER, OTHER, OTHER, said, OTHER, OTHER])
    before = fixed_ledger([OTHER, said, entry])
    foreign = replace(IN_FORCE, permission=fixed_id("other permission"))
    other = fixed_ledger([OTHER, entry, foreign.encode()])

    def viewed(index: int, ledger: Any, status_index: int, status: bytes = said) -> File:
        proofs = fixed_proof(ledger, index).decode(), fixed_proof(ledger, status_index).decode()
        given = {"entry": status.decode(), "index": status_index, "proof": proofs[1]}
        return {**one, "index": index, "proof": proofs[0], "status": given}

    yield case("two-views", "proof", "step 2: the status is proven by a later checkpoint", {
        **one, "status": {**one["status"], "proof": fixed_proof(later, 5).decode()}})  # fmt: skip
    yield case("two-keys", "proof", "step 2: the proofs name two keys of the ledger", with_two_keys(fixed_log()))
    yield case("status-first", "proof", "step 2: the status stands before the permission", viewed(2, before, 1))
    yield case(
        "status-of-another", "proof", "step 2: another permission's status", viewed(1, other, 2, foreign.encode())
    )
    stranger = Signer(fixed_log().name, fixed_bytes("stranger"))
    yield case(
        "other-ledger-key", "signature", "step 3: signed by a key that is not the pinned one", with_status(log=stranger)
    )
    elsewhere = with_status(log=fixed_log("ledger.asagiri.example/log1"))
    yield case("other-ledger", "signature", "step 3: another body's ledger", elsewhere)
    yield case("signature", "signature", "step 3: the signature is altered", json.loads(
        text(one).replace(_signature(one), _signature(with_status(replace(ADVANCE, country="XA"))))))  # fmt: skip
    yield case("log-key-none", "format", "step 3: the pinned key is none", one, log_key="ledger")
    hidden = {**one, "entry": one["entry"].replace('"kana/person",', "")}
    yield case("field-hidden", "proof", "step 4: a field was taken out of the permission", hidden)
    extended = {**one, "entry": one["entry"].replace('"expires_on":"2027', '"expires_on":"2029')}
    yield case("period-extended", "proof", "step 4: two years were added", extended)
    cleared = with_status(status=REVOKED)
    cleared["status"]["entry"] = said.decode()
    yield case("revocation-rewritten", "proof", "step 4: the revocation was rewritten as in force", cleared)
    for name, where in (("path", one), ("status-path", one["status"])):
        parsed = parse_proof(where["proof"].encode())
        wrong = encode_proof(replace(parsed, path=(fixed_bytes("path"), *parsed.path[1:]))).decode()
        file = {**one, "proof": wrong} if where is one else {**one, "status": {**where, "proof": wrong}}
        yield case(name, "proof", "step 4: a hash of the path differs", file)


def _signature(file: File) -> str:
    """The base64 of the signature of the checkpoint, behind the key id."""
    return str(file["proof"].rstrip("\n").rpartition(" ")[2])


def steps_5_to_9() -> Iterator[tuple[str, Case]]:
    one = with_status()
    for label in LABELS:
        other = deepcopy(one)
        other["openings"][label]["value"] += "他"
        yield case(f"value-{label}", "commitment", f"step 5: another {label}", other)
    other = deepcopy(one)
    other["openings"]["party"]["opening"] = fixed_bytes("another").hex()
    yield case("opening", "commitment", "step 5: another opening", other)
    swapped = deepcopy(one)
    names = swapped["openings"]
    names["asker"], names["party"] = names["party"], names["asker"]
    yield case("names-swapped", "commitment", "step 5: the two firms are exchanged", swapped)
    yield case("for-another", "foreign-certificate", "step 6: the reader is another party", one, party_key=STRANGER)
    yield case("party-key-none", "format", "step 6: the reader's key is none", one, party_key="azukari.party")
    yield case("revoked", "revoked", "step 7: the status is a revocation", with_status(status=REVOKED))
    yield case("revoked-now", "revoked", "step 7: revoked on the day of the decision", with_status(
        replace(NOW, decided=SAID), REVOKED, opened(evidence="")))  # fmt: skip
    early = with_status(status=replace(IN_FORCE, day=DECIDED))
    yield case("not-yet", "expired", "step 8: the day before the first", early, today="2026-04-14")
    late = with_status(status=replace(IN_FORCE, day="2027-03-31"))
    yield case("over", "expired", "step 8: the day after the last", late, today="2027-04-01")
    yield case("stale", "stale", "step 9: the status is 32 days old", one, today="2026-12-22")
    yield case("stale-decision", "stale", "step 9: the decision is 32 days old, and there is no status",
               without_status(), today="2026-12-03")  # fmt: skip
    yield case("future", "format", "step 9: the status is of the day after tomorrow", one, today="2026-11-18")


def files() -> dict[str, bytes]:
    """File name -> content of every case."""
    found: dict[str, bytes] = {}
    for group in (holds, step_1, steps_2_to_4, steps_5_to_9):
        for name, given in group():
            assert f"{name}.json" not in found, name
            found[f"{name}.json"] = (json.dumps(given, ensure_ascii=False, indent=1) + "\n").encode()
    return found


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    for file_name, content in files().items():
        (HERE / file_name).write_bytes(content)
