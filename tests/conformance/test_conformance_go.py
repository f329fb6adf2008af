"""Go's own sumdb packages (Debian: golang-1.19-go, golang-golang-x-mod-dev) read our log and verify our cosignature."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conformance.logs import SIGNER, exported, many
from tests.unit.witness.logs import COSIGNER, NOON, witness_for

from azukari.ledger import Request

SIZE = 70_000
SOURCE = Path(__file__).parent / "check.go"
PACKAGES = Path("/usr/share/gocode")
GO = shutil.which("go") or shutil.which("/usr/lib/go-1.19/bin/go")

pytestmark = pytest.mark.skipif(
    GO is None or not (PACKAGES / "src/golang.org/x/mod/sumdb").is_dir(),
    reason="Go or its sumdb packages are missing: apt-get install golang-1.19-go golang-golang-x-mod-dev",
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`check.go`, built offline against the packages of the distribution."""
    folder = tmp_path_factory.mktemp("go")
    environment = {
        **os.environ,
        "GOPATH": str(PACKAGES),
        "GOCACHE": str(folder / "cache"),
        "GO111MODULE": "off",
        "GOFLAGS": "",
        "GOPROXY": "off",
        "CGO_ENABLED": "0",
    }
    built = subprocess.run(
        [str(GO), "build", "-o", str(folder / "check"), str(SOURCE)],
        env=environment, cwd=folder, check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return folder / "check"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Our log of 70,000 entries with a checkpoint that our witness cosigned in two steps."""
    log = exported(tmp_path / "log", SIZE)
    witness = witness_for(tmp_path / "w", SIGNER.verifier)
    old = 69_000
    assert witness.add_checkpoint(Request(0, (), log.at(old)).encode(), NOON).status == 200
    proof = tuple(log.reader(SIZE).consistency_path(old))
    outcome = witness.add_checkpoint(Request(old, proof, log.note).encode(), NOON)
    witness.folder.close()
    assert outcome.status == 200
    (tmp_path / "log" / "checkpoint").write_bytes(log.note + outcome.body)
    return tmp_path / "log"


def run(program: Path, folder: Path, *keys: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program), str(folder), *keys], check=False, capture_output=True, text=True, timeout=120)


def test_go_when_it_reads_our_log_then_note_tiles_proofs_and_cosignature_hold(program: Path, folder: Path) -> None:
    done = run(program, folder, SIGNER.vkey, COSIGNER.vkey)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"size {SIZE} inclusion 71 consistency 8 signatures 2\n"


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_go_when_the_log_has_an_edge_of_any_width_then_it_holds(program: Path, tmp_path: Path, size: int) -> None:
    exported(tmp_path, size)
    done = run(program, tmp_path, SIGNER.vkey)
    assert done.returncode == 0, done.stderr


def test_go_when_anything_is_altered_then_it_does_not_hold(program: Path, folder: Path) -> None:
    keys = (SIGNER.vkey, COSIGNER.vkey)
    note = (folder / "checkpoint").read_bytes()
    for altered in (note.replace(b"\n70000\n", b"\n69999\n"), note[:-10] + b"A" + note[-9:], many(SIZE).note):
        assert altered != note
        (folder / "checkpoint").write_bytes(altered)
        assert run(program, folder, *keys).returncode == 1
    (folder / "checkpoint").write_bytes(note)
    for name in ("tile/0/000", "tile/1/000", "tile/2/000.p/1", "tile/entries/000"):
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[:7] + bytes([whole[7] ^ 1]) + whole[8:])
        assert run(program, folder, *keys).returncode == 1, name
        path.write_bytes(whole)
    assert run(program, folder, *keys).returncode == 0
