"""The whole way over the gap and back, and everything that must not cross it or be taken from it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import call
from tests.web import crossings
from tests.web.crossings import FIRM, OTHER, SUB, Gap

from azukari.errors import FormatError
from azukari.fields.kinds import Field
from azukari.ledger.note import Signer
from azukari.seal.crossing import (
    FILES,
    NOTE_FILE,
    Crossing,
    Listed,
    Side,
    name_of,
    parse_crossing,
    seal_item,
    signer_of,
)
from azukari.seal.identity import Identity
from azukari.seal.items import BodyItem, FirmItem
from azukari.seal.pairing import SideCard, parse_side_card
from azukari.stores.crossing import write_folder

FIRM_VKEY = Signer("ledger.example/moshio", b"\x05" * 32).vkey
AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gap]:
    scenes.without_office(monkeypatch)
    yield crossings.copied(crossings.crossed(), tmp_path / "gap")
    scenes.close()


def firm_and_person(gap: Gap, login: str = "aoarashi-1") -> tuple[UUID, UUID]:
    """Of the open outside."""
    gap.on("outside")
    from azukari.web.accounts import queries

    person = queries.person(login)
    assert person.party is not None
    return person.party, person.id


def send_receipt(gap: Gap, slug: str = FIRM.slug) -> None:
    """Open what lies on the shelf, and hand the receipt in."""
    firm, person = firm_and_person(gap)
    from azukari.web.counter import queries
    from azukari.web.counter.actions import sending

    (shelved,) = queries.shelf(firm)
    package, table = gap / "outside" / "packages" / f"{shelved.id}.azk", gap / f"{slug}.csv"
    assert call("open", package, "-i", gap / f"{slug}.key", "-o", table, "--log-key", gap.inside.log_key).code == 0
    gap.on("outside")
    sending.send_receipt(firm_id=firm, note=Path(f"{table}.receipt").read_bytes(), by=person, at=AT)


def send_ask(gap: Gap, title: str = "入力", **changes: Any) -> UUID:
    firm, person = firm_and_person(gap)
    from azukari.web.counter import queries
    from azukari.web.counter.actions import sending

    work = next(one for one in queries.works(firm) if one.title == title)
    key = gap / "sub.key"
    if not key.exists():
        assert call("keygen", key).code == 0
        gap.on("outside")
    given = {
        "name": SUB, "card": (gap / "sub.key.card").read_bytes(), "country": "JP", "people": 40,
        "fields": (Field.parse("name/person"),), "starts_on": date(2026, 4, 1), "ends_on": date(2090, 3, 31),
        "safeguards": "施錠した部屋",
    }  # fmt: skip
    ask = sending.SubAsked(**(given | changes))  # type: ignore[arg-type]
    return sending.send_ask(firm_id=firm, work_id=work.id, ask=ask, by=person, at=AT)


def outside_rows(gap: Gap, firm: UUID) -> tuple[Any, ...]:
    gap.on("outside")
    from azukari.web.counter import queries

    return queries.sent(firm), queries.shelf(firm), queries.certificates(firm)


def permissions(gap: Gap) -> list[str]:
    """Those inside, as ids."""
    body = gap.on("inside")
    from azukari.web.custody.queries import permissions as queries

    return [one.id.hex for one in queries.permissions(body.id)]


def grade(gap: Gap) -> dict[str, str]:
    return {one["party"]: one["grade"] for one in gap.inside.json("list")["handovers"]}


def test_receipt_when_carried_over_and_back_then_both_sides_have_it_and_nothing_goes_twice(gap: Gap) -> None:
    firm, _ = firm_and_person(gap)
    assert grade(gap)[firm.hex] == "claimed"
    send_receipt(gap)
    sent, shelf, _ = outside_rows(gap, firm)
    assert (sent[0].status, shelf[0].receipt) == ("waiting", "waiting")
    assert gap.back()["crossings"] == [{"sequence": 1, "taken": 1, "refused": []}]
    assert grade(gap)[firm.hex] == "receipted"
    sent, shelf, _ = outside_rows(gap, firm)
    assert (sent[0].status, shelf[0].receipt) == ("exported", "exported")
    assert gap.over()["crossings"] == [{"sequence": 2, "taken": 1, "refused": []}]
    sent, shelf, _ = outside_rows(gap, firm)
    assert (sent[0].status, sent[0].word, shelf[0].receipt) == ("accepted", "", "accepted")
    gap.back()  # says that the answer has arrived
    assert gap.inside.json("export", gap.stick)["made"] == 0
    assert gap.out_json("export", gap.stick)["made"] == 0


def test_ask_when_granted_then_the_certificate_and_the_package_reach_the_sub_and_so_does_the_revocation(
    gap: Gap,
) -> None:
    send_ask(gap)
    gap.back()
    (asked,) = permissions(gap)
    parties = {one["name"]: one for one in gap.inside.json("list")["parties"]}
    assert parties[SUB]["status"] == "pending"
    gap.inside.json("permission", "grant", asked, "--until", "2090-03-31")
    gap.inside.json("person", "add", "shiraiso-1", "--name", "灘　渚", "--role", "contractor", "--party", SUB)
    assert gap.over()["crossings"][0]["refused"] == []
    sub, _ = firm_and_person(gap, "shiraiso-1")
    firm, _ = firm_and_person(gap)
    (certificate,) = outside_rows(gap, sub)[2]
    assert outside_rows(gap, firm)[2] == [certificate] and certificate.state == "in-force"
    (gap / "sub.azp").write_bytes(certificate.data)
    assert call("verify", gap / "sub.azp", "--log-key", gap.inside.log_key).code == 0
    (sent,) = outside_rows(gap, firm)[0]
    assert (sent.status, sent.decision, sent.permission) == ("accepted", "granted", UUID(hex=asked))
    from azukari.web.counter import queries

    (work,) = queries.works(sub)
    assert work.parent in {one.id for one in queries.works(firm)} and work.id == certificate.child
    gap.inside.json("permission", "revoke", asked, "--reason", "体制の不足")
    gap.over()
    assert outside_rows(gap, sub)[2][0].state == "revoked"
    (gap / "sub.azp").unlink()
    (gap / "sub.azp").write_bytes(outside_rows(gap, sub)[2][0].data)
    scenes.refused("revoked", call, "verify", gap / "sub.azp", "--log-key", gap.inside.log_key)
    (sent,) = outside_rows(gap, firm)[0]
    assert (sent.decision, sent.reason) == ("revoked", "体制の不足")


def test_submissions_when_one_is_bad_then_it_is_answered_and_the_others_are_taken(gap: Gap) -> None:
    firm, person = firm_and_person(gap)
    send_receipt(gap)
    good = send_ask(gap)
    gap.on("outside")
    from azukari.web.counter.models import Sent

    first = Sent.objects.get(id=good)
    bad = [first.data.replace(first.about.hex.encode(), uuid4().hex.encode()), b"{}", b"no ask at all"]
    for number, data in enumerate(bad):
        Sent.objects.create(
            id=uuid4(), body_id=first.body_id, firm_id=firm, kind="ask", about=first.about, data=data,
            digest=f"{number:064x}", sent_at=AT, sent_by=person,
        )  # fmt: skip
    stranger = Sent.objects.create(
        id=uuid4(), body_id=first.body_id, firm_id=firm, kind="ask", about=first.about, data=first.data,
        digest="f" * 64, sent_at=AT, sent_by=uuid4(),
    )  # fmt: skip
    assert gap.back()["crossings"][0]["taken"] == 6
    gap.over()
    sent = {one.id: one for one in outside_rows(gap, firm)[0]}
    assert sorted(one.status for one in sent.values()) == ["accepted"] * 2 + ["refused"] * 4
    assert sorted(one.word for one in sent.values()) == ["", "", "format", "format", "not-found", "not-found"]
    assert sent[stranger.id].word == "not-found" and sent[good].permission is not None
    assert len(permissions(gap)) == 1


def test_receipt_when_it_came_by_hand_before_then_it_is_accepted_all_the_same(gap: Gap) -> None:
    send_receipt(gap)
    gap.inside.json("receipt", gap / f"{FIRM.slug}.csv.receipt")
    gap.back()
    gap.over()
    firm, _ = firm_and_person(gap)
    assert outside_rows(gap, firm)[0][0].status == "accepted"


def test_export_when_a_stick_is_lost_then_the_next_one_holds_the_same_bytes_and_the_new_ones(gap: Gap) -> None:
    gap.inside.json("person", "add", "aoarashi-2", "--name", "灘　渚", "--role", "contractor", "--party", FIRM.ja)
    (gap / "lost").mkdir()
    first = gap.inside.json("export", gap / "lost")
    assert (first["made"], first["items"], len(first["crossings"])) == (1, 1, 2)  # nobody has confirmed the first one
    gap.inside.json("person", "add", "aoarashi-3", "--name", "灘　汀", "--role", "contractor", "--party", FIRM.ja)
    again = gap.inside.json("export", gap.stick)
    assert (again["made"], len(again["crossings"])) == (1, 3)
    for name in first["crossings"]:
        assert tree(gap / "lost" / name) == tree(gap.stick / name)
    taken = gap.out_json("import", gap.stick)["crossings"]
    assert [one["sequence"] for one in taken] == [2, 3]
    assert gap.out_json("import", gap.stick)["crossings"] == []


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# What must not be taken. Each changes the one good crossing on the stick, whose folder it gets.
def _byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _note(change: Callable[[str], str]) -> Callable[[Gap, Path], None]:
    def apply(gap: Gap, folder: Path) -> None:
        text = (folder / NOTE_FILE).read_text(encoding="utf-8")
        changed = change(text)
        assert changed != text
        (folder / NOTE_FILE).write_text(changed, encoding="utf-8")

    return apply


def _first(folder: Path) -> Path:
    return sorted((folder / FILES).iterdir())[0]


def _resigned(**changes: Any) -> Callable[[Gap, Path], None]:
    """Signed by the inside's own key, but with other members."""

    def apply(gap: Gap, folder: Path) -> None:
        crossing = parse_crossing((folder / NOTE_FILE).read_bytes())
        sign(gap, folder, replace(crossing, **changes))

    return apply


