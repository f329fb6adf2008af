"""`uses`: a look at a file of uses before anybody takes it (docs/spec/use.md)."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar

import click

from azukari.cli.options import json_option, read_small
from azukari.cli.speech import Speech, speech
from azukari.errors import FormatError, NotFoundError, OptionError
from azukari.tables import read_table
from azukari.uses import Quarantined, Reason, Tally, cloudevents, mapping, pgaudit, read_events, read_rows, tally
from azukari.uses.reading import Outcome, read_audit_events, read_log, read_usages

FORMS: Final = ("events", "table", "exchange-provider", "exchange-inquirer", "fhir", "tracker", "pgaudit")
MAX_ID: Final = 1_024  # bytes of a file with one local id
SHOWN: Final = 10  # places of each reason that are named
Given = TypeVar("Given", str, Path)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--as", "form", type=click.Choice(FORMS), default="events", show_default=True, help="形式 / form of the file"
)
@click.option(
    "--mapping", "mapping_file", type=click.Path(path_type=Path), help="列や表の対応 / mapping of columns or tables"
)
@click.option(
    "--of",
    "id_path",
    type=click.Path(path_type=Path),
    help="宛名番号を書いたファイル（tracker）/ file with the local id that was asked for",
)
@click.option("--source", default="", help="記録元の名前 / what the source is called")
@json_option
@speech
def uses(
    out: Speech, file: Path, form: str, mapping_file: Path | None, id_path: Path | None, source: str, as_json: bool
) -> None:
    """利用記録のファイルを試しに読む。何も保存しない。 Look at a file of uses; nothing is kept.

    件数と、保留になる行の場所・理由を表示する。 Shows counts, and the places and reasons of what would wait.
    """
    out.as_json = as_json
    places: dict[Reason, list[int]] = {}
    not_concerned = Counter[str]()
    found = tally(_noting(_outcomes(file, form, mapping_file, id_path, source, not_concerned), places))
    _show(out, found, places, not_concerned.total())


def _outcomes(
    file: Path, form: str, mapping_file: Path | None, id_path: Path | None, source: str, not_concerned: Counter[str]
) -> Iterator[Outcome]:
    """What the file tells, in its form. The key of ids is of this look only: nothing of it is kept."""
    now, key = datetime.now(UTC), secrets.token_bytes(32)
    if form in ("table", "exchange-provider", "exchange-inquirer"):
        yield from read_rows(read_table(file).frame, _columns(form, mapping_file, source), key, now)
    elif form == "fhir":
        data = read_small(file, cloudevents.BATCH * cloudevents.EVENT_BYTES)
        yield from read_audit_events(data, _required(source, "--source"), now)
    elif form == "tracker":
        answer = cloudevents.parse_json(read_small(file, cloudevents.BATCH * cloudevents.EVENT_BYTES))
        usages = answer.get("usages") if isinstance(answer, dict) else None
        yield from read_usages(usages, _required(source, "--source"), _person(id_path), key, now)
    elif form == "pgaudit":
        told = pgaudit.LogMapping.parse(read_small(_required(mapping_file, "--mapping"), mapping.MAX_BYTES))
        for one in _log(file, told, key, now):
            if one is None:
                not_concerned["entry"] += 1
            else:
                yield one
    else:
        try:
            with file.open("rb") as stream:
                yield from read_events(stream, now)
        except FileNotFoundError as error:
            raise NotFoundError(file.name) from error


def _person(id_path: Path | None) -> str:
    """Whom the register was asked about: its answer does not say."""
    try:
        return read_small(_required(id_path, "--of"), MAX_ID).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise FormatError("the file with the local id") from None


def _log(file: Path, told: pgaudit.LogMapping, key: bytes, now: datetime) -> Iterator[Outcome | None]:
    try:
        with file.open(encoding="utf-8", errors="replace", newline="") as lines:
            yield from read_log(lines, told, key, now)
    except FileNotFoundError as error:
        raise NotFoundError(file.name) from error


def _columns(form: str, mapping_file: Path | None, source: str) -> mapping.ColumnMapping:
    if mapping_file is not None:
        read = mapping.ColumnMapping.parse(read_small(mapping_file, mapping.MAX_BYTES))
    elif form == "table":
        raise OptionError("--mapping")
    else:
        read = mapping.exchange(provider=form == "exchange-provider")
    if not source or "source" in read.columns:
        return read
    return replace(read, constants={**read.constants, "source": source})


def _required(value: Given | None, option: str) -> Given:
    if not value:
        raise OptionError(option)
    return value


def _noting(outcomes: Iterable[Outcome], places: dict[Reason, list[int]]) -> Iterator[Outcome]:
    """Note the first places of each reason on the way."""
    for one in outcomes:
        if isinstance(one, Quarantined) and len(places.setdefault(one.reason, [])) < SHOWN:
            places[one.reason].append(one.place)
        yield one


def _show(out: Speech, found: Tally, places: dict[Reason, list[int]], not_concerned: int) -> None:
    out.say(
        f"{found.told:,} 件のうち、取り込めるもの {found.taken:,} 件、保留 {found.quarantined.total():,} 件。",
        f"Of {found.told:,} told, {found.taken:,} could be taken and {found.quarantined.total():,} would wait.",
    )
    if not_concerned:
        out.say(f"対象外の行 {not_concerned:,} 件。", f"{not_concerned:,} entries concern nobody.")
    for reason, count in found.quarantined.most_common():
        rest = "..." if count > SHOWN else ""
        named = ", ".join(map(str, chain(places[reason], [rest] if rest else [])))
        out.say(f"  {count:,} 件: {reason.label('ja')}（{named}）", f"  {count:,}: {reason.label('en')} ({named})")
    waiting = {reason.value: {"count": count, "places": places[reason]} for reason, count in found.quarantined.items()}
    out.answer({"told": found.told, "taken": found.taken, "quarantined": waiting, "not_concerned": not_concerned})
