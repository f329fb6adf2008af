"""`trace` and `disclose`: a leaked specimen, its finding, and the evidence for it."""

from __future__ import annotations

import codecs
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import click
import polars as pl

from azukari.cli.options import (
    Office,
    confirm,
    json_option,
    office_options,
    open_office,
    read_small,
    require_new,
)
from azukari.cli.sealing import show_typing, typed
from azukari.cli.speech import Progress, Speech, speech
from azukari.errors import FormatError, NotFoundError, OptionError, TableError
from azukari.fields.kinds import Field
from azukari.seal.identity import parse_card, require_recipient, seal_to
from azukari.stores.files import create_together, creating
from azukari.tables import parse_pasted, read_table
from azukari.trace.finding import NULL_HYPOTHESIS, Finding, Genuine
from azukari.trace.fuzzy import match_source
from azukari.trace.reading import read_specimen
from azukari.trace.specimen import Specimen

MAX_PASTED: Final = 16 << 20  # bytes
MAX_FINDING: Final = 64 << 20  # bytes
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
FINDING: Final = "azukari/finding/v1"
_GENUINE: Final = {
    Genuine.GENUINE: ("値は、この機関の元データと一致します。", "The values are those of this body's data."),
    Genuine.NOT_OURS: ("この機関の元データではありません。", "This is not this body's data."),
    Genuine.CANNOT_SAY: (
        "この機関のものかどうか、判断できません。",
        "It cannot be said whether this is this body's data.",
    ),
}


