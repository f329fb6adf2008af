"""`crossing`, `export`, `import`: what crosses the gap between the two sides of an office, in folders or in one file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import click

from azukari.cli import carrying
from azukari.cli.ledger import stop_on_signal
from azukari.cli.options import confirm, json_option, now, office_options, read_small, require_new
from azukari.cli.outside import write_card
from azukari.cli.rekeying import unlocked
from azukari.cli.sides import OpenSide, open_side
from azukari.cli.speech import Progress, Speech, speech
from azukari.errors import AzukariError, ForeignCrossingError, NotFoundError, OptionError
from azukari.seal.crossing import Side
from azukari.seal.pairing import parse_side_card
from azukari.stores.crossing import crossings_in
from azukari.stores.crossing_file import files_in

if TYPE_CHECKING:
    from azukari.web.crossing.actions.taking import Came

_MOST_SECONDS: Final = 86_400


@click.group()
def crossing() -> None:
    """便。 Crossings between the inside and the outside of an office."""


@crossing.command("card")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="カード / card file")
@click.option("--body", "name", help="外側に機関が複数あるとき / which body, where the outside has several")
@office_options
@json_option
@speech
def card_command(
    out: Speech, output: Path, name: str | None, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """こちら側のカードを書く。 Write the card of this side, to be given to the other; its key is made if need be."""
    out.as_json = as_json
    require_new(output)
    opened = open_side(office_path, keys_path, login)
    from azukari.web.crossing.actions import pairing

    body_id = _chosen_body(opened, name)
    if opened.side is Side.INSIDE:
        pairing.prepare(body_id=body_id, side=Side.INSIDE, kek=opened.kek, by=opened.by, at=opened.at)
    made = write_card(body_id, opened.kek, output)
    out.say(
        f"カードを書きました: {output.name}\n指紋（読み上げる）: {made.fingerprint}",
        f"Card written: {output.name}\nFingerprint (read it out): {made.fingerprint}",
    )
    out.answer({"card": str(output), "side": made.side.value, "fingerprint": made.fingerprint})


@crossing.command("pair")
@click.argument("card_file", type=click.Path(path_type=Path))
@click.option("--fingerprint", required=True, help="聞いた指紋 / fingerprint that was read out by the other side")
@office_options
@json_option
@speech
def pair(
    out: Speech,
    card_file: Path,
    fingerprint: str,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """相手側の鍵を、指紋で確かめて登録する。 Pin the keys of the other side, whose card is CARD_FILE."""
    out.as_json = as_json
    card = parse_side_card(read_small(card_file))
    opened = open_side(office_path, keys_path, login)
    from azukari.web.crossing.actions import pairing

    body_id = UUID(hex=card.body)
    if body_id not in opened.bodies:
        raise ForeignCrossingError("a card of another body")
    if opened.side is Side.INSIDE:
        pairing.prepare(body_id=body_id, side=Side.INSIDE, kek=opened.kek, by=opened.by, at=opened.at)
    carrying.pair(opened, card, fingerprint)
    out.say(f"組み合わせました: {card.name}", f"Paired: {card.name}")
    out.answer({"body": card.body, "side": card.side.value, "paired": True})


@crossing.command("renew")
@click.option("--body", "name", help="外側に機関が複数あるとき / which body, where the outside has several")
@click.option("--yes", is_flag=True, help="尋ねずに行う / do not ask")
@office_options
@json_option
@speech
def renew(
    out: Speech, name: str | None, yes: bool, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """控えから戻した後、両側で組合せをやり直す。 After a restore: a new key and no chain; do it on both sides, then pair."""
    out.as_json = as_json
    opened = open_side(office_path, keys_path, login)
    body_id = _chosen_body(opened, name)
    confirm(
        out.pick(
            "届いていない便は、組み合わせた後にもう一度出ます。", "Crossings that have not arrived go again later."
        ),
        yes,
    )
    carrying.renew(opened, body_id)
    out.say(
        "やり直します。crossing card と crossing pair を両側で行ってください。",
        "Now crossing card and crossing pair, on both sides.",
    )
    out.answer({"body": body_id.hex, "renewed": True})


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="1 つのファイル（.azx）に / as one file")
@click.option("--body", "name", help="外側に機関が複数あるとき / which body, where the outside has several")
@office_options
@json_option
@speech
def export_command(
    out: Speech,
    folder: Path | None,
    file: Path | None,
    name: str | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """便を書き出す。 Write to FOLDER, or to one file, what is new for the other side, and what has not arrived there yet."""
    out.as_json = as_json
    _require_place(folder, file)
    opened = open_side(office_path, keys_path, login)
    done = []
    for body_id in _going_out(opened, name, file):
        if file is not None:
            done.append(carrying.export_file(opened, body_id, file))
        elif folder is not None:
            done.append(carrying.export(opened, body_id, folder, Progress(out.pick("書き出し", "writing"))))
        _tell_written(out, done[-1])
    names = [name for written in done for name in written.names]
    out.answer({"made": sum(one.made for one in done), "items": sum(one.items for one in done), "crossings": names})


def _require_place(folder: Path | None, file: Path | None) -> None:
    if (folder is None) == (file is None):
        raise OptionError("FOLDER or --file, one of the two")
    if file is not None:
        require_new(file)
    if folder is not None:
        carrying.require_folder(folder)


def _going_out(opened: OpenSide, name: str | None, file: Path | None) -> list[UUID]:
    """The bodies whose crossings are to be written: each paired one, or the one that was named. A file is of one body."""
    found = carrying.paired(opened)
    if name is None and (file is None or len(found) == 1):
        return found
    chosen = _chosen_body(opened, name)
    return [body_id for body_id in found if body_id == chosen]


@click.command("import")
@click.argument("place", metavar="FOLDER|FILE", type=click.Path(path_type=Path))
@office_options
@json_option
@speech
def import_command(
    out: Speech, place: Path, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """便を取り込む。 Take the crossing in FOLDER or in one FILE (.azx), or all those in it that are next."""
    out.as_json = as_json
    opened = open_side(office_path, keys_path, login)
    done, progress = [], Progress(out.pick("取込み", "taking"))
    with carrying.laid_down(place, progress) as folder:
        for found in carrying.chosen(opened, folder):
            done.append(carrying.take(opened, found, progress))
            _tell_came(out, done[-1])
    if not done:
        out.say("新しい便はありません。", "There is no new crossing.")
    out.answer({"crossings": [_answer(came) for came in done]})


@crossing.command("run")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="出す先 / where to write")
@click.option("--from", "source", type=click.Path(path_type=Path), required=True, help="来る所 / where to look")
@click.option("--every", type=click.IntRange(1, _MOST_SECONDS), default=60, show_default=True, help="秒 / seconds")
@click.option("--file", "as_file", is_flag=True, help="1 つのファイル（.azx）で出す / write one file, not folders")
@click.option("--times", type=click.IntRange(1), help="この回数で終わる / end after so many rounds")
@office_options
@json_option
@speech
def run(
    out: Speech,
    folder: Path,
    source: Path,
    every: int,
    as_file: bool,
    times: int | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """便を自動で受け渡す。 Take and write again and again, until ended: for a body without a wall, or beside a stick.

    One process for each side, each with the other's folders. Files (.azx) that somebody puts there are taken as folders are.
    """
    out.as_json = as_json
    if folder.resolve() == source.resolve():
        raise OptionError("--to and --from are two folders")
    opened = open_side(office_path, keys_path, login)
    for place in (folder, source):
        carrying.require_folder(place)
    carrying.paired(opened)
    out.say("受渡しを始めます。", "Carrying.")
    stop, rounds, carried = stop_on_signal(), 0, Carried(source, folder, as_file)
    with unlocked(office_path):
        while not stop.is_set() and rounds != times:
            _round(out, opened, carried)
            rounds += 1
            if rounds != times:
                stop.wait(every)
    out.answer({"rounds": rounds})


@dataclass
class Carried:
    """自動の受渡し。 Where one side takes and writes, and the files that hold nothing more for it, with their size and time."""

    source: Path
    folder: Path
    as_file: bool
    done: set[tuple[Path, int, int]] = field(default_factory=set)


def _round(out: Speech, opened: OpenSide, carried: Carried) -> None:
    """One round; what fails is told, and tried again in the next one. What cannot be taken keeps nothing from going out."""
    from azukari.web import office

    fresh = OpenSide(opened.side, opened.kek, opened.bodies, opened.by, now())
    for part in (_take_next, _take_files, _write_next):
        try:
            with office.one_round():
                part(out, fresh, carried)
        except AzukariError as error:
            click.echo(f"azukari: {error.sentence(out.language)}", err=True)


def _take_next(out: Speech, opened: OpenSide, carried: Carried) -> None:
    for found in carrying.next_of(opened, crossings_in(carried.source)):
        _tell_came(out, carrying.take(opened, found, _silent))


def _take_files(out: Speech, opened: OpenSide, carried: Carried) -> None:
    """One that is still being copied, or waits for another one, is looked at again; one bad file stops no other."""
    broken = list[AzukariError]()
    for path in files_in(carried.source):
        known = path.stat()
        key = (path, known.st_size, known.st_mtime_ns)
        if key not in carried.done:
            try:
                _take_file(out, opened, path)
                carried.done.add(key)
            except AzukariError as error:
                broken.append(error)
    if broken:
        raise broken[0]


def _take_file(out: Speech, opened: OpenSide, path: Path) -> None:
    with carrying.laid_down(path, _silent) as folder:
        for found in carrying.next_of(opened, crossings_in(folder)):
            _tell_came(out, carrying.take(opened, found, _silent))


def _write_next(out: Speech, opened: OpenSide, carried: Carried) -> None:
    for body_id in carrying.paired(opened):
        if carried.as_file:
            carrying.export_into(opened, body_id, carried.folder)
        else:
            carrying.export(opened, body_id, carried.folder, _silent)
            carrying.tidy(opened, body_id, carried.folder)


def _silent(done: int, total: int) -> None:
    """Nobody watches a loop."""


def _tell_written(out: Speech, written: carrying.Written) -> None:
    names = ", ".join(written.names)
    out.say(
        f"新しい便 {written.made} 通（{written.items} 件）。届いていない便: {names or 'なし'}",
        f"{written.made} new crossing(s), {written.items} item(s). Not arrived yet: {names or 'none'}",
    )


def _tell_came(out: Speech, came: Came) -> None:
    out.say(
        f"第 {came.sequence} 便を取り込みました: {came.taken} 件",
        f"Crossing no. {came.sequence} taken: {came.taken} item(s)",
    )
    for one in came.refused:
        out.say(f"  取り込めない品 {one.kind}: {one.sentence('ja')}", f"  refused {one.kind}: {one.sentence('en')}")


def _answer(came: Came) -> dict[str, Any]:
    refused = [{"kind": one.kind, "id": one.id.hex, "error": one.error.word} for one in came.refused]
    return {"sequence": came.sequence, "taken": came.taken, "refused": refused}


def _chosen_body(opened: OpenSide, name: str | None) -> UUID:
    """The one body, or the one that was named by its id or name. OptionError, NotFoundError."""
    from azukari.web.accounts import queries

    if name is None and len(opened.bodies) > 1:
        raise OptionError("--body: there are several")
    for body_id in opened.bodies:
        if name in (None, body_id.hex, queries.body(body_id).name):
            return body_id
    raise NotFoundError("body")
