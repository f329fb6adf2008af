"""The office keeps no clear copy: its directory without the keys exposes nobody, its ledger names nobody."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from azukari.cli.main import run
from azukari.errors import KeyFileError
from azukari.seal.identity import Identity, card_of
from azukari.stores.keys import create_key_file, open_key_file
from azukari.testing import fictitious_people

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp932")
# Columns whose every cell is long enough to be found by itself only where it was written.
TELLING = ("宛名番号", "氏名", "フリガナ", "電話番号", "住所", "個人番号", "配偶者氏名")


def do(*arguments: object) -> None:
    assert run([*map(str, arguments)]) == 0, arguments[0]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office that sealed, took a receipt and a return, traced and disclosed, and exported its ledger."""
    folder = tmp_path_factory.mktemp("secrecy")
    at = ["--office", folder / "office", "--keys", folder / "office.key"]
    fictitious_people(400, 5).write_csv(folder / "table.csv")
    do("init", folder / "office", "--keys", folder / "office.key", "--oversight", folder / "oversight", "--body", "b",
       "--origin", "ledger.example/b", "--officer", "o")  # fmt: skip
    do("keygen", folder / "firm")
    do("party", "add", folder / "firm.card", "--name", "f", "-o", folder / "challenge", *at)
    do("answer", folder / "challenge", "-i", folder / "firm", "-o", folder / "answer")
    fingerprint = card_of(Identity.parse((folder / "firm").read_text())).fingerprint
    do("party", "confirm", "f", folder / "answer", "--fingerprint", fingerprint, *at)
    today = datetime.now(UTC).date()
    fields = "name,kana,phone,address,individual-number,name/spouse"
    do("entrust", "--party", "f", "--title", "t", "--purpose", "p", "--fields", fields,
       "--from", today, "--until", today + timedelta(days=3), *at)  # fmt: skip
    do("seal", folder / "table.csv", "--entrustment", "t", "--to", "f", "-o", folder / "p.azk", *at)
    do("open", folder / "p.azk", "-i", folder / "firm", "-o", folder / "rows.csv")
    do("receipt", folder / "rows.csv.receipt", *at)
    do("trace", folder / "rows.csv", "-o", folder / "finding.json", *at)
    do("disclose", folder / "finding.json", "--evidence", folder / "evidence.json", "--specimen", folder / "s.age",
       "--to", folder / "firm.card", "--yes", *at)  # fmt: skip
    do("ledger", "export", folder / "ledger", *at)
    return folder


def planted(folder: Path) -> list[bytes]:
    """Every telling cell of the table as it was read and as it was delivered, in every encoding."""
    table = fictitious_people(400, 5)
    cells = {cell for header in TELLING for cell in table[header].to_list() if len(cell) > 3}
    cells |= {cell.replace("\u3000", "").replace("-", "") for cell in cells}
    return [cell.encode(encoding, "ignore") for cell in cells for encoding in ENCODINGS]


def found(files: list[Path], needles: list[bytes]) -> list[str]:
    return [path.name for path in files for data in [path.read_bytes()] for needle in needles if needle in data]


def test_office_directory_when_lost_without_the_keys_then_no_planted_value_is_in_any_byte(office: Path) -> None:
    files = [path for path in (office / "office").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".sqlite3", ".record", ".azk", ".specimen"}
    assert found([office / "table.csv"], planted(office)), "the scan finds what is there"
    assert found(files, planted(office)) == []


def test_ledger_evidence_and_finding_when_published_then_no_planted_value_is_in_any_byte(office: Path) -> None:
    exported = [path for path in (office / "ledger").rglob("*") if path.is_file()]
    assert exported
    assert found([*exported, office / "evidence.json", office / "finding.json"], planted(office)) == []


def test_keys_when_compared_then_index_slot_record_and_log_keys_all_differ(office: Path) -> None:
    kek = open_key_file(office / "office.key", None)
    with sqlite3.connect(office / "office/office.sqlite3") as database:
        (hand_over, k_h, record), (snapshot, index), (log, seed) = (
            database.execute(f"select {columns} from {table}").fetchone()
            for columns, table in (
                ("id, wrapped_key, wrapped_data_key", "custody_handover"),
                ("id, wrapped_index_key", "custody_snapshot"),
                ("id, wrapped_key", "sequencer_log"),
            )
        )
    database.close()
    import uuid

    keys = {
        kek.unwrap(k_h, f"handover/{uuid.UUID(hand_over)}/key"),
        kek.unwrap(record, f"handover/{uuid.UUID(hand_over)}/record"),
        kek.unwrap(index, f"snapshot/{uuid.UUID(snapshot)}/index"),
        kek.unwrap(seed, f"log/{uuid.UUID(log)}/key"),
    }
    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)
    with pytest.raises(KeyFileError):
        kek.unwrap(k_h, f"handover/{uuid.UUID(hand_over)}/record")


def test_office_when_opened_with_another_key_then_key_file_error(office: Path, tmp_path: Path) -> None:
    create_key_file(tmp_path / "other.key", None)
    assert run(["list", "--office", str(office / "office"), "--keys", str(tmp_path / "other.key")]) == 50


def test_individual_number_when_permitted_then_in_no_digest_and_no_reference(office: Path) -> None:
    """Two offices' worth of numbers would link people: nothing is keyed on the number or follows from it."""
    from azukari.fields.kinds import Kind
    from azukari.handover.linking import COMBINATIONS

    assert all(Kind.INDIVIDUAL_NUMBER not in combination.kinds for combination in COMBINATIONS)