@click.command()
@click.argument("specimen_file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--columns", help="列の種類 / declare columns")
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="元の表（打ち直された標本に）/ source table, for re-typed specimens",
)
@click.option("--case", "case", help="事案 / case id; default: a new case")
@click.option("--title", default="流出標本", show_default=True, help="新しい事案の件名 / title of a new case")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="所見 / finding")
@office_options
@json_option
@speech
def trace(
    out: Speech,
    specimen_file: Path,
    columns: str | None,
    source: Path | None,
    case: str | None,
    title: str,
    output: Path,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """流出標本（表、又は貼り付けた文字。- は標準入力）を調べる。 Trace a leaked specimen; opens no key to anybody."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.queries import naming
    from azukari.web.incidents.actions.specimen import log_specimen, open_case
    from azukari.web.incidents.tracing import trace_specimen

    require_new(output)
    frame = _read_specimen(specimen_file)
    typings = typed(frame, columns)
    show_typing(out, typings)
    sample = read_specimen(frame, typings)
    source_frame = None if source is None else read_table(source).frame
    snapshot, rows = _match(office, sample, source_frame)  # no key of a copy is touched; a wrong table logs nothing
    case_id = (
        _case(office, case) if case else open_case(body_id=office.body_id, title=title, by=office.by, at=office.at)
    )
    specimen_id = log_specimen(case_id=case_id, sample=sample, kek=office.kek, by=office.by, at=office.at)
    found, _ = trace_specimen(
        specimen_id=specimen_id,
        kek=office.kek,
        source_rows=rows,
        snapshot=snapshot,
        progress=Progress(out.pick("追跡", "tracing")),
    )
    value = found.finding.as_json() | {"case": case_id.hex}
    if rows and snapshot:
        value |= {"source_rows": {str(row): number for row, number in rows.items()}, "snapshot": snapshot.hex}
    with creating(output) as file:
        file.write(json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n")
    named = naming.recipients(office.body_id)
    tell(out, found.finding, {key.hex: name for key, name in named.items()})
    out.answer(value | {"finding": str(output)})


def _read_specimen(path: Path) -> pl.DataFrame:
    """A table file, or pasted text. Raises what reading a table raises."""
    if str(path) == "-":
        return parse_pasted(_decoded(sys.stdin.buffer.read(MAX_PASTED))).frame
    if not path.exists():
        raise NotFoundError(path.name)
    if path.suffix.lower() not in (".txt", "") or path.is_dir():
        return read_table(path).frame
    data = read_small(path, MAX_PASTED)
    return read_table(path).frame if data.startswith(_UTF_16) else parse_pasted(_decoded(data)).frame


def _decoded(data: bytes) -> str:
    """Pasted bytes as text. Raises TableError."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError("the pasted text is neither UTF-8 nor CP932")


def _case(office: Office, case: str) -> UUID:
    from azukari.web.incidents import queries

    for known in queries.cases(office.body_id):
        if case in (known.id.hex, str(known.id), known.title):
            return known.id
    raise NotFoundError("case")


def _match(office: Office, sample: Specimen, source: pl.DataFrame | None) -> tuple[UUID | None, dict[int, int] | None]:
    """Match against a source table, if it is one that this body sealed. Raises OptionError if it is not."""
    if source is None:
        return None, None
    from azukari.web.custody import snapshots

    snapshot = snapshots.snapshot_of(source, office.body_id, office.kek)
    if snapshot is None:
        raise OptionError("--source: this table was never sealed here")
    fields: list[tuple[str, Field]] = [(t.header, t.field) for t in typed(source, None) if t.field]
    return snapshot, match_source(sample, source, fields)


def tell(out: Speech, finding: Finding, owners: dict[str, str]) -> None:
    """The finding in plain words: what it says, with which bound, and what it cannot say."""
    out.say(
        f"標本 {finding.rows} 行のうち {finding.linked} 行が、渡した行と結び付きました。{_GENUINE[finding.genuine][0]}",
        f"{finding.linked} of {finding.rows} rows link to delivered rows. {_GENUINE[finding.genuine][1]}",
    )
    certain = [item.field.label(out.language) for item in finding.leaked if item.certain]
    if certain and finding.genuine is Genuine.GENUINE:
        out.say(f"流出した項目: {'、'.join(certain)}", f"Leaked fields: {', '.join(certain)}")
    excluded = {x.hand_over: x for x in finding.excluded}
    for hand_over, measured in finding.measurements.items():
        name = f"{owners.get(hand_over, '')} {hand_over[:8]}"
        if hand_over in finding.accused:
            out.say(
                f"  {name}: この標本は、この写しに由来します。E = 2^{measured.total:.1f}（しきい値 2^{finding.threshold:.1f}）",
                f"  {name}: the sample comes from this copy. E = 2^{measured.total:.1f} "
                f"(threshold 2^{finding.threshold:.1f})",
            )
        elif hand_over in excluded:
            why = excluded[hand_over]
            held = why.field.label(out.language) if why.field else out.pick(f"{why.rows} 行", f"{why.rows} row(s)")
            grade = why.grade.label(out.language)
            out.say(
                f"  {name}: 除外。流出した「{held}」を、この写しは持っていません（{grade}）",
                f"  {name}: excluded, this copy never held the leaked {held} ({grade})",
            )
        elif hand_over in finding.burned:
            out.say(
                f"  {name}: 印は開示済みで、何も言えません", f"  {name}: its marks were disclosed, nothing can be said"
            )
        elif hand_over in finding.expired:
            out.say(
                f"  {name}: 控えの保存期間が過ぎ、何も言えません",
                f"  {name}: its copy record expired, nothing can be said",
            )
        else:
            out.say(
                f"  {name}: この写しとは言えません（潔白を示すものではありません）。E = 2^{measured.total:.1f}",
                f"  {name}: not attributable to this copy (which is not innocence). E = 2^{measured.total:.1f}",
            )
    _tell_bound(out, finding)


def _tell_bound(out: Speech, finding: Finding) -> None:
    out.say(
        f"誤って名指しする確率の上限: {finding.bound:g}（受渡し {finding.hand_overs} 件、この事案の標本 {finding.specimens_in_case} 件）。"
        f"偽の鍵 {finding.shams.drawn:,} 本でしきい値に届いたもの: {finding.shams.reached}",
        f"Bound on a false accusation: {finding.bound:g} ({finding.hand_overs} hand-overs, "
        f"{finding.specimens_in_case} specimen(s) in this case). Sham keys that reached the threshold: "
        f"{finding.shams.reached} of {finding.shams.drawn:,}",
    )
    out.say(NULL_HYPOTHESIS["ja"], NULL_HYPOTHESIS["en"])
    out.say(
        "分かるのは「どの写しか」までで、「誰か」ではありません。機関自身がその写しを漏らした可能性は、この印では除けません。"
        "上限は、機関が鍵を正しく管理していたことを前提とします。",
        "It says which copy, never which person. The marks cannot exclude that the body itself leaked that copy. "
        "The bound assumes that the body kept its keys honestly.",
    )


@click.command()
@click.argument("finding_file", type=click.Path(path_type=Path))
@click.option(
    "--evidence", type=click.Path(path_type=Path), required=True, help="証拠（公開可）/ evidence, publishable"
)
@click.option("--specimen", type=click.Path(path_type=Path), required=True, help="標本（検証者だけに）/ specimen.age")
@click.option("--to", "to", multiple=True, required=True, help="検証者の鍵 / verifier: age1... or a card file")
@click.option("--yes", is_flag=True, help="確認済み / confirmed")
@office_options
@json_option
@speech
def disclose(
    out: Speech,
    finding_file: Path,
    evidence: Path,
    specimen: Path,
    to: tuple[str, ...],
    yes: bool,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """所見に要る鍵だけを開き、証拠を書く。その写しの印は以後使えない。 Open what the finding needs; burns the copy."""
    out.as_json = as_json
    finding = _read_finding(finding_file)
    recipients = [_recipient(text) for text in to]
    confirm(
        out.pick("写しの印を開示します。元に戻せません。よろしいですか", "Disclose the marks? This cannot be undone"),
        yes,
    )
    office = open_office(office_path, keys_path, login)
    from azukari.web.incidents.actions.disclosure import disclose as action
    from azukari.web.incidents.tracing import trace_specimen

    require_new(evidence, specimen)
    found, file = trace_specimen(
        specimen_id=finding.specimen,
        kek=office.kek,
        source_rows=finding.rows or None,
        snapshot=finding.snapshot,
        progress=Progress(out.pick("追跡", "tracing")),
    )
    bundle, opened = action(found=found, file=file, kek=office.kek, by=office.by, at=office.at)
    create_together({evidence: bundle.encode(), specimen: seal_to(opened.encode(), recipients)})
    channels = {one.hand_over: sorted(channel.value for channel in one.channels) for one in bundle.accused}
    out.say(
        f"証拠: {evidence.name}（値を含まず、公開できます）　標本: {specimen.name}（検証者だけに）",
        f"Evidence: {evidence.name} (no value in it, publishable)  Specimen: {specimen.name} (for verifiers only)",
    )
    for hand_over, opened_channels in channels.items():
        out.say(
            f"  写し {hand_over[:8]}: 開いた鍵 {', '.join(opened_channels)}。この写しの印は以後使えません。",
            f"  copy {hand_over[:8]}: opened {', '.join(opened_channels)}; its marks are burned from now on.",
        )
    out.answer({"evidence": str(evidence), "specimen": str(specimen), "opened": channels})


@dataclass(frozen=True)
class _Traced:
    """What a finding file says of how it came about: enough to trace again."""

    specimen: UUID
    rows: dict[int, int]
    snapshot: UUID | None


def _read_finding(path: Path) -> _Traced:
    try:
        value = json.loads(read_small(path, MAX_FINDING))
        rows = {int(row): int(number) for row, number in value.get("source_rows", {}).items()}
        if value["type"] != FINDING:
            raise FormatError("finding")
        return _Traced(UUID(hex=value["specimen"]), rows, UUID(hex=value["snapshot"]) if rows else None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FormatError("finding") from error


def _recipient(text: str) -> str:
    """An age public key, or that of a card file. Raises FormatError, NotFoundError."""
    if text.startswith("age1"):
        require_recipient(text)
        return text
    return parse_card(read_small(Path(text))).recipient
