"""Another key-encryption key: everything opens under it, nothing under the old one, however often the move is cut off."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import PLANTED, Scene, call, copied
from tests.web import bodies
from tests.web.bodies import KEK, SECRET, another_body, furnish, give_factor
from tests.web.conftest import AT, BY, Ledger

from azukari.cli.options import open_office
from azukari.errors import KeyFileError, StateError
from azukari.fields.days import day_of
from azukari.seal.identity import Identity
from azukari.stores.keys import KeyEncryptionKey, open_key_file, wrapped_under
from azukari.tables import read_table

NEW = KeyEncryptionKey(bytes(range(1, 33)))


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """An office with sealed packages, people, a protection, a consignment and an authenticator app."""
    scenes.without_office(monkeypatch)
    made = copied(scenes.sealed(), tmp_path / "scene")
    fill(made)
    yield made
    scenes.close()


def fill(scene: Scene) -> None:
    from azukari.web import office
    from azukari.web.subjects.actions import protection

    opened = open_office(scene / "office", scene / "office.key", None)
    terms = protection.Terms(day_of(opened.at), None, "rows", note="避難先の申出")
    protection.add(body_id=opened.body_id, local_ids=["0417"], terms=terms, kek=opened.kek, by=opened.by, at=opened.at)
    scene.json(
        *("consign", "add", "--entrustment", "入力", "--to", scenes.KEYING.ja, "--unit", "box", "--units", "1"),
        *("--people", "5", "--fields", "name", "--carrier", "直接", "--unmatched"),
    )
    give_factor(opened.by)  # leaves another key in this process
    office.unlock(opened.kek)
    from allauth.mfa.models import Authenticator

    from azukari.web.accounts.adapters import FactorAdapter

    Authenticator.objects.filter(user_id=opened.by).update(data={"secret": FactorAdapter().encrypt(SECRET)})


def rekey(scene: Scene, *more: object) -> Any:
    return scene.run("rekey", "--new-keys", scene / "new.key", "--json", *more)


def key(scene: Scene, name: str) -> KeyEncryptionKey:
    return open_key_file(scene / name, None)


def under(scene: Scene) -> set[str]:
    """The ids of the keys that wrap anything in the office, as far as rekeying knows."""
    import base64

    from azukari.web import office, rekeying
    from azukari.web.accounts.wrapped import FactorSecrets
    from azukari.web.incidents.wrapped import KeptSpecimens
    from azukari.web.subjects import keystore
    from azukari.web.subjects.wrapped import KeystoreKey
    from azukari.web.wrapping import WrappedField

    office.start(scene / "office")
    found = set()
    for secrets in rekeying.ALL:
        for row in (row for rows in secrets.batches() for row in rows):
            if isinstance(secrets, WrappedField):
                found.add(wrapped_under(getattr(row, secrets.name)))
            elif isinstance(secrets, KeystoreKey):
                found.add(wrapped_under(keystore.wrapped_key(row)))
            elif isinstance(secrets, FactorSecrets):
                found.add(wrapped_under(base64.b64decode(row.data["secret"])))
            else:
                assert isinstance(secrets, KeptSpecimens)
                found.add(wrapped_under((scene / "office" / "index" / f"{row.id}.specimen").read_bytes()))
    return found


def all_opens(scene: Scene, keys: str) -> None:
    """Seal, receive, trace, list who is protected, and read the second factor, with this key file."""
    from azukari.web import office
    from azukari.web.accounts.adapters import FactorAdapter
    from azukari.web.custody import snapshots
    from azukari.web.subjects.queries import protections

    opened = open_office(scene / "office", scene / keys, None)
    assert [one.note for one in protections.page(opened.body_id, 1, opened.kek).rows] == ["避難先の申出"]
    assert set(protections.holds_on(opened.body_id, day_of(opened.at)))
    office.unlock(opened.kek)
    from allauth.mfa.models import Authenticator

    assert FactorAdapter().decrypt(Authenticator.objects.get().data["secret"]) == SECRET
    source = read_table(scene / "register.csv").frame
    assert snapshots.snapshot_of(source, opened.body_id, opened.kek) is not None, "a table is recognised as before"
    slug = scenes.PRINTING.slug
    out = scene / f"{keys}-{slug}.azk"
    named = ["--entrustment", "印刷", "--to", scenes.PRINTING.ja, "-o", out, "--office", scene / "office"]
    done = call("seal", scene / "register.csv", *named, "--keys", scene / keys)
    assert done.code == 0, done
    assert call("open", out, "-i", scene / f"{slug}.key", "-o", scene / f"{keys}.csv").code == 0


def test_rekey_when_done_then_all_opens_under_the_new_key_and_the_old_one_is_refused(scene: Scene) -> None:
    from azukari.web.keyring.models import ReplacedKey

    before = under(scene)
    assert before == {key(scene, "office.key").key_id}
    done = rekey(scene)
    assert done.code == 0 and done.json["moved"] > 10
    assert under(scene) == {key(scene, "new.key").key_id} and not ReplacedKey.objects.exists()
    all_opens(scene, "new.key")
    assert scene.run("list").code == KeyFileError.code
    again = call("rekey", "--new-keys", scene / "new.key", "--office", scene / "office", "--keys", scene / "office.key")
    assert again.code == KeyFileError.code, "a key that was replaced opens nothing, and replaces nothing"
    scenes.close()
    (scene / "office.key").unlink()
    third = call("rekey", "--new-keys", scene / "3.key", "--office", scene / "office", "--keys", scene / "new.key")
    assert third.code == 0
    all_opens(scene, "3.key")


class Cut(BaseException):
    """What a kill is to this process."""


def test_rekey_when_cut_off_at_every_step_then_both_kinds_open_and_the_next_run_ends_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web import office, rekeying
    from azukari.web.keyring.actions import replacing
    from azukari.web.wrapping import WrappedField

    office.start(scene / "office")
    old, moves = key(scene, "office.key"), 0
    renewing, writing = WrappedField.renewed, WrappedField.move

    def renewed(self: WrappedField, row: Any, kek: KeyEncryptionKey) -> Any:
        nonlocal moves
        done = renewing(self, row, kek)
        moves += done is not None
        if done is not None and moves % 3 == 0:
            raise Cut
        return done

    def move(self: WrappedField, rows: Any, kek: KeyEncryptionKey) -> int:
        done = writing(self, rows, kek)
        if done and moves % 5 == 0:
            raise Cut  # written, and not committed
        return done

    monkeypatch.setattr(WrappedField, "renewed", renewed)
    monkeypatch.setattr(WrappedField, "move", move)
    monkeypatch.setattr("azukari.web.wrapping.BATCH", 2)
    new = KeyEncryptionKey(bytes(range(32, 64)))
    cuts = 0
    while True:
        try:
            rekeying.rekey(old=old, new=new, by=BY, at=AT)
            break
        except Cut:
            cuts += 1
            assert len(under(scene)) <= 2 and cuts < 200
            fresh = KeyEncryptionKey(bytes(range(32, 64)))
            with pytest.raises(StateError):
                replacing.begin(old=new, new=NEW, by=BY, at=AT)
            from azukari.web.keyring.queries import open_replaced

            assert open_replaced(fresh) == 1
            opened_by(scene, fresh)
    assert cuts > 3 and under(scene) == {new.key_id}
    opened_by(scene, new)


def opened_by(scene: Scene, kek: KeyEncryptionKey) -> None:
    """Every wrapped secret of the register opens under this key, in memory alone."""
    from azukari.web import rekeying
    from azukari.web.subjects import keystore, queries
    from azukari.web.wrapping import WrappedField

    with keystore.opened(queries.store_path(), kek) as store:
        assert store.roots([keystore.FIRST])
    for secrets in rekeying.ALL:
        if isinstance(secrets, WrappedField):
            for row in (row for rows in secrets.batches() for row in rows):
                assert kek.unwrap(getattr(row, secrets.name), secrets.purpose(row))


_DIE = """
import os, signal, sys
from pathlib import Path
from azukari.web import office
office.start(Path(sys.argv[1]) / "office")
from azukari.web import rekeying, wrapping
from azukari.web.keyring.actions import replacing
point, folder = sys.argv[2], Path(sys.argv[1])
def die(*arguments, **named): os.kill(os.getpid(), signal.SIGKILL)
if point == "begin": replacing.begin = die
if point == "move":
    real, count = wrapping.WrappedField.renewed, []
    def renewed(self, row, kek):
        count.append(1)
        return die() if len(count) > 4 else real(self, row, kek)
    wrapping.WrappedField.renewed, wrapping.BATCH = renewed, 1
