"""deploy/: the units are understood and hardened, the scripts are shell, and the guides name commands that exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from azukari.cli.main import group

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service")) + sorted((DEPLOY / "systemd").glob("*.timer"))
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
GUIDES = [DEPLOY / "README.md", DEPLOY / "README.ja.md"]
INSTALLED = "/opt/azukari/venv/bin/azukari"
EXPOSURE = 2.0  # of 10, as systemd counts


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with the azukari of this environment."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        text = text.replace(INSTALLED, str(Path(sys.executable).with_name("azukari")))
        (tmp_path / unit.name).write_text(text.replace("/opt/azukari/deploy", str(DEPLOY)), encoding="utf-8")
    return tmp_path


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def exposure(unit: Path) -> float:
    told = analyze("security", "--offline=yes", unit).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found, told
    return float(found[1])


def test_units_when_verified_then_systemd_has_nothing_to_say(units: Path) -> None:
    done = analyze("verify", *sorted(units.iterdir()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_service_when_its_exposure_is_measured_then_it_is_small(units: Path, unit: Path) -> None:
    figure = exposure(units / unit.name)
    print(f"{unit.name}: exposure {figure} of 10")
    assert figure <= EXPOSURE


def test_units_when_a_fault_is_planted_then_it_is_found(units: Path) -> None:
    unit = units / "azukari-inside.service"
    text = unit.read_text(encoding="utf-8")
    hard = ("NoNew", "Protect", "Private", "Restrict", "SystemCall", "Capab", "User=", "Lock", "Remove", "Ambient")
    unit.write_text("\n".join(line for line in text.splitlines() if not line.startswith(hard)))
    assert exposure(unit) > 8
    unit.write_text(text.replace("[Service]\n", "[Service]\nProtectSytem=strict\n"))
    assert "ProtectSytem" in analyze("verify", unit).stderr
    unit.write_text(text.replace("ExecStart=/", "ExecStart=/nowhere/"))
    assert analyze("verify", unit).returncode


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_service_when_read_then_no_secret_is_an_argument_and_it_says_how_much_memory(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    assert "LoadCredential=office.key:" in text and "LoadCredential=passphrase:" in text
    assert "Environment=AZUKARI_PASSPHRASE=" not in text and re.search(r"^MemoryMax=\d+G$", text, re.MULTILINE)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command of azukari that a unit or a guide tells to run, by where it stands."""
    for path in (*SERVICES, *GUIDES):
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        shown = "ExecStart=" if path in SERVICES else "    "
        lines = [line for line in text.splitlines() if line.startswith(shown)]
        lines += re.findall(r"`((?:azukari|azukari-office|azukari-counter) [a-z].*?)`", text) if path in GUIDES else []
        for line in lines:
            if found := re.search(
                r"(?:^|[\s=/])azukari(?:-office|-counter)? ([a-z][^#|`\n]*)",
                re.sub("-[ugo] azukari", "", line).replace(INSTALLED, " azukari"),
            ):
                yield path.name, found[1].split()


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    command: click.Command = group
    context = click.Context(group)
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]}"
        command, words = found, words[1:]
    return command, words


def test_guides_and_units_when_they_name_a_command_then_it_and_its_options_exist() -> None:
    seen = 0
    for place, words in commands():
        if words[0] in ("deploy", "kasumigahama"):
            continue
        command, rest = resolve(words)
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        unknown = {word for word in rest if word.startswith("-") and word not in known}
        assert not unknown, (place, words)
        seen += 1
    assert seen >= 40, seen


def test_guides_when_compared_then_both_languages_tell_the_same_steps() -> None:
    numbered = [re.findall(r"^## (\d+)\.", guide.read_text(encoding="utf-8"), re.MULTILINE) for guide in GUIDES]
    assert numbered[0] == numbered[1] == [str(number) for number in range(1, 12)]
    orders = [
        [
            " ".join(line.split("  #")[0].split())
            for line in guide.read_text(encoding="utf-8").splitlines()
            if line.startswith("    ")
        ]
        for guide in GUIDES
    ]
    assert orders[0] == orders[1]


def test_guides_when_they_name_a_unit_then_it_is_there() -> None:
    names = {unit.stem for unit in UNITS} | {
        "azukari-office",
        "azukari-counter",
        "azukari-crossing",
        "azukari-desk",
        "azukari-published",
        "azukari-ca",
        "azukari-20261125T023000Z",
    }
    for guide in GUIDES:
        assert set(re.findall(r"azukari-[A-Za-z0-9]+", guide.read_text(encoding="utf-8"))) <= names