def sign(gap: Gap, folder: Path, crossing: Any) -> None:
    from azukari.seal.crossing import signer_of
    from azukari.stores.keys import open_key_file

    body = gap.on("inside")
    from azukari.web.crossing.models import Peer
    from azukari.web.crossing.vault import identity_of

    signer = signer_of(identity_of(Peer.objects.get(body=body.id), open_key_file(gap / "office.key", None)))
    (folder / NOTE_FILE).write_bytes(crossing.sign(signer))


def _replay(gap: Gap, folder: Path) -> None:
    gap.out_json("import", folder)


def _own(gap: Gap, folder: Path) -> None:
    send_receipt(gap)
    (gap / "own").mkdir()
    (name,) = gap.out_json("export", gap / "own")["crossings"]
    shutil.rmtree(folder)
    shutil.copytree(gap / "own" / name, folder)


def _gap(gap: Gap, folder: Path) -> None:
    gap.inside.json("person", "add", "aoarashi-9", "--name", "灘　渚", "--role", "contractor", "--party", FIRM.ja)
    (gap / "later").mkdir()
    later = gap.inside.json("export", gap / "later")["crossings"][-1]
    shutil.rmtree(folder)
    shutil.copytree(gap / "later" / later, folder)


def _link(gap: Gap, folder: Path) -> None:
    one = _first(folder)
    shutil.copy(one, gap / "elsewhere")
    one.unlink()
    one.symlink_to(gap / "elsewhere")


