"""The keystore: keys of before move in, a key that is destroyed is nowhere, and a backup of it brings nobody back who was erased."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.bodies import KEK
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import (
    AzukariError,
    FormatError,
    KeyFileError,
    PayloadError,
    SignatureError,
    StateError,
    WrongKeyError,
)
from azukari.seal.identity import Identity
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.subjects import keystore

OTHER = KeyEncryptionKey(bytes(range(3, 35)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    keystore.create(tmp_path / keystore.FILE, KEK)
    return tmp_path / keystore.FILE


def opened(path: Path, kek: KeyEncryptionKey = KEK) -> Any:
    return keystore.opened(path, kek)


# ---- The file -----------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(st.integers(1, 300), st.just(0)), max_size=6), data=st.data())
def test_keystore_when_slots_are_taken_and_destroyed_then_each_has_its_own_key_until_then(
    tmp_path: Path, steps: list[int], data: Any
) -> None:
    path = tmp_path / keystore.FILE
    path.unlink(missing_ok=True)
    keystore.create(path, KEK)
    keys, gone, following = dict[int, bytes](), set[int](), keystore.FIRST
    for count in steps:
        with opened(path) as store:
            if count:
                assert store.take(count) == following, "slots follow one another, and none is given twice"
                keys |= store.roots(range(following, following + count))
                following += count
            elif keys:
                one = data.draw(st.sampled_from(sorted(keys)))
                store.destroy([one])
                gone.add(one)
    with opened(path) as store:
        found = store.roots(keys)
        assert store.destroyed == len(gone)
    assert found == {slot: keystore.NOBODY if slot in gone else key for slot, key in keys.items()}
    assert len(set(keys.values())) == len(keys) and keystore.NOBODY not in keys.values()


def test_keystore_when_made_then_it_is_its_owners_alone_and_holds_no_key_in_the_clear(path: Path) -> None:
    with opened(path) as store:
        store.take(600)
        roots = store.roots(range(1, 601))
    assert path.stat().st_mode & 0o077 == 0
    assert not any(key in path.read_bytes() for key in roots.values())


@pytest.mark.parametrize(
    "change", ["other key", "moved page", "changed page", "page of another installation", "no page", "gone"]
)
def test_keystore_when_it_is_not_as_it_was_then_it_does_not_open(path: Path, change: str) -> None:
    from azukari.web.sqlite import sqlite3

    with opened(path) as store:
        store.take(600)
    if change == "other key":
        with pytest.raises(KeyFileError), opened(path, OTHER):
            pass
        return
    if change == "gone":
        path.unlink()
        with pytest.raises(KeyFileError), opened(path):
            pass
        return
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        if change == "moved page":
            db.execute("UPDATE page SET sealed = (SELECT sealed FROM page WHERE number = 1) WHERE number = 0")
        elif change == "changed page":
            (sealed,) = db.execute("SELECT sealed FROM page WHERE number = 0").fetchone()
            other = bytes([sealed[100] ^ 1])
            db.execute("UPDATE page SET sealed = ? WHERE number = 0", (sealed[:100] + other + sealed[101:],))
        elif change == "page of another installation":
            db.execute("UPDATE keystore SET installation = randomblob(16)")
        else:
            db.execute("DELETE FROM page WHERE number = 0")
    with pytest.raises(KeyFileError), opened(path) as store:
        store.roots([1])


def test_keystore_when_its_making_was_cut_off_then_it_is_none_and_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / keystore.FILE
    path.touch()
    assert not keystore.exists(path)
    keystore.create(path, KEK, first=7)
    keystore.create(path, OTHER, first=9)
    with opened(path) as store:
        assert store.take(1) == 7, "the second making found it there"


def test_keystore_when_the_key_is_replaced_then_one_secret_moves_and_the_keys_stay(path: Path) -> None:
    with opened(path) as store:
        store.take(3)
        before = store.roots([1, 2, 3])
    new = KeyEncryptionKey(bytes(range(40, 72)))
    new.opens_for(KEK)
    assert keystore.move(path, new) and not keystore.move(path, new)
    fresh = KeyEncryptionKey(bytes(range(40, 72)))
    with opened(path, fresh) as store:
        assert store.roots([1, 2, 3]) == before
    with pytest.raises(KeyFileError), opened(path):
        pass


# ---- Keys of before -----------------------------------------------------------------------------------------------


def ensure(body_id: UUID, *local_ids: str) -> list[Any]:
    from azukari.web.subjects.actions import subject

    return subject.ensure(body_id=body_id, local_ids=local_ids, kek=KEK, by=BY, at=AT)


def settle() -> None:
    from azukari.web.subjects.actions import settling

    settling.settle(kek=KEK, by=BY, at=AT)


def of_before(ledger: Ledger, count: int = 7) -> dict[UUID, bytes]:
    """People as the version before left them after its migration: keys in the register, no keystore; one erased."""
    from azukari.web.subjects.models import Subject

    people = ensure(ledger.body_id, *(f"{one:03d}" for one in range(count)))
    keys = {one.id: bytes([place + 1] * 32) for place, one in enumerate(people[1:])}
    Subject.objects.filter(id=people[0].id).update(pseudonym=None, erased_at=AT)
    put_back(ledger, keys)
    return keys


def put_back(ledger: Ledger, keys: dict[UUID, bytes]) -> None:
    """As if nothing had moved yet."""
    from azukari.web.subjects.models import Subject

    for left in ledger.folder.glob(f"{keystore.FILE}*"):
        left.unlink()
    Subject.objects.update(destroyed_at=None)
    for one, key in keys.items():
        Subject.objects.filter(id=one).update(wrapped_key=KEK.wrap(key, f"subject/{one}/key"))


def all_keys() -> dict[UUID, bytes]:
    from azukari.web.subjects import queries
    from azukari.web.subjects.models import Subject

    return queries.keys(
        queries.subjects(Subject.objects.filter(erased_at=None).values_list("id", flat=True)).values(), KEK
    )


def test_keys_of_before_when_the_office_is_opened_then_they_move_and_their_cells_still_open(ledger: Ledger) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from azukari.web.subjects import cells, queries
    from azukari.web.subjects.models import Subject

    before = of_before(ledger)
    someone, key = next(iter(before.items()))
    place = cells.Place("tests.Row", someone, "text")
    header = b"azc1" + cells.key_id(key)
    old = header + bytes(12) + AESGCM(key).encrypt(bytes(12), "昔の欄".encode(), header + place.encode())
    settle()
    assert all_keys() == before
    assert cells.open_cell(old, queries.key(queries.subject(someone), KEK), place) == "昔の欄"
    assert not Subject.objects.filter(wrapped_key__isnull=False).exists()
    assert not Subject.objects.filter(erased_at__isnull=False, destroyed_at=None).exists()
    new = ensure(ledger.body_id, "new")[0]
    assert new.number > max(queries.subject(one).number for one in before), "no slot is given twice"


class Cut(BaseException):
    """What a kill is to this process."""


def cutting(monkeypatch: pytest.MonkeyPatch, at: int) -> Callable[[], None]:
    """From the ``at``-th step on nothing is done any more: each writing of the keystore, and each statement of the register."""
    from django.db import connection

    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps >= at:
            raise Cut

    def execute(run: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        if not sql.startswith(("SELECT", "ROLLBACK", "SAVEPOINT")):
            step()
        return run(sql, params, many, context)

    real = keystore.Keystore._write

    def write(self: Any, page: int, content: bytes) -> None:
        step()
        real(self, page, content)

    ended = keystore.Keystore.destroy

    def destroy(self: Any, slots: Any) -> None:
        step()
        ended(self, slots)
        step()

    monkeypatch.setattr(keystore.Keystore, "_write", write)
    monkeypatch.setattr(keystore.Keystore, "destroy", destroy)
    wrapper = connection.execute_wrapper(execute)
    wrapper.__enter__()

    def over() -> None:
        wrapper.__exit__(None, None, None)
        monkeypatch.undo()

    return over


def test_keys_of_before_when_the_move_is_cut_off_at_any_step_then_the_next_opening_ends_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.subjects.actions import settling
    from azukari.web.subjects.models import Subject

    before = of_before(ledger)
    for at in range(1, 60):
        put_back(ledger, before)
        over = cutting(monkeypatch, at)
        monkeypatch.setattr(settling, "BATCH", 2)
        try:
            settle()
            break
        except Cut:
            pass
        finally:
            over()
        settle()
        assert all_keys() == before, at
        assert not Subject.objects.filter(erased_at__isnull=False, destroyed_at=None).exists()
    assert at > 8 and all_keys() == before


# ---- Erasing, cut off ---------------------------------------------------------------------------------------------


def test_destroy_when_it_is_cut_off_at_any_step_then_the_next_opening_ends_it_and_others_keep_their_keys(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.subjects import queries
    from azukari.web.subjects.actions import subject
    from azukari.web.subjects.models import Subject

    people = ensure(ledger.body_id, *map(str, range(30)))
    keys, cuts = queries.keys(people, KEK), 0
    for at, gone in enumerate(people[:-1], 1):
        over = cutting(monkeypatch, at)
        try:
            subject.destroy(subject_id=gone.id, kek=KEK, by=BY, at=AT)
            cut = False
        except Cut:
            cut, cuts = True, cuts + 1
        finally:
            over()
        settle()
        said = Subject.objects.get(id=gone.id)
        assert (said.erased_at is None) == (said.destroyed_at is None) == (said.pseudonym is not None)
        with opened(ledger.folder / keystore.FILE) as store:
            assert store.roots([gone.number])[gone.number] == (keystore.NOBODY if said.erased_at else keys[gone.id])
        if not cut:
            break
    assert cuts > 3 and not cut
    assert queries.key(people[-1], KEK) == keys[people[-1].id]


# ---- Backups ------------------------------------------------------------------------------------------------------

EYES = Identity.generate()


def backup(kek: KeyEncryptionKey = KEK) -> bytes:
    from azukari.web.backup import keystores

    out = io.BytesIO()
    keystores.make(out, kek=kek, to=[EYES.recipient], at=AT)
    return out.getvalue()


def restore(data: bytes, **changes: Any) -> Any:
    from azukari.web.backup import keystores

    options = {"secret": EYES.secret, "made_with": KEK, "kek": KEK, "by": BY, "at": AT} | changes
    return keystores.restore(io.BytesIO(data), **options)


def lose(ledger: Ledger) -> None:
    (ledger.folder / keystore.FILE).unlink()


def test_keystore_when_restored_then_every_key_is_there_and_no_slot_is_given_twice(ledger: Ledger) -> None:
    from django.db import transaction

    from azukari.web.subjects import queries
    from azukari.web.subjects.actions import counting, protection, subject
    from azukari.web.subjects.models import Listed
    from azukari.web.subjects.queries import protections

    people = ensure(ledger.body_id, *map(str, range(300)))
    before, data = queries.keys(people, KEK), backup()
    late = ensure(ledger.body_id, *(f"late {one}" for one in range(300)))
    lost = queries.keys(late, KEK)
    last = max(range(300), key=lambda one: late[one].number)  # numbers are drawn: the largest is on a page of its own
    counting.take(body_id=ledger.body_id, numbers=np.array([late[last].number, people[0].number]), by=BY, at=AT)
    with transaction.atomic():
        subject.next_generation(subject_id=late[last].id, by=BY, at=AT)
    terms = protection.Terms(AT.date(), None, "rows")
    given = {"body_id": ledger.body_id, "local_ids": [f"late {last}"], "terms": terms, "kek": KEK, "by": BY, "at": AT}
    (noted,) = protection.add(**given)
    lose(ledger)
    with pytest.raises(KeyFileError):
        queries.key(people[0], KEK)
    with pytest.raises(KeyFileError):
        ensure(ledger.body_id, "another")
    settle()
    done = restore(data)
    assert queries.keys(people, KEK) == before
    assert done.pages == 2 and done.people + done.lost == 600 and 0 < done.lost <= 300
    assert ensure(ledger.body_id, "another")[0].number > max(one.number for one in late)
    now = queries.keys(late, KEK)
    assert sum(now[one] != lost[one] for one in now) == done.lost and len(set(now.values())) == 300
    assert queries.subject(late[last].id).generation == 0, "a new key makes a list that begins at 1"
    assert list(Listed.objects.values_list("number", flat=True)) == [people[0].number]
    assert [one.local_id for one in protections.page(ledger.body_id, 1, KEK).rows] == [None]
    with pytest.raises(WrongKeyError):
        protections.protected_ids(ledger.body_id, AT.date(), KEK)
    protection.end(protection_id=noted, by=BY, at=AT)
    protection.add(**given)
    assert set(protections.protected_ids(ledger.body_id, AT.date(), KEK)) == {f"late{last}"}


def test_keystore_when_restored_from_before_an_erasure_then_that_key_does_not_come_back(ledger: Ledger) -> None:
    from azukari.web.subjects import queries
    from azukari.web.subjects.actions import subject

    gone, stays = ensure(ledger.body_id, "gone", "stays")
    key, other, data = queries.key(gone, KEK), queries.key(stays, KEK), backup()
    subject.destroy(subject_id=gone.id, kek=KEK, by=BY, at=AT)
    lose(ledger)
    restore(data)
    with opened(ledger.folder / keystore.FILE) as store:
        assert store.roots([gone.number, stays.number]) == {gone.number: keystore.NOBODY, stays.number: other}
    assert key not in (ledger.folder / keystore.FILE).read_bytes()


def test_keystore_when_an_older_file_is_put_in_its_place_by_hand_then_the_next_opening_zeroes_who_was_erased(
    ledger: Ledger, tmp_path: Path
) -> None:
    from azukari.web.subjects.actions import subject

    gone, stays = ensure(ledger.body_id, "gone", "stays")
    shutil.copy(ledger.folder / keystore.FILE, tmp_path / "older")
    late = ensure(ledger.body_id, "late")
    subject.destroy(subject_id=gone.id, kek=KEK, by=BY, at=AT)
    shutil.copy(tmp_path / "older", ledger.folder / keystore.FILE)
    settle()
    with opened(ledger.folder / keystore.FILE) as store:
        assert store.roots([gone.number])[gone.number] == keystore.NOBODY != store.roots([stays.number])[stays.number]
    assert ensure(ledger.body_id, "later")[0].number > late[0].number


def test_keystore_when_the_register_is_the_older_one_then_who_was_erased_is_erased_there(ledger: Ledger) -> None:
    from azukari.web.subjects import queries
    from azukari.web.subjects.actions import subject
    from azukari.web.subjects.models import Subject

    gone, stays = ensure(ledger.body_id, "gone", "stays")
    row = Subject.objects.filter(id=gone.id).values("pseudonym").get()
    subject.destroy(subject_id=gone.id, kek=KEK, by=BY, at=AT)
    data = backup()
    Subject.objects.filter(id=gone.id).update(erased_at=None, destroyed_at=None, **row)
    lose(ledger)
    restore(data, at=AT + timedelta(days=1))
    said = Subject.objects.get(id=gone.id)
    assert said.erased_at == said.destroyed_at == AT + timedelta(days=1) and said.pseudonym is None
    assert not queries.subject(stays.id).erased and ensure(ledger.body_id, "gone")[0].id != gone.id


def test_keystore_when_the_key_was_replaced_since_then_the_old_key_file_opens_the_backup(ledger: Ledger) -> None:
    from azukari.web.subjects import queries

    people = ensure(ledger.body_id, "1")
    before, data = queries.keys(people, KEK), backup()
    lose(ledger)
    with pytest.raises(KeyFileError):
        restore(data, made_with=OTHER, kek=OTHER)
    restore(data, kek=OTHER)
    assert queries.keys(people, OTHER) == before
    with pytest.raises(KeyFileError):
        queries.keys(people, KEK)


@pytest.mark.parametrize(
    "wrong", ["cut", "changed", "other identity", "other office", "register", "no backup", "there"]
)
def test_keystore_when_the_backup_is_none_then_refused_and_there_is_none(sqlite_office: Path, wrong: str) -> None:
    from tests.web.conftest import make_ledger

    ledger = make_ledger(sqlite_office)
    ensure(ledger.body_id, "1")
    data = backup()
    if wrong == "there":
        with pytest.raises(StateError):
            restore(data)
        return
    lose(ledger)
    bad: dict[str, tuple[bytes, dict[str, Any], type[AzukariError]]] = {
        "cut": (data[:-30], {}, PayloadError),
        "changed": (data[:2_000] + bytes([data[2_000] ^ 1]) + data[2_001:], {}, PayloadError),
        "other identity": (data, {"secret": Identity.generate().secret}, WrongKeyError),
        "other office": (data, {"made_with": OTHER}, KeyFileError),
        "register": (register_backup(), {}, FormatError),
        "no backup": (b"azukari", {}, FormatError),
    }
    made, changes, error = bad[wrong]
    with pytest.raises(error):
        restore(made, **changes)
    assert not [one for one in ledger.folder.iterdir() if "keystore" in one.name]


def register_backup() -> bytes:
    from azukari.web.accounts import queries as accounts
    from azukari.web.accounts.actions import body
    from azukari.web.backup import making

    body.set_key_id(body_id=accounts.bodies()[0].id, key_id=KEK.key_id, by=BY, at=AT)
    out = io.BytesIO()
    making.make(out, kek=KEK, to=[EYES.recipient], programs=None, at=AT)
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"pages": b"\0" * 100}, FormatError),
        ({"swapped": True}, FormatError),
        ({"header": {"next": -1}}, FormatError),
        ({"header": {"next": True}}, FormatError),
        ({"header": {"installation": "zz"}}, FormatError),
        ({"header": {"installation": "00" * 16}}, KeyFileError),
        ({"header": {"more": "1"}}, FormatError),
        ({"member": "page"}, FormatError),
        ({"code": OTHER}, SignatureError),
    ],
)
def test_keystore_when_somebody_made_the_backup_up_then_refused(
    sqlite_office: Path, change: dict[str, Any], error: type[AzukariError]
) -> None:
    from tests.web.conftest import make_ledger

    from azukari.ledger.entry import canonical
    from azukari.web.backup.container import Member, archive, encrypt
    from azukari.web.backup.keystores import TYPE

    ledger = make_ledger(sqlite_office)
    ensure(ledger.body_id, *map(str, range(300)))
    with opened(ledger.folder / keystore.FILE) as store, store.copying() as copy:
        records = list(copy.records)
        header: dict[str, Any] = {"type": TYPE, "made": "x", "version": "0", "key_id": KEK.key_id}
        header |= {"installation": copy.installation.hex(), "wrapped_key": copy.wrapped_key.hex()}
        header |= {"next": copy.following, "destroyed": 0} | change.get("header", {})
    pages = change.get("pages", b"".join(reversed(records) if change.get("swapped") else records))
    member = Member(change.get("member", "pages"), len(pages), [pages])
    out = io.BytesIO()
    encrypt(archive(canonical(header), [member], change.get("code", KEK)), out, [EYES.recipient])
    lose(ledger)
    with pytest.raises(error):
        restore(out.getvalue())
    assert not [one for one in ledger.folder.iterdir() if "keystore" in one.name]
