"""An office is installed from a folder of wheels on a machine without any network, and runs there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tools import wheels

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "src", "verifier", "opener", "assets")
# On Linux a fresh network namespace has nothing but a loopback that is down. It is all that the office gets.
ALONE = """
import fcntl, json, os, re, socket, struct, subprocess, sys, urllib.request
from pathlib import Path

folder, wheels = Path(sys.argv[1]), sys.argv[2]
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up and running
assert [name for _, name in socket.if_nameindex()] == ["lo"], "there is a network"

def run(*command):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, cwd=folder).stdout

run(sys.executable, "-m", "venv", "--without-pip", "venv")
azukari = folder / "venv/bin/azukari"
pip = [sys.executable, "-m", "pip", "--isolated", "--python", folder / "venv", "install", "--quiet", "--no-compile"]
run(*pip, "--no-index", f"--find-links={wheels}", "--require-hashes", "-r", f"{wheels}/office.txt")
keys = ["--keys", folder / "office.key"]
told = ["--oversight", folder / "oversight.key", "--body", "B", "--officer", "O", "--origin", "ledger.example/x"]
run(azukari, "init", folder / "office", *keys, *told)
serve = [azukari, "serve", "--inside", "--port", "0", "--office", folder / "office", *keys]
with subprocess.Popen(list(map(str, serve)), stdout=subprocess.PIPE, text=True, cwd=folder) as server:
    address = re.search("http://[^/]+/", server.stdout.readline())[0]
    try:
        with urllib.request.urlopen(address + "sign-in") as page:
            html, status = page.read().decode(), page.status
        sheets = {}
        for href in re.findall('<link[^>]+href="/([^"]+[.]css)"', html):
            with urllib.request.urlopen(address + href) as sheet:
                sheets[href.rsplit("/", 1)[1]] = sheet.status, len(sheet.read())
    finally:
        server.terminate()
demo = run(azukari, "demo", "--people", "300")
print(json.dumps({"status": status, "sheets": sheets, "demo": demo, "list": run(azukari, "--version")}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make wheels` collects for an office."""
    if not all((wheels.WEB / name).is_file() for name in wheels.MADE):
        pytest.skip("what npm brings is not here: make test brings it")
    folder = tmp_path_factory.mktemp("wheels")
    try:
        wheels.collect(folder)
    except subprocess.CalledProcessError:
        pytest.skip("no registry here to collect wheels from")
    return folder


def test_wheels_when_installed_without_any_network_then_an_office_runs(folder: Path, tmp_path: Path) -> None:
    import json

    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("platform: no network namespaces here")
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    alone = ["unshare", "--net", *user, sys.executable, "-c", ALONE, str(tmp_path), str(folder)]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AZUKARI_", "PIP_", "PYTHON"))
    }
    done = subprocess.run(alone, capture_output=True, text=True, env=environment, timeout=300)
    if done.stderr.startswith("unshare:"):
        pytest.skip("platform: no network namespaces for this user")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["status"] == 200 and "tokens" in "".join(seen["sheets"]) and len(seen["sheets"]) >= 2
    assert all(status == 200 and size > 1_000 for status, size in seen["sheets"].values())
    assert "verifier/" in seen["demo"]


def test_wheel_when_one_byte_was_changed_on_the_way_then_it_is_refused(folder: Path, tmp_path: Path) -> None:
    carried = tmp_path / "carried"
    carried.mkdir()
    for path in folder.iterdir():
        (carried / path.name).symlink_to(path)
    (wheel,) = carried.glob("azukari-*.whl")
    data = wheel.read_bytes()
    wheel.unlink()
    wheel.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    pip = [sys.executable, "-m", "pip", "--isolated", "install", "--quiet", "--no-index", f"--find-links={carried}"]
    only = tmp_path / "only.txt"
    only.write_text("".join((folder / "office.txt").read_text().partition("azukari==")[1:]))
    command = [*pip, "--no-deps", "--require-hashes", "--target", str(tmp_path / "to"), "-r", str(only)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode and "HASHES" in done.stderr and not (tmp_path / "to").exists()


def test_wheel_when_built_twice_in_two_places_then_the_bytes_are_the_same(folder: Path, tmp_path: Path) -> None:
    source, again = tmp_path / "somewhere" / "else", tmp_path / "again"
    source.mkdir(parents=True)
    again.mkdir()
    for name in SOURCES:
        path = wheels.ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        elif path.exists():
            (source / name).write_bytes(path.read_bytes())
    (first,) = folder.glob("azukari-*.whl")
    second = wheels.build(source, again)
    assert first.name == second.name and first.read_bytes() == second.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    made = {f"azukari/web/{name}" for name in wheels.MADE}
    assert {"azukari/verifier/azukari_verify.py", *made} <= set(names)
    assert not [name for name in names if "test" in name.split("/")[0] or name.endswith(".pyc")]
    wheels.carried(first, tmp_path)
    for name in wheels.MADE:
        assert (tmp_path / name).read_bytes() == (wheels.WEB / name).read_bytes()