def _linked_folder(gap: Gap, folder: Path) -> None:
    shutil.move(folder / FILES, gap / "elsewhere")
    (folder / FILES).symlink_to(gap / "elsewhere")


def _linked_note(gap: Gap, folder: Path) -> None:
    shutil.move(folder / NOTE_FILE, gap / "elsewhere")
    (folder / NOTE_FILE).symlink_to(gap / "elsewhere")


def _pipe(gap: Gap, folder: Path) -> None:
    import os

    _first(folder).unlink()
    os.mkfifo(folder / FILES / parse_crossing((folder / NOTE_FILE).read_bytes()).items[0].name)


def _longer(gap: Gap, folder: Path) -> None:
    _first(folder).write_bytes(_first(folder).read_bytes() + b"x")


BAD: dict[str, tuple[str, Callable[[Gap, Path], None]]] = {
    "replayed": ("replayed-crossing", _replay),
    "a gap": ("missing-crossing", _gap),
    "its own folder back": ("foreign-crossing", _own),
    "another body": ("foreign-crossing", _resigned(body=uuid4().hex)),
    "another predecessor": ("crossing-chain", _resigned(previous="a" * 64)),
    "confirms what was never sent": ("crossing-chain", _resigned(taken=9)),
    "a byte of the list": ("signature", _note(lambda text: text.replace('"taken":0', '"taken":1'))),
    "a signature": ("signature", _note(lambda text: text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:])),
    "a name that climbs": ("format", _note(lambda text: text.replace('"name":"account-', '"name":"../account-'))),
    "a name that is a path": ("format", _note(lambda text: text.replace('"name":"account-', '"name":"/etc/account-'))),
    "a size without bound": ("limit", _note(lambda text: text.replace('"bytes":', '"bytes":9999999999999'))),
    "no list of this kind": ("format", _note(lambda text: text.replace("crossing/v1", "crossing/v2"))),
    "a byte of a file": ("crossing-file", lambda gap, folder: _byte(_first(folder))),
    "an extra file": ("crossing-file", lambda gap, folder: (folder / FILES / "more.age").write_bytes(b"x") and None),
    "an extra file beside": ("crossing-file", lambda gap, folder: (folder / "autorun.inf").write_bytes(b"x") and None),
    "an extra folder": ("crossing-file", lambda gap, folder: (folder / FILES / "more").mkdir()),
    "a longer file": ("crossing-file", _longer),
    "a link": ("crossing-file", _link),
    "a linked folder": ("crossing-file", _linked_folder),
    "a linked list": ("crossing-file", _linked_note),
    "a pipe": ("crossing-file", _pipe),
    "a missing file": ("incomplete-crossing", lambda gap, folder: _first(folder).unlink()),
    "no files": ("incomplete-crossing", lambda gap, folder: shutil.rmtree(folder / FILES)),
    "half a file": ("incomplete-crossing", lambda gap, folder: _first(folder).write_bytes(_first(folder).read_bytes()[:-1]) and None),
    "an empty list": ("format", lambda gap, folder: (folder / NOTE_FILE).write_bytes(b"") and None),
    "a list too long": ("limit", lambda gap, folder: (folder / NOTE_FILE).write_bytes(b"a" * 1_000_001) and None),
    "no list": ("not-found", lambda gap, folder: (folder / NOTE_FILE).unlink()),
}  # fmt: skip


