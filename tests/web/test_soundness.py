"""`azukari check`: each thing that is wrong is told in its own line, in both languages, and nothing is changed by looking."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from tests.cli import scene as scenes
from tests.cli.scene import ERRORS, Scene, call
from tests.web import crossings
from tests.web.conftest import AT, BY, Ledger, Server, make_ledger

from azukari.ledger import Signer
from azukari.stores.keys import create_key_file
from azukari.web.backup import names

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office whose key file has a passphrase, as deploy/README.md says; its ledger was checked."""
    scene = Scene(tmp_path_factory.mktemp("founded") / "scene")
    scene.folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        scenes.without_office(patch)
        patch.setenv("AZUKARI_PASSPHRASE", "かすみ")
        told = ("--oversight", scene / "oversight.key", "--body", "B", "--officer", "O", "--origin", "ledger.example/x")
        assert call("init", scene / "office", "--keys", scene / "office.key", *told).code == 0
        scene.json("ledger", "integrate", "--once")
        scene.json("ledger", "check")
    scenes.close()
    return scene.folder


@pytest.fixture
def scene(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("AZUKARI_PASSPHRASE", "かすみ")
    return scenes.copied(founded, tmp_path / "scene")


def told(scene: Scene, *options: object, code: int = 0) -> dict[str, str]:
    """Subject -> grade."""
    answer = scene.run("check", *options, "--json")
    assert answer.code == code and not answer.err, answer
    grades = {one["subject"]: one["grade"] for one in answer.json["observations"]}
    assert answer.json["sound"] == (code == 0) and answer.json["broken"] == list(grades.values()).count("broken")
    return grades


def certificate(path: Path, first: datetime, last: datetime) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(first).not_valid_after(last)
    path.write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return path


def test_check_when_all_is_well_then_every_line_says_so_and_nothing_is_changed(scene: Scene) -> None:
    pem = certificate(scene / "tls.crt", NOW - DAY, NOW + 300 * DAY)
    scene.json("backup", scene.folder / names.name_at(NOW))
    options = ("--tls-cert", pem, "--backups", scene.folder)
    before = {path: path.stat().st_mtime_ns for path in scene.folder.rglob("*") if "sqlite3-" not in path.name}
    grades = told(scene, *options)
    assert before == {path: path.stat().st_mtime_ns for path in scene.folder.rglob("*") if "sqlite3-" not in path.name}
    assert grades.pop("disk") in ("good", "look")
    assert set(grades.values()) == {"good"}
    assert list(grades) == ["folders", "key-file", "certificate", "backups", "database", "schema", "wall", "key", "held",
                            "ledger-check", "clock", "recovery", "jobs"]  # fmt: skip
    for lang, sign in (("ja", "良好　　"), ("en", "good    ")):
        answer = scene.run("check", *options, lang=lang)
        assert answer.code == 0 and len(answer.out.splitlines()) == 14 and answer.out.startswith(sign)


def test_check_when_something_is_broken_then_the_exit_code_and_the_sentence_say_so(scene: Scene) -> None:
    (scene / "office").chmod(0o755)
    for lang, sentence, line in (
        ("ja", "azukari: 直すべき所があります。（1）", "要是正　他の利用者が開けるフォルダーがあります: office"),
        (
            "en",
            "azukari: This installation has something that must be put right. (1)",
            "broken  Others may open office",
        ),
    ):
        answer = scene.run("check", lang=lang)
        assert (answer.code, answer.err.strip()) == (
            ERRORS["unsound"].code,
            sentence,
        ) and line in answer.out.splitlines()


# --- one thing wrong, one line ---------------------------------------------------------------------------------------


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _foreign(scene: Scene) -> None:
    (scene / "office.key").unlink()
    create_key_file(scene / "office.key", "かすみ".encode())


def _migrations(scene: Scene, statement: str) -> None:
    from azukari.web.sqlite import sqlite3

    with sqlite3.connect(scene / "office" / "office.sqlite3") as register:
        register.execute(statement)


FAULTS: dict[str, tuple[str, str, Callable[[Scene], object]]] = {
    "a folder below is open": ("folders", "broken", lambda s: (s / "office" / "packages").chmod(0o750)),
    "key file readable": ("key-file", "broken", lambda s: (s / "office.key").chmod(0o640)),
    "key file cut": ("key-file", "broken", lambda s: _cut(s / "office.key")),
    "key of another office": ("key", "broken", _foreign),
    "register cut": ("database", "broken", lambda s: (s / "office" / "office.sqlite3").write_bytes(b"no database" * 99)),
    "older register": ("schema", "broken", lambda s: _migrations(
        s, "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)")),
    "newer register": ("schema", "broken", lambda s: _migrations(
        s, "INSERT INTO django_migrations (app, name, applied) VALUES ('custody', '9999_later', '2090-01-01')")),
    "never checked": ("ledger-check", "look", lambda s: [p.unlink() for p in (s / "office" / "ledger").glob("*.checked")]),
    "nonsense for a check": ("ledger-check", "look", lambda s: [
        p.write_bytes(b"[1]") for p in (s / "office" / "ledger").glob("*.checked")]),
    "a payload is left": ("recovery", "look", lambda s: (s / "office" / "spool" / f"{uuid4()}.payload").write_bytes(b"x")),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_check_when_one_thing_is_wrong_then_its_line_says_so_and_the_others_do_not(scene: Scene, fault: str) -> None:
    subject, grade, plant = FAULTS[fault]
    plant(scene)
    scenes.close()
    grades = told(scene, code=52 if grade == "broken" else 0)
    assert grades[subject] == grade
    alone = {one for one, found in grades.items() if found == "broken"} - {subject}
    assert alone <= ({"key"} if subject == "key-file" else set()), grades  # what does not open is not its key either
    assert ("schema" in grades) == (subject != "database"), "nothing is asked of a register that is none"
    assert ("held" in grades) == (subject not in ("database", "schema"))


def test_check_when_the_key_file_lies_in_the_office_then_broken(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(scene / "office.key", scene / "office" / "office.key")
    inside = ("check", "--office", scene / "office", "--keys", scene / "office" / "office.key", "--json")
    assert next(one for one in call(*inside).json["observations"] if one["subject"] == "key-file")["grade"] == "broken"
    (scene / "office.key").chmod(0o440)  # as the service manager hands it over, with a right for one more user
    assert told(scene, code=52)["key-file"] == "broken"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(scene.folder))
    assert told(scene)["key-file"] == "good"
    monkeypatch.setenv("AZUKARI_PASSPHRASE", "さくら")
    assert told(scene, code=52)["key"] == "broken"


def test_check_when_the_key_file_has_no_passphrase_then_look(scene: Scene) -> None:
    (scene / "office.key").unlink()
    create_key_file(scene / "office.key", None)
    grades = told(scene, code=52)
    assert (grades["key-file"], grades["key"]) == ("look", "broken")


@pytest.mark.parametrize(
    ("first", "last", "grade"),
    [(-1, 300, "good"), (-1, 31, "good"), (-300, 29, "look"), (-300, -1, "broken"), (1, 300, "broken")],
)
def test_certificate_when_its_days_are_counted_then_a_month_before_the_end_it_is_told(
    scene: Scene, first: int, last: int, grade: str
) -> None:
    pem = certificate(scene / "tls.crt", NOW + first * DAY, NOW + last * DAY)
    assert told(scene, "--tls-cert", pem, code=52 if grade == "broken" else 0)["certificate"] == grade


def test_certificate_when_it_is_none_then_broken(scene: Scene) -> None:
    for path in (scene / "nowhere.crt", scene / "office.key", scene.folder):
        assert told(scene, "--tls-cert", path, code=52)["certificate"] == "broken"


def test_backups_when_they_are_old_or_none_then_told(scene: Scene) -> None:
    folder = scene / "backups"
    assert told(scene, "--backups", folder, code=52)["backups"] == "broken"
    folder.mkdir()
    (folder / "other.azb").write_bytes(b"x")
    (folder / names.name_at(NOW)).write_bytes(b"")  # nothing in it
    for days, grade in ((None, "broken"), (9, "broken"), (3, "look"), (1, "good")):
        if days is not None:
            (folder / names.name_at(NOW - days * DAY)).write_bytes(b"x")
        assert told(scene, "--backups", folder, code=52 if grade == "broken" else 0)["backups"] == grade


def test_disk_when_little_is_free_then_told(scene: Scene) -> None:
    from azukari.web.checks import machine
    from azukari.web.checks.observation import Bounds, Installation

    free = shutil.disk_usage(scene / "office").free
    for least, little, grade in ((0, 0, "good"), (0, 2 * free, "look"), (2 * free, 2 * free, "broken")):
        seen = Installation(scene / "office", scene / "office.key", NOW, bounds=Bounds(least, little))
        assert machine.disk(seen).grade == grade


def test_check_when_the_office_was_restored_then_its_ledger_is_held_until_it_was_compared(scene: Scene) -> None:
    scene.json("ledger", "export", scene / "published")
    scene.json("backup", scene / "b.azb")
    keys = ("-i", scene / "oversight.key", "--keys", scene / "office.key")
    assert call("restore", scene / "b.azb", scene / "again", *keys).code == 0
    shutil.rmtree(scene / "office")
    os.rename(scene / "again", scene / "office")
    assert told(scene, code=52)["held"] == "broken"
    scene.json("ledger", "resume", "--published", scene / "published")
    assert told(scene)["held"] == "good"


def test_check_when_there_is_no_office_then_one_sentence(tmp_path: Path) -> None:
    scenes.refused("not-found", call, "check", "--office", tmp_path, "--keys", tmp_path / "office.key")


# --- what goes on in the register, on both databases -----------------------------------------------------------------------


def graded(folder: Path, at: datetime, *subjects: str, **more: Any) -> list[str]:
    from azukari.web.checks.observation import Installation
    from azukari.web.checks.whole import observe

    found = {one.subject: one.grade.value for one in observe(Installation(folder, folder / "none.key", at, **more))}
    return [found.get(subject, "untold") for subject in subjects]


def test_work_when_time_goes_by_then_checks_jobs_and_the_clock_are_told(ledger: Ledger) -> None:
    from azukari.web.jobs.models import Job
    from azukari.web.sequencer import checked

    said = ("wall", "clock", "ledger-check", "jobs")
    assert graded(ledger.folder, AT, *said) == ["good", "untold", "look", "good"]
    ledger.append(b"entry")
    ledger.integrate()
    checked.keep(ledger.log_id, size=1, at=AT)
    assert graded(ledger.folder, AT + 14 * DAY, *said) == ["good", "good", "good", "good"]
    assert graded(ledger.folder, AT + 16 * DAY, *said) == ["good", "good", "look", "good"]
    assert graded(ledger.folder, AT - timedelta(minutes=1), *said)[1] == "good"
    assert graded(ledger.folder, AT - timedelta(minutes=3), *said)[1] == "broken"
    named: dict[str, Any] = {"body": ledger.body_id, "kind": "seal", "created_by": BY, "created_at": AT}
    Job.objects.create(**named, status=Job.Status.FAILED, error="storage", ended_at=AT)
    assert graded(ledger.folder, AT + 6 * DAY, "jobs") == ["look"]
    assert graded(ledger.folder, AT + 8 * DAY, "jobs") == ["good"]
    Job.objects.create(**named | {"created_at": AT + 8 * DAY})
    for minutes, grade in ((59, "good"), (61, "look")):
        assert graded(ledger.folder, AT + 8 * DAY + timedelta(minutes=minutes), "jobs") == [grade]


def test_ledger_check_when_one_of_two_was_never_checked_then_told(sqlite_office: Path) -> None:
    from azukari.web.sequencer import checked

    first = make_ledger(sqlite_office)
    checked.keep(first.log_id, size=0, at=AT)
    assert graded(sqlite_office, AT, "ledger-check") == ["good"]
    from azukari.web.accounts.actions import body
    from azukari.web.sequencer.actions import log

    other, other_log = body.create(name="白波町", by=BY, at=AT), Signer("ledger.example/y", bytes(32))
    log.create(
        body_id=other, origin=other_log.name, vkey=other_log.vkey, wrapped_key=b"w", by=BY, at=AT, log_id=uuid4()
    )
    assert graded(sqlite_office, AT, "ledger-check") == ["look"]


def test_wall_when_it_does_not_stand_or_the_server_is_away_then_broken(postgresql: Server, tmp_path: Path) -> None:
    from django.db import connection

    from azukari.web import environment, office

    postgresql.run("CREATE DATABASE soundness TEMPLATE template_office STRATEGY FILE_COPY")
    shutil.copytree(postgresql.folder, tmp_path / "office")
    address = tmp_path / "office" / environment.ADDRESS
    grades = {}
    for name, conninfo in {
        "ordinary": postgresql.database("soundness"),
        "superuser": postgresql.database("soundness").replace("user=azukari", "user=postgres"),
        "away": postgresql.database("soundness").replace("host=", "host=/nowhere"),
        "again": postgresql.database("soundness"),
    }.items():
        scenes.close()
        address.write_text(conninfo + "\n")
        office.start(postgresql.folder)  # the one open office is another, so that the address is read again
        office.start(tmp_path / "office")
        if name == "again":
            connection.cursor().execute("ALTER TABLE custody_handover NO FORCE ROW LEVEL SECURITY")
        grades[name] = graded(tmp_path / "office", AT, "database", "wall")
    assert grades == {
        "ordinary": ["good", "good"],
        "superuser": ["good", "broken"],
        "away": ["broken", "untold"],
        "again": ["good", "broken"],
    }


def test_crossings_when_one_is_on_its_way_too_long_then_both_sides_tell(tmp_path: Path) -> None:
    gap = crossings.copied(crossings.crossed(), tmp_path / "gap")
    gap.on("inside")
    assert graded(gap / "office", datetime.now(UTC) + 6 * DAY, "crossings") == ["good"]
    assert graded(gap / "office", datetime.now(UTC) + 8 * DAY, "crossings") == ["look"]
    assert graded(gap / "office", datetime.now(UTC) + 8 * DAY, "crossings", crossing=9 * DAY) == ["good"]
    gap.out_json("export", gap.empty())
    answer = gap.out_json("check", "--days", "1")
    grades = {one["subject"]: one["grade"] for one in answer["observations"]}
    assert grades["crossings"] == "good" and "held" not in grades and answer["sound"]
    gap.inside.json("import", gap.stick)
    gap.on("inside")
    assert graded(gap / "office", datetime.now(UTC) + 8 * DAY, "crossings") == ["good"]


# --- the names of backups ------------------------------------------------------------------------------------------------


def test_name_of_a_backup_when_read_then_it_tells_its_moment_and_other_files_tell_none() -> None:
    at = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
    assert names.made_at(names.name_at(at)) == names.made_at(names.name_at(at.astimezone())) == at
    assert Path(names.name_at(at)).match(names.PATTERN)
    for other in ("", "azukari-.azb", "azukari-20261325T000000Z.azb", "azukari-20261125T023000Z.azb.tmp", "x.azb"):
        assert names.made_at(other) is None
