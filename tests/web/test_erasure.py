"""A person with everything that an office can hold of one, erased: no byte outside the ledger has anything to do with them."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.web.bodies import KEK
from tests.web.conftest import BY, Ledger, make_ledger
from tests.web.listing import NOW, TODAY, Office
from tests.web.test_subjects import dump

from azukari.completeness import labels
from azukari.errors import StateError
from azukari.seal.identity import Identity
from azukari.stores.keys import derived_from
from azukari.web import environment

ID, OTHER = "7000417", "7000418"
EYES = Identity.generate()


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return furnished(ledger)


def furnished(ledger: Ledger) -> Office:
    """Both people stand in two hand-overs, before and after a change of keys, under a protection that is over, and in events."""
    from azukari.web.accounts.actions import body
    from azukari.web.leaves.actions import ending
    from azukari.web.subjects.actions import protection

    made = Office(ledger)
    body.set_key_id(body_id=ledger.body_id, key_id=KEK.key_id, by=BY, at=NOW)
    made.hand_over([ID, OTHER], spouses=[OTHER, ID], nobody=2)
    for one in (ID, OTHER):
        made.note(one)
        ending.rekey(subject_id=made.person(one).id, reason="鍵を見られた", kek=KEK, by=BY, at=NOW)
        made.note(one, until=TODAY + timedelta(days=30))
    made.hand_over([ID, OTHER])
    terms = protection.Terms(TODAY, None, "rows", note="避難先の申出")
    noted = protection.add(body_id=ledger.body_id, local_ids=[ID, OTHER], terms=terms, kek=KEK, by=BY, at=NOW)
    for one in noted:
        protection.end(protection_id=one, by=BY, at=NOW)
    made.index()
    return made


def names(office: Office, local_id: str) -> tuple[list[bytes], list[bytes]]:
    """What is made of a person: what nobody else may have at all, and the labels, which stand in the ledger."""
    from azukari.web.subjects import cells, queries
    from azukari.web.subjects.local_ids import pseudonym, pseudonym_key

    root = queries.key(office.person(local_id), KEK)
    keys = [labels.list_key(root, generation) for generation in range(3)]
    found = [labels.label(key, n) for key in keys for n in range(1, 20)]
    secret = [labels.opening(key, n) for key in keys for n in range(1, 20)]
    secret += [root, derived_from(root, "azukari/subject-cell/v2"), cells.key_id(root), *keys]
    secret += [pseudonym(pseudonym_key(office.ledger.body_id, KEK), local_id), local_id.encode()]
    return secret, found


def outside_the_ledger(folder: Path) -> bytes:
    """Every value of the register but the ledger's own, and every file but the ledger's, its indexes and the register."""
    from django.apps import apps

    models = [model for model in apps.get_models() if model._meta.app_label != "sequencer"]
    rows = (row for model in models for row in model._default_manager.values_list())
    values = [bytes(v) if isinstance(v, (bytes, memoryview)) else str(v).encode() for row in rows for v in row]
    public = (environment.SQLITE, "ledger", "epochs")
    files = [path for path in folder.rglob("*") if path.is_file()]
    kept = [path.read_bytes() for path in files if not path.relative_to(folder).parts[0].startswith(public)]
    return b"\0".join([*values, *kept])


def there(values: list[bytes], kept: bytes) -> int:
    """How many of the values are found, as they are or in hex."""
    return sum(value in kept or value.hex().encode() in kept for value in values)


def erase(office: Office) -> None:
    from azukari.web.leaves.actions import ending

    acting: dict[str, Any] = {"subject_id": office.person(ID).id, "kek": KEK, "by": BY, "at": NOW}
    ending.announce(ground="保存期間の満了", **acting)
    office.index()
    ending.destroy(**acting)


def test_person_when_erased_then_no_byte_outside_the_ledger_is_made_of_them_and_others_are_whole(
    office: Office,
) -> None:
    folder = office.ledger.folder
    secret, found = names(office, ID)
    assert there(secret, dump(folder)) > 0 and there(found, dump(folder)) == 6, "this finds what is there"
    before = office.checked(OTHER)[1].lists
    erase(office)
    assert there(secret, dump(folder)) == 0
    assert there(found, outside_the_ledger(folder)) == 0
    assert there(found, dump(folder)) == 7, "the leaves stay, and that of the erasure"
    _, made = office.checked(OTHER)
    assert [[entry.leaf for entry in one.entries] for one in made.lists] == [
        [entry.leaf for entry in one.entries] for one in before
    ]


def test_backups_when_made_before_the_erasing_then_that_of_the_register_opens_nothing_and_that_of_the_keystore_goes(
    sqlite_office: Path, tmp_path: Path
) -> None:
    """On SQLite, where the register is one member; a dump of PostgreSQL is searched above."""
    from azukari.web.backup import keystores
    from azukari.web.backup import names as files
    from azukari.web.backup.container import decrypt

    office = furnished(make_ledger(sqlite_office))
    secret, _ = names(office, ID)
    kept = _Kept()
    decrypt(io.BytesIO(register(office)), EYES.secret, kept)
    assert len(kept.data) > 100_000
    assert there(secret[:-2], bytes(kept.data)) <= 1, "nothing but the name of the key in the cells"
    assert secret[-2] in kept.data, "the pseudonym, under which nobody finds a key"
    (tmp_path / "backups").mkdir()
    path = tmp_path / "backups" / files.keystore_name_at(NOW)
    with path.open("wb") as out:
        keystores.make(out, kek=KEK, to=[EYES.recipient], at=NOW)
    erase(office)
    with pytest.raises(StateError), path.open("rb") as source:
        keystores.restore(source, secret=EYES.secret, made_with=KEK, kek=KEK, by=BY, at=NOW)
    assert files.over(path.parent, NOW + timedelta(days=15), 14) == [path]


class _Kept:
    """All members of a backup."""

    def __init__(self) -> None:
        self.data = bytearray()

    def begin(self, name: str, size: int) -> None:
        assert "keystore" not in name

    def write(self, data: bytes) -> None:
        self.data += data

    def end(self) -> None:
        """Nothing."""


def register(office: Office) -> bytes:
    from azukari.web.backup import making

    out = io.BytesIO()
    making.make(out, kek=KEK, to=[EYES.recipient], programs=None, at=NOW)
    return out.getvalue()