def dump(gap: Gap) -> list[str]:
    """The outside's register as text, and the names and bytes of its files."""
    scenes.close()
    import sqlite3

    with sqlite3.connect(gap / "outside" / "office.sqlite3") as connection:
        rows = list(connection.iterdump())
    connection.close()
    files = tree(gap / "outside")
    return rows + [f"{name} {len(data)}" for name, data in files.items() if "sqlite3" not in name]


@pytest.mark.parametrize("case", BAD)
def test_import_when_the_crossing_is_bad_then_it_has_its_word_and_both_sides_stay_as_they_are(
    case: str, gap: Gap
) -> None:
    word, spoil = BAD[case]
    gap.inside.json("person", "add", "aoarashi-2", "--name", "灘　渚", "--role", "contractor", "--party", FIRM.ja)
    name = gap.inside.json("export", gap.stick)["crossings"][-1]
    for other in gap.stick.iterdir():
        if other.name != name:
            shutil.rmtree(other)
    folder = gap.stick / name
    good = gap / "good"
    shutil.copytree(folder, good)
    spoil(gap, folder)
    before = dump(gap), gap.inside.state()
    scenes.refused(word, gap.out, "import", folder if word != "not-found" else gap.stick)
    assert (dump(gap), gap.inside.state()) == before
    if word not in ("replayed-crossing",):
        assert gap.out_json("import", good)["crossings"][0]["refused"] == []  # the good one is taken afterwards


def test_nothing_of_the_inside_when_exported_then_no_secret_and_no_other_firm_crosses(gap: Gap) -> None:
    shutil.copytree(gap.stick, gap / "first")  # firms, works, accounts, packages
    send_ask(gap)
    gap.back()
    (asked,) = permissions(gap)
    gap.inside.json("permission", "grant", asked, "--until", "2090-03-31")
    gap.inside.json("export", gap.empty())
    shutil.copytree(gap / "first", gap.stick, dirs_exist_ok=True)
    opened = b"".join(clear_bytes(gap))
    assert FIRM.ja.encode() in opened and b"scrypt" in opened  # it is opened indeed
    raw = b"".join(tree(gap.stick).values())
    found = {name for name, secret in inside_secrets(gap) if secret in opened or secret in raw}
    assert not found
    for text in (OTHER.ja, "保留商会", "照合", "霧生", "officer"):
        assert text.encode() not in opened, text
    for text in (FIRM.ja, "藤波", "aoarashi-1", "入力"):
        assert text.encode() not in raw, text  # a stick that is lost tells nothing


