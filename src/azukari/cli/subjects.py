"""`subject`: what a person gets at the counter: the report, the list key, a receipt; another key; erasure.

The local id is personal data: it is asked for, or read from a file or a pipe, and never stands on a command line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from azukari.cli.indexing import make_index, sign
from azukari.cli.options import Office, json_option, office_options, open_office, read_small, require_new
from azukari.cli.speech import Speech, speech
from azukari.completeness.report import Report
from azukari.completeness.shown import show
from azukari.completeness.visit import MAX_VISIT, Visit
from azukari.errors import FormatError, NotFoundError, OptionError
from azukari.fields.days import day_of
from azukari.stores.files import creating

if TYPE_CHECKING:
    from azukari.web.subjects.queries import SubjectInfo

F = TypeVar("F", bound=Callable[..., Any])
_MAX_ID = 1_024  # bytes of a file with one local id


@click.group()
def subject() -> None:
    """本人に渡すもの: 一覧の証明、鍵、消去。 What a person gets: the list with its proof, the key; erasure."""


def _about_somebody(command: F) -> F:
    """The office's options, and where the local id comes from."""
    given = click.option(
        "--of",
        "id_path",
        type=click.Path(path_type=Path),
        help="宛名番号を書いたファイル（無ければ尋ねる）/ file with the local id; else it is asked for",
    )
    return given(office_options(json_option(command)))


def _output(text: str) -> Callable[[F], F]:
    return click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help=text)


