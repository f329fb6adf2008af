"""An office, its parties and their keys, made once through the command line and copied for each test.

Every command that a test runs goes through `call`, which also sees to what holds for all of them: no cell of
the planted person, no traceback and no exit code 1 ever comes out.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from azukari import errors
from azukari.cli.main import run
from azukari.errors import AzukariError
from azukari.tables import read_table
from azukari.testing import fictitious_people, keep_columns, pick_rows, typing_errors
from azukari.testing.cast import KANA, KEYING, PRINTING, SYSTEMS

ERRORS = {c.word: c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, AzukariError) and c.word}
ALL = "name,kana,birth-date,phone,postal-code,address,amount,name/spouse,birth-date/spouse,amount/spouse"
# Title of the entrustment -> entrustee and fields.
WORK = {
    "入力": (KEYING, ALL),
    "試験": (SYSTEMS, ALL),
    "印刷": (PRINTING, "name,postal-code,address"),
    "照合": (KANA, "name,kana"),
}
FIRMS = {firm.slug: title for title, (firm, _) in WORK.items()}
LEAKED = ("氏名", "フリガナ", "生年月日", "電話番号", "住所", "配偶者所得")
ROWS = 300

COLUMNS_SHOWN = ("列の判定", "Columns", "  ")  # what was found about the columns stays when a table is refused

# One person whose cells must come out nowhere. The number fails its check digit, the telephone is unassigned.
PLANTED = {
    "宛名番号": "8841170093",
    "氏名": "珠洲宮　璃々亜",
    "フリガナ": "スズミヤ　リリア",
    "生年月日": "1931-12-30",
    "電話番号": "070-0417-8823",
    "郵便番号": "9990417",
    "住所": "霞浜市藻塩町97丁目8番8817号",
    "個人番号": "884117009387",
    "年金額": "7417093",
    "配偶者氏名": "珠洲宮　虎狼",
    "配偶者生年月日": "1930-11-29",
    "配偶者所得": "8417097",
}
_UNMISTAKABLE = ("宛名番号", "氏名", "フリガナ", "電話番号", "住所", "個人番号", "年金額", "配偶者氏名", "配偶者所得")
_PARTS = ("珠洲宮", "璃々亜", "スズミヤ", "リリア", "07004178823")
SECRETS = (*(PLANTED[header] for header in _UNMISTAKABLE), *_PARTS)


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object of --json."""
        (line,) = self.out.splitlines()
        value = json.loads(line)
        assert isinstance(value, dict)
        return value


def call(*arguments: object, lang: str = "ja") -> Answer:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["--lang", lang, *map(str, arguments)])
    answer = Answer(code, out.getvalue(), err.getvalue())
    check_spill(answer.out + answer.err)
    assert "Traceback" not in answer.err and code != 1, answer.err
    return answer


def check_spill(text: str) -> None:
    """No cell of the planted person stands in this text."""
    assert not [secret for secret in SECRETS if secret in text]


def refused(word: str, run_it: Callable[..., Answer], *arguments: object) -> None:
    """The command ends with the code of this verdict and its one sentence, in both languages and as JSON."""
    cls = ERRORS[word]
    for lang in ("ja", "en"):
        answer = run_it(*arguments, lang=lang)
        assert answer.code == cls.code, answer
        assert all(line.startswith(COLUMNS_SHOWN) for line in answer.out.splitlines()), answer
        (line,) = answer.err.splitlines()
        assert line.startswith(f"azukari: {cls.ja if lang == 'ja' else cls.en}")
    answer = run_it(*arguments, "--json")
    assert (answer.code, answer.json["error"], answer.json["code"]) == (cls.code, word, cls.code), answer
    assert answer.json["message"].startswith(cls.ja) and set(answer.json) == {"error", "code", "message"}