def clear_bytes(gap: Gap) -> Iterator[bytes]:
    """Every exported file as the outside opens it; packages without what only their reader opens."""
    gap.on("outside")
    from azukari.stores.keys import open_key_file
    from azukari.web.crossing.models import Peer
    from azukari.web.crossing.vault import identity_of

    identity = identity_of(Peer.objects.get(), open_key_file(gap / "outside.key", None))
    for path in gap.stick.rglob("*"):
        if path.is_file():
            yield identity.decrypt(path.read_bytes()) if path.suffix == ".age" else path.read_bytes()


def inside_secrets(gap: Gap) -> Iterator[tuple[str, bytes]]:
    """Every value of every field inside whose data class is secret, wrapped and opened, in each spelling."""
    gap.on("inside")
    from django.apps import apps

    from azukari.errors import KeyFileError
    from azukari.stores.keys import open_key_file
    from azukari.web.custody import vault
    from azukari.web.custody.models import HandOver

    kek = open_key_file(gap / "office.key", None)
    for model in apps.get_models():
        for name, data_class in getattr(model, "data_classes", {}).items():
            if data_class != "secret" or (model.__name__, name) == ("Invitation", "code_hash"):
                continue
            for value in model._default_manager.values_list(name, flat=True):
                data = value.encode() if isinstance(value, str) else bytes(value or b"")
                if len(data) > 8:
                    yield f"{model.__name__}.{name}", data
                    yield f"{model.__name__}.{name} hex", data.hex().encode()
    for row in HandOver.objects.all():
        for purpose, wrapped in (
            (vault.hand_over_purpose, row.wrapped_key),
            (vault.record_purpose, row.wrapped_data_key),
        ):
            try:
                yield "HandOver key", kek.unwrap(bytes(wrapped), purpose(row.id))
            except KeyFileError as error:
                raise AssertionError("the purpose of a key changed") from error


def test_bodies_when_two_share_an_outside_then_each_has_its_own_and_none_takes_the_others(gap: Gap) -> None:
    identity, body = Identity.generate(), uuid4().hex
    signer = signer_of(identity)
    card = SideCard(
        Side.INSIDE, body, "藻塩市", "", "ledger.example/moshio", FIRM_VKEY, identity.recipient, signer.vkey
    )
    (gap / "second.card").write_bytes(card.sign(signer))
    outside = ("--keys", gap / "outside.key", "--body-card", gap / "second.card", "-o", gap / "second.outside.card")
    made = call("outside", "add", gap / "outside", *outside, "--json").json
    pair = ("crossing", "pair", gap / "second.card", "--fingerprint")
    scenes.refused("not-permitted", gap.out, *pair, made["fingerprint"])
    gap.out_json(*pair, card.fingerprint)
    scenes.refused("foreign-crossing", gap.inside.run, *pair, card.fingerprint)
    theirs = parse_side_card((gap / "second.outside.card").read_bytes())
    firm, _ = firm_and_person(gap)
    items = {
        "body": BodyItem(body, "藻塩市", "", "ledger.example/moshio", FIRM_VKEY),
        "firm": FirmItem(firm.hex, "横取り", "JP", identity.recipient, FIRM_VKEY, "confirmed"),  # the first body's
    }
    sealed = {name_of(kind, item.id): seal_item(item.encode(), theirs.recipient) for kind, item in items.items()}  # type: ignore[attr-defined]
    listed = tuple(
        Listed(name, kind, item.id, len(sealed[name]), sha256(sealed[name]).hexdigest())  # type: ignore[attr-defined]
        for (kind, item), name in zip(items.items(), sealed, strict=True)
    )
    crossing = Crossing(Side.INSIDE, body, 1, "0" * 64, 0, "2026-11-20T00:00:00Z", listed)
    write_folder(gap.empty(), crossing.sign(signer), sealed.items())
    scenes.refused("foreign-crossing", gap.inside.run, "import", gap.stick)
    came = gap.out_json("import", gap.stick)["crossings"]
    assert came == [
        {"sequence": 1, "taken": 1, "refused": [{"kind": "firm", "id": firm.hex, "error": "foreign-crossing"}]}
    ]
    gap.start_outside()
    from azukari.web.accounts import queries as accounts
    from azukari.web.counter.models import Firm

    names = {one.id: one.name for one in accounts.bodies()}
    assert set(names.values()) == {"霞ヶ浜年金機構", "藻塩市"}
    assert [(names[row.body_id], row.name) for row in Firm.objects.all()] == [("霞ヶ浜年金機構", FIRM.ja)]


