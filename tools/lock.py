"""Compile requirements/*.txt from pyproject.toml and requirements/*.in. See requirements/README.md.

    python tools/lock.py [--upgrade]

Needs `uv` and `pip` with a registry that they find configured; no address of one is written down. Each file
holds only what the files before it lack, so that a set-up installs the files that it needs side by side.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
PYTHON = "3.11"

# name -> sources, in the order in which they are compiled; each is held to the pins of all before it
SOURCES: dict[str, tuple[str, ...]] = {
    "core": ("pyproject.toml",),
    "build": ("requirements/build.in",),
    "witness": ("pyproject.toml", "--extra=witness"),
    "web": ("pyproject.toml", "--extra=witness", "--extra=web"),
    "demo": ("pyproject.toml", "--extra=witness", "--extra=web", "--extra=demo"),
    "node": ("requirements/node.in",),
    "dev": ("pyproject.toml", "--all-extras", "requirements/build.in", "requirements/dev.in"),
}
HEADER = "# Locked by tools/lock.py; not to be edited. See requirements/README.md.\n"


def run(*command: str) -> str:
    """Standard output of a command run in the root; its failure ends the program."""
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


def pins(text: str) -> dict[str, str]:
    """Each ``name==version`` of a requirements file with its markers, by name and version."""
    found = re.finditer(r"^([A-Za-z0-9._-]+)==([^ ;\\\n]+)", text, re.MULTILINE)
    return {f"{name}=={version}": name for name, version in (match.groups() for match in found)}


def compiled(*arguments: str) -> str:
    """What ``uv pip compile`` prints, unless an output file is named: hashes, but no header and no address."""
    options = ("--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links")
    return run("uv", "pip", "compile", *arguments, *options, f"--python-version={PYTHON}")


def without_excluded(text: str) -> str:
    """The text without uv's list of packages that stand in other files."""
    return text.split("\n# The following packages were excluded", 1)[0].rstrip() + "\n"


def lock(name: str, before: list[str], upgrade: bool) -> None:
    """Compile one file in place."""
    target = f"requirements/{name}.txt"
    held = [f"--constraint=requirements/{other}.txt" for other in before]
    earlier = {package for other in before for package in pins((FOLDER / f"{other}.txt").read_text()).values()}
    left_out = [f"--no-emit-package={package}" for package in sorted(earlier)]
    newer = ["--upgrade"] if upgrade else []
    compiled(*SOURCES[name], *held, *left_out, *newer, "--universal", f"--output-file={target}")
    text = (ROOT / target).read_text(encoding="utf-8")
    (ROOT / target).write_text(HEADER + without_excluded(text), encoding="utf-8")


def windows() -> str:
    """Name and SHA-256 of the wheel that Windows on x86-64 installs for each pin of the core.

    A hash does not tell which file it is of; this list does, and a test compares it with core.txt.
    """
    arguments = ("--python-platform=x86_64-pc-windows-msvc", "--only-binary=:all:", "--no-annotate")
    wanted = compiled("pyproject.toml", "--constraint=requirements/core.txt", *arguments)
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "windows.txt")
        listed.write_text(wanted, encoding="utf-8")
        platform = ("--platform=win_amd64", f"--python-version={PYTHON}", "--only-binary=:all:")
        run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", *platform,
            f"--requirement={listed}", f"--dest={folder}")  # fmt: skip
        lines = [f"{sha256(wheel)}  {wheel.name}\n" for wheel in sorted(Path(folder).glob("*.whl"))]
    return "".join(lines)


def sha256(path: Path) -> str:
    """SHA-256 of a file, hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Compile all files in order."""
    before: list[str] = []
    for name in SOURCES:
        lock(name, before, "--upgrade" in sys.argv[1:])
        before.append(name)
    (FOLDER / "core.windows.sha256").write_text(windows(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