WRITING = """
import _strptime, os, sys  # what is imported later, another user may not reach
from pathlib import Path
from azukari.seal.crossing import FIRST_PREVIOUS, Crossing, Listed, Side, name_of, parse_crossing, signer_of
from azukari.seal.identity import Identity
from azukari.stores.crossing import copy_in, crossings_in, read_note, write_folder

what, root, uid, group, umask = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5], 8)
os.setgroups([group] if group else [])
os.setgid(uid)
os.setuid(uid)
os.umask(umask)
if what == "write":
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of b"x"
    items = (Listed(name_of("work", "1" * 32), "work", "1" * 32, 1, digest),)
    crossing = Crossing(Side.INSIDE, "b" * 32, 1, FIRST_PREVIOUS, 0, "2026-11-20T00:00:00Z", items)
    write_folder(root, crossing.sign(signer_of(Identity.generate())), [(items[0].name, b"x")])
else:
    (found,) = crossings_in(root)
    inbox = Path(sys.argv[6])
    copy_in(found, parse_crossing(read_note(found)), inbox)
    assert [path.read_bytes() for path in inbox.iterdir()] == [b"x"]
    for trial in (lambda: (found / "more").write_bytes(b""), lambda: (root / "more").write_bytes(b"")):
        try:
            trial()
        except PermissionError:
            continue
        sys.exit("it writes there, too")
"""


@pytest.fixture
def machine() -> Iterator[Path]:
    """A root folder with the users and folders of deploy/systemd, made by systemd itself; others may come near it."""
    if shutil.which("systemd-sysusers") is None:
        pytest.skip("systemd is not here")
    if os.geteuid() != 0:
        pytest.skip("platform: only root becomes another user")
    root = Path(tempfile.mkdtemp(prefix="azukari-machine-"))
    root.chmod(0o755)
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    systemd = DEPLOY / "systemd"
    subprocess.run(["systemd-sysusers", f"--root={root}", systemd / "azukari.sysusers"], check=True)
    subprocess.run(["systemd-tmpfiles", "--create", f"--root={root}", systemd / "azukari.tmpfiles"], check=True)
    yield root
    shutil.rmtree(root)


def ids(file: Path) -> dict[str, int]:
    """Name -> id, of users or groups."""
    return {line.split(":")[0]: int(line.split(":")[2]) for line in file.read_text().splitlines()}


def test_folders_of_crossings_when_made_then_each_side_reads_what_the_other_writes_and_writes_nothing_there(
    machine: Path,
) -> None:
    users, group = ids(machine / "etc/passwd"), ids(machine / "etc/group")["azukari-crossing"]
    sides = {"azukari": "outwards", "azukari-outside": "inwards"}
    for user, folder in sides.items():
        unit = (
            DEPLOY / "systemd" / f"azukari-crossing-{'inside' if user == 'azukari' else 'outside'}.service"
        ).read_text()
        (umask,) = re.findall(r"^UMask=(\d+)$", unit, re.MULTILINE)
        assert f"ReadWritePaths=/var/lib/azukari-crossing/{folder}\n" in unit and f"User={user}\n" in unit
        assert "SupplementaryGroups=azukari-crossing\n" in unit
        (other,) = set(sides) - {user}
        inbox = machine / folder
        inbox.mkdir()
        os.chown(inbox, users[other], users[other])
        place = machine / "var/lib/azukari-crossing" / folder

        def child(*told: object) -> subprocess.CompletedProcess[str]:
            return subprocess.run([sys.executable, "-c", WRITING, *map(str, told)], capture_output=True, text=True)

        assert child("write", place, users[user], group, umask).returncode == 0
        read = child("read", place, users[other], group, "0027", inbox)
        assert read.returncode == 0, read.stderr
        stranger = child("read", place, 64_999, 0, "0027", inbox)
        assert stranger.returncode and "cannot be read" in stranger.stderr


@pytest.mark.parametrize("script", ["tls.sh", "azukari-office"])
def test_script_when_read_by_the_shell_then_it_is_one(script: str) -> None:
    subprocess.run(["sh", "-n", DEPLOY / script], check=True)
    assert (DEPLOY / script).stat().st_mode & 0o111


@pytest.mark.parametrize(("name", "user"), [("azukari-office", "azukari"), ("azukari-counter", "azukari-outside")])
def test_office_command_when_called_by_either_name_then_it_acts_for_that_side_alone(
    tmp_path: Path, name: str, user: str
) -> None:
    """A stand-in for systemd-run, which needs a running systemd, tells what it was asked."""
    (tmp_path / "systemd-run").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "systemd-run").chmod(0o755)
    (tmp_path / name).symlink_to(DEPLOY / "azukari-office")
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([tmp_path / name, "list", "a b"], capture_output=True, text=True, check=True, env=path)
    told = done.stdout.splitlines()
    assert told[-2:] == ["list", "a b"] and "--pipe" in told and f"AZUKARI_OFFICE=/var/lib/{user}/office" in told
    assert {f"--uid={user}", f"--gid={user}", f"--working-directory=/var/lib/{user}"} <= set(told)
    assert {f"LoadCredential=office.key:/etc/{user}/office.key", f"EnvironmentFile=-/etc/{user}/azukari.env"} <= set(
        told
    )