@dataclass(frozen=True)
class Scene:
    """An office directory with everything around it, in a folder of its own."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def run(self, *arguments: object, lang: str = "ja") -> Answer:
        """An office command."""
        return call(*arguments, "--office", self / "office", "--keys", self / "office.key", lang=lang)

    def json(self, *arguments: object) -> dict[str, Any]:
        """The answer of an office command that succeeds."""
        answer = self.run(*arguments, "--json")
        assert answer.code == 0, answer
        return answer.json

    def refused(self, word: str, *arguments: object) -> None:
        """The office refuses, and is afterwards what it was."""
        self.refused_by(self.run, word, *arguments)

    def refused_by(self, run_it: Callable[..., Answer], word: str, *arguments: object) -> None:
        """The same for a command that opens no office, or another one."""
        before = self.state()
        refused(word, run_it, *arguments)
        assert self.state() == before

    def seal(self, slug: str, table: str = "register.csv", **options: object) -> dict[str, Any]:
        """Seal a table for a firm under its entrustment; the package is <slug>.azk."""
        extra = [part for name, value in options.items() for part in (f"--{name}", value)]
        named = ["--entrustment", FIRMS[slug], "--to", PARTY[slug], "-o", self / f"{slug}.azk"]
        return self.json("seal", self / table, *named, *extra)

    def hand_overs(self) -> dict[str, str]:
        """Slug -> hand-over."""
        listed = self.json("list")
        names = {party["id"]: party["name"] for party in listed["parties"]}
        slugs = {name: slug for slug, name in PARTY.items()}
        return {slugs[names[h["party"]]]: h["id"] for h in listed["handovers"]}

    def state(self) -> tuple[Any, ...]:
        """What a refusal must not change: register, ledger, and the names of all files but the database's own."""
        listed = self.json("list")
        names = sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and "sqlite3" not in path.name
        )
        return listed, entries(self), names

    @property
    def log_key(self) -> str:
        """The ledger's verifier key."""
        return str(json.loads((self / "init.json").read_text(encoding="utf-8"))["log_key"])


PARTY = {firm.slug: firm.ja for firm, _ in WORK.values()}


def entries(scene: Scene) -> list[bytes]:
    """All entries of the ledger, signed or not."""
    from azukari.web import office
    from azukari.web.accounts import queries as accounts
    from azukari.web.sequencer import queries

    office.start(scene / "office")
    (body,) = accounts.bodies()
    return list(queries.entries(queries.log_of(body.id).id))


def named(scene: Scene) -> dict[int, dict[str, Any]]:
    """The entries that say what they are, by index: all but people's leaves, which are 90 bytes and no JSON."""
    found = enumerate(entries(scene))
    return {index: json.loads(entry) for index, entry in found if not (entry[:1] == b"\x01" and len(entry) == 90)}


def close() -> None:
    """Close the connections of this process, so that an office directory may be copied."""
    from django.apps import apps

    if apps.ready:
        from django.db import connections

        connections.close_all()


@cache
def root() -> Path:
    """A folder for this run of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="azukari-scene-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copied(template: Path, to: Path) -> Scene:
    """A scene of one's own."""
    close()
    shutil.copytree(template, to)
    return Scene(to)


@cache
def people(rows: int = ROWS, seed: int = 11) -> pl.DataFrame:
    """A register with the planted person in it."""
    frame = fictitious_people(rows, seed)
    planted = pl.DataFrame({header: [PLANTED[header]] for header in frame.columns})
    return pl.concat([frame.head(4), planted, frame.slice(5)])


@cache
def registered() -> Path:
    """An office with four parties, their entrustments, a pending party, and work that is over or not yet begun."""
    scene = Scene(root() / "registered")
    scene.folder.mkdir()
    people().write_csv(scene / "register.csv")
    done = call(
        *("init", scene / "office", "--keys", scene / "office.key", "--oversight", scene / "oversight.key"),
        *("--body", "霞ヶ浜年金機構", "--origin", "ledger.example/kasumigahama", "--officer", "霧生　澄江", "--json"),
    )
    (scene / "init.json").write_text(json.dumps(done.json), encoding="utf-8")
    for title, (firm, fields) in WORK.items():
        add_party(scene, firm.slug, firm.ja)
        entrust(scene, title, firm.ja, fields)
    entrust(scene, "備考", KEYING.ja, "name,free-text")
    entrust(scene, "終了", KEYING.ja, ALL, "2020-01-01", "2020-12-31")
    entrust(scene, "未来", KEYING.ja, ALL, "2090-01-01", "2090-12-31")
    assert call("keygen", scene / "pending.key").code == 0
    scene.json("party", "add", scene / "pending.key.card", "--name", "保留商会", "-o", scene / "pending.challenge")
    entrust(scene, "保留", "保留商会", ALL)
    close()
    return scene.folder


