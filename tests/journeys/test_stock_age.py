"""payload.age opens with the stock `age` and `tar`, and azukari takes keys that stock `age-keygen` made."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from azukari.cli.main import run
from azukari.ledger.entry import parse_canonical
from azukari.seal.identity import Identity
from azukari.seal.manifest import CONTENTS
from azukari.tables import csv_bytes_to_table
from azukari.testing import COLUMNS, fictitious_people
from azukari.testing.sealed import fixed_identity, seal_copy

pytestmark = pytest.mark.skipif(
    shutil.which("age") is None, reason="Debian's age is not installed (make test installs it)"
)


def stock(*command: str, data: bytes | None = None) -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout


def test_payload_when_opened_with_stock_age_and_tar_then_rows_and_manifest_are_there(tmp_path: Path) -> None:
    copy = seal_copy(fictitious_people(60, 1), {h: COLUMNS[h] for h in ("氏名", "フリガナ", "住所")}, "stock age")
    key = tmp_path / "firm.key"
    key.write_text(fixed_identity("stock age").file_text())
    (tmp_path / "payload.age").write_bytes(copy.payload)
    clear = stock("age", "--decrypt", "-i", str(key), str(tmp_path / "payload.age"))
    (tmp_path / "payload.tar").write_bytes(clear)
    assert stock("tar", "-tf", str(tmp_path / "payload.tar")).split() == [
        b"manifest.json",
        b"rows.csv",
        b"source-rows.bin",
    ]
    with tarfile.open(fileobj=io.BytesIO(clear)) as archive:
        rows, manifest = archive.extractfile("rows.csv"), archive.extractfile("manifest.json")
        assert rows is not None and manifest is not None
        contents = parse_canonical(manifest.read(), CONTENTS)
        table = csv_bytes_to_table(rows.read())
    assert table.columns == contents["headers"]
    assert table.height == contents["rows"]


def test_key_when_made_by_stock_age_keygen_then_azukari_uses_it(tmp_path: Path) -> None:
    key = tmp_path / "stock.key"
    stock("age-keygen", "-o", str(key))
    identity = Identity.parse(key.read_text())
    sealed = stock("age", "-r", identity.recipient, data="霞ヶ浜".encode())
    assert identity.decrypt(sealed).decode() == "霞ヶ浜"
    assert run(["answer", str(tmp_path / "none"), "-i", str(key), "-o", str(tmp_path / "a")]) == 43
