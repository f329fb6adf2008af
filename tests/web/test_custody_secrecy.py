"""The office keeps no clear copy of what it sealed: losing its directory without the keys exposes nobody."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.cli import scene as scenes
from tests.cli.scene import PLANTED, Scene, call, copied, people, root

from azukari.cli.options import Office, open_office
from azukari.errors import KeyFileError
from azukari.fingerprint.keys import Channel
from azukari.stores.keys import KeyEncryptionKey, create_key_file, open_key_file

PERSONAL = ("宛名番号", "氏名", "フリガナ", "電話番号", "住所", "個人番号", "配偶者氏名")
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp932")
GAPS = ("", " ", "　", "\u2009")
WINDOW = 8  # bytes; nothing shorter is looked for
KEPT = ("finding.json", "evidence.json", "export", "init.json")


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@cache
def lived_in() -> Path:
    """An office that has sealed, taken receipts and a return back, traced, disclosed and exported."""
    scene = copied(scenes.traced(), root() / "lived-in")
    hand_over = scene.hand_overs()["seiran"]
    scene.json(
        *("return", scene / "seiran.csv", "--handover", hand_over, "--source", scene / "register.csv"),
        *("-o", scene / "back.csv"),
    )
    scene.json("ledger", "export", scene / "export")
    return scene.folder


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return copied(lived_in(), tmp_path / "scene")


def spellings(value: str) -> set[str]:
    """How a value might be written: with other gaps, without hyphens, in wide digits, as JSON escapes it."""
    found = {value, value.replace("-", "")}
    if "　" in value:
        found |= {value.replace("　", gap) for gap in GAPS}
    wide = value.translate({ord("0") + n: ord("０") + n for n in range(10)})
    found |= {wide, wide.replace("-", "－")}
    return found | {json.dumps(text)[1:-1] for text in found}


def encoded(value: str) -> set[bytes]:
    """The bytes of a value in every encoding that can hold it, and what often hides them."""
    plain = set()
    for text in spellings(value):
        for encoding in ENCODINGS:
            try:
                plain.add(text.encode(encoding))
            except UnicodeEncodeError:
                continue
    return plain | {b64encode(data)[: len(data) // 3 * 4] for data in plain} | {data.hex().encode() for data in plain}


@cache
def needles() -> dict[int, list[bytes]]:
    """Everything of everybody in the register that points to a person, by its first eight bytes."""
    values = {cell for header in PERSONAL for cell in people()[header].to_list() if len(cell) > 3}
    found: dict[int, list[bytes]] = {}
    for value in values:
        for data in encoded(value):
            if len(data) >= WINDOW:
                found.setdefault(int.from_bytes(data[:WINDOW], "little"), []).append(data)
    return found


@cache
def beginnings() -> NDArray[np.uint64]:
    return np.array(sorted(needles()), dtype=np.uint64)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, the database's own beside it among them."""
    paths = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name if path == folder else str(path.relative_to(folder)): path.read_bytes() for path in paths}