def test_sides_when_paired_wrongly_then_nothing_is_pinned(gap: Gap, tmp_path: Path) -> None:
    fresh = crossings.copied(scenes.registered(), tmp_path / "fresh")
    scenes.refused("state", fresh.inside.run, "export", fresh.stick)
    card = fresh.inside.json("crossing", "card", "-o", fresh / "inside.card")
    scenes.refused("state", fresh.inside.run, "export", fresh.stick)
    pair = ("crossing", "pair", fresh / "inside.card", "--fingerprint")
    scenes.refused("foreign-crossing", fresh.inside.run, *pair, card["fingerprint"])  # our own card
    scenes.refused("state", gap.out, *pair, card["fingerprint"])  # another key for the same body
    _byte(fresh / "inside.card")
    answer = fresh.inside.run(*pair, card["fingerprint"])
    assert answer.code in (10, 11)
    other = Identity.generate()
    signer, body = signer_of(other), gap.on("outside").id.hex
    for side, name in ((Side.OUTSIDE, "second"), (Side.INSIDE, "first")):  # another key of the same sides
        card2 = SideCard(side, body, "霞ヶ浜年金機構", "", "", "", other.recipient, signer.vkey)
        (gap / f"{name}.card").write_bytes(card2.sign(signer))
        run = gap.inside.run if side is Side.OUTSIDE else gap.out
        scenes.refused("state", run, "crossing", "pair", gap / f"{name}.card", "--fingerprint", card2.fingerprint)
    third = ("--keys", gap / "third.key", "-o", gap / "third.card", "--body-card")
    scenes.refused("foreign-crossing", call, "outside", "init", gap / "third", *third, gap / "second.card")
    assert not (gap / "third").exists() and not (gap / "third.key").exists()
    again = ("--keys", gap / "outside.key", "-o", gap / "third.card", "--body-card")
    scenes.refused("state", call, "outside", "add", gap / "outside", *again, gap / "inside.card")
    scenes.refused("option", gap.out, "export", gap.stick, "--as", "officer")


def test_sides_when_one_was_restored_then_they_refuse_each_other_until_both_begin_anew(gap: Gap) -> None:
    send_receipt(gap)
    scenes.close()
    shutil.copytree(gap / "office", gap / "backup")
    gap.back()
    gap.over()
    send_ask(gap)
    (gap / "lost").mkdir()
    gap.out_json("export", gap / "lost")  # never arrives
    scenes.close()
    shutil.rmtree(gap / "office")
    shutil.copytree(gap / "backup", gap / "office")
    gap.inside.json("person", "add", "aoarashi-4", "--name", "灘　渚", "--role", "contractor", "--party", FIRM.ja)
    (name,) = [one for one in gap.inside.json("export", gap.empty())["crossings"] if one.endswith("2")]
    scenes.refused("replayed-crossing", gap.out, "import", gap.stick / name)
    scenes.refused("option", gap.out, "crossing", "renew")
    firm, _ = firm_and_person(gap)
    assert grade(gap)[firm.hex] == "claimed"
    fingerprints = {}
    for side, run in (("inside", gap.inside.json), ("outside", gap.out_json)):
        run("crossing", "renew", "--yes")
        fingerprints[side] = run("crossing", "card", "-o", gap / f"{side}.new")["fingerprint"]
    scenes.refused("state", gap.out, "export", gap.stick)
    gap.out_json("crossing", "pair", gap / "inside.new", "--fingerprint", fingerprints["inside"])
    gap.inside.json("crossing", "pair", gap / "outside.new", "--fingerprint", fingerprints["outside"])
    scenes.refused("signature", gap.out, "import", gap.stick / name)  # of before
    assert gap.over()["crossings"][0]["refused"] == []
    firm, _ = firm_and_person(gap)
    assert len(outside_rows(gap, firm)[1]) == 1  # nothing is doubled
    gap.back()
    gap.over()
    assert sorted((one.kind, one.status) for one in outside_rows(gap, firm)[0]) == [
        ("ask", "accepted"),
        ("receipt", "accepted"),
    ]
    assert len(permissions(gap)) == 1 and grade(gap)[firm.hex] == "receipted"  # what the backup did not have


