"""`verify` of a person's own list (.azl), and of the evidence file that a failed one leaves; offline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from azukari.cli.options import now, read_small
from azukari.cli.speech import Speech
from azukari.completeness.checking import Checked, verify_report
from azukari.completeness.misbehaviour import MAX_EVIDENCE, Misbehaviour
from azukari.completeness.misbehaviour import SUFFIX as EVIDENCE_SUFFIX
from azukari.completeness.reading import timed
from azukari.completeness.report import MAX_REPORT, REPORT, SUFFIX, ListEntry, Report
from azukari.completeness.visit import MAX_VISIT, Visit
from azukari.details import JAPANESE
from azukari.errors import AzukariError, EvidenceError, FormatError, OptionError, VerificationError
from azukari.fields.days import JAPAN
from azukari.ledger.limits import LIMITS
from azukari.ledger.note import Verifier
from azukari.ledger.policy import Policy
from azukari.stores.files import replacing

MAX_LETTER: Final = 65_536  # bytes
_MARK: Final = f'"type":"{REPORT}"}}'.encode()  # the last member of a report
_NOT_ASKED: Final = {
    "key": ("あなたの鍵の一覧かは確かめていません（-i）。", "Not checked whether it is the list of your key (-i)."),
    "witnesses": (
        "ほかの人にも同じ台帳が示されているかは、証人に確かめていません（--policy）。",
        "Not asked of witnesses whether everybody is shown the same ledger (--policy).",
    ),
    "auditors": (
        "索引が台帳から正しく作られたかは、監査人に確かめていません（--auditors）。",
        "Not asked of auditors whether the index was rightly made from the ledger (--auditors).",
    ),
    "visit": (
        "前回から消えたものがないかは確かめていません（--visit）。",
        "Not checked whether anything has gone since the last visit (--visit).",
    ),
}


@dataclass(frozen=True)
class Asked:
    """確かめ方。 What the reader of a list gives: files of two policies, of a list key and of the last visit, and where to keep this one."""

    log_key: str | None
    policy: Path | None
    auditors: Path | None
    key: Path | None
    visit: Path | None
    keep: Path | None


def is_list(file: Path, tail: bytes) -> bool:
    """By its name, or by its type; ``tail``: the end of the file."""
    return file.suffix.lower() == SUFFIX or _is_evidence(file) or tail.endswith(_MARK)


def _is_evidence(file: Path) -> bool:
    return file.name.lower().endswith(EVIDENCE_SUFFIX)


def tell_list(out: Speech, file: Path, asked: Asked) -> None:
    """Check a list, or again the one in an evidence file, and tell it. Raises what `verify_report` raises.

    What fails leaves an evidence file beside the list, and its detail names that file.
    """
    data = read_small(file, MAX_EVIDENCE)
    if _is_evidence(file):
        _again(out, Misbehaviour.parse(data), asked)
        return
    visit = b"" if asked.visit is None else read_small(asked.visit, MAX_VISIT)
    try:
        checked = _checked(data[: MAX_REPORT + 1], visit, now(), asked)
    except AzukariError as error:
        raise _with_evidence(out, file, error, Misbehaviour.of(error, data, visit)) from error
    if asked.keep is not None:
        with replacing(asked.keep) as kept:
            kept.write(checked.visit.encode())
    _tell(out, checked)


def _checked(data: bytes, visit: bytes, at: datetime, asked: Asked) -> Checked:
    if asked.log_key is None:
        raise OptionError("--log-key")
    policy, auditors = _policy(asked.policy), _policy(asked.auditors)
    key = None if asked.key is None else _list_key(read_small(asked.key, MAX_LETTER))
    kept = Visit.parse(visit) if visit else None
    return verify_report(data, at, [Verifier.parse(asked.log_key)], policy, auditors, key=key, visit=kept)


def _list_key(data: bytes) -> bytes:
    """The key in a file or in the letter that a person got: the first line of 64 hexadecimal digits, spaces between them."""
    for line in data.decode("utf-8", "replace").splitlines():
        spelled = "".join(line.split()).lower()
        if re.fullmatch("[0-9a-f]{64}", spelled):
            return bytes.fromhex(spelled)
    raise FormatError("no list key in this file")


def _policy(path: Path | None) -> Policy | None:
    return None if path is None else Policy.parse(read_small(path, LIMITS.policy_bytes + 1))


def _again(out: Speech, kept: Misbehaviour, asked: Asked) -> None:
    """The evidence of somebody else: at the time of its index the same failure is found, or it is no evidence."""
    at = Report.parse(kept.report).index.entry.at
    try:
        _checked(kept.report, kept.visit, at, asked)
    except VerificationError as error:
        if (error.word, error.facts.get("kind"), error.facts.get("step")) != (kept.word, kept.kind, kept.step):
            raise EvidenceError(f"the list in this file is another case: {error.word}") from error
        _tell_again(out, kept, error)
    else:
        raise EvidenceError("the list in this file holds")


def _tell_again(out: Speech, kept: Misbehaviour, error: AzukariError) -> None:
    found = f"{kept.word} {kept.kind}".strip()
    out.say(
        f"証拠のとおりです。手順 {kept.step}: {found}。{error.sentence('ja')}",
        f"It is as the evidence says. Step {kept.step}: {found}. {error.sentence('en')}",
    )
    out.answer({"verdict": "holds", "kind": "misbehaviour", "word": kept.word, "of": kept.kind, "step": kept.step})


def _with_evidence(out: Speech, file: Path, error: AzukariError, kept: Misbehaviour | None) -> AzukariError:
    if kept is None:
        return error
    with replacing(file.with_name(kept.name)) as evidence:
        evidence.write(kept.encode())
    detail = out.pick(JAPANESE.get(error.detail, error.detail), error.detail)
    return type(error)("; ".join(part for part in (detail, kept.name) if part), **error.facts)


def _tell(out: Speech, checked: Checked) -> None:
    count, at = checked.shown + len(checked.withheld), checked.as_of.astimezone(JAPAN)
    out.say(
        f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}（日本時間）までの記載 {count} 件、全部そろっています。",
        f"Complete as of {checked.as_of:%Y-%m-%d %H:%M} UTC: {count} entries.",
    )
    for ja, en in _lines(checked.report):
        out.say(ja, en)
    if checked.withheld:
        out.say(
            f"うち {len(checked.withheld)} 件は、遅くとも {checked.withheld[-1]} に開かれます。",
            f"{len(checked.withheld)} of them are withheld, until {checked.withheld[-1]} at the latest.",
        )
    out.say(
        "まだ答えられない記載があるかどうかは、どの人の一覧も同じく、示していません。",
        "Whether there are entries that are not answered yet is told in nobody's list.",
    )
    for name in checked.not_asked:
        out.say(*_NOT_ASKED[name])
    out.answer(
        {
            "verdict": "holds",
            "kind": "report",
            "as_of": timed(checked.as_of),
            "shown": checked.shown,
            "withheld": [day.isoformat() for day in checked.withheld],
            "not_asked": list(checked.not_asked),
            "tree_size": checked.checkpoint.size,
        }
    )


def _lines(report: Report) -> Iterator[tuple[str, str]]:
    for one in report.lists:
        for n, entry in enumerate(one.entries, start=1):
            yield _line(n, entry)


def _line(n: int, entry: ListEntry) -> tuple[str, str]:
    """One entry: when, what, by whom, for what; a text of several lines stays one."""
    event = entry.event
    if event is None:
        day = entry.leaf.opens
        return (
            f"  {n:3} {day} に開かれます（内容は、まだ示されていません）",
            f"  {n:3} will be opened on {day} (not shown yet)",
        )
    rest = " / ".join(" ".join(text.split()) for text in (event.party, event.unit, event.purpose) if text)
    plain = click.unstyle("".join(each if each.isprintable() else "?" for each in rest))
    return (
        f"  {n:3} {event.day} {event.act.label('ja')}　{plain}",
        f"  {n:3} {event.day} {event.act.label('en')}: {plain}",
    )