def add_party(scene: Scene, slug: str, name: str) -> None:
    """A key, its card, challenge, answer and confirmation."""
    key, card = scene / f"{slug}.key", scene / f"{slug}.key.card"
    fingerprint = call("keygen", key, "--json").json["fingerprint"]
    scene.json("party", "add", card, "--name", name, "-o", scene / f"{slug}.challenge")
    assert call("answer", scene / f"{slug}.challenge", "-i", key, "-o", scene / f"{slug}.answer").code == 0
    scene.json("party", "confirm", name, scene / f"{slug}.answer", "--fingerprint", fingerprint)


def entrust(
    scene: Scene, title: str, party: str, fields: str, first: str = "2020-01-01", last: str = "2099-12-31"
) -> None:
    """An entrustment."""
    period = ("--from", first, "--until", last)
    scene.json("entrust", "--party", party, "--title", title, "--purpose", "届書の処理", "--fields", fields, *period)


@cache
def sealed() -> Path:
    """The same, with a package for each party, opened by it as <slug>.csv, and the receipts kept.

    The oversight key has opened that of the last one.
    """
    scene = copied(registered(), root() / "sealed")
    for slug in PARTY:
        scene.seal(slug)
        open_package(scene, slug, slug)
    open_package(scene, KANA.slug, "oversight")
    close()
    return scene.folder


def open_package(scene: Scene, slug: str, reader: str) -> None:
    """Open a package with a key, and give the receipt to the office."""
    table = scene / f"{reader}.csv"
    done = call("open", scene / f"{slug}.azk", "-i", scene / f"{reader}.key", "-o", table, "--log-key", scene.log_key)
    assert done.code == 0, done
    scene.json("receipt", f"{table}.receipt")


def leak(scene: Scene, slug: str, rows: int = 60, seed: int = 1, *, canaries: bool = False) -> Path:
    """Rows of a party's table with typing errors, as leaked-<slug>.csv; the planted person is among them.

    ``canaries``: all of them leak too; otherwise none, so that no copy is excluded for rows that it never held.
    """
    rng = np.random.default_rng(seed)
    table = read_table(scene / f"{slug}.csv").frame
    there = [header for header in LEAKED if header in table.columns]
    known = [header for header in ("氏名", "生年月日") if header in there]
    real = _who(table, known).is_in(_who(people(), known).implode())
    planted = table["氏名"].str.starts_with("珠洲宮")
    picked = [pick_rows(table.filter(real & ~planted), rows - 1, rng), table.filter(planted)]
    leaked = keep_columns(pl.concat([*picked, table.filter(~real)] if canaries else picked), there)
    path = scene / f"leaked-{slug}.csv"
    typing_errors(leaked, there, 0.02, rng).write_csv(path)
    return path


def _who(table: pl.DataFrame, headers: Sequence[str]) -> pl.Series:
    """Whom each row speaks of: these columns without any gap."""
    return table.select(pl.concat_str(headers).str.replace_all("[ 　\u2009]", "")).to_series()


@cache
def traced() -> Path:
    """The same, after 60 rows of the second party's copy leaked, were traced and the evidence disclosed."""
    scene = copied(sealed(), root() / "traced")
    scene.json("trace", leak(scene, SYSTEMS.slug), "-o", scene / "finding.json")
    assert call("keygen", scene / "verifier.key").code == 0
    files = ("--evidence", scene / "evidence.json", "--specimen", scene / "specimen.age")
    scene.json("disclose", scene / "finding.json", *files, "--to", scene / "verifier.key.card", "--yes")
    close()
    return scene.folder


def without_office(monkeypatch: Any) -> None:
    """Forget the office that an earlier command of this process has opened."""
    names = ("OFFICE", "KEYS", "LOGIN", "PASSPHRASE", "PASSPHRASE_FILE", "FACE", "PLAIN_HTTP")
    for name in (f"AZUKARI_{one}" for one in names):
        monkeypatch.delenv(name, raising=False)


def office_bytes(scene: Scene) -> dict[str, bytes]:
    """Every file of the office directory."""
    found = sorted((scene / "office").rglob("*"))
    return {os.fspath(path.relative_to(scene / "office")): path.read_bytes() for path in found if path.is_file()}