def test_sides_when_the_restored_ledger_is_held_then_nothing_crosses_and_nothing_counts_as_taken(gap: Gap) -> None:
    from azukari.web.sequencer import hold, queries

    send_receipt(gap)
    gap.out_json("export", gap.empty())
    gap.inside.json("ledger", "export", gap / "published")
    body = gap.on("inside")
    hold.hold(gap / "office", queries.log_of(body.id).id)
    for command in ("export", "import"):
        gap.inside.refused("state", command, gap.stick)
    (gap / "in").mkdir()
    told = gap.inside.run("crossing", "run", "--to", gap / "in", "--from", gap.stick, "--times", "1", lang="en")
    assert told.code == 0 and "azukari ledger resume" in told.err and not list((gap / "in").iterdir())
    gap.inside.json("ledger", "resume", "--published", gap / "published")
    (came,) = gap.inside.json("import", gap.stick)["crossings"]
    firm, _ = firm_and_person(gap)
    assert came["refused"] == [] and grade(gap)[firm.hex] == "receipted"


def test_person_when_let_go_inside_then_the_account_outside_is_closed_too(gap: Gap) -> None:
    gap.on("inside")
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import person

    person.deactivate(person_id=queries.person("aoarashi-1").id, by=UUID(int=7), at=AT)
    gap.over()
    gap.on("outside")
    assert not queries.person("aoarashi-1").is_active


def test_run_when_both_sides_run_then_what_was_sent_is_answered_and_the_folders_are_empty_at_the_end(gap: Gap) -> None:
    send_receipt(gap)
    for name in ("a", "b"):
        (gap / name).mkdir()
    for _ in range(4):
        assert gap.out("crossing", "run", "--to", gap / "a", "--from", gap / "b", "--times", 1, "--every", 1).code == 0
        assert (
            gap.inside.run("crossing", "run", "--to", gap / "b", "--from", gap / "a", "--times", 1, "--every", 1).code
            == 0
        )
    firm, _ = firm_and_person(gap)
    assert outside_rows(gap, firm)[0][0].status == "accepted"
    assert (
        len(list((gap / "a").iterdir())) <= 1 and len(list((gap / "b").iterdir())) <= 1
    )  # a mere confirmation at most
    scenes.refused("option", gap.out, "crossing", "run", "--to", gap / "a", "--from", gap / "a")
    scenes.refused("not-found", gap.out, "export", gap / "no-stick")


def test_crossing_when_something_broken_lies_beside_it_then_it_is_taken_all_the_same_and_ours_go_out(gap: Gap) -> None:
    """Whoever can put a file where crossings arrive could else stop them all."""
    send_receipt(gap)
    gap.out_json("export", gap.empty())
    for name, content in (("azukari-0", b"no crossing"), ("azukari-zz", b"")):
        (gap.stick / name).mkdir()
        (gap.stick / name / "crossing").write_bytes(content)
    (gap / "to").mkdir()
    answer = gap.inside.run("crossing", "run", "--to", gap / "to", "--from", gap.stick, "--times", 1)
    assert answer.code == 0 and FormatError.ja in answer.err
    firm, _ = firm_and_person(gap)
    assert grade(gap)[firm.hex] == "receipted"
    assert len(list((gap / "to").iterdir())) == 1, "the answer is on its way"


def test_import_when_something_broken_lies_beside_then_the_rest_is_taken_and_the_refusal_told(gap: Gap) -> None:
    send_receipt(gap)
    gap.out_json("export", gap.empty())
    (gap.stick / "azukari-0").mkdir()
    (gap.stick / "azukari-0" / "crossing").write_bytes(b"no crossing")
    assert gap.inside.run("import", gap.stick).code == FormatError.code
    firm, _ = firm_and_person(gap)
    assert grade(gap)[firm.hex] == "receipted"
