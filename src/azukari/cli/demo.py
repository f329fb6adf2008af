"""`demo`: the whole story on fictitious people, in one command."""

from __future__ import annotations

import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from azukari.cli.options import json_option
from azukari.cli.showing import show
from azukari.cli.speech import Progress, Speech, speech
from azukari.cli.story import FIRMS, LEAKS, Cast, Told, tell
from azukari.cli.tracing import tell as tell_finding
from azukari.errors import OptionError, StateError
from azukari.testing.cast import PARTIES

_STAGES = {
    "people": ("架空の人を作る", "make fictitious people"),
    "office": ("機関を開設する", "found the office"),
    "register": ("相手と委託を登録する", "register parties and entrustments"),
    "seal": ("封印する（4 社）", "mark and seal (4 firms)"),
    "cross": ("内と外のあいだを運ぶ", "carry over the gap and back"),
    "open": ("受け取り、開けて、受領書を出す", "fetch, open, hand receipts in"),
    "leak": ("流出", "the leak"),
    "trace": ("追跡する", "trace"),
    "disclose": ("証拠を開示する", "disclose evidence"),
    "list": ("一人の一覧を作り、確かめる", "make one person's list, and check it"),
    "verify": ("別のプログラムで検証する", "verify with an independent program"),
}


@click.command()
@click.option("--people", type=click.IntRange(120, 12_000_000), default=50_000, show_default=True, help="人数 / people")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="乱数の種 / seed")
@click.option(
    "--leaker",
    type=click.Choice([f.slug for f in FIRMS]),
    default=FIRMS[1].slug,
    show_default=True,
    help="漏らす会社 / leaker",
)
@click.option("--leak", type=click.Choice(LEAKS), default="ours", show_default=True, help="何が漏れるか / what leaks")
@click.option("--rows", type=click.IntRange(1), default=60, show_default=True, help="漏れる行数 / leaked rows")
@click.option(
    "--keep", type=click.Path(path_type=Path), help="ここに残す（空のフォルダー）/ keep everything in this folder"
)
@click.option("--serve", is_flag=True, help="終わったら両側の画面を開く / afterwards show both faces in a browser")
@click.option(
    "--port", type=click.IntRange(1, 65_534), default=8760, show_default=True, help="そのポート / of the first face"
)
@json_option
@speech
def demo(
    out: Speech,
    people: int,
    seed: int,
    leaker: str,
    leak: str,
    rows: int,
    keep: Path | None,
    serve: bool,
    port: int,
    as_json: bool,
) -> None:
    """架空の 4 社に渡し、一部が漏れ、どの写しからかを突き止め、第三者が確かめる。 Hand over, leak, trace, verify."""
    out.as_json = as_json
    if serve and as_json:
        raise OptionError("--serve and --json do not go together")
    cast = Cast(people, seed, leaker, leak, rows)
    with _folder(keep) as name:
        out.say(
            f"架空の {people:,} 人の記録を 4 社に渡し、{PARTIES[leaker].ja} の写しから {rows} 行が漏れます（種 {seed}）。"
            if leak == "ours"
            else f"架空の {people:,} 人の記録を 4 社に渡します。出てきた {rows} 行は、どの写しのものでもありません（種 {seed}）。",
            f"Records of {people:,} fictitious people go to 4 firms; {rows} rows leak from the copy of "
            f"{PARTIES[leaker].en} (seed {seed})."
            if leak == "ours"
            else f"Records of {people:,} fictitious people go to 4 firms; the {rows} rows that turn up are from none "
            f"of the copies (seed {seed}).",
        )
        bars: dict[str, Progress] = {}
        told = tell(cast, Path(name), lambda stage, done, total: _progress(bars, out, stage)(done, total))
        _report(out, told)
        if serve:
            show(out, Path(name), told.codes, port)
    out.answer(told.as_json() | {"peak_memory_mb": peak_memory_mb()})


def _folder(keep: Path | None) -> AbstractContextManager[str]:
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="azukari-demo-")
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        raise StateError(f"{keep.name} is not empty")
    return nullcontext(str(keep))


def _progress(bars: dict[str, Progress], out: Speech, stage: str) -> Progress:
    label = out.pick("追跡", "tracing") if stage == "trace" else out.pick(PARTIES[stage].ja, PARTIES[stage].en)
    return bars.setdefault(stage, Progress(label))


def _report(out: Speech, told: Told) -> None:
    assert told.finding is not None  # told to the end
    owners = {h: out.pick(PARTIES[slug].ja, PARTIES[slug].en) for h, slug in told.hand_overs.items()}
    tell_finding(out, told.finding, owners)
    if told.checked:
        out.say(
            f"独立した検証プログラム（verifier/）: {told.checked.get('verdict')}",
            f"Independent verifier (verifier/): {told.checked.get('verdict')}",
        )
    _report_list(out, told)
    out.say("所要時間（秒）:", "Seconds:")
    for name, seconds in told.seconds.items():
        out.say(f"  {seconds:7.2f}  {_STAGES[name][0]}", f"  {seconds:7.2f}  {_STAGES[name][1]}")
    total, memory = sum(told.seconds.values()), peak_memory_mb()
    shown = "" if memory is None else f"{memory:,} MB"
    out.say(f"  {total:7.2f}  合計　最大メモリー {shown}", f"  {total:7.2f}  in all, peak memory {shown}")


def _report_list(out: Speech, told: Told) -> None:
    """What one of the people reads of their own data, and whether nothing is missing."""
    assert told.own_list is not None  # told to the end
    out.say(
        f"本人の一人が見る一覧（{len(told.own_list.events)} 件）と、その検証: {told.own_list.verdict}",
        f"What one of the people reads ({len(told.own_list.events)} entries), verified: {told.own_list.verdict}",
    )
    for event in told.own_list.events:
        fields = (
            "、".join(each.label("ja") for each in event.fields),
            ", ".join(each.label("en") for each in event.fields),
        )
        out.say(
            f"  {event.day} {event.act.label('ja')}: {event.party}（{event.purpose}）{fields[0]}",
            f"  {event.day} {event.act.label('en')}: {event.party} ({event.purpose}) {fields[1]}",
        )


def peak_memory_mb() -> int | None:
    """The most memory this process has held, in MB; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