@subject.command("report")
@_output("一覧の証明 / the report, *.azl")
@click.option("--visit", "visit_path", type=click.Path(path_type=Path), help="前回の控え / what was kept last time")
@_about_somebody
@speech
def report(
    out: Speech,
    output: Path,
    visit_path: Path | None,
    id_path: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """本人の記載の一覧を、証明つきで書き出す。 Write a person's whole list with its proof."""
    out.as_json = as_json
    require_new(output)
    office = open_office(office_path, keys_path, login)
    person = _person(office, id_path)
    since = None if visit_path is None else Visit.parse(read_small(visit_path, MAX_VISIT)).seen.size
    made = _report(office, person, since)
    _write(output, made.encode())
    _tell(out, made, output)


@subject.command("key")
@_output("鍵を記した書面 / letter with the key")
@_about_somebody
@speech
def key(
    out: Speech,
    output: Path,
    id_path: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """本人の一覧の鍵を書面にする。 Write the letter with a person's list key, to be handed over and kept."""
    out.as_json = as_json
    require_new(output)
    office = open_office(office_path, keys_path, login)
    person = _person(office, id_path)
    from azukari.web.sequencer import queries as sequencer
    from azukari.web.subjects import queries as subjects

    log, held = sequencer.log_of(office.body_id), subjects.list_key(person, office.kek)
    _write(output, _letter(log.origin, log.vkey, held).encode())
    out.say(f"書面を書きました: {output.name}", f"Letter written: {output.name}")
    out.answer({"letter": str(output), "generation": person.generation})


@subject.command("rekey")
@click.option("--reason", default="", help="理由（本人の一覧に載る）/ reason, shown in the person's list")
@_about_somebody
@speech
def rekey(
    out: Speech,
    reason: str,
    id_path: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """本人の鍵を取り替える（誰かに見られたとき）。 Give a person another list key, when somebody saw the old one."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    person = _person(office, id_path)
    from azukari.web.leaves.actions import ending

    noted = ending.rekey(subject_id=person.id, reason=reason, kek=office.kek, by=office.by, at=office.at)
    sign(office)
    out.say(
        f"鍵を取り替えました。前の一覧は {noted.n} 件目で終わり、新しい一覧が始まります。",
        f"The key was replaced: the old list ends with entry {noted.n}, and a new one begins.",
    )
    out.answer({"generation": person.generation + 1, "entries": noted.n})


@subject.command("erase")
@click.option("--ground", required=True, help="消去の根拠 / ground, shown in the last report")
@_output("最後の一覧の証明 / the last report, for the person")
@_about_somebody
@speech
def erase(
    out: Speech,
    ground: str,
    output: Path,
    id_path: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """本人を消去する: 台帳に載せ、最後の証明を渡し、鍵を壊す。 Erase a person: log it, write the last report, destroy the key.

    What was cut off, or waits for auditors or witnesses, is gone on with when the command is repeated.
    """
    out.as_json = as_json
    require_new(output)
    office = open_office(office_path, keys_path, login)
    person = _person(office, id_path)
    from azukari.web.leaves.actions import ending
    from azukari.web.leaves.queries import reporting

    leaf = ending.announce(subject_id=person.id, ground=ground, kek=office.kek, by=office.by, at=office.at)
    make_index(office)
    reporting.require_shown(office.body_id, leaf)
    made = _report(office, person, None)
    _write(output, made.encode())
    ending.destroy(subject_id=person.id, kek=office.kek, by=office.by, at=office.at)
    out.say(
        f"消去しました。最後の証明を本人に渡してください: {output.name}",
        f"Erased. Give the person the last report: {output.name}",
    )
    out.answer({"report": str(output), "entries": [len(one.entries) for one in made.lists]})


@subject.command("receipt")
@click.argument("number", type=click.IntRange(1))
@click.option(
    "--list", "generation", type=click.IntRange(0), help="何番目の鍵の一覧か / list of which key (0: the first)"
)
@_output("一件の証明 / proof of one entry, *.tlog-proof")
@_about_somebody
@speech
def receipt(
    out: Speech,
    number: int,
    generation: int | None,
    output: Path,
    id_path: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """一覧の NUMBER 番目の一件だけの証明を書き出す。 Write the proof of entry NUMBER alone, which tells nothing of the others."""
    out.as_json = as_json
    require_new(output)
    office = open_office(office_path, keys_path, login)
    made = _report(office, _person(office, id_path), None)
    lists = made.lists[-1:] if generation is None else made.lists[generation : generation + 1]
    if not lists or number > len(lists[0].entries):
        raise NotFoundError("there is no such entry")
    _write(output, show(made, lists[0], number))
    out.say(f"一件の証明を書きました: {output.name}", f"Proof of one entry written: {output.name}")
    out.answer({"receipt": str(output), "n": number})


def _person(office: Office, id_path: Path | None) -> SubjectInfo:
    """The person whose local id was given. NotFoundError for one that the body does not know."""
    from azukari.web.subjects import queries as subjects

    found = subjects.known(office.body_id, _local_id(id_path), office.kek)
    if found is None:
        raise NotFoundError("nobody is known by this local id")
    return found


def _local_id(id_path: Path | None) -> str:
    if id_path is not None:
        given = _text(read_small(id_path, _MAX_ID))
    elif sys.stdin.isatty():
        given = str(click.prompt("宛名番号 / local id", hide_input=True, err=True))
    else:
        given = sys.stdin.readline(_MAX_ID)
    if not given.strip():
        raise OptionError("a local id is needed")
    return given.strip()


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError("the file with the local id") from None


def _report(office: Office, person: SubjectInfo, since: int | None) -> Report:
    from azukari.web.leaves.queries.reporting import report as made

    return made(person.id, office.kek, day_of(office.at), since)


def _letter(origin: str, vkey: str, held: bytes) -> str:
    """What the person keeps. The key in groups of four, as people read it."""
    groups = " ".join(held.hex()[at : at + 4] for at in range(0, 2 * len(held), 4))
    return (
        "あなたの記載の一覧の鍵です。ほかの人に見せないでください。\n"
        "見られたおそれがあるときは、窓口で取り替えられます。\n"
        "This is the key to your own list. Show it to nobody; if somebody saw it, ask for another one.\n\n"
        f"鍵 / key\n{groups}\n\n台帳 / ledger\n{origin}\n\n台帳の検証鍵 / its verifier key\n{vkey}\n"
    )


def _write(output: Path, data: bytes) -> None:
    with creating(output) as file:
        file.write(data)


def _tell(out: Speech, made: Report, output: Path) -> None:
    entries = [entry for one in made.lists for entry in one.entries]
    withheld = sum(entry.event is None for entry in entries)
    out.say(
        f"{made.index.entry.at:%Y-%m-%d %H:%M} (UTC) までの記載 {len(entries)} 件（うち未公開 {withheld} 件）: {output.name}",
        f"{len(entries)} entries as of {made.index.entry.at:%Y-%m-%d %H:%M} UTC, {withheld} of them withheld: {output.name}",
    )
    out.answer({"report": str(output), "entries": len(entries), "withheld": withheld, "lists": len(made.lists)})
