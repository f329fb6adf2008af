"""payload.age opens with the stock `age` and `tar`, and azukari takes keys that stock `age-keygen` made."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from tests.cli import scene as scenes

from azukari.cli.main import run
from azukari.ledger.entry import parse_canonical
from azukari.seal.identity import Identity
from azukari.seal.manifest import CONTENTS
from azukari.tables import csv_bytes_to_table, read_table
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


def test_package_of_an_office_when_taken_apart_with_stock_tar_and_age_then_the_rows_are_those_of_open(
    tmp_path: Path,
) -> None:
    """Whoever loses faith in azukari still gets at the data, with two programs of Debian."""
    scene = scenes.copied(scenes.sealed(), tmp_path / "scene")
    stock("tar", "-xf", str(scene / "wakaba.azk"), "-C", str(tmp_path))
    inside = tmp_path / "inside"
    inside.mkdir()
    for reader in ("wakaba", "oversight"):
        clear = stock("age", "--decrypt", "-i", str(scene / f"{reader}.key"), str(tmp_path / "payload.age"))
        stock("tar", "-xf", "-", "-C", str(inside), data=clear)
        rows = csv_bytes_to_table((inside / "rows.csv").read_bytes())
        assert rows.equals(read_table(scene / "wakaba.csv").frame)
    refused = subprocess.run(
        ["age", "--decrypt", "-i", str(scene / "seiran.key"), str(tmp_path / "payload.age")], capture_output=True
    )
    assert refused.returncode != 0 and not refused.stdout


def test_specimen_when_sealed_by_stock_age_to_a_stock_key_then_verify_opens_it(tmp_path: Path) -> None:
    """A verifier's key made by age-keygen serves as `-i`, and as `--to` of the disclosure."""
    scene = scenes.copied(scenes.traced(), tmp_path / "scene")
    key = tmp_path / "stock.key"
    stock("age-keygen", "-o", str(key))
    recipient = Identity.parse(key.read_text()).recipient
    verify = ("verify", scene / "evidence.json", "--log-key", scene.log_key, "--specimen")
    clear = stock("age", "--decrypt", "-i", str(scene / "verifier.key"), str(scene / "specimen.age"))
    (tmp_path / "again.age").write_bytes(stock("age", "-r", recipient, data=clear))
    assert scenes.call(*verify, tmp_path / "again.age", "-i", key).code == 0
    files = ("--evidence", tmp_path / "e.json", "--specimen", tmp_path / "s.age")
    scene.json("disclose", scene / "finding.json", *files, "--to", recipient, "--yes")
    assert scenes.call(*verify, tmp_path / "s.age", "-i", key).code == 0
    assert stock("age", "--decrypt", "-i", str(key), str(tmp_path / "s.age")).startswith(b"{")
    scenes.close()
