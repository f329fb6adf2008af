"""`verify` of a single entry of a person's list (.tlog-proof): what it says, and nothing of the rest of the list."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from azukari.cli.options import read_small
from azukari.cli.speech import Speech
from azukari.completeness.event import Event
from azukari.completeness.shown import verify_shown
from azukari.errors import OptionError
from azukari.ledger.limits import LIMITS
from azukari.ledger.note import Verifier
from azukari.ledger.policy import Policy
from azukari.ledger.proof import HEADER

MARK: Final = HEADER.encode() + b"\n"


def tell_entry(out: Speech, file: Path, log_key: str | None, policy: Path | None) -> None:
    """Check one entry against the ledger, and tell its event. Raises what `verify_shown` raises, OptionError."""
    if log_key is None:
        raise OptionError("--log-key")
    key = Verifier.parse(log_key)
    asked = None if policy is None else Policy.parse(read_small(policy, LIMITS.policy_bytes + 1))
    shown, checkpoint = verify_shown(read_small(file, LIMITS.proof_bytes + 1), key.name, [key], asked)
    out.say(
        f"成り立ちます。この記載は、{shown.leaf.day} に台帳に載ったものです（台帳 {checkpoint.size} 件）。",
        f"It holds. This entry was logged on {shown.leaf.day} (a ledger of {checkpoint.size} entries).",
    )
    for ja, en in _facts(shown.event):
        out.say(f"  {ja}", f"  {en}")
    out.say(
        "誰についての記載かは、この証明には入っていません。",
        "Whom it is about does not stand in this proof.",
    )
    if asked is None:
        out.say("証人には確かめていません（--policy）。", "Witnesses were not asked (--policy).")
    event = shown.event.encode().decode()
    out.answer({"verdict": "holds", "kind": "entry", "event": event, "day": shown.leaf.day.isoformat()})


def _facts(event: Event) -> list[tuple[str, str]]:
    """What the event says, a line each; empty texts are left out, and a text of several lines stays one."""
    labels = [[field.label(language) for field in event.fields] for language in ("ja", "en")]
    until = event.until.isoformat() if event.until else ""
    told = (
        (f"{event.day} {event.act.label('ja')}", f"{event.day} {event.act.label('en')}", True),
        (f"機関: {_plain(event.body)}", f"body: {_plain(event.body)}", event.body),
        (f"相手: {_plain(event.party)}", f"party: {_plain(event.party)}", event.party),
        (f"取り扱う国: {event.country}", f"handled in: {event.country}", event.country),
        (f"目的: {_plain(event.purpose)}", f"purpose: {_plain(event.purpose)}", event.purpose),
        (f"根拠: {_plain(event.basis)}", f"ground: {_plain(event.basis)}", event.basis),
        (f"項目: {'、'.join(labels[0])}", f"fields: {', '.join(labels[1])}", event.fields),
        (f"期限: {until}", f"until: {until}", until),
    )
    return [(ja, en) for ja, en, there in told if there]


def _plain(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))
