"""Contractors open packages on Windows: the core's pins install there, and no module needs POSIX."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from house import ROOT, core_rooms, modules, parsed, rooms, shown

LOCKED = ROOT / "requirements" / "core.txt"
WHEELS = ROOT / "requirements" / "core.windows.sha256"

# What `open` and `verify` can reach.
REACHABLE = [*core_rooms(), *(room for room in ("cli", "stores") if room in rooms())]

POSIX_MODULES = {"fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd", "readline", "resource", "spwd", "syslog",
                 "termios", "tty"}  # fmt: skip
POSIX_NAMES = {
    "signal": {"SIGKILL", "SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGPIPE", "SIGCHLD", "alarm",
               "setitimer", "pause"},
    "os": {"fork", "forkpty", "geteuid", "getuid", "getgid", "getegid", "chown", "fchown", "fchmod", "killpg",
           "setsid", "mkfifo", "uname", "sysconf", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "posix_fadvise",
           "sched_getaffinity", "getpgid", "WNOHANG"},
    "time": {"tzset"},
}  # fmt: skip


def pinned() -> dict[str, set[str]]:
    """``name==version`` of each locked requirement of the core, with the hashes that it may have."""
    text = LOCKED.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^([A-Za-z0-9._-]+==\S+)(.*)$", text, re.MULTILINE)
    return {name: set(re.findall(r"--hash=sha256:([0-9a-f]{64})", rest)) for name, rest in lines}


def wheels() -> dict[str, tuple[str, str]]:
    """``name==version`` of each wheel that Windows was given when the lock was made: hash and tags."""
    found = {}
    for line in WHEELS.read_text(encoding="utf-8").splitlines():
        sha256, file = line.split()
        name, version, tags = file.removesuffix(".whl").split("-", 2)
        found[f"{name.lower().replace('_', '-')}=={version}"] = sha256, tags
    return found


def runtime_names() -> set[str]:
    """The names in ``dependencies`` of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.match(r"[A-Za-z0-9._-]+", line).group().lower() for line in project["dependencies"]}  # type: ignore[union-attr]


def test_core_lock_when_compared_with_windows_wheels_then_each_is_one_of_its_hashes() -> None:
    locked = pinned()
    for name, (sha256, tags) in wheels().items():
        assert sha256 in locked[name], f"{name}: run tools/lock.py again"
        assert tags.endswith(("-win_amd64", "-none-any")), f"{name}: {tags}"


def test_core_lock_when_compared_with_windows_wheels_then_only_other_pythons_lack_one() -> None:
    having = {name.partition("==")[0] for name in wheels()}
    assert {name.partition("==")[0] for name in pinned()} == having


def test_core_lock_when_compared_with_pyproject_then_every_dependency_is_locked() -> None:
    assert runtime_names() <= {name.partition("==")[0] for name in pinned()}


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=shown)
def test_lock_file_when_read_then_each_pin_has_hashes_and_there_is_no_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines and all(re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line) for line in lines)
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host| @ ", text)


def guarded(node: ast.AST) -> bool:
    """Whether a statement's own body is only tried, or asks first which system this is."""
    if isinstance(node, ast.Try):
        handled = " ".join(ast.unparse(handler.type) for handler in node.handlers if handler.type)
        return "ImportError" in handled or "ModuleNotFoundError" in handled or "AttributeError" in handled
    return isinstance(node, ast.If | ast.IfExp) and bool(
        re.search(r"sys\.platform|os\.name|hasattr|platform\.system|POSIX|WINDOWS", ast.unparse(node.test))
    )


def needs(node: ast.AST) -> Iterator[str]:
    """POSIX-only modules and names that a node itself asks for."""
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names if name.name.partition(".")[0] in POSIX_MODULES)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        module = node.module or ""
        if module.partition(".")[0] in POSIX_MODULES:
            yield module
        yield from (f"{module}.{name.name}" for name in node.names if name.name in POSIX_NAMES.get(module, ()))
    elif (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.attr in POSIX_NAMES.get(node.value.id, ())
    ):
        yield f"{node.value.id}.{node.attr}"


def unguarded(node: ast.AST) -> Iterator[str]:
    """POSIX-only needs below a node that nothing guards, functions included."""
    yield from (f"line {getattr(node, 'lineno', 0)}: {need}" for need in needs(node))
    if not guarded(node):
        for child in ast.iter_child_nodes(node):
            yield from unguarded(child)


@pytest.mark.parametrize("path", list(modules(REACHABLE)), ids=shown)
def test_module_when_opening_or_verifying_can_reach_it_then_it_needs_no_posix(path: Path) -> None:
    assert not list(unguarded(parsed(path)))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import fcntl", 1),
        ("def f():\n    import resource", 1),
        ("from signal import SIGKILL", 1),
        ("import os\nos.geteuid()", 1),
        ("try:\n    import resource\nexcept ImportError:\n    pass", 0),
        ("import os, sys\nif sys.platform != 'win32':\n    os.fork()", 0),
    ],
)
def test_posix_when_planted_then_it_is_found_unless_guarded(code: str, found: int) -> None:
    assert len(list(unguarded(ast.parse(code)))) == found
