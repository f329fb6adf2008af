"""`verify` for hand-overs that are no table: a proof (.azd), and a receipt with its slip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azukari.cli.options import read_identity, read_small
from azukari.cli.speech import Speech
from azukari.seal.consignment import MAX_ENTRY, ConsignmentEntry, verify_receipt
from azukari.seal.consignment_proof import MAX_PROOF, PROOF, SUFFIX, ProvenConsignment, verify_consignment_proof
from azukari.seal.manifest import SMALL_BAND

_FACTS = {"party": "相手", "purpose": "目的", "carrier": "渡し方", "note": "備考"}


def is_consignment_proof(file: Path) -> bool:
    """By its name, or by its type, which no text inside can spell: there, quotes are escaped."""
    if file.suffix.lower() == SUFFIX:
        return True
    with file.open("rb") as source:
        return f'"type":"{PROOF}"'.encode() in source.read(MAX_PROOF)


def tell_proof(out: Speech, file: Path, key_path: Path | None, log_key: str | None) -> None:
    """Verify a proof and say what it shows. Raises as ``verify_consignment_proof``, and KeyFileError."""
    own = None if key_path is None else read_identity(key_path).vkey
    with file.open("rb") as source:
        data = source.read(MAX_PROOF + 1)  # one more, so that what is too large is refused as such
    found = verify_consignment_proof(data, vkey=log_key, party_vkey=own)
    out.say(f"成り立ちます。{found.sentence('ja')}", f"It holds. {found.sentence('en')}")
    for ja, en in _facts(found):
        out.say(f"  {ja}", f"  {en}")
    _tell_unchecked(out, found, own, log_key)
    out.answer(_as_json(found, own, log_key))


def tell_receipt(out: Speech, file: Path, slip: Path) -> None:
    """Verify the receipt for a consignment against its slip. Raises as ``seal.consignment.verify_receipt``, NotFoundError."""
    data = read_small(slip, MAX_ENTRY)
    day, entry = verify_receipt(read_small(file, MAX_ENTRY), data), ConsignmentEntry.parse(data)
    out.say(f"成り立ちます。相手の受領書、{day}", f"It holds. Signed by the recipient, {day}")
    out.answer({"verdict": "holds", "kind": "consignment-receipt", "consignment": entry.consignment, "day": day})


def _facts(found: ProvenConsignment) -> list[tuple[str, str]]:
    entry = found.entry
    units, people = (found.opened.get(label, _said(getattr(entry, label))) for label in ("units", "people"))
    labels = [[field.label(language) for field in entry.fields] for language in ("ja", "en")]
    facts = [
        (
            f"渡したもの: {entry.medium.label('ja')} {units} {entry.unit.label('ja')}、{people} 人",
            f"what: {entry.medium.label('en')}, {units} {entry.unit.label('en')}, people: {people}",
        ),
        (f"項目: {'、'.join(labels[0])}", f"fields: {', '.join(labels[1])}"),
        (f"渡した日: {entry.day}", f"day: {entry.day}"),
    ]
    opened = {label: " / ".join(text.splitlines()) for label, text in found.opened.items() if text}
    facts += [
        (f"{ja}: {opened[label]}", f"{label}: {opened[label]}") for label, ja in _FACTS.items() if label in opened
    ]
    facts += [(f"相手の署名: {found.signed_on}", f"signed on: {found.signed_on}")] if found.signed_on else []
    reason = " / ".join(found.reason.splitlines())
    return facts + ([(f"取消しの理由: {reason}", f"why it is void: {reason}")] if reason else [])


def _said(count: int | None) -> str:
    return SMALL_BAND if count is None else str(count)


def _tell_unchecked(out: Speech, found: ProvenConsignment, own: str | None, log_key: str | None) -> None:
    """What the reader has not let us check; silence would read as a check."""
    if found.voided_on is None:
        out.say(
            "後に取り消されていないことまでは示しません。取消しは台帳で公開されます。",
            "It does not show that nothing was called void since; that is public in the ledger.",
        )
    if own is None:
        out.say("あなた宛てかは確かめていません（-i）。", "Not checked whether it is for you (-i with your key).")
    if log_key is None:
        out.say(
            f"誰の台帳かは確かめていません（--log-key）。台帳の鍵（委託元に照合してください）: {found.vkey}",
            f"Whose ledger this is was not checked (--log-key). Ledger key (compare it with the entruster's): {found.vkey}",
        )


def _as_json(found: ProvenConsignment, own: str | None, log_key: str | None) -> dict[str, Any]:
    entry = found.entry
    return {
        "verdict": "holds",
        "kind": "consignment",
        "consignment": entry.consignment,
        "medium": entry.medium.value,
        "unit": entry.unit.value,
        "units": _said(entry.units) if entry.units is None else entry.units,
        "people": _said(entry.people) if entry.people is None else entry.people,
        "fields": [str(field) for field in entry.fields],
        "day": entry.day,
        "opened": found.opened,
        "signed_on": found.signed_on,
        "voided_on": found.voided_on,
        "reason": found.reason,
        "own_key_checked": own is not None,
        "tree_size": found.tree_size,
        "log_key": found.vkey,
        "log_key_pinned": log_key is not None,
    }
