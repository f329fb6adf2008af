"""Backup and restore by the commands, on both databases: what comes back, and what is refused with nothing left behind."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Answer, Scene, call
from tests.web.conftest import AT, BY, ORIGIN, SEED, Ledger, Server
from tools.postgres import programs

from azukari.errors import AzukariError, ForkError, FormatError, OptionError, SignatureError, StateError, StorageError
from azukari.ledger import Cosigner
from azukari.ledger.entry import canonical
from azukari.ledger.witnessing import Answer as Answer_
from azukari.seal.identity import Identity
from azukari.stores.keys import create_key_file, open_key_file
from azukari.web import environment, office
from azukari.web.backup.container import Sink, code, encrypt

SLUG = "yamabiko"
PARTIES = (SLUG, "seiran")
HAND_OVER = "azukari/handover/v1"


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


def pg_bin() -> list[object]:
    return ["--pg-bin", programs() or ""]


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    scene = scenes.copied(scenes.registered(), tmp_path_factory.mktemp("sqlite") / "scene")
    return backed_up(handed_over(scene))


@pytest.fixture(scope="module")
def on_postgresql(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    scene = Scene(tmp_path_factory.mktemp("postgresql") / "scene")
    scene.folder.mkdir()
    postgresql.run("CREATE DATABASE backed_up TEMPLATE template_office STRATEGY FILE_COPY")
    scenes.people().write_csv(scene / "register.csv")

    def create(folder: Path, database: str | None) -> None:
        """What `office.create` makes, copied from the one that it made for all tests: its migrations take seconds."""
        shutil.copytree(postgresql.folder, folder)
        (folder / environment.ADDRESS).write_text(f"{database}\n")
        office.start(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office, "create", create)
        done = call(
            *("init", scene / "office", "--keys", scene / "office.key", "--oversight", scene / "oversight.key"),
            *("--body", "霞ヶ浜年金機構", "--origin", "ledger.example/kasumigahama", "--officer", "霧生　澄江"),
            *("--database", postgresql.database("backed_up"), "--json"),
        )
    (scene / "init.json").write_text(json.dumps(done.json), encoding="utf-8")
    for slug in PARTIES:
        title, name = scenes.FIRMS[slug], scenes.PARTY[slug]
        scenes.add_party(scene, slug, name)
        scenes.entrust(scene, title, name, scenes.WORK[title][1])
    return backed_up(handed_over(scene), *pg_bin())


def handed_over(scene: Scene) -> Scene:
    """Two packages with their receipts."""
    for slug in PARTIES:
        scene.seal(slug)
        scenes.open_package(scene, slug, slug)
    return scene


def backed_up(scene: Scene, *options: object) -> Scene:
    """Published, then backed up; the keystore apart."""
    scene.json("ledger", "export", scene / "published")
    scene.json("backup", scene / "backup.azb", *options)
    (scene / "keystores").mkdir()
    scene.json("keystore", "backup", scene / "keystores")
    scenes.close()
    return scene


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest) -> Scene:
    found = request.getfixturevalue(f"on_{request.param}")
    assert isinstance(found, Scene)
    return found


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[object]]:
    """Where an office is restored to: a folder, and with a PostgreSQL office an empty database."""
    if "on_postgresql" not in request.fixturenames and request.node.callspec.params.get("scene") != "postgresql":
        yield [tmp_path / "restored"]
        return
    server = request.getfixturevalue("postgresql")
    name = f"restored_{uuid4().hex}"
    server.run(f"CREATE DATABASE {name}")
    yield [tmp_path / "restored", "--database", server.database(name), *pg_bin()]
    scenes.close()
    server.drop(name)


def restore(scene: Scene, *arguments: object, file: str = "backup.azb", lang: str = "ja") -> Answer:
    keys = ("-i", scene / "oversight.key", "--keys", scene / "office.key")
    return call("restore", scene / file, *arguments, *keys, lang=lang)


def restored(scene: Scene, place: list[object], *options: object, file: str = "backup.azb") -> Scene:
    """The same scene with the restored office in place of its own."""
    done = restore(scene, *place, *options, "--json", file=file)
    assert done.code == 0, done
    folder = Path(str(place[0]))
    shutil.copytree(scene.folder, folder.parent / "scene", ignore=shutil.ignore_patterns("office", "*.azb"))
    os.rename(folder, folder.parent / "scene" / "office")
    (keys,) = (scene / "keystores").iterdir()
    opening = ("-i", scene / "oversight.key", "--keys", scene / "office.key")
    assert call("keystore", "restore", keys, *opening, "--office", folder.parent / "scene" / "office").code == 0
    return Scene(folder.parent / "scene")


def files(scene: Scene) -> dict[str, bytes]:
    """Everything in an office that a backup holds beside the register."""
    out = (
        "uploads/", "cache/", "session.key", "database", "office.sqlite3", "keystore", "keys.lock", "spool/lock",
        ".backup.lock", ".keystore-backup.lock",
    )  # fmt: skip
    return {name: data for name, data in scenes.office_bytes(scene).items() if not name.startswith(out)}


def test_office_when_restored_then_register_ledger_and_files_are_the_same(scene: Scene, place: list[object]) -> None:
    listed, entries, kept = scene.json("list"), scenes.entries(scene), files(scene)
    scenes.close()
    again = restored(scene, place, "--published", scene / "published")
    assert (again.json("list"), scenes.entries(again), files(again)) == (listed, entries, kept)
    assert again.json("ledger", "check")["size"] == len(entries)
    assert again.json("recover") == {"finished": 0, "voided": 0, "waiting": 0}
    grades = {one["subject"]: one["grade"] for one in again.json("check")["observations"]}
    assert {grades[name] for name in ("database", "schema", "wall", "key", "held", "ledger-check")} == {"good"}
    mode = (again / "office").stat().st_mode
    assert mode & 0o077 == 0 and (again / "office" / "uploads").is_dir()
    (again / "seiran.azk").unlink()
    again.seal("seiran")
    assert len(scenes.entries(again)) > len(entries)
    assert again.json("ledger", "check", "--against", scene / "published" / "checkpoint")["verdict"] == "holds"


def test_office_when_restored_then_it_is_held_until_it_was_compared(scene: Scene, place: list[object]) -> None:
    entries = scenes.entries(scene)
    scenes.close()
    again = restored(scene, place)
    out = ["--entrustment", scenes.FIRMS[SLUG], "--to", scenes.PARTY[SLUG], "-o", again / "new.azk"]
    again.refused("state", "seal", again / "register.csv", *out)
    again.refused("state", "ledger", "integrate", "--once")
    again.refused("option", "ledger", "resume")
    again.refused("not-found", "ledger", "resume", "--published", again / "nowhere")
    assert again.json("ledger", "resume", "--published", again / "published" / "checkpoint") == {"size": len(entries)}
    assert again.run("seal", again / "register.csv", *out).code == 0


def test_office_when_restored_from_before_what_was_published_then_it_signs_nothing(
    on_sqlite: Scene, tmp_path: Path
) -> None:
    later = scenes.copied(on_sqlite.folder, tmp_path / "later")
    (later / f"{SLUG}.azk").unlink()
    later.seal(SLUG)
    later.json("ledger", "export", later / "published")
    done = restore(later, tmp_path / "back", "--published", later / "published", "--json")
    assert (done.code, done.json["error"]) == (23, "fork")
    again = call(
        "ledger", "integrate", "--once", "--office", tmp_path / "back", "--keys", later / "office.key", "--json"
    )
    assert (again.code, again.json["error"]) == (37, "state")
    assert call("list", "--office", tmp_path / "back", "--keys", later / "office.key").code == 0, "it can be read"


def test_backup_when_only_checked_then_nothing_is_written(scene: Scene) -> None:
    before = sorted(path for path in scene.folder.rglob("*") if "sqlite3-" not in path.name)
    for lang, said in (("ja", "控えは揃っています"), ("en", "The backup is whole")):
        done = restore(scene, "--check", lang=lang)
        assert done.code == 0 and said in done.out and len(done.err.splitlines()) <= 1
    told = restore(scene, "--check", "--json").json
    assert told["logs"] == [{"origin": "ledger.example/kasumigahama", "size": len(scenes.entries(scene))}]
    assert sorted(path for path in scene.folder.rglob("*") if "sqlite3-" not in path.name) == before


def test_backup_when_opened_by_stock_age_and_tar_then_its_digests_hold(scene: Scene, tmp_path: Path) -> None:
    if shutil.which("age") is None:
        pytest.skip("age is not here")
    clear = subprocess.run(
        ["age", "-d", "-i", scene / "oversight.key", scene / "backup.azb"], check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", tmp_path], input=clear, check=True)
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "manifest.sha256"], cwd=tmp_path, check=True)
    assert {path.name for path in (tmp_path / "packages").iterdir()} == {
        f"{hand_over[:8]}-{hand_over[8:12]}-{hand_over[12:16]}-{hand_over[16:20]}-{hand_over[20:]}.azk"
        for hand_over in scene.hand_overs().values()
    }


def test_backup_when_read_then_nothing_of_the_office_is_clear(scene: Scene) -> None:
    data = (scene / "backup.azb").read_bytes()
    names = ("霞ヶ浜年金機構", "officer", "ledger.example", "handover", "sqlite", "ustar", "PGDMP")
    assert not [name for name in names if name.encode() in data]
    assert (scene / "backup.azb").stat().st_mode & 0o077 == 0


def test_backup_when_several_are_kept_then_the_oldest_go(on_sqlite: Scene, tmp_path: Path) -> None:
    for day in ("20260101", "20260102", "20260103"):
        (tmp_path / f"azukari-{day}T000000Z.azb").write_bytes(b"old")
    (tmp_path / "other.txt").write_bytes(b"not ours")
    killed = tmp_path / ".azukari-20260101T000000Z.azb.0123456789ab.azukari-tmp"
    killed.write_bytes(b"half")
    os.utime(killed, (0, 0))
    told = on_sqlite.json("backup", tmp_path, "--keep", "2")
    assert told["removed"] == 2
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == "azukari-20260103T000000Z.azb" and len(names) == 3 and names[-1] == "other.txt"
    assert Path(told["backup"]).stat().st_size == told["bytes"]


def test_backup_when_sealed_to_another_key_then_only_that_opens_it(on_sqlite: Scene, tmp_path: Path) -> None:
    assert call("keygen", tmp_path / "chosen.key").code == 0
    on_sqlite.json("backup", tmp_path / "b.azb", "--to", tmp_path / "chosen.key.card")
    done = call(
        "restore", tmp_path / "b.azb", "--check", "-i", tmp_path / "chosen.key", "--keys", on_sqlite / "office.key"
    )
    assert done.code == 0
    scenes.refused("wrong-key", call, "restore", tmp_path / "b.azb", "--check", "-i", on_sqlite / "oversight.key",
                   "--keys", on_sqlite / "office.key")  # fmt: skip


@pytest.mark.parametrize(
    ("word", "arguments"),
    [
        ("state", ["{office}/inside.azb"]),
        ("state", ["{scene}/register.csv"]),
        ("not-found", ["{scene}/nowhere/b.azb"]),
        ("option", ["{scene}/b.azb", "--keep", "3"]),
        ("format", ["{scene}/b.azb", "--to", "age1nonsense"]),
        ("not-found", ["{scene}/b.azb", "--to", "{scene}/no-card"]),
        ("format", ["{scene}/b.azb", "--to", "{scene}/register-small.csv"]),
    ],
)
def test_backup_when_asked_for_what_makes_no_sense_then_refused(
    on_sqlite: Scene, word: str, arguments: list[str]
) -> None:
    (on_sqlite / "register-small.csv").write_text("a,b\n1,2\n")
    filled = [each.format(scene=on_sqlite.folder, office=on_sqlite / "office") for each in arguments]
    on_sqlite.refused(word, "backup", *filled)


# --- what cannot be restored -----------------------------------------------------------------------------------------


def refused(scene: Scene, word: str, place: Path, file: Path, *options: object, key: Path | None = None,
            keys: Path | None = None) -> None:  # fmt: skip
    """The sentence in both languages, and nothing beside what was there."""
    before = sorted(place.parent.iterdir())
    given = ("-i", key or scene / "oversight.key", "--keys", keys or scene / "office.key")
    scenes.refused(word, call, "restore", file, place, *options, *given)
    assert sorted(place.parent.iterdir()) == before


def test_restore_when_something_is_there_already_then_refused(on_sqlite: Scene, tmp_path: Path) -> None:
    file = on_sqlite / "backup.azb"
    for name in ("full", "file", "empty"):
        (tmp_path / name).mkdir() if name != "file" else (tmp_path / name).write_bytes(b"x")
    (tmp_path / "full" / "thing").write_bytes(b"x")
    os.symlink(tmp_path / "nowhere", tmp_path / "link")
    for name in ("full", "file", "link"):
        refused(on_sqlite, "state", tmp_path / name, file)
    refused(on_sqlite, "state", on_sqlite / "office", file)
    refused(on_sqlite, "state", tmp_path / "no" / "such", file) if (tmp_path / "no").mkdir() else None
    assert restore(on_sqlite, tmp_path / "empty").code == 0


def test_restore_when_the_key_is_another_then_refused(on_sqlite: Scene, tmp_path: Path) -> None:
    file, place = on_sqlite / "backup.azb", tmp_path / "in" / "office"
    place.parent.mkdir()
    assert call("keygen", tmp_path / "other.key").code == 0
    refused(on_sqlite, "wrong-key", place, file, key=tmp_path / "other.key")
    refused(on_sqlite, "key-file", place, file, key=on_sqlite / "office.key")
    create_key_file(tmp_path / "o.key", None)  # as another office has it
    refused(on_sqlite, "key-file", place, file, keys=tmp_path / "o.key")
    refused(on_sqlite, "option", place, file, "--check")
    refused(on_sqlite, "option", place, file, "--database", "dbname=x")
    refused(on_sqlite, "not-found", place, tmp_path / "none.azb")


def test_restore_when_the_file_was_cut_or_changed_then_refused(on_sqlite: Scene, tmp_path: Path) -> None:
    data, place = (on_sqlite / "backup.azb").read_bytes(), tmp_path / "in" / "office"
    place.parent.mkdir()
    file = tmp_path / "damaged.azb"
    header = data.index(b"\n--- ")
    for word, damaged in {
        "format": b"",
        "wrong-key": data[: header + 30],
        "payload": data[:-1],
    }.items():
        file.write_bytes(damaged)
        refused(on_sqlite, word, place, file)
    for at in (header + 100, len(data) // 2, len(data) - 40_000, len(data) - 1):
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        refused(on_sqlite, "payload", place, file)
    file.write_bytes(data + b"more")
    refused(on_sqlite, "payload", place, file)
    file.write_bytes(b"PK" + data)
    refused(on_sqlite, "format", place, file)


def clear(scene: Scene) -> dict[str, bytes]:
    """The members of a backup."""
    found: dict[str, bytes] = {}

    class Keep(Sink):
        def begin(self, name: str, size: int) -> None:
            self.name, found[name] = name, b""

        def write(self, data: bytes) -> None:
            found[self.name] += data

    from azukari.web.backup.container import decrypt

    with (scene / "backup.azb").open("rb") as file:
        decrypt(file, Identity.parse((scene / "oversight.key").read_text()).secret, Keep())
    return found


def listed(members: dict[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in members.items()).encode()


def tarred(members: list[tuple[str, bytes]], kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive_:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data), kind if name == "packages/x" else tarfile.REGTYPE
            info.linkname = "/etc/passwd" if kind == tarfile.SYMTYPE and name == "packages/x" else ""
            archive_.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return out.getvalue()


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("signature", "code"), ("signature", "digest"), ("payload", "content"), ("payload", "missing"), ("payload", "extra"),
        ("format", "header"), ("format", "version"), ("format", "kind"), ("option", "newer"), ("format", "order"),
        ("format", "after"), ("format", "up"), ("format", "absolute"), ("format", "hidden"), ("format", "link"),
        ("format", "folder"), ("format", "twice"), ("format", "no-tar"), ("format", "no-end"), ("format", "junk"),
    ],
)  # fmt: skip
def test_restore_when_somebody_who_may_open_it_made_it_up_then_refused(
    on_sqlite: Scene, tmp_path: Path, word: str, change: str
) -> None:
    """The recipient's key is public: only the code of the office's key shows who made a backup."""
    kek = open_key_file(on_sqlite / "office.key", None)
    members = {name: data for name, data in clear(on_sqlite).items() if name not in ("manifest.sha256", "backup.mac")}
    header = json.loads(members["backup.json"])
    first = next(name for name in members if name.startswith("packages/"))
    before = {
        "header": lambda: members.update({"backup.json": b"{}"}),
        "version": lambda: members.update({"backup.json": canonical(header | {"type": "azukari/backup/v2"})}),
        "kind": lambda: members.update({"backup.json": canonical(header | {"database": "oracle"})}),
        "newer": lambda: members.update(
            {"backup.json": canonical(header | {"migrations": [*header["migrations"], "custody.9999_later"]})}
        ),
    }
    before.get(change, lambda: None)()
    lines = listed(members)
    mac = code(lines, kek) + b"\n"
    changed = {"content": {first: members[first] + b"x"}, "extra": {"packages/y": b"y"}}
    members |= changed.get(change, {})
    if change == "missing":
        del members[first]
    elif change == "digest":
        lines = lines.replace(b"0", b"1", 1)
    elif change == "code":
        mac = bytes(reversed(mac.strip())) + b"\n"
    ordered = [*members.items(), ("manifest.sha256", lines), ("backup.mac", mac)]
    names = {"up": "packages/../x", "absolute": "/tmp/x", "hidden": "packages/.x"}
    if change in (*names, "link", "folder", "twice"):
        ordered.insert(3, (names.get(change, "packages/x"), b""))
    ordered += [ordered[3]] if change == "twice" else [("packages/z", b"")] if change == "after" else []
    ordered = ordered[1:] + ordered[:1] if change == "order" else ordered
    kinds = {"link": tarfile.SYMTYPE, "folder": tarfile.DIRTYPE}
    data = tarred(ordered, kinds.get(change, tarfile.REGTYPE))
    data = {"no-tar": b"x" * 2048, "no-end": data.rstrip(b"\0"), "junk": data + b"junk" * 128}.get(change, data)
    file, place = tmp_path / "forged.azb", tmp_path / "in" / "office"
    place.parent.mkdir()
    with file.open("wb") as out:
        encrypt(iter([data]), out, [Identity.parse((on_sqlite / "oversight.key").read_text()).recipient])
    refused(on_sqlite, word, place, file)


# --- while others work, and when the machine fails -----------------------------------------------------------------------


def test_backup_when_people_seal_meanwhile_then_each_package_has_its_entry_and_each_entry_its_package(
    on_sqlite: Scene, tmp_path: Path
) -> None:
    scene = scenes.copied(on_sqlite.folder, tmp_path / "scene")
    scenes.people().head(40).write_csv(scene / "small.csv")
    command = [
        sys.executable,
        "-c",
        SEALING,
        str(scene / "small.csv"),
        str(scene / "office"),
        str(scene / "office.key"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sealing:
        assert sealing.stdout is not None  # what follows the first is little enough for the pipe
        while sealing.stdout.readline() != "sealed\n":
            assert sealing.poll() is None
        for number in range(6):
            scene.json("backup", scene / f"{number}.azb")
        assert sealing.poll() is None, "it sealed to the end"
        sealing.terminate()
    sizes = set()
    for number in range(6):
        office = tmp_path / f"back{number}"
        assert restore(scene, office, "--published", scene / "published", file=f"{number}.azb").code == 0
        again = Scene(tmp_path / f"scene{number}")
        again.folder.mkdir()
        os.rename(office, again / "office")
        shutil.copy(scene / "office.key", again / "office.key")
        again.json("recover")
        logged = {entry["handover"] for entry in scenes.named(again).values() if entry["type"] == HAND_OVER}
        packages = {path.stem.replace("-", "") for path in (again / "office" / "packages").iterdir()}
        records = {path.stem.replace("-", "") for path in (again / "office" / "index").glob("*.record")}
        assert packages == logged == records
        assert not list((again / "office" / "spool").glob("*.payload"))
        sizes.add(len(logged))
        scenes.close()
    assert len(sizes) > 1, "nothing was sealed between two backups, so this shows nothing"


def test_backup_when_the_leaves_of_a_hand_over_are_finished_meanwhile_then_the_restored_office_can_finish_them_too(
    on_sqlite: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The register of then owes them, and without the list of people nobody could ever append them, nor make an index."""
    from azukari.cli.options import open_office
    from azukari.web.backup import making
    from azukari.web.custody import places
    from azukari.web.custody.actions import releasing
    from azukari.web.leaves.actions import bulk

    scene = scenes.copied(on_sqlite.folder, tmp_path / "scene")
    scenes.people().head(40).write_csv(scene / "small.csv")
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "finish", _refusing)
        patch.setattr(places, "pending", lambda: False)  # nor is it begun again when the office is opened
        assert scene.run(*_sealing(scene)).code != 0
        opened = open_office(scene / "office", scene / "office.key", None)
    finished: list[int] = []

    def meanwhile(done: int, total: int) -> None:
        if not finished:
            acting = {"kek": opened.kek, "by": opened.by, "at": opened.at}
            finished.append(releasing.recover(**acting).finished)

    with (scene / "during.azb").open("wb") as out:
        to = [Identity.parse((scene / "oversight.key").read_text()).recipient]
        making.make(out, kek=opened.kek, to=to, programs=None, at=opened.at, progress=meanwhile)
    assert finished == [1] and not list((scene / "office" / "spool").glob("*.people"))
    scenes.close()
    back = scenes.copied(scene.folder, tmp_path / "back")
    shutil.rmtree(back / "office")
    assert restore(back, back / "office", "--published", back / "published", file="during.azb").code == 0
    (keys,) = (scene / "keystores").iterdir()
    opening = ("-i", scene / "oversight.key", "--keys", scene / "office.key")
    done = call("keystore", "restore", keys, *opening, "--office", back / "office")
    assert done.code == 0, "the leaves that are owed wait for the keys"
    back.json("recover")
    back.json("ledger", "index")