if point == "finish": replacing.finish = die
from azukari.cli.main import run
keys = ["--office", folder / "office", "--keys", folder / "office.key", "--new-keys", folder / "new.key"]
sys.exit(run(["rekey", *map(str, keys)]))
"""


@pytest.mark.parametrize("point", ["begin", "move", "finish"])
def test_rekey_when_killed_then_the_same_command_goes_on(scene: Scene, point: str) -> None:
    scenes.close()
    told = [sys.executable, "-c", _DIE, str(scene.folder), point]
    died = subprocess.run(told, capture_output=True, timeout=120, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    if point == "begin":
        assert scene.run("list").code == 0, "nothing has begun"
    else:
        listed = call("list", "--office", scene / "office", "--keys", scene / "new.key")
        assert listed.code == 0 and scene.run("list").code == KeyFileError.code
    assert rekey(scene).code == 0
    all_opens(scene, "new.key")


def test_rekey_when_the_office_is_in_use_or_the_key_is_no_key_then_refused_and_nothing_moved(scene: Scene) -> None:
    from azukari.cli.rekeying import unlocked

    before = under(scene)
    with unlocked(scene / "office"), unlocked(scene / "office"):
        assert rekey(scene).code == StateError.code
    inside = scene.run("rekey", "--new-keys", scene / "office" / "new.key")
    same = scene.run("rekey", "--new-keys", scene / "office.key")
    (scene / "broken.key").write_bytes(b"{}")
    broken = scene.run("rekey", "--new-keys", scene / "broken.key")
    assert (inside.code, same.code, broken.code) == (StateError.code, StateError.code, KeyFileError.code)
    assert under(scene) == before
    assert not (scene / "office" / "new.key").exists()


@pytest.mark.parametrize("command", [("serve", "--inside"), ("work", "--once")])
def test_office_when_the_key_is_replaced_while_it_opens_then_it_does_not_go_on_under_the_old_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, command: tuple[str, str]
) -> None:
    """What it would wrap from then on nobody could open."""
    from azukari.cli import rekeying, serving, working

    @contextmanager
    def late(office_path: Path) -> Iterator[None]:
        assert rekey(scene).code == 0
        with rekeying.unlocked(office_path):
            yield

    for module in (serving, working):
        monkeypatch.setattr(module, "unlocked", late)
    monkeypatch.setattr(serving, "_answer", lambda *given: None)
    monkeypatch.setenv("AZUKARI_FACE", "")
    monkeypatch.setenv("AZUKARI_PLAIN_HTTP", "")
    assert scene.run(*command).code == KeyFileError.code


def test_backup_when_the_key_is_replaced_while_it_waits_then_refused_since_nobody_could_restore_it(
    scene: Scene,
) -> None:
    from azukari.web.backup import making

    old = open_key_file(scene / "office.key", None)
    assert rekey(scene).code == 0
    open_office(scene / "office", scene / "new.key", None)
    out, to = io.BytesIO(), [Identity.generate().recipient]
    with pytest.raises(KeyFileError):
        making.make(out, kek=old, to=to, programs=None, at=AT)
    assert not out.getvalue()


def test_rekey_when_a_passphrase_is_given_then_the_new_file_has_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scene / "secret").write_text("mikan-no-ki-no-shita-de", encoding="utf-8")
    monkeypatch.setenv("AZUKARI_NEW_PASSPHRASE_FILE", os.fspath(scene / "secret"))
    assert rekey(scene).code == 0
    with pytest.raises(KeyFileError):
        key(scene, "new.key")


# ---- Both databases -----------------------------------------------------------------------------------------------


def test_people_when_the_key_is_replaced_then_they_are_the_same_people_in_every_body(ledger: Ledger) -> None:
    from azukari.web import rekeying
    from azukari.web.accounts.actions import body
    from azukari.web.custody.models import HandOver, Party, Snapshot
    from azukari.web.keyring import queries as keyring
    from azukari.web.sequencer.models import Log
    from azukari.web.subjects import queries

    with bodies.screens():
        own, other = furnish(ledger, "kasumi"), furnish(ledger, "betsu", another_body(ledger))
    for records in (own, other):
        body.set_key_id(body_id=records.body_id, key_id=KEK.key_id, by=BY, at=AT)
    for model, name, purpose in (
        (Log, "wrapped_key", "log/{}/key"),
        (Party, "wrapped_challenge", "party/{}/challenge"),
        (Snapshot, "wrapped_index_key", "snapshot/{}/index"),
        (HandOver, "wrapped_key", "handover/{}/key"),
        (HandOver, "wrapped_data_key", "handover/{}/record"),
    ):
        for row in model.objects.all():  # what the test kit leaves there opens nothing
            wrapped = KEK.wrap(bytes(32), purpose.format(row.id))
            model.objects.filter(pk=row.pk).update(**{name: wrapped})
    before = {records.body_id: known(records.body_id, KEK) for records in (own, other)}
    macs = [keyring.derived(one.body_id, "table-mac", KEK) for one in (own, other)]
    new = KeyEncryptionKey(bytes(range(64, 96)))
    seen: list[int] = []
    moved = rekeying.rekey(old=KEK, new=new, by=BY, at=AT, progress=seen.append)
    assert moved > 20 and seen == sorted(seen) and seen[-1] == moved
    fresh = KeyEncryptionKey(bytes(range(64, 96)))
    assert {body_id: known(body_id, fresh) for body_id in before} == before
    assert [keyring.derived(one.body_id, "table-mac", fresh) for one in (own, other)] == macs
    for body_id, (person_id, secret) in before.items():
        assert queries.key(queries.subject(person_id), fresh) == secret, body_id
        with pytest.raises(KeyFileError):
            queries.key(queries.subject(person_id), KEK)


def known(body_id: UUID, kek: KeyEncryptionKey) -> tuple[UUID, bytes]:
    from azukari.web.subjects import queries

    mark = next(m for m in ("kasumi", "betsu") if queries.known(body_id, f"{m}-417", kek))
    info = queries.known(body_id, f"{mark}-417", kek)
    assert info is not None
    return info.id, queries.key(info, kek)


def test_secret_when_wrapped_under_a_third_key_then_the_move_stops_and_it_stays_as_it_was(ledger: Ledger) -> None:
    from azukari.web import rekeying
    from azukari.web.accounts.actions import body
    from azukari.web.sequencer.models import Log

    body.set_key_id(body_id=ledger.body_id, key_id=KEK.key_id, by=BY, at=AT)
    foreign = KeyEncryptionKey(b"\x05" * 32).wrap(bytes(32), f"log/{ledger.log_id}/key")
    Log.objects.update(wrapped_key=foreign)
    with pytest.raises(StateError):
        rekeying.rekey(old=KEK, new=KEK, by=BY, at=AT)
    with pytest.raises(KeyFileError):
        rekeying.rekey(old=KeyEncryptionKey(b"\x08" * 32), new=NEW, by=BY, at=AT)
    with pytest.raises(KeyFileError):
        rekeying.rekey(old=KEK, new=KeyEncryptionKey(b"\x06" * 32), by=BY, at=AT)
    assert bytes(Log.objects.get().wrapped_key) == foreign
    with pytest.raises(KeyFileError):
        rekeying.rekey(old=KEK, new=NEW, by=BY, at=AT)


def test_planted_when_rekeyed_then_nothing_of_a_person_was_written_in_the_clear(scene: Scene) -> None:
    assert rekey(scene).code == 0
    kept = b"".join(path.read_bytes() for path in (scene / "office").rglob("*") if path.is_file())
    assert PLANTED["宛名番号"].encode() not in kept and "避難先".encode() not in kept


def test_move_when_another_wrote_meanwhile_or_one_is_damaged_then_that_stays_and_nothing_is_half_written(
    ledger: Ledger,
) -> None:
    from azukari.web.subjects.actions import subject
    from azukari.web.subjects.models import Subject
    from azukari.web.subjects.wrapped import WRAPPED

    field = WRAPPED[0]
    for one in subject.ensure(body_id=ledger.body_id, local_ids=["1", "2", "3"], kek=KEK, by=BY, at=AT):
        wrapped = KEK.wrap(bytes(32), f"subject/{one.id}/key")  # as of before the keystore
        Subject.objects.filter(id=one.id).update(wrapped_key=wrapped)
    new = KeyEncryptionKey(bytes(range(1, 33)))
    new.opens_for(KEK)
    (rows,) = field.batches()
    other = KEK.wrap(bytes(32), field.purpose(rows[1]))
    Subject.objects.filter(id=rows[1].id).update(wrapped_key=other)
    assert field.move(rows, new) == 3, "what was read was under the old key"
    now = {row.id: bytes(row.wrapped_key) for row in Subject.objects.all()}
    assert now[rows[1].id] == other, "what another wrote stays"
    assert wrapped_under(now[rows[0].id]) == wrapped_under(now[rows[2].id]) == new.key_id
    (rows,) = field.batches()
    assert field.move(rows, new) == 1 and field.move(next(field.batches()), new) == 0
    Subject.objects.filter(id=rows[2].id).update(wrapped_key=KEK.wrap(bytes(32), "another purpose"))
    Subject.objects.filter(id=rows[0].id).update(wrapped_key=KEK.wrap(bytes(32), field.purpose(rows[0])))
    before = {row.id: bytes(row.wrapped_key) for row in Subject.objects.all()}
    with pytest.raises(KeyFileError):
        field.move(next(field.batches()), new)
    assert {row.id: bytes(row.wrapped_key) for row in Subject.objects.all()} == before
