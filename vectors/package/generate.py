"""Write the package vectors beside this file: ``python vectors/package/generate.py [--reseal]``.

One JSON file per case: ``expect`` is "success" or the verdict word, ``comment`` says why, ``what`` names the
operation. A package is given by its members (``manifest`` and ``proof`` are text, ``payload`` is base64), or, where
the archive itself is at fault, as ``package`` in base64; ``identity`` is the age identity to open it with,
``log_key`` the pinned verifier key of the ledger or null. The people, parties and keys are fictitious.

age encryption is randomised: the sealed bytes in ``sealed/*.age`` were made once, by ``--reseal``, from the archives
that `archives` builds; a test decrypts each and compares. Everything else follows from fixed strings.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.ledger import Signer, parse_proof
from azukari.ledger.proof import Proof, encode_proof
from azukari.seal.archive import write_archive, write_member
from azukari.seal.identity import seal_to
from azukari.seal.manifest import Contents, Entry
from azukari.seal.package import INNER, MEMBERS, payload_archive
from azukari.seal.receipt import Grade, Receipt, make_receipt
from azukari.testing.sealed import (
    DAY,
    OVERSIGHT,
    SealedCopy,
    fixed_bytes,
    fixed_identity,
    fixed_ledger,
    fixed_log,
    fixed_proof,
    seal_copy,
)

Case = dict[str, Any]
HERE = Path(__file__).parent
COLUMNS = {"氏名": Field(Kind.NAME), "住所": Field(Kind.ADDRESS), "支給額": Field(Kind.AMOUNT)}
PEOPLE = pl.DataFrame(
    {
        "氏名": ["佐藤　愛", "鈴木　亮", "髙橋　和子", "山﨑　一郎", "佐藤　亮"] * 2,
        "住所": [f"霞浜市西町{n}丁目2番{n + 3}号　青葉荘{n}01号室" for n in range(1, 11)],
        "支給額": [str(780_900 + 100 * n) for n in range(10)],
    }
)
PARTY, OTHER = "seiran", "shiraho"


@cache
def base(name: str = PARTY, rows: int = 10) -> SealedCopy:
    """A copy as the sealer makes it; its sealed bytes differ from run to run and are not used."""
    return seal_copy(PEOPLE.head(rows), COLUMNS, name)


@cache
def parts(name: str = PARTY, rows: int = 10) -> tuple[Contents, bytes, bytes]:
    """Contents, rows.csv and source-rows.bin of a copy."""
    one = base(name, rows)
    with tarfile.open(fileobj=io.BytesIO(one.identity.decrypt(one.payload))) as tar:
        files = [tar.extractfile(member) for member in INNER]
        manifest, csv, sources = (file.read() for file in files if file)
    return Contents.parse(manifest), csv, sources


def archive(contents: Contents | None = None, csv: bytes | None = None, sources: bytes | None = None) -> bytes:
    """What is encrypted, with some parts changed."""
    own = parts()
    return payload_archive(
        contents or own[0], io.BytesIO(own[1] if csv is None else csv), own[2] if sources is None else sources
    ).getvalue()


@cache
def archives() -> dict[str, bytes]:
    """Name of a sealed file -> the archive in it."""
    contents, csv, sources = parts()
    small, other = parts(rows=9), parts(OTHER)
    lines = csv.decode().splitlines()
    cells = [line.split(",") for line in lines]

    def table(rows: list[list[str]]) -> bytes:
        return "".join(",".join(row) + "\n" for row in rows).encode()

    def lied(**change: Any) -> bytes:
        return archive(replace(contents, **change))

    with_phone = [[*row, "電話番号" if i == 0 else f"090-0000-{i:04d}"] for i, row in enumerate(cells)]
    swapped_columns = [[row[0], row[2], row[1], *row[3:]] for row in cells]
    amount = [row if i != 4 else [*row[:3], "999999"] for i, row in enumerate(cells)]
    name = [row if i != 4 else [row[0], "高橋　和子", *row[2:]] for i, row in enumerate(cells)]
    inner = io.BytesIO()
    manifest = contents.encode()
    members = [("manifest.json", manifest), ("rows.csv", csv), ("source-rows.bin", sources), ("memo.txt", b"x")]
    write_archive(inner, [(n, len(d), io.BytesIO(d)) for n, d in members])
    more = json.dumps(json.loads(manifest) | {"zzz": 1}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    with_more = io.BytesIO()
    members = [("manifest.json", more.encode()), ("rows.csv", csv), ("source-rows.bin", sources)]
    write_archive(with_more, [(n, len(d), io.BytesIO(d)) for n, d in members])
    openings = contents.openings
    return {
        "ordinary": archive(),
        "nine-rows": archive(*small),
        "other-hand-over": archive(*other),
        "column-undeclared": archive(csv=table(with_phone)),
        "column-declared-inside": archive(
            replace(contents, headers=(*contents.headers, "電話番号")), table(with_phone)
        ),
        "columns-swapped": archive(csv=table(swapped_columns)),
        "column-missing": archive(csv=table([row[:-1] for row in cells])),
        "column-renamed": archive(csv=csv.replace("支給額".encode(), "所得額".encode(), 1)),
        "cell-altered": archive(csv=table(amount)),
        "glyph-altered": archive(csv=table(name)),
        "row-missing": archive(csv=table(cells[:-1])),
        "row-added": archive(csv=table([*cells, cells[-1]])),
        "rows-swapped": archive(csv=table([cells[0], cells[2], cells[1], *cells[3:]])),
        "sources-swapped": archive(sources=sources[32:64] + sources[:32] + sources[64:]),
        "sources-short": archive(sources=sources[:-32]),
        "csv-ragged": archive(csv=csv + b"a,b\n"),
        "csv-not-utf8": archive(csv=csv + b"\xff,,,\n"),
        "opening-altered": lied(openings={**openings, "rows": bytes(32)}),
        "opening-missing": lied(openings={k: v for k, v in openings.items() if k != "purpose"}),
        "purpose-altered": lied(purpose="印刷"),
        "party-altered": lied(party=OTHER),
        "headers-altered": lied(headers=(*contents.headers[:-1], "所得額")),
        "rows-altered": lied(rows=11),
        "cell-key-altered": lied(cell_key=bytes(32)),
        "contents-more": with_more.getvalue(),
        "inner-extra": inner.getvalue(),
        "inner-cut": archive()[:2048],
        "not-a-tar": b"rows" * 200,
    }


def recipients(name: str = PARTY) -> list[str]:
    """The age keys that a payload is sealed to."""
    return [fixed_identity(one).recipient for one in (name, OVERSIGHT)]


def sealed(name: str) -> bytes:
    """The stored sealed bytes."""
    return (HERE / "sealed" / f"{name}.age").read_bytes()


def entry_for(payload: bytes, entry: Entry | None = None) -> bytes:
    """An entry that commits to these sealed bytes."""
    return replace(entry or base().entry, payload=sha256(payload).hexdigest(), payload_bytes=len(payload)).encode()


def opening(name: str, expect: str, comment: str, payload: str = "", **change: Any) -> tuple[str, Case]:
    """A case of steps 1 to 8, the ordinary package but for what is given."""
    bytes_ = sealed(payload or "ordinary")
    entry = change.pop("entry", None) or entry_for(bytes_)
    log = change.pop("log", None) or fixed_log()
    proof = change.pop("proof", None) or fixed_proof(fixed_ledger([b"{}", entry, b"{}"], log), 1)
    given = {
        "identity": fixed_identity(PARTY).secret,
        "log_key": fixed_log().vkey,
        "manifest": entry.decode(),
        "payload": base64.b64encode(bytes_).decode(),
        "proof": proof.decode(),
    }
    return f"open-{name}", {"expect": expect, "comment": comment, "what": "open", **given, **change}


def steps_5_to_8() -> Iterator[tuple[str, Case]]:
    nine = entry_for(sealed("nine-rows"), base(rows=9).entry)
    yield opening("ordinary", "success", "ten rows for one party")
    yield opening("oversight", "success", "the oversight key opens it too", identity=fixed_identity(OVERSIGHT).secret)
    yield opening("nine-rows", "success", "fewer than ten rows: the entry says <10", "nine-rows", entry=nine)
    yield opening("key-not-pinned", "success", "without a pinned key the one in the proof is used", log_key=None)
    yield opening("wrong-key", "wrong-key", "another party's key", identity=fixed_identity(OTHER).secret)
    for name, comment in {
        "opening-altered": "the opening of the row count is another",
        "opening-missing": "no opening of the purpose",
        "purpose-altered": "the purpose is not the one that was committed to",
        "party-altered": "the party's name is another",
        "headers-altered": "a header is another",
        "rows-altered": "the row count is another",
        "column-declared-inside": "a column is declared to the recipient only, not in the entry",
    }.items():
        yield opening(name, "commitment", f"step 6: {comment}", name)
    yield opening(
        "column-undeclared", "undeclared-column", "step 7: a column of phone numbers more", "column-undeclared"
    )
    yield opening("column-renamed", "undeclared-column", "step 7: a header that nobody declared", "column-renamed")
    yield opening("columns-swapped", "format", "step 7: two columns are exchanged", "columns-swapped")
    yield opening("column-missing", "format", "step 7: a declared column is not there", "column-missing")
    yield opening("csv-ragged", "row-root", "step 8: a record of two cells more", "csv-ragged")
    yield opening("csv-not-utf8", "format", "step 7: not UTF-8", "csv-not-utf8")
    yield opening("contents-more", "format", "step 6: a member that no writer writes", "contents-more")
    yield opening("inner-extra", "format", "a fourth member inside", "inner-extra")
    yield opening("inner-cut", "format", "the inner archive is cut short", "inner-cut")
    yield opening("not-a-tar", "format", "something else was sealed", "not-a-tar")
    for name, comment in {
        "cell-altered": "an amount is another",
        "glyph-altered": "高 stands where 髙 was committed to",
        "row-missing": "the last row is missing",
        "row-added": "a row stands there twice",
        "rows-swapped": "two rows are exchanged",
        "sources-swapped": "two source row commitments are exchanged",
        "sources-short": "a source row commitment is missing",
        "cell-key-altered": "the key of the salts is another",
    }.items():
        yield opening(name, "row-root", f"step 8: {comment}", name)
    theirs = entry_for(sealed("other-hand-over"))
    yield opening(
        "contents-of-another", "format", "step 6: contents of another hand-over", "other-hand-over", entry=theirs
    )


def steps_1_to_4() -> Iterator[tuple[str, Case]]:
    entry, payload = entry_for(sealed("ordinary")), sealed("ordinary")
    ledger = fixed_ledger([b"{}", entry, b"{}"])
    proof = fixed_proof(ledger, 1)
    hidden = entry.replace(b',"amount/person"', b"")
    other = entry_for(sealed("other-hand-over"), base(OTHER).entry)
    both = fixed_ledger([entry, other])
    yield opening("field-hidden", "proof", "step 3: a field was taken out of the manifest", entry=hidden, proof=proof)
    yield opening("manifest-spaced", "format", "step 2: a space more", entry=entry.replace(b",", b", ", 1), proof=proof)
    more = entry.replace(b'{"body"', b'{"a":1,"body"')
    yield opening("manifest-more", "format", "step 2: a member more", entry=more, proof=proof)
    yield opening(
        "manifest-other-type", "format", "step 2: no hand-over", entry=b'{"type":"azukari/specimen/v1"}', proof=proof
    )
    yield opening("manifest-cut", "format", "step 2: cut short", entry=entry[:-1], proof=proof)
    yield opening("proof-of-another", "proof", "step 3: the proof of the next entry", proof=fixed_proof(both, 1))
    parsed = parse_proof(proof)
    wrong = encode_proof(replace(parsed, path=(parsed.path[0], fixed_bytes("path"))))
    yield opening("proof-path", "proof", "step 3: a hash of the path differs", proof=wrong)
    stranger = Signer(fixed_log().name, fixed_bytes("stranger"))
    yield opening("other-ledger-key", "signature", "step 3: signed by a key that is not the pinned one", log=stranger)
    elsewhere = fixed_log("ledger.asagiri.example/log1")
    yield opening("other-ledger", "signature", "step 3: another log's checkpoint", log=elsewhere)
    renamed = encode_proof(replace(parsed, extra=stranger.vkey.encode()))
    yield opening("extra-names-another", "signature", "step 3: the extra line names another key", proof=renamed)
    bare = encode_proof(Proof(parsed.index, parsed.path, parsed.checkpoint))
    yield opening("no-key-at-all", "format", "step 3: no key is pinned, none is in the proof", proof=bare, log_key=None)
    yield opening("proof-none", "format", "step 3: no proof", proof=b"proof\n")
    cut = base64.b64encode(payload[:-1]).decode()
    yield opening("payload-cut", "payload", "step 4: the last byte is missing", payload_override=cut)
    flipped = base64.b64encode(payload[:-1] + bytes([payload[-1] ^ 1])).decode()
    yield opening("payload-flipped", "payload", "step 4: one bit differs", payload_override=flipped)
    theirs = base64.b64encode(sealed("other-hand-over")).decode()
    yield opening("payload-swapped", "payload", "step 4: the payload of another hand-over", payload_override=theirs)
    cipher = sealed("ordinary").replace(b"-> X25519", b"-> X25520")
    broken = base64.b64encode(cipher).decode()
    huge = replace(base().entry, payload_bytes=2**63 - 1, payload=sha256(payload).hexdigest()).encode()
    yield opening("payload-huge", "payload", "step 4: a size that no float holds", entry=huge)
    over = huge.replace(b"9223372036854775807", b"9223372036854775808")
    yield opening("payload-beyond", "format", "step 2: a size of 2^63", entry=over)
    yield opening("payload-no-stanza", "wrong-key", "step 5: nothing is sealed to an X25519 key", entry=entry_for(cipher), payload_override=broken)  # fmt: skip


def archives_at_fault() -> Iterator[tuple[str, Case]]:
    entry = entry_for(sealed("ordinary"))
    proof = fixed_proof(fixed_ledger([b"{}", entry, b"{}"]), 1)
    whole = [(MEMBERS[0], entry), (MEMBERS[1], b"sealed"), (MEMBERS[2], proof)]

    def tar(members: list[tuple[str, bytes]]) -> bytes:
        out = io.BytesIO()
        write_archive(out, [(name, len(data), io.BytesIO(data)) for name, data in members])
        return out.getvalue()

    def case(name: str, comment: str, package: bytes, whole: bool = False) -> tuple[str, Case]:
        given = {"identity": fixed_identity(PARTY).secret, "log_key": fixed_log().vkey}
        given["package"] = base64.b64encode(package if whole else package.rstrip(b"\0")).decode()
        return f"open-tar-{name}", {"expect": "format", "comment": f"step 1: {comment}", "what": "open", **given}

    link = io.BytesIO()
    with tarfile.open(fileobj=link, mode="w", format=tarfile.USTAR_FORMAT) as out:
        info = tarfile.TarInfo(MEMBERS[0])
        info.type, info.linkname = tarfile.SYMTYPE, MEMBERS[1]
        out.addfile(info)
    pax, attached = io.BytesIO(), tarfile.TarInfo(MEMBERS[0])
    attached.pax_headers, attached.size, attached.mode = {"comment": "佐藤　愛"}, len(entry), 0o600
    with tarfile.open(fileobj=pax, mode="w", format=tarfile.PAX_FORMAT) as out:
        out.addfile(attached, io.BytesIO(entry))
        for name, data in whole[1:]:
            write_member(out, name, len(data), io.BytesIO(data))
    yield case("extra", "a fourth member", tar([*whole, ("memo.txt", b"x")]))
    yield case("missing", "no proof", tar(whole[:2]))
    yield case("reordered", "the payload first", tar([whole[1], whole[0], whole[2]]))
    yield case("twice", "the manifest twice", tar([whole[0], *whole]))
    yield case("folder", "a member in another folder", tar([("../manifest.json", entry), *whole[1:]]))
    yield case("link", "the manifest is a symbolic link", link.getvalue())
    yield case("pax", "a record that tar reads silently before a member", pax.getvalue(), whole=True)
    yield case("cut", "cut in the manifest", tar(whole)[:1024])
    yield case("cut-header", "cut in a header", tar(whole)[:700])
    yield case("empty", "no bytes", b"")


def receipts() -> Iterator[tuple[str, Case]]:
    entry_bytes = entry_for(sealed("ordinary"))
    entry = Entry.parse(entry_bytes)
    other_bytes = entry_for(sealed("other-hand-over"), base(OTHER).entry)
    party, oversight, stranger = (fixed_identity(name) for name in (PARTY, OVERSIGHT, OTHER))
    today = date.fromisoformat(DAY)
    ordinary = make_receipt(entry, entry_bytes, 10, party, today)
    body = Receipt(
        entry.hand_over, Grade.RECEIPTED, sha256(entry_bytes).hexdigest(), entry.fields, 10, entry.row_root, DAY
    )

    def case(name: str, expect: str, comment: str, note: bytes, entry_: bytes = entry_bytes) -> tuple[str, Case]:
        given = {"entry": entry_.decode(), "receipt": note.decode()}
        return f"receipt-{name}", {"expect": expect, "comment": comment, "what": "receipt", **given}

    def changed(signer: str = PARTY, **change: Any) -> bytes:
        return replace(body, **change).sign(fixed_identity(signer))

    nine_bytes = entry_for(sealed("nine-rows"), base(rows=9).entry)
    yield case("receipted", "success", "signed by the recipient", ordinary)
    yield case(
        "opened", "success", "signed by the oversight key", make_receipt(entry, entry_bytes, 10, oversight, today)
    )
    yield case(
        "banded", "success", "fewer than ten rows stay a band",
        make_receipt(Entry.parse(nine_bytes), nine_bytes, 9, party, today), nine_bytes,
    )  # fmt: skip
    yield case("of-another-hand-over", "foreign-receipt", "it belongs to another entry", ordinary, other_bytes)
    yield case(
        "other-fields", "foreign-receipt", "it lists fewer fields", changed(fields=(REFERENCE, Field(Kind.NAME)))
    )
    yield case(
        "more-fields", "foreign-receipt", "it lists more fields", changed(fields=(*entry.fields, Field(Kind.PHONE)))
    )
    yield case("other-rows", "foreign-receipt", "it counts other rows", changed(rows=11))
    yield case("other-root", "foreign-receipt", "over other rows", changed(row_root="00" * 32))
    yield case("other-entry", "foreign-receipt", "over another entry", changed(entry="00" * 32))
    yield case("grade-claimed", "foreign-receipt", "nobody signs for a claim", changed(grade=Grade.CLAIMED))
    yield case("by-another-party", "signature", "signed by another party", changed(OTHER))
    yield case("oversight-by-party", "signature", "the recipient signs as the oversight", changed(grade=Grade.OPENED))
    yield case("party-by-oversight", "signature", "the oversight signs as the recipient", changed(OVERSIGHT))
    yield case("altered", "signature", "the day was altered", ordinary.replace(DAY.encode(), b"2026-11-22"))
    yield case("spaced", "format", "not canonical", ordinary.replace(b",", b", ", 1))
    yield case("more", "format", "a member more", ordinary.replace(b'{"day"', b'{"a":1,"day"'))
    yield case("two-lines", "format", "a line more", ordinary.replace(b"}\n\n", b"}\n\n\n"))
    yield case("heading", "format", "no receipt", ordinary.replace(b"azukari/receipt/v1\n", b"azukari/card/v1\n"))
    yield case("band-opened", "foreign-receipt", "the band is opened",
               replace(body, entry=sha256(nine_bytes).hexdigest(), row_root=base(rows=9).entry.row_root, rows=9).sign(party),
               nine_bytes)  # fmt: skip
    assert stranger.vkey != entry.recipient


def files() -> dict[str, bytes]:
    """File name -> content of every case."""
    found: dict[str, bytes] = {}
    for group in (steps_1_to_4, steps_5_to_8, archives_at_fault, receipts):
        for name, given in group():
            if "payload_override" in given:
                given["payload"] = given.pop("payload_override")
            assert f"{name}.json" not in found, name
            found[f"{name}.json"] = (json.dumps(given, ensure_ascii=False, indent=1) + "\n").encode()
    return found


def reseal() -> None:
    """Seal the archives anew."""
    (HERE / "sealed").mkdir(exist_ok=True)
    for old in (HERE / "sealed").glob("*.age"):
        old.unlink()
    for name, inside in archives().items():
        to = recipients(OTHER if name == "other-hand-over" else PARTY)
        if name == "other-hand-over":
            to.append(fixed_identity(PARTY).recipient)  # so that it is step 6 that refuses it
        (HERE / "sealed" / f"{name}.age").write_bytes(seal_to(inside, to))


if __name__ == "__main__":
    if "--reseal" in sys.argv:
        reseal()
    for old in HERE.glob("*.json"):
        old.unlink()
    for file_name, content in files().items():
        (HERE / file_name).write_bytes(content)
