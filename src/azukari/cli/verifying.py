"""`verify`: package, receipt, certificate, proof, list, evidence or ledger folder, offline; no office, no account."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from azukari.cli.consigned import is_consignment_proof, tell_proof, tell_receipt
from azukari.cli.listing import Asked, is_list, tell_list
from azukari.cli.options import json_option, log_key_option, read_identity, read_small
from azukari.cli.single import MARK as SINGLE
from azukari.cli.single import tell_entry
from azukari.cli.speech import Speech, speech
from azukari.errors import FormatError, NotFoundError, NotRecomputed, OptionError
from azukari.evidence.bundle import EVIDENCE, Excluded
from azukari.evidence.verifying import Verified, verify_bundle
from azukari.ledger import Verifier, open_checkpoint
from azukari.seal.certificate import CERTIFICATE, MAX_CERTIFICATE, SUFFIX, Certificate, verify_certificate
from azukari.seal.consignment import RECEIPT as CONSIGNMENT_RECEIPT
from azukari.seal.manifest import SMALL_BAND
from azukari.seal.package import verify_package
from azukari.seal.receipt import RECEIPT, verify_receipt
from azukari.stores.clock import today
from azukari.stores.folder import check_folder
from azukari.trace.finding import NULL_HYPOTHESIS

MAX_EVIDENCE: Final = 256 << 20  # bytes


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--specimen", type=click.Path(path_type=Path), help="標本ファイル / specimen.age or specimen.json")
@click.option(
    "-i",
    "--key",
    "key_path",
    type=click.Path(path_type=Path),
    help="標本を開ける鍵、許諾書や証明が自分宛てかを確かめる鍵、又は一覧の鍵 / key for specimen.age; own key that a certificate or proof must name; list key",
)
@click.option(
    "--package",
    "package_path",
    type=click.Path(path_type=Path),
    help="受領書の包み、又は票 / package or slip of a receipt",
)
@click.option("--policy", type=click.Path(path_type=Path), help="一覧: 証人の定め / of a list: policy of witnesses")
@click.option("--auditors", type=click.Path(path_type=Path), help="一覧: 監査人の定め / of a list: policy of auditors")
@click.option("--visit", type=click.Path(path_type=Path), help="一覧: 前回の控え / of a list: what the last visit kept")
@click.option(
    "--keep", type=click.Path(path_type=Path), help="一覧: 今回の控えの置き場所 / of a list: where to keep this one"
)
@log_key_option
@json_option
@speech
def verify(
    out: Speech,
    file: Path,
    specimen: Path | None,
    key_path: Path | None,
    package_path: Path | None,
    policy: Path | None,
    auditors: Path | None,
    visit: Path | None,
    keep: Path | None,
    log_key: str | None,
    as_json: bool,
) -> None:
    """包み・受領書・許諾書・受渡しの証明・本人の一覧・証拠・台帳を、通信なしで検証する。 Verify FILE (or a ledger folder) offline."""
    out.as_json = as_json
    if not file.exists():
        raise NotFoundError(file.name)
    if file.is_dir():
        _ledger(out, file, log_key)
    elif _starts(file, RECEIPT.encode()):
        _receipt(out, file, _of_receipt(package_path), log_key)
    elif _starts(file, CONSIGNMENT_RECEIPT.encode()):
        tell_receipt(out, file, _of_receipt(package_path))
    elif _starts(file, SINGLE):
        tell_entry(out, file, log_key, policy)
    elif is_consignment_proof(file):
        tell_proof(out, file, key_path, log_key)
    elif _is_certificate(file):
        _certificate(out, file, key_path, log_key)
    elif is_list(file, _head_and_tail(file)):
        tell_list(out, file, Asked(log_key, policy, auditors, key_path, visit, keep))
    elif EVIDENCE.encode() in _head_and_tail(file):
        _evidence(out, file, specimen, key_path, log_key)
    else:
        _package(out, file, log_key)


def _head_and_tail(file: Path) -> bytes:
    with file.open("rb") as source:
        if source.read(1) != b"{":
            return b""
        source.seek(max(0, file.stat().st_size - 4096))
        return source.read()


def _is_certificate(file: Path) -> bool:
    """By its name, or by its type: the last member of canonical JSON with these members."""
    return file.suffix.lower() == SUFFIX or _head_and_tail(file).endswith(f'"type":"{CERTIFICATE}"}}'.encode())


def _starts(file: Path, mark: bytes) -> bool:
    with file.open("rb") as source:
        return source.read(len(mark)) == mark


def _package(out: Speech, file: Path, log_key: str | None) -> None:
    with file.open("rb") as source:
        package = verify_package(source, log_key)
    fields = [str(field) for field in package.entry.fields]
    labels = [field.label(out.language) for field in package.entry.fields]
    rows = package.entry.rows
    out.say(
        f"成り立ちます。この包みは台帳のとおりです（{'10 行未満' if rows is None else f'{rows} 行'}、項目: {'、'.join(labels)}）。",
        f"It holds. The package is what the ledger says ({'<10' if rows is None else rows} rows, "
        f"fields: {', '.join(labels)}).",
    )
    _key_used(out, package.vkey, log_key)
    out.answer(
        {
            "verdict": "holds",
            "kind": "package",
            "handover": package.entry.hand_over,
            "fields": fields,
            "rows": "<10" if rows is None else rows,
            "tree_size": package.tree_size,
            "log_key": package.vkey,
        }
    )


def _key_used(out: Speech, vkey: str, pinned: str | None) -> None:
    if pinned is None:
        out.say(
            f"台帳の鍵（委託元に照合してください）: {vkey}", f"Ledger key (compare it with the entruster's): {vkey}"
        )


def _of_receipt(path: Path | None) -> Path:
    """The package or slip that a receipt is for."""
    if path is None:
        raise OptionError("--package")
    if not path.is_file():
        raise NotFoundError(path.name)
    return path


def _receipt(out: Speech, file: Path, package_path: Path, log_key: str | None) -> None:
    with package_path.open("rb") as source:
        package = verify_package(source, log_key)
    receipt = verify_receipt(read_small(file, 1 << 20), package.entry, package.entry_bytes)
    out.say(
        f"成り立ちます。{receipt.grade.label('ja')}、{receipt.rows} 行、{receipt.day}",
        f"It holds. {receipt.grade.label('en')}, {receipt.rows} rows, {receipt.day}",
    )
    out.answer({"verdict": "holds", "kind": "receipt", "grade": receipt.grade.value, "handover": receipt.hand_over})


def _certificate(out: Speech, file: Path, key_path: Path | None, log_key: str | None) -> None:
    own = None if key_path is None else read_identity(key_path).vkey
    with file.open("rb") as source:
        data = source.read(MAX_CERTIFICATE + 1)  # one more, so that what is too large is refused as such
    found = verify_certificate(data, today=today(), vkey=log_key, party_vkey=own)
    out.say(f"成り立ちます。{found.sentence('ja')}", f"It holds. {found.sentence('en')}")
    for ja, en in _certificate_facts(found):
        out.say(f"  {ja}", f"  {en}")
    out.say(
        f"{found.as_of} より後に取り消されていないことまでは示しません。取消しは台帳で公開されます。",
        f"It does not show that nothing was revoked after {found.as_of}; a revocation is public in the ledger.",
    )
    _tell_unchecked(out, found, own, log_key)
    out.answer(_certificate_as_json(found, own, log_key))


def _certificate_facts(found: Certificate) -> list[tuple[str, str]]:
    """Japanese and English lines; a text of several lines stays one."""
    entry = found.permission
    labels = [[field.label(language) for field in entry.fields] for language in ("ja", "en")]
    people = ("10 人未満", "<10") if entry.people is None else (f"{entry.people} 人まで", f"at most {entry.people}")
    report = entry.report.label("ja"), entry.report.label("en")
    purpose, safeguards, evidence = (
        " / ".join(text.splitlines()) for text in (found.purpose, found.safeguards, found.evidence)
    )
    facts = [
        (f"許諾した機関: {found.body_name}", f"permitted by: {found.body_name}"),
        (f"再委託する者: {found.asker_name}", f"re-entrusted by: {found.asker_name}"),
        (f"再委託を受ける者: {found.party_name}", f"re-entrusted to: {found.party_name}"),
        (f"取り扱う国: {entry.country}", f"handled in: {entry.country}"),
        (f"項目: {'、'.join(labels[0])}", f"fields: {', '.join(labels[1])}"),
        (f"人数: {people[0]}", f"people: {people[1]}"),
        (f"期間: {entry.starts_on} から {entry.expires_on} まで", f"period: {entry.starts_on} to {entry.expires_on}"),
        (
            f"方式: {entry.mode.label('ja')}（決定 {entry.decided}、報告 {report[0]}）",
            f"mode: {entry.mode.label('en')} (decided {entry.decided}, reports {report[1]})",
        ),
        (f"目的: {purpose}", f"purpose: {purpose}"),
        (f"安全管理措置: {safeguards}", f"safeguards: {safeguards}"),
    ]
    return facts + ([(f"根拠: {evidence}", f"evidence: {evidence}")] if evidence else [])


def _tell_unchecked(out: Speech, found: Certificate, own: str | None, log_key: str | None) -> None:
    """What the reader has not let us check; silence would read as a check."""
    if own is None:
        out.say(
            "あなた宛てかは確かめていません（-i で自分の鍵を指定）。",
            "Not checked whether it is for you (-i with your key).",
        )
    else:
        out.say("あなたの鍵宛てです。", "It is for your key.")
    if log_key is None:
        out.say(
            "台帳の鍵を指定していないため、誰の台帳かは確かめていません（--log-key）。",
            "No ledger key was pinned, so whose ledger this is was not checked (--log-key).",
        )
    _key_used(out, found.vkey, log_key)


def _certificate_as_json(found: Certificate, own: str | None, log_key: str | None) -> dict[str, Any]:
    entry = found.permission
    return {
        "verdict": "holds",
        "kind": "certificate",
        "as_of": found.as_of,
        "permission": entry.permission,
        "body": found.body_name,
        "asker": found.asker_name,
        "party": found.party_name,
        "country": entry.country,
        "fields": [str(field) for field in entry.fields],
        "people": SMALL_BAND if entry.people is None else entry.people,
        "starts_on": entry.starts_on,
        "expires_on": entry.expires_on,
        "decided": entry.decided,
        "mode": entry.mode.value,
        "report": entry.report.value,
        "renews": entry.renews,
        "purpose": found.purpose,
        "safeguards": found.safeguards,
        "evidence": found.evidence,
        "own_key_checked": own is not None,
        "tree_size": found.tree_size,
        "log_key": found.vkey,
        "log_key_pinned": log_key is not None,
    }


def _evidence(out: Speech, file: Path, specimen: Path | None, key_path: Path | None, log_key: str | None) -> None:
    data = read_small(file, MAX_EVIDENCE)
    opened = None if specimen is None else _specimen(specimen, key_path)
    try:
        result = verify_bundle(data, opened, vkey=log_key)
    except NotRecomputed as without:
        result = without.facts["result"]  # type: ignore[assignment] # set where it is raised
        _tell(out, result, "not-recomputed")
        if out.as_json:
            raise click.exceptions.Exit(without.code) from None
        raise
    _tell(out, result, "holds")


def _specimen(path: Path, key_path: Path | None) -> bytes:
    data = read_small(path, MAX_EVIDENCE)
    if data.startswith(b"{"):
        return data
    if key_path is None:
        raise OptionError("-i")
    return read_identity(key_path).decrypt(data)


def _tell(out: Speech, result: Verified, verdict: str) -> None:
    for hand_over, e in result.accused.items():
        out.say(
            f"写し {hand_over}: E = 2^{e:.1f} ≧ 2^{result.threshold:.1f}　この標本はこの写しに由来します。",
            f"Copy {hand_over}: E = 2^{e:.1f} >= 2^{result.threshold:.1f}  the sample comes from this copy.",
        )
    for one in result.excluded.values():
        _tell_exclusion(out, one)
    out.say(
        f"受渡し {result.hand_overs} 件、この事案の標本 {result.specimens_in_case} 件、誤って名指しする確率の上限 {result.bound:g}",
        f"{result.hand_overs} hand-overs, {result.specimens_in_case} specimen(s) in this case, "
        f"bound on a false accusation {result.bound:g}",
    )
    out.say(NULL_HYPOTHESIS["ja"], NULL_HYPOTHESIS["en"])
    out.answer(_as_json(result, verdict))


def _tell_exclusion(out: Speech, one: Excluded) -> None:
    """Rows that a copy lacks are the body's word alone; a field that it never held follows from its entry."""
    label = one.grade.label(out.language)
    if one.field is None:
        out.say(
            f"写し {one.hand_over}: 除外。標本の行を含まない（機関の申告のみ）",
            f"Copy {one.hand_over}: excluded, lacks rows of the sample (the body's word alone)",
        )
    else:
        out.say(
            f"写し {one.hand_over}: 除外。{one.field} を渡していない（{label}）",
            f"Copy {one.hand_over}: excluded, never held {one.field} ({label})",
        )


def _as_json(result: Verified, verdict: str) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "kind": "evidence",
        "accused": list(result.accused),
        "log2_e": dict(result.accused),
        "excluded": {
            x.hand_over: {"grade": x.grade.value, "field": None if x.field is None else str(x.field)}
            for x in result.excluded.values()
        },
        "n": result.hand_overs,
        "k": result.specimens_in_case,
        "bound": result.bound,
        "threshold": result.threshold,
    }


def _ledger(out: Speech, folder: Path, log_key: str | None) -> None:
    if log_key is None:
        raise OptionError("--log-key")
    verifier = Verifier.parse(log_key)
    try:
        note = read_small(folder / "checkpoint", 1 << 20)
    except NotFoundError as error:
        raise FormatError("no checkpoint in this folder") from error
    checkpoint = open_checkpoint(note, verifier.name, [verifier])
    check_folder(folder, checkpoint)
    out.say(f"成り立ちます。台帳 {checkpoint.size} 件", f"It holds. {checkpoint.size} ledger entries")
    out.answer({"verdict": "holds", "kind": "ledger", "size": checkpoint.size, "root": checkpoint.root.hex()})
