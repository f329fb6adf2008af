"""`ledger index`, `ledger audit-policy`, `ledger audit-answer`: the office's own index, and who audits it."""

from __future__ import annotations

from pathlib import Path

import click

from azukari.cli.options import Office, json_option, now, office_options, open_office, read_small
from azukari.cli.speech import Speech, speech
from azukari.ledger.limits import LIMITS
from azukari.stores.remote import ask_witness


@click.command("index")
@office_options
@json_option
@speech
def index(out: Speech, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """全ての葉の索引を作り、台帳に載せて署名する。 Index all leaves, log its root and sign that."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    make_index(office)
    from azukari.web.leaves.queries import epochs

    made = epochs.newest(office.body_id)
    assert made is not None
    out.say(
        f"索引を作りました: 記載 {made.count} 件、深さ {made.depth}", f"Indexed {made.count} leaves, depth {made.depth}"
    )
    out.answer({"size": made.size, "count": made.count, "depth": made.depth, "root": made.root.hex()})


def make_index(office: Office) -> None:
    """A new index, under a signed checkpoint that the witnesses were asked for."""
    from azukari.web.leaves.actions import epoch

    epoch.make(body_id=office.body_id, by=office.by, at=now())
    sign(office)


def sign(office: Office) -> None:
    """A checkpoint over everything so far; the witnesses are asked."""
    from azukari.web.leaves.actions import keeping

    keeping.sign(body_id=office.body_id, kek=office.kek, ask=ask_witness, by=office.by, at=now())


@click.command("audit-policy")
@click.argument("policy_path", type=click.Path(path_type=Path), required=False)
@office_options
@json_option
@speech
def audit_policy(
    out: Speech, policy_path: Path | None, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """監査人の定め（C2SP tlog-policy）を採用する。 Adopt a policy of auditors; without POLICY_PATH show the one in force."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.leaves.actions import auditing as action
    from azukari.web.leaves.queries import auditing

    if policy_path is not None:
        text = read_small(policy_path, LIMITS.policy_bytes)
        action.adopt(body_id=office.body_id, text=text, by=office.by, at=office.at)
    current = auditing.policy(office.body_id)
    names, quorum = (list(current.witnesses), current.quorum) if current else ([], "none")
    out.say(
        f"監査人: {'、'.join(names) or 'なし'}　必要: {quorum}", f"auditors: {', '.join(names) or 'none'}; {quorum}"
    )
    out.answer({"auditors": names, "quorum": quorum})


@click.command("audit-answer")
@click.argument("answer_path", type=click.Path(path_type=Path))
@office_options
@json_option
@speech
def audit_answer(
    out: Speech, answer_path: Path, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """監査人が連署した状態を取り込む。 Take in the checkpoint that an auditor cosigned (`ledger audit-index -o`)."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.leaves.actions import auditing as action

    note = read_small(answer_path, LIMITS.note_bytes)
    size = action.take_answer(body_id=office.body_id, note=note, by=office.by, at=office.at)
    out.say(f"台帳 {size} 件までの索引の監査を加えました。", f"The index is audited up to {size} ledger entries.")
    out.answer({"size": size})
