"""`open`: no office, no account."""

from __future__ import annotations

from pathlib import Path

import click

from azukari.cli.options import json_option, key_option, log_key_option, read_identity, require_new
from azukari.cli.speech import Speech, speech
from azukari.errors import NotFoundError
from azukari.seal.identity import Identity
from azukari.seal.package import Opened, open_package
from azukari.seal.receipt import make_receipt
from azukari.stores.clock import today
from azukari.stores.files import creating, remove
from azukari.tables import write_table


@click.command("open")
@click.argument("package", type=click.Path(path_type=Path))
@key_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="表 / table (csv tsv xlsx parquet)"
)
@click.option("--receipt", "receipt_path", type=click.Path(path_type=Path), help="受領書 / receipt")
@log_key_option
@json_option
@speech
def open_command(
    out: Speech,
    package: Path,
    key_path: Path,
    output: Path,
    receipt_path: Path | None,
    log_key: str | None,
    as_json: bool,
) -> None:
    """包みを検証して開け、表と受領書を書く。 Verify and open PACKAGE; write the table and a signed receipt."""
    out.as_json = as_json
    identity = read_identity(key_path)
    receipt_path = receipt_path or output.with_name(output.name + ".receipt")
    require_new(output, receipt_path)
    opened = _open(package, identity, log_key)
    entry = opened.package.entry
    note = make_receipt(entry, opened.package.entry_bytes, opened.table.height, identity, today())
    written = write_table(opened.table, output)
    try:
        with creating(receipt_path) as file:
            file.write(note)
    except BaseException:
        remove(output)  # a table without its receipt would block the next try
        raise
    _tell(out, opened, output, receipt_path, log_key)
    for warning in written.warnings:
        out.say(
            f"注意: 列「{warning.column}」の {warning.count} 個のセルは、表計算ソフトで数式とみなされるおそれがあります。",
            f"Note: {warning.count} cell(s) of column {warning.column} may be taken for formulae by a spreadsheet.",
        )


def _open(package: Path, identity: Identity, log_key: str | None) -> Opened:
    try:
        with package.open("rb") as source:
            return open_package(source, identity, log_key)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise NotFoundError(package.name) from error


def _tell(out: Speech, opened: Opened, output: Path, receipt_path: Path, log_key: str | None) -> None:
    rows, fields = opened.table.height, [str(field) for field in opened.package.entry.fields]
    out.say(
        f"開けました: {rows} 行、{len(fields)} 列 → {output.name}\n受領書（委託元へ送る）: {receipt_path.name}",
        f"Opened: {rows} rows, {len(fields)} columns -> {output.name}\nReceipt (send it back): {receipt_path.name}",
    )
    if log_key is None:
        out.say(
            f"台帳の鍵（委託元に照合してください）: {opened.package.vkey}",
            f"Ledger key (compare it with the entruster's): {opened.package.vkey}",
        )
    out.answer(
        {
            "handover": opened.package.entry.hand_over,
            "rows": rows,
            "fields": fields,
            "table": str(output),
            "receipt": str(receipt_path),
            "log_key": opened.package.vkey,
        }
    )