def _refusing(**named: object) -> None:
    raise StorageError("the machine went down")


def _sealing(scene: Scene) -> list[object]:
    to = ["--entrustment", "照合", "--to", scenes.PARTY[SLUG]]
    return ["seal", scene / "small.csv", *to, "-o", scene / "cut.azk"]


SEALING = """
import sys
from pathlib import Path
from azukari.cli.main import run
table, office, keys = sys.argv[1:]
number = 0
while True:
    out = Path(table).with_name(f"during{number}.azk")
    code = run(["seal", table, "--entrustment", "照合", "--to", "FIRM", "-o", str(out), "--office", office, "--keys", keys, "--json"])
    assert code == 0, code
    number += 1
    print("sealed", flush=True) if number == 1 else None
""".replace("FIRM", scenes.PARTY[SLUG])


def test_restore_when_it_is_killed_after_the_database_then_it_can_be_repeated(
    on_postgresql: Scene, place: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.backup import restoring

    def killed(staging: Path, folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_publish", killed)
        assert restore(on_postgresql, *place).code == 130
    address = str(place[2])
    with psycopg.connect(address, options="-c azukari.door=all") as connection:
        assert connection.execute("SELECT count(*) FROM custody_handover").fetchone() == (2,)
    other = Path(str(place[0])).with_name("elsewhere")
    scenes.refused("state", restore, on_postgresql, other, *place[1:])
    assert restore(on_postgresql, *place).code == 0
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT to_regclass('azukari_restore')").fetchone() == (None,)
    scenes.refused("state", restore, on_postgresql, other, *place[1:])


def test_restore_when_the_database_refuses_then_nothing_is_there(
    on_postgresql: Scene, place: list[object], postgresql: Server
) -> None:
    address = str(place[2])
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE custody_party (x int)")  # in the way of one table among many
        scenes.refused("storage", restore, on_postgresql, *place)
        assert connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,)
    assert not Path(str(place[0])).exists()
    scenes.refused("option", restore, on_postgresql, place[0])
    scenes.refused("option", restore, on_postgresql, place[0], "--database", "host=x password=y dbname=z")
    scenes.refused("storage", restore, on_postgresql, place[0], "--database", f"host={place[0]} dbname=z")
    scenes.refused("option", restore, on_postgresql, *place[:3], "--pg-bin", Path(str(place[0])).parent)


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_disk_when_it_is_full_then_nothing_is_left_on_it(on_sqlite: Scene, tmp_path: Path, command: str) -> None:
    """A real file system of 200 KiB."""
    small = tmp_path / "small"
    small.mkdir()
    options = f"--keys '{on_sqlite / 'office.key'}' --json"
    run = {
        "backup": f"backup '{small}/b.azb' --office '{on_sqlite / 'office'}' {options}",
        "restore": f"restore '{on_sqlite / 'backup.azb'}' '{small}/office' -i '{on_sqlite / 'oversight.key'}' {options}",
    }[command]
    shell = (
        f"mount -t tmpfs -o size=200k none '{small}' && '{sys.executable}' -m azukari {run}; echo $?; ls -A '{small}'"
    )
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(["unshare", "--mount", *user, "sh", "-c", shell], capture_output=True, text=True, timeout=60)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("platform: no mount of one's own here")
    told, code_, *left = done.stdout.splitlines()
    assert (json.loads(told)["error"], code_, left) == ("storage", "51", [])


# --- the hold -------------------------------------------------------------------------------------------------------------


def test_held_log_when_compared_then_only_a_past_of_its_own_lets_it_go(ledger: Ledger) -> None:
    from azukari.ledger.checkpoint import Checkpoint, sign_checkpoint
    from azukari.ledger.note import Signer
    from azukari.web.sequencer import hold
    from azukari.web.sequencer.actions import resuming

    def resume(*notes: bytes) -> int:
        return resuming.resume(log_id=ledger.log_id, notes=notes, ask=nobody, by=BY, at=AT)

    def nobody(url: str, body: bytes) -> Answer_:
        raise AssertionError("no policy, so nobody is asked")

    def signed(size: int, root: bytes, seed: bytes = SEED, origin: str = ORIGIN) -> bytes:
        return sign_checkpoint(Checkpoint(origin, size, root), [Signer(origin, seed)])

    ledger.append(*(b"entry %d" % n for n in range(300)))
    note = ledger.integrate().note
    ledger.append(*(b"entry %d" % n for n in range(300, 310)))
    root = resuming._root(ledger.log_id, 305)
    hold.hold(ledger.folder, ledger.log_id)
    with pytest.raises(StateError):
        ledger.append(b"more")
    with pytest.raises(StateError):
        ledger.integrate()
    refusals: list[tuple[type[AzukariError], list[bytes]]] = [
        (OptionError, []),
        (ForkError, [signed(311, root)]),
        (ForkError, [signed(300, root)]),
        (ForkError, [signed(305, bytes(32))]),
        (ForkError, [signed(200, bytes(32))]),
        (ForkError, [note, signed(200, bytes(32))]),
        (SignatureError, [signed(305, root, bytes(32))]),
        (AzukariError, [signed(305, root, SEED, "ledger.example/other")]),
        (FormatError, [b"no note"]),
    ]
    for error, notes in refusals:
        with pytest.raises(error):
            resume(*notes)
        assert hold.is_held(ledger.log_id)
    assert resume(note, signed(305, root)) == 305
    assert not hold.is_held(ledger.log_id) and ledger.integrate().size == 310


@pytest.mark.parametrize(("status", "word"), [(409, "fork"), (422, "fork"), (500, "option")])
def test_held_log_when_a_witness_does_not_agree_then_it_stays_held(ledger: Ledger, status: int, word: str) -> None:
    from azukari.web.sequencer import hold
    from azukari.web.sequencer.actions import policy, resuming

    text = b"witness one %s http://127.0.0.1:9/\nquorum one\n" % Cosigner("one.example", bytes(32)).vkey.encode()
    ledger.append(b"entry 0")
    ledger.integrate()
    policy.adopt(log_id=ledger.log_id, text=text, by=BY, at=AT)
    ledger.integrate()
    hold.hold(ledger.folder, ledger.log_id)
    asked = []

    def ask(url: str, body: bytes) -> Answer_:
        asked.append(url)
        return Answer_(status, b"7\n" if status == 409 else b"")

    with pytest.raises(AzukariError) as refusal:
        resuming.resume(log_id=ledger.log_id, notes=[], ask=ask, by=BY, at=AT)
    assert refusal.value.word == word and asked and hold.is_held(ledger.log_id)


def test_outside_face_when_backed_up_then_it_comes_back_without_a_ledger(
    new_office: Callable[[Path], Path], tmp_path: Path
) -> None:
    from azukari.web.accounts.actions import body

    kek = create_key_file(tmp_path / "outside.key", None)
    new_office(tmp_path / "outside")
    body_id = body.create(name="霞ヶ浜年金機構", key_id=kek.key_id, by=BY, at=AT)
    (tmp_path / "outside" / "packages" / f"{uuid4()}.azk").write_bytes(b"sealed")
    opens = ("--keys", tmp_path / "outside.key")
    scenes.refused("option", call, "backup", tmp_path / "o.azb", "--office", tmp_path / "outside", *opens)
    assert call("keygen", tmp_path / "chosen.key").code == 0
    to = ("--to", tmp_path / "chosen.key.card", "--office", tmp_path / "outside")
    assert call("backup", tmp_path / "o.azb", *to, *opens).code == 0
    done = call("restore", tmp_path / "o.azb", tmp_path / "again", "-i", tmp_path / "chosen.key", *opens, "--json")
    assert (done.code, done.json["logs"]) == (0, [])
    office.start(tmp_path / "again")
    from azukari.web.accounts import queries as accounts

    assert [one.id for one in accounts.bodies()] == [body_id]
    assert [path.read_bytes() for path in (tmp_path / "again" / "packages").iterdir()] == [b"sealed"]