def spilled(data: bytes) -> list[bytes]:
    """The needles in these bytes; every window of eight bytes is looked up, at every place."""
    found = []
    for shift in range(min(WINDOW, max(0, len(data) - WINDOW + 1))):
        windows = np.frombuffer(data, dtype="<u8", offset=shift, count=(len(data) - shift) // WINDOW)
        there = np.searchsorted(beginnings(), windows)
        hits = np.flatnonzero(beginnings()[np.minimum(there, len(beginnings()) - 1)] == windows)
        for hit in hits.tolist():
            at = shift + WINDOW * hit
            found += [needle for needle in needles()[int(windows[hit])] if data.startswith(needle, at)]
    return found


def test_scan_when_a_value_is_planted_then_it_is_found_in_each_encoding(scene: Scene) -> None:
    """The scan below would be worth nothing if it could not find."""
    name, phone = PLANTED["氏名"], PLANTED["電話番号"]
    for encoding in ENCODINGS:
        assert spilled(b"\0\1" + name.encode(encoding) + b"\2")
    for text in (
        name.replace("　", " "),
        phone,
        phone.replace("-", ""),
        json.dumps({"a": name}),
        "０７０－０４１７－８８２３",
    ):
        assert spilled(text.encode())
    for file in ("register.csv", "seiran.csv", "back.csv"):
        assert len(spilled((scene / file).read_bytes())) > 500


def test_office_directory_when_scanned_byte_by_byte_then_it_names_nobody(scene: Scene) -> None:
    found = contents(scene / "office")
    suffixes = {Path(name).suffix for name in found}
    assert {".sqlite3", ".azk", ".record", ".specimen"} <= suffixes, "there is something to look at"
    for name, data in found.items():
        assert not spilled(data), name
        assert not spilled(name.encode())


def test_office_directory_when_a_database_connection_is_open_then_the_write_ahead_log_names_nobody(
    scene: Scene,
) -> None:
    """Before SQLite folds its log into the database."""
    again = ("seal", scene / "register.csv", "--entrustment", "入力", "--to", scenes.PARTY["seiran"])
    scene.json(*again, "-o", scene / "again.azk")
    found = contents(scene / "office")
    assert found["office.sqlite3-wal"], "the connection of this process is still open"
    for name, data in found.items():
        assert not spilled(data), name


@pytest.mark.parametrize("name", [*KEPT, "seiran.azk", "seiran.csv.receipt", "specimen.age"])
def test_file_that_goes_out_when_scanned_then_it_names_nobody(scene: Scene, name: str) -> None:
    found = contents(scene / name)
    assert found
    for file, data in found.items():
        assert not spilled(data), file


def test_ledger_when_exported_then_no_name_purpose_or_header_is_in_it(scene: Scene) -> None:
    """Not even of firms and officers: they are random identifiers there."""
    data = b"".join(contents(scene / "export").values())
    words = [*people().columns, *scenes.PARTY.values(), "届書の処理", "霧生", "officer", *scenes.WORK, "流出標本"]
    assert not [word for word in words if word.encode() in data]
    assert b"name/person" in data, "the kinds of field are public"


def test_office_directory_when_attacked_with_a_dictionary_of_known_people_then_no_unkeyed_digest_matches(
    scene: Scene,
) -> None:
    """Whoever knows somebody's data cannot ask the directory whether they are in it."""
    found = b"".join(contents(scene / "office").values())
    person = [PLANTED[header] for header in ("氏名", "フリガナ", "生年月日", "電話番号", "住所", "個人番号")]
    texts = [*person, *("\0".join(pair) for pair in combinations(person, 2)), ",".join(PLANTED.values())]
    for text in texts:
        for form in spellings(text):
            data = form.encode()
            digests = [hashlib.new(kind, data).digest() for kind in ("md5", "sha1", "sha256", "sha512")]
            digests += [hashlib.blake2b(data, digest_size=size).digest() for size in (8, 16, 32)]
            for digest in digests:
                assert digest not in found and digest.hex().encode() not in found


def test_log_messages_when_everything_is_recorded_then_they_name_nobody(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        again = ("seal", scene / "register.csv", "--entrustment", "入力", "--to", scenes.PARTY["seiran"])
        scene.json(*again, "-o", scene / "again.azk")
        scene.refused("state", *again, "-o", scene / "again.azk")
        scene.json("trace", scenes.leak(scene, "seiran", rows=4), "-o", scene / "found.json")
    assert not spilled("\n".join(f"{r.getMessage()} {r.args} {r.exc_info}" for r in caplog.records).encode())


# --- keys


def opened(scene: Scene) -> Office:
    return open_office(scene / "office", scene / "office.key", None)


def secrets_of(scene: Scene) -> dict[str, bytes]:
    """Every secret of the office by what it is for."""
    from azukari.web.accounts import queries as accounts
    from azukari.web.custody import queries, vault
    from azukari.web.sequencer import queries as sequencer

    office = opened(scene)
    log = sequencer.log_of(accounts.bodies()[0].id)
    found = {"log": office.kek.unwrap(log.wrapped_key, f"log/{log.id}/key")}
    for h in queries.hand_overs(office.body_id):
        key = vault.hand_over_key(h, office.kek)
        found |= {f"{h.id}/key": key.secret, f"{h.id}/record": vault.record_key(h, office.kek)}
        found |= {f"{h.id}/{channel}": key.channel(channel) for channel in Channel}
        found |= {f"{h.id}/{purpose}": key.derive(purpose) for purpose in ("cells", "source-rows", "opening/rows")}
        found[f"snapshot {h.snapshot}"] = vault.index_key(queries.snapshot(h.snapshot), office.kek)
    for party in queries.parties(office.body_id):
        found[f"{party.id}"] = office.kek.unwrap(party.wrapped_challenge, vault.challenge_purpose(party.id))
    return found | {"table mac": office.kek.derive(f"body/{office.body_id}/table-mac")}


def test_secrets_when_compared_then_no_two_are_equal_and_none_lies_open_in_the_directory(scene: Scene) -> None:
    found = secrets_of(scene)
    assert len(found) > 40 and all(len(secret) == 32 for secret in found.values())
    assert len(set(found.values())) == len(found)
    disk = b"".join(contents(scene / "office").values())
    document = json.loads((scene / "office.key").read_text())
    lines = [line for path in scene.folder.glob("*.key") for line in path.read_bytes().splitlines()]
    texts = [document["key"].encode(), *(line for line in lines if line.startswith(b"AGE-SECRET-KEY"))]
    assert len(texts) > len(scenes.PARTY)
    for secret in found.values():
        texts += [secret, secret.hex().encode(), b64encode(secret)]
    assert not [text for text in texts if text in disk]


def test_evidence_when_disclosed_then_it_opens_the_channels_it_names_and_no_other_secret(scene: Scene) -> None:
    public = (scene / "evidence.json").read_bytes()
    told = {
        name
        for name, secret in secrets_of(scene).items()
        if secret.hex().encode() in public or b64encode(secret) in public
    }
    accused = UUID(hex=scene.hand_overs()["shiraho"])
    channels = {f"{accused}/{channel}" for channel in Channel}
    assert told <= channels | {f"{accused}/opening/rows"}, "and the number of rows, which the e-values need"
    assert 0 < len(told & channels) < len(Channel), "the fewest that reach the threshold"


def test_directory_when_opened_with_another_key_then_key_file_error_for_every_secret(
    scene: Scene, tmp_path: Path
) -> None:
    from azukari.web.custody import queries, vault
    from azukari.web.sequencer import queries as sequencer
    from azukari.web.sequencer.queries.signing import signers_of

    office = opened(scene)
    foreign = create_key_file(tmp_path / "foreign.key", None)
    hand_over = queries.hand_overs(office.body_id)[0]
    for attempt in (
        lambda kek: vault.hand_over_key(hand_over, kek),
        lambda kek: vault.record_key(hand_over, kek),
        lambda kek: vault.index_key(queries.snapshot(hand_over.snapshot), kek),
        lambda kek: signers_of(sequencer.log_of(office.body_id).id, kek, datetime(2026, 4, 1, tzinfo=UTC).date()),
    ):
        attempt(office.kek)
        with pytest.raises(KeyFileError):
            attempt(foreign)
    shutil.copy(tmp_path / "foreign.key", scene / "office.key")
    scene_refuses(scene)


def scene_refuses(scene: Scene) -> None:
    for command in (("list",), ("ledger", "check"), ("trace", scene / "register.csv", "-o", scene / "f.json")):
        assert scene.run(*command).code == 50


def test_wrapped_secret_when_used_for_another_purpose_then_it_does_not_open(scene: Scene) -> None:
    """A row moved to another hand-over in the database opens nothing."""
    from azukari.web.custody import queries, vault

    office = opened(scene)
    one, other = queries.hand_overs(office.body_id)[:2]
    with pytest.raises(KeyFileError):
        office.kek.unwrap(one.wrapped_key, vault.hand_over_purpose(other.id))
    with pytest.raises(KeyFileError):
        office.kek.unwrap(one.wrapped_key, vault.record_purpose(one.id))


def test_key_file_when_it_has_a_passphrase_then_neither_stands_in_the_office_nor_opens_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phrase = "潮騒 と 灯台 8841"
    (tmp_path / "phrase").write_text(phrase + "\n", encoding="utf-8")
    monkeypatch.setenv("AZUKARI_PASSPHRASE_FILE", str(tmp_path / "phrase"))
    made = call(
        *("init", tmp_path / "office", "--keys", tmp_path / "k", "--oversight", tmp_path / "o", "--body", "水底市"),
        *("--origin", "ledger.example/minasoko", "--officer", "水鏡　文代"),
    )
    assert made.code == 0
    found = [*contents(tmp_path / "office").values(), (tmp_path / "k").read_bytes()]
    assert not [data for data in found if phrase.encode() in data or b64encode(phrase.encode()) in data]
    assert isinstance(open_key_file(tmp_path / "k", phrase.encode()), KeyEncryptionKey)
    for wrong in (None, b"", b"x", phrase.encode()[:-1]):
        with pytest.raises(KeyFileError):
            open_key_file(tmp_path / "k", wrong)


def test_files_when_made_then_they_are_for_the_owner_only(scene: Scene) -> None:
    own = [path for path in (scene / "office").rglob("*") if path.suffix in (".azk", ".record", ".specimen")]
    secret = [scene / name for name in ("office.key", "oversight.key", "seiran.key", "specimen.age", "finding.json")]
    assert len(own) > 8
    assert {path.stat().st_mode & 0o777 for path in [*own, *secret]} == {0o600}


# --- what the office does keep, opened with its keys


def test_copy_record_when_opened_with_the_keys_then_the_number_is_in_no_section(scene: Scene) -> None:
    """Nothing is keyed on, indexed by or derived from the number, so no digest of it can be asked for either."""
    from azukari.handover.linking import COMBINATIONS
    from azukari.handover.record import RecordReader
    from azukari.web.custody import places, queries, vault

    office = opened(scene)
    numbers = {data for number in people()["個人番号"].to_list() for data in (number.encode(), number.encode("cp932"))}
    for h in queries.hand_overs(office.body_id):
        with places.record(h.id).open("rb") as file:
            reader = RecordReader(file, vault.record_key(h, office.kek), h.id.hex)
            names = set(reader.names)
            clear = {name: reader.read(name) for name in names}
        assert not [number for number in numbers for data in clear.values() if number in data]
        assert PLANTED["宛名番号"].encode() in clear["local-id/text"], "what the way back needs"
        assert {name for name in names if spilled(clear[name])} == {"local-id/text"}
        combined = {name.partition("/")[2] for name in names if name.startswith("digest/")}
        assert combined <= {combination.name for combination in COMBINATIONS}
    assert not [c for c in COMBINATIONS if "individual-number" in c.kinds]
