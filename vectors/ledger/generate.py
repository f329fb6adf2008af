"""Write the ledger vectors beside this file: ``python vectors/ledger/generate.py``.

One JSON file per case: ``expect`` is "success" or the verdict word, ``comment`` says why, ``what`` names the
operation; bytes are base64, except notes and proofs, which are text (``*_base64`` where they are not UTF-8).
Nothing is random: keys and entries follow from fixed strings. All names are fictitious.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from azukari.ledger import (
    EMPTY_ROOT,
    Checkpoint,
    Cosigner,
    Proof,
    Request,
    Signer,
    Tree,
    encode_bundle,
    encode_proof,
    leaf_hash,
    new_tiles,
    sign_checkpoint,
    sign_note,
)
from azukari.ledger.entry import canonical

Case = dict[str, Any]
HERE = Path(__file__).parent
ORIGIN = "ledger.city.example/log1"


def signer(name: str) -> Signer:
    return Signer(name, sha256(b"azukari vectors: " + name.encode()).digest())


LOG = signer(ORIGIN)
WITNESS = signer("witness.ward.example")
NEXT = Signer(ORIGIN, sha256(b"azukari vectors: second key").digest())
WITNESSES = ("witness.a.example/1", "witness.b.example/1", "witness.c.example/1")
STRANGER = signer("stranger.example")
ENTRIES = [b"entry %d" % number for number in range(260)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def text_of(key: str, data: bytes) -> Case:
    try:
        return {key: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{key}_base64": b64(data)}


def no_row(level: int, index: int) -> bytes:
    raise LookupError  # an empty log has no row to go on from


def tree(size: int) -> Tree:
    return Tree(LEAVES[:size])


def flipped(data: bytes, at: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def inclusion() -> Iterator[tuple[str, Case]]:
    def case(name: str, expect: str, comment: str, index: int, size: int, /, **change: Any) -> tuple[str, Case]:
        whole = tree(size)
        given: Case = {"leaf": LEAVES[index], "index": index, "size": size, "path": whole.path(index)}
        given |= {"root": whole.root} | change
        given["path"] = [b64(step) for step in given["path"]]
        given |= {key: b64(given[key]) for key in ("leaf", "root")}
        return f"inclusion-{name}", {"expect": expect, "comment": comment, **given}

    path = tree(7).path(3)
    yield case("only-leaf", "success", "a tree of one leaf has an empty path", 0, 1)
    yield case("middle", "success", "leaf 3 of 7", 3, 7)
    yield case("last-of-odd", "success", "the last leaf of 7 rises unpaired at first", 6, 7)
    yield case("whole", "success", "leaf 0 of a whole tree of 8", 0, 8)
    yield case("other-leaf", "proof", "the leaf is another one", 3, 7, leaf=LEAVES[4])
    yield case("other-index", "proof", "the path is that of another index", 3, 7, index=2)
    yield case("other-size", "proof", "the path is that of a larger tree", 3, 7, size=4)
    yield case("index-is-size", "proof", "indexes end at size - 1", 3, 7, index=7)
    yield case("empty-tree", "proof", "a tree of size 0 has no leaf", 0, 1, size=0, root=EMPTY_ROOT)
    yield case("path-short", "proof", "the last step is left out", 3, 7, path=path[:-1])
    yield case("path-long", "proof", "a step is added", 3, 7, path=[*path, path[0]])
    yield case("path-swapped", "proof", "two steps are swapped", 3, 7, path=[path[1], path[0], path[2]])
    yield case("path-flipped", "proof", "one bit of a step differs", 3, 7, path=[flipped(path[0]), *path[1:]])
    yield case("other-root", "proof", "one bit of the root differs", 3, 7, root=flipped(tree(7).root))
    yield case("short-hash", "format", "a step has 31 bytes", 3, 7, path=[path[0][:31], *path[1:]])
    yield case("long-root", "format", "the root has 33 bytes", 3, 7, root=tree(7).root + b"\0")


def consistency() -> Iterator[tuple[str, Case]]:
    def case(name: str, expect: str, comment: str, old: int, size: int, /, **change: Any) -> tuple[str, Case]:
        given: Case = {"old_size": old, "old_root": tree(old).root, "size": size, "root": tree(size).root}
        given |= {"path": tree(size).consistency_path(old)} | change
        given["path"] = [b64(step) for step in given["path"]]
        given |= {key: b64(given[key]) for key in ("old_root", "root")}
        return f"consistency-{name}", {"expect": expect, "comment": comment, **given}

    path = tree(7).consistency_path(3)
    yield case("ragged", "success", "3 leaves grew to 7", 3, 7)
    yield case("whole", "success", "4 leaves, a whole subtree, grew to 7", 4, 7)
    yield case("same", "success", "no growth: empty path, equal roots", 5, 5)
    yield case("from-empty", "success", "everything extends the empty tree", 0, 5)
    yield case("other-old-root", "proof", "the past was another", 3, 7, old_root=flipped(tree(3).root))
    yield case("other-root", "proof", "the present is another", 3, 7, root=flipped(tree(7).root))
    yield case("fork", "proof", "two roots for one size", 5, 5, root=flipped(tree(5).root))
    yield case("shrunk", "proof", "the log became smaller", 3, 7, old_size=7, size=3)
    yield case("path-empty", "proof", "growth needs a path", 3, 7, path=[])
    yield case("path-empty-whole", "proof", "growth of a whole subtree needs one, too", 4, 7, path=[])
    yield case("path-short", "proof", "the last step is left out", 3, 7, path=path[:-1])
    yield case("path-long", "proof", "a step is added", 3, 7, path=[*path, path[0]])
    yield case("path-for-same", "proof", "no growth, and yet a path", 5, 5, path=path)
    yield case("path-from-empty", "proof", "a path from the empty tree", 0, 5, path=path)
    yield case("empty-other-root", "proof", "size 0 has one root only", 0, 5, old_root=tree(1).root)
    yield case("short-hash", "format", "a step has 31 bytes", 3, 7, path=[path[0][:31], *path[1:]])


def note() -> Iterator[tuple[str, Case]]:
    def case(name: str, expect: str, comment: str, data: bytes, *keys: Signer) -> tuple[str, Case]:
        verifiers = [key.vkey for key in keys or (LOG,)]
        given = {"expect": expect, "comment": comment, **text_of("note", data), "verifiers": verifiers}
        if expect == "success":
            given["text"] = data.decode().rpartition("\n\n")[0] + "\n"
        return f"note-{name}", given

    text = "受渡し台帳\n"
    good = sign_note(text, [LOG])
    line = LOG.sign(text)
    encoded = line.split(" ")[2].rstrip("\n")
    blob = base64.b64decode(encoded)

    def with_line(changed: str) -> bytes:
        return f"{text}\n{changed}".encode()

    def spelled(name: str, data: bytes) -> str:
        return f"— {name} {b64(data)}\n"

    many = [signer(f"w{number}.example") for number in range(101)]
    yield case("one", "success", "one signature of a known key", good)
    yield case("unknown-beside", "success", "an unknown key signs, too", sign_note(text, [STRANGER, LOG]))
    yield case("two-known", "success", "two known keys", sign_note(text, [LOG, WITNESS]), LOG, WITNESS)
    yield case("empty-lines", "success", "only the last empty line separates", sign_note("a\n\n\n", [LOG]))
    yield case("many", "success", "17 signatures", sign_note(text, [*many[:16], LOG]))
    yield case("text-altered", "signature", "one letter of the text differs", good.replace(b"\n\n", b".\n\n"))
    yield case("only-unknown", "signature", "no key is known", sign_note(text, [STRANGER]))
    yield case("other-name", "signature", "right id, other name", with_line(spelled("other.example", blob)))
    yield case("other-id", "signature", "right name, other id", with_line(spelled(ORIGIN, flipped(blob))))
    yield case(
        "known-fails",
        "signature",
        "one known key verifies, the other does not",
        with_line(line + spelled(WITNESS.name, flipped(_blob(WITNESS, text), 20))),
        LOG,
        WITNESS,
    )
    yield case("cut-signature", "signature", "63 signature bytes", with_line(spelled(ORIGIN, blob[:-1])))
    yield case("too-many", "limit", "101 signatures", text.encode() + b"\n" + _lines(many, text))
    yield case("no-empty-line", "format", "nothing separates the signatures", text.encode() + line.encode())
    yield case("no-signature", "format", "no line after the empty one", text.encode() + b"\n")
    yield case("no-last-newline", "format", "the last line has no end", good[:-1])
    yield case("tab", "format", "a control character", good.replace(b"\n\n", b"\t\n\n"))
    yield case("crlf", "format", "carriage returns", good.replace(b"\n", b"\r\n"))
    yield case("not-utf8", "format", "a byte that is not UTF-8", b"\xff" + good)
    yield case("hyphen", "format", "a hyphen for the em dash", with_line(line.replace("—", "-")))
    yield case("no-name", "format", "an empty key name", with_line(f"—  {encoded}\n"))
    yield case("plus-in-name", "format", "a plus in a key name", with_line(spelled("a+b", blob)))
    yield case("space-in-name", "format", "an ideographic space in a name", with_line(spelled("a　b", blob)))
    yield case("no-base64", "format", "no signature", with_line(f"— {ORIGIN}\n"))
    yield case("unpadded", "format", "base64 without padding", with_line(line.replace("=", "")))
    yield case("not-canonical", "format", "stray bits in base64", with_line(_stray(line)))
    yield case("only-id", "format", "a key id and nothing more", with_line(spelled(ORIGIN, blob[:4])))


def checkpoint() -> Iterator[tuple[str, Case]]:
    root = tree(7).root

    def case(name: str, expect: str, comment: str, data: bytes, **more: Any) -> tuple[str, Case]:
        given = {"expect": expect, "comment": comment, **text_of("note", data), "origin": ORIGIN}
        return f"checkpoint-{name}", given | {"verifiers": [LOG.vkey, WITNESS.vkey]} | more

    def text(*lines: str) -> bytes:
        return sign_note("".join(f"{line}\n" for line in lines), [LOG])

    state = Checkpoint(ORIGIN, 7, root)
    other = Checkpoint("ledger.town.example", 7, root)
    found: Case = {"size": 7, "root": b64(root)}
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    yield case("ordinary", "success", "size 7", sign_checkpoint(state, [LOG]), **found)
    yield case("witnessed", "success", "a witness signed, too", sign_checkpoint(state, [LOG, WITNESS]), **found)
    yield case("empty", "success", "an empty log", sign_checkpoint(empty, [LOG]), size=0, root=b64(EMPTY_ROOT))
    yield case("other-origin", "signature", "another log's", sign_note(other.encode(), [LOG]))
    yield case("witness-only", "signature", "the log did not sign", sign_note(state.encode(), [WITNESS]))
    yield case("size-altered", "signature", "8 for 7", sign_checkpoint(state, [LOG]).replace(b"\n7\n", b"\n8\n"))
    yield case("empty-other-root", "proof", "size 0, another root", text(ORIGIN, "0", b64(root)))
    yield case("leading-zero", "format", "a size with a leading zero", text(ORIGIN, "07", b64(root)))
    yield case("signed-size", "format", "a size with a sign", text(ORIGIN, "+7", b64(root)))
    yield case("wide-digit", "format", "a full-width digit", text(ORIGIN, "７", b64(root)))
    yield case("huge-size", "format", "a size of 2**63", text(ORIGIN, str(2**63), b64(root)))
    yield case("short-root", "format", "a root of 31 bytes", text(ORIGIN, "7", b64(root[:31])))
    yield case("hex-root", "format", "a root in hexadecimal", text(ORIGIN, "7", root.hex()))
    yield case("extension", "format", "an extension line", text(ORIGIN, "7", b64(root), "note"))
    yield case("two-lines", "format", "no root", text(ORIGIN, "7"))
    yield case("no-origin", "format", "an empty origin", text("", "7", b64(root)))


def proof() -> Iterator[tuple[str, Case]]:
    whole = tree(7)
    opened = sign_checkpoint(Checkpoint(ORIGIN, 7, whole.root), [LOG, WITNESS])
    path = tuple(whole.path(3))
    good = encode_proof(Proof(3, path, opened))
    only = encode_proof(Proof(0, (), sign_checkpoint(Checkpoint(ORIGIN, 1, tree(1).root), [LOG])))
    extra = encode_proof(Proof(3, path, opened, b"opening"))

    def case(name: str, expect: str, comment: str, data: bytes, **more: Any) -> tuple[str, Case]:
        given = {"expect": expect, "comment": comment, **text_of("proof", data), "entry": b64(ENTRIES[3])}
        return f"proof-{name}", given | {"origin": ORIGIN, "verifiers": [LOG.vkey]} | more

    def changed(old: str, new: str, data: bytes = good) -> bytes:
        return data.replace(old.encode(), new.encode(), 1)

    step = b64(path[0]) + "\n"
    yield case("ordinary", "success", "entry 3 of 7", good, size=7)
    yield case("extra", "success", "with extra data", extra, size=7)
    yield case("only-entry", "success", "no path line", only, entry=b64(ENTRIES[0]), size=1)
    state = Checkpoint(ORIGIN, 7, whole.root)
    both = "".join(each.cosign(state.encode(), 1_767_225_600) for each in cosigners()[:2]).encode()
    signed = encode_proof(Proof(3, path, sign_checkpoint(state, [LOG])))
    yield case(
        "policy", "success", "two of three witnesses, as the policy asks", signed + both, policy=policy_text(), size=7
    )
    forged = cosigners()[2].cosign(Checkpoint(ORIGIN, 6, tree(6).root).encode(), 1_767_225_600).encode()
    yield case(
        "policy-forged", "signature", "a witness of the policy did not cosign this checkpoint", signed + both + forged,
        policy=policy_text(),
    )  # fmt: skip
    yield case("policy-nobody", "not-witnessed", "the policy asks for two", signed, policy=policy_text())
    yield case(
        "policy-other-entry", "proof", "the policy is met, by a proof of another entry", signed + both,
        policy=policy_text(), entry=b64(ENTRIES[4]),
    )  # fmt: skip
    yield case("other-entry", "proof", "another entry", good, entry=b64(ENTRIES[4]))
    yield case("other-index", "proof", "another index", changed("index 3", "index 2"))
    yield case("index-beyond", "proof", "an index beyond the size", changed("index 3", "index 7"))
    yield case("path-short", "proof", "a path line is missing", changed(step, ""))
    yield case("path-long", "proof", "a path line twice", changed(step, step + step))
    yield case("checkpoint-altered", "signature", "another size", changed("\n7\n", "\n8\n"))
    yield case("other-origin", "signature", "another log is asked for", good, origin="ledger.town.example")
    yield case("unknown-log", "signature", "its key is not known", good, verifiers=[STRANGER.vkey])
    yield case("witness-only", "signature", "only a witness is known", good, verifiers=[WITNESS.vkey])
    yield case("version", "format", "another version", changed("@v1", "@v2"))
    yield case("crlf", "format", "carriage returns", good.replace(b"\n", b"\r\n"))
    yield case("no-index", "format", "no index line", changed("index 3\n", ""))
    yield case("leading-zero", "format", "an index with a leading zero", changed("index 3", "index 03"))
    yield case("empty-extra", "format", "an extra line without data", changed("index", "extra \nindex"))
    yield case("late-extra", "format", "extra after index", changed("index 3\n", "index 3\nextra YQ==\n"))
    yield case("short-hash", "format", "a path line of 31 bytes", changed(step, b64(path[0][:31]) + "\n"))
    yield case("path-64", "format", "64 path lines", changed(step, step * 62))
    yield case("no-checkpoint", "format", "nothing after the path", good.partition(b"\n\n")[0] + b"\n")
    yield case("not-utf8", "format", "bytes that are not ASCII", b"\xff" + good)
    yield case("huge-extra", "limit", "65,537 bytes of extra", changed("index", f"extra {b64(bytes(65537))}\nindex"))


def bundle() -> Iterator[tuple[str, Case]]:
    def case(
        name: str, expect: str, comment: str, data: bytes, width: int | None = None, entries: int = 0
    ) -> tuple[str, Case]:
        given: Case = {"expect": expect, "comment": comment, "data": b64(data), "width": width}
        if entries:
            given["entries"] = [b64(entry) for entry in ENTRIES[:entries]]
        return f"bundle-{name}", given

    three = encode_bundle(ENTRIES[:3])
    yield case("three", "success", "three entries", three, entries=3)
    yield case("prefix", "success", "the first two of three", three, 2, entries=2)
    yield case("full", "success", "256 entries", encode_bundle(ENTRIES[:256]), entries=256)
    yield case("none", "format", "an empty bundle is never stored", b"")
    yield case("cut-length", "format", "cut inside a length", three + b"\0")
    yield case("cut-entry", "format", "cut inside an entry", three[:-1])
    yield case("too-few", "format", "three entries where four should be", three, 4)
    yield case("width-0", "format", "a width of 0", three, 0)
    yield case("width-257", "format", "a width of 257", encode_bundle(ENTRIES[:256]), 257)
    yield case("too-many", "format", "257 entries", encode_bundle(ENTRIES[:256]) + encode_bundle(ENTRIES[:1]))


def tiles() -> Iterator[tuple[str, Case]]:
    rows = {f"{row.level}/{row.index}": row.data for row in new_tiles(0, no_row, LEAVES)}
    bundles = {"0": encode_bundle(ENTRIES[:256]), "1": encode_bundle(ENTRIES[256:])}
    five = {"0/0": b"".join(LEAVES[:5])}, {"0": encode_bundle(ENTRIES[:5])}

    def case(
        name: str,
        expect: str,
        comment: str,
        size: int,
        held: tuple[dict[str, bytes], dict[str, bytes]] | None = None,
        *,
        root: bytes | None = None,
        damage: tuple[str, int | str | None, int | None] | None = None,
    ) -> tuple[str, Case]:
        given: Case = {
            "expect": expect,
            "comment": comment,
            "size": size,
            "root": b64(root or tree(size).root),
        }
        for key, stored in zip(("tiles", "bundles"), held or (rows, bundles), strict=True):
            given[key] = {name: b64(data) for name, data in stored.items()}
        if damage:
            given |= dict(zip(("kind", "level", "index"), damage, strict=True))
        return f"tiles-{name}", given

    def with_row(name: str, data: bytes) -> tuple[dict[str, bytes], dict[str, bytes]]:
        return rows | {name: data}, bundles

    def with_five(row: bytes, entries: bytes) -> tuple[dict[str, bytes], dict[str, bytes]]:
        return {"0/0": row}, {"0": entries}

    row, packed = five[0]["0/0"], five[1]["0"]
    yield case("two-levels", "success", "260 entries: two tiles, two bundles, level 1", 260)
    yield case("one-tile", "success", "5 entries in one partial tile", 5, five)
    yield case("grown", "success", "rows have grown since size 3", 3, five)
    yield case(
        "bundle-altered",
        "tile",
        "entry 5 differs, the tiles lead to the root",
        260,
        (rows, bundles | {"0": bundles["0"].replace(b"entry 5\0", b"entry X\0", 1)}),
        damage=("bundle-altered", "entries", 0),
    )
    yield case(
        "bundle-cut",
        "tile",
        "the bundle ends inside an entry",
        5,
        with_five(row, packed[:-1]),
        damage=("bundle-altered", "entries", 0),
    )
    yield case(
        "leaf-tile-altered",
        "tile",
        "a leaf hash differs",
        260,
        with_row("0/0", flipped(rows["0/0"], 100)),
        damage=("tile-altered", 0, 0),
    )
    yield case(
        "upper-tile-altered",
        "tile",
        "a hash of level 1 differs",
        260,
        with_row("1/0", flipped(rows["1/0"])),
        damage=("tile-altered", 1, 0),
    )
    yield case(
        "tile-ragged",
        "tile",
        "a row of a length that is no multiple of 32",
        260,
        with_row("0/1", rows["0/1"] + b"\0"),
        damage=("tile-altered", 0, 1),
    )
    yield case("tile-short", "tile", "a hash is missing", 5, with_five(row[:-32], packed), damage=("missing", 0, 0))
    yield case("tile-missing", "tile", "no row", 5, ({}, five[1]), damage=("missing", 0, 0))
    yield case("bundle-missing", "tile", "no bundle", 5, (five[0], {}), damage=("missing", "entries", 0))
    yield case(
        "root-differs",
        "tile",
        "entries and tiles agree on another root",
        5,
        five,
        root=tree(6).root,
        damage=("root-differs", None, None),
    )
    yield case(
        "both-altered",
        "tile",
        "an entry and a hash differ: neither side leads to the root",
        5,
        with_five(flipped(row), packed.replace(b"entry 4", b"entry X")),
        damage=("root-differs", 0, 0),
    )


def cosigners() -> list[Cosigner]:
    return [Cosigner(name, sha256(b"azukari vectors: " + name.encode()).digest()) for name in WITNESSES]


def policy_text(quorum: str = "group two 2 a b c\nquorum two\n") -> str:
    return "".join(f"witness {n} {each.vkey}\n" for n, each in zip("abc", cosigners(), strict=True)) + quorum


def cosignature() -> Iterator[tuple[str, Case]]:
    """A line of a witness under a text, for whoever knows the witness's key and no other."""
    text = Checkpoint(ORIGIN, 7, tree(7).root).encode()
    one, two, _ = cosigners()
    time, last = 1_767_225_600, 2**63 - 1
    line = one.cosign(text, time)
    blob = _read(line)

    def case(name: str, expect: str, comment: str, line: str, /, **more: Any) -> tuple[str, Case]:
        given: Case = {"note": f"{text}\n{line}", "verifiers": [one.vkey]}
        return f"cosignature-{name}", {"expect": expect, "comment": comment, **given, **more}

    def signed(message: str, time: int = time) -> str:
        """A line of the same key over other bytes than the format says."""
        made = _read(Signer(one.name, one.seed).sign(message))[4:]
        return f"— {one.name} {b64(blob[:4] + time.to_bytes(8, 'big') + made)}\n"

    public = one.verifier.public
    log_id = Signer(one.name, one.seed).verifier.key_id.hex()
    yield case("ordinary", "success", "2026-01-01T00:00:00Z", line, time=time)
    yield case("time-0", "success", "the first second", one.cosign(text, 0), time=0)
    yield case("time-last", "success", "the last second that is allowed", one.cosign(text, last), time=last)
    yield case(
        "time-beyond", "signature", "2**63 seconds, signed so",
        signed(f"cosignature/v1\ntime {last + 1}\n{text}", last + 1),
    )  # fmt: skip
    yield case("other-time", "signature", "one second later than signed", _with_time(line, time + 1))
    little = int.from_bytes(time.to_bytes(8, "little"), "big")
    yield case("little-endian", "signature", "the time starts with its lowest byte", _with_time(line, little))
    yield case(
        "other-text", "signature", "the text of size 8", one.cosign(Checkpoint(ORIGIN, 8, tree(8).root).encode(), time)
    )
    yield case("other-key", "signature", "only a witness that is not known", two.cosign(text, time))
    yield case("no-prefix", "signature", "the plain text is signed, as a log does it", signed(text))
    yield case(
        "padded-time",
        "signature",
        "the signed time has a leading zero",
        signed(f"cosignature/v1\ntime 0{time}\n{text}"),
    )
    yield case("version", "signature", "cosignature/v2 is signed", signed(f"cosignature/v2\ntime {time}\n{text}"))
    yield case("short", "signature", "63 signature bytes", f"— {one.name} {b64(blob[:-1])}\n")
    yield case("long", "signature", "a byte after the signature", f"— {one.name} {b64(blob + bytes(1))}\n")
    yield case(
        "log-type", "signature", "the key is known as one of type 01", line, verifiers=[Signer(one.name, one.seed).vkey]
    )
    yield case(
        "log-id", "format", "a key of type 04 with the id of type 01", line,
        verifiers=[f"{one.name}+{log_id}+{b64(bytes([4]) + public)}"],
    )  # fmt: skip


def cosigned() -> Iterator[tuple[str, Case]]:
    text = Checkpoint(ORIGIN, 7, tree(7).root).encode()
    plain = sign_checkpoint(Checkpoint(ORIGIN, 7, tree(7).root), [LOG])
    one, two, three = (each.cosign(text, 1_767_225_600 + n) for n, each in enumerate(cosigners()))

    def case(name: str, expect: str, comment: str, note: bytes, /, **change: Any) -> tuple[str, Case]:
        given: Case = {"origin": ORIGIN, "verifiers": [LOG.vkey], "policy": policy_text()} | change
        return f"cosigned-{name}", {"expect": expect, "comment": comment, **given, **text_of("note", note)}

    def lines(*more: str) -> bytes:
        return plain + "".join(more).encode()

    yield case("two", "success", "two of three witnesses", lines(one, two), witnesses=["a", "b"])
    yield case("none-asked", "success", "no quorum", plain, policy="quorum none\n", witnesses=[])
    late = {"not_before": 1_767_225_601, "witnesses": ["b", "c"]}
    yield case("late", "success", "the first is too old, the others suffice", lines(one, two, three), **late)
    again = cosigners()[0].cosign(text, 1_767_225_602)
    yield case(
        "again", "success", "the first cosigned once more, and is not too old", lines(one, again, two),
        not_before=1_767_225_601, witnesses=["a", "b"],
    )  # fmt: skip
    yield case(
        "too-late", "not-witnessed", "two of the three are newer than asked for", lines(one, two, three),
        not_after=1_767_225_600,
    )  # fmt: skip
    yield case("one", "not-witnessed", "one of three witnesses", lines(one))
    yield case("nobody", "not-witnessed", "the log's signature alone", plain)
    yield case("twice", "not-witnessed", "the same witness twice", lines(one, one))
    yield case(
        "stranger", "not-witnessed", "one witness and one that the policy does not know", lines(one, WITNESS.sign(text))
    )
    old = {"not_before": 1_767_225_602}
    yield case("old", "not-witnessed", "two of the three are too old", lines(one, two, three), **old)
    other = Checkpoint(ORIGIN, 6, tree(6).root).encode()
    forged = cosigners()[2].cosign(other, 1_767_225_600)
    yield case("forged", "signature", "a cosignature of another checkpoint", lines(one, two, forged))
    blob = base64.b64decode(one.split(" ")[2])
    shifted = f"— {WITNESSES[0]} {b64(blob[:4] + (1).to_bytes(8, 'big') + blob[12:])}\n"
    yield case("other-time", "signature", "the time is not the signed one", lines(shifted, two))
    yield case(
        "cut",
        "signature",
        "a cosignature without its time",
        lines(f"— {WITNESSES[0]} {b64(blob[:4] + blob[12:])}\n", two),
    )
    yield case("no-log", "signature", "witnesses alone", (text + "\n" + one + two).encode())
    impostor = Cosigner(ORIGIN, sha256(b"azukari vectors: impostor").digest())
    stands_in = {"verifiers": [impostor.vkey]}
    yield case(
        "in-the-logs-name", "signature", "a witness under the origin's name is not the log",
        (text + "\n" + impostor.cosign(text, 5) + one + two).encode(), **stands_in,
    )  # fmt: skip


def policy() -> Iterator[tuple[str, Case]]:
    a, b = (each.vkey for each in cosigners()[:2])

    def case(
        name: str, expect: str, comment: str, text: str, satisfied: list[list[str]] | None = None, /
    ) -> tuple[str, Case]:
        given: Case = {"expect": expect, "comment": comment, "policy": text}
        return f"policy-{name}", given if satisfied is None else given | {"satisfied_by": satisfied}

    head = f"witness a {a}\nwitness b {b} https://b.example/\n"
    yield case("none", "success", "nobody is asked", "quorum none\n", [[]])
    yield case("one", "success", "one witness, tabs and comments", f"# c\n\t witness\ta  {a}\n\nquorum a\n", [["a"]])
    yield case(
        "nested", "success", "a group in a group", head + "group g any a\ngroup h all g b\nquorum h\n", [["a", "b"]]
    )
    yield case("no-quorum", "format", "no quorum line", head)
    yield case("two-quorums", "format", "two quorum lines", "quorum none\nquorum none\n")
    yield case("before", "format", "a name is used before it is defined", f"group g any a\nwitness a {a}\nquorum g\n")
    yield case("name-twice", "format", "a name is defined twice", f"witness a {a}\nwitness a {b}\nquorum a\n")
    yield case("key-twice", "format", "a public key stands twice", f"witness a {a}\nwitness b {a}\nquorum a\n")
    yield case(
        "member-twice", "format", "a witness counts in two groups", head + "group g any a\ngroup h any a\nquorum h\n"
    )
    yield case("log-key", "format", "a witness with a key of type 01", f"witness a {LOG.vkey}\nquorum a\n")
    yield case("too-many", "format", "three of two are asked for", head + "group g 3 a b\nquorum g\n")
    yield case("none-member", "format", "none is no member", head + "group g any none\nquorum g\n")
    yield case("crlf", "format", "a carriage return", "quorum none\r\n")
    yield case("no-newline", "format", "the last line has no end", "quorum none")
    yield case("unknown-word", "format", "a line that starts with another word", "monitor a\nquorum none\n")
    yield case("zero", "format", "none of two is asked for", head + "group g 0 a b\nquorum g\n")
    many = "".join(f"witness w{n} {Cosigner(f'w{n}', n.to_bytes(32, 'big')).vkey}\n" for n in range(1, 66))
    yield case("many", "limit", "65 witnesses", many + "quorum none\n")


def request() -> Iterator[tuple[str, Case]]:
    fork = [*LEAVES[:2], leaf_hash(b"another"), *LEAVES[3:]]

    def body(
        old: int, new: int, leaves: list[bytes] = LEAVES, key: Signer = LOG, path: list[bytes] | None = None
    ) -> bytes:
        whole = Tree(leaves[:new])
        steps = whole.consistency_path(old) if path is None else path
        return Request(old, tuple(steps), sign_checkpoint(Checkpoint(ORIGIN, new, whole.root), [key])).encode()

    def case(
        name: str, expect: str, status: int, comment: str, data: bytes, seen: int = 4, /, **change: Any
    ) -> tuple[str, Case]:
        state = None if seen < 0 else {"size": seen, "root": b64(tree(seen).root)}
        given: Case = {"verifiers": {ORIGIN: [LOG.vkey]}, "seen": state, "status": status} | change
        return f"request-{name}", {"expect": expect, "comment": comment, **given, **text_of("body", data)}

    yield case("grown", "success", 200, "from 4 to 7", body(4, 7))
    yield case("first", "success", 200, "a log that was never seen", body(0, 7), -1)
    yield case("same", "success", 200, "the same state again", body(4, 4))
    yield case("conflict", "state", 409, "the witness saw another size", body(3, 7), tells=4)
    yield case("conflict-first", "state", 409, "the log does not know what the witness saw", body(0, 7), tells=4)
    yield case("fork", "fork", 422, "two roots for one size", body(4, 4, fork))
    yield case("rewritten", "proof", 422, "a larger tree that is no continuation", body(4, 7, fork))
    yield case("path-missing", "proof", 422, "no path where one is needed", body(4, 7, path=[]))
    yield case("path-from-nothing", "proof", 422, "a path from size 0", body(0, 7, path=[LEAVES[0]]), -1)
    empty = Request(0, (), sign_checkpoint(Checkpoint(ORIGIN, 0, tree(1).root), [LOG])).encode()
    yield case("empty-other-root", "proof", 422, "size 0 with the root of one entry", empty, -1)
    yield case("unknown-log", "not-found", 404, "no key is trusted for the origin", body(4, 7), verifiers={})
    stranger = body(4, 7, key=Signer(ORIGIN, bytes(32)))
    yield case("other-key", "signature", 403, "signed by another key of that name", stranger)
    both = body(4, 7) + _spelled(ORIGIN, flipped(_read(NEXT.sign(Checkpoint(ORIGIN, 7, tree(7).root).encode())), 20))
    trusted = {"verifiers": {ORIGIN: [LOG.vkey, NEXT.vkey]}}
    yield case("known-fails", "signature", 403, "one key of the log verifies, the other fails", both, **trusted)
    yield case("old-beyond", "format", 400, "the old size is beyond the checkpoint", body(9, 7, path=[]), 9)
    yield case("no-old", "format", 400, "no line of the old size", body(4, 7).partition(b"\n")[2])
    yield case("path-64", "format", 400, "64 proof lines", body(4, 7, path=[LEAVES[0]] * 64))
    yield case("leading-zero", "format", 400, "a size with a leading zero", body(4, 7).replace(b"old 4", b"old 04"))
    yield case("crlf", "format", 400, "carriage returns", body(4, 7).replace(b"\n", b"\r\n"))
    more = sign_note(f"{Checkpoint(ORIGIN, 7, tree(7).root).encode()}more\n", [LOG])
    path = tuple(tree(7).consistency_path(4))
    yield case("extension", "format", 400, "a checkpoint with an extension line", Request(4, path, more).encode())


def rotation() -> Iterator[tuple[str, Case]]:
    entry = {
        "key": NEXT.vkey, "origin": ORIGIN, "replaces": LOG.verifier.key_id.hex(),
        "type": "azukari/log-key/v1", "until": "2026-12-31",
    }  # fmt: skip

    def case(name: str, expect: str, comment: str, /, **change: Any) -> tuple[str, Case]:
        return f"rotation-{name}", {"expect": expect, "comment": comment, "key": LOG.vkey, "entries": [text(**change)]}

    def text(**change: Any) -> str:
        return canonical({key: value for key, value in (entry | change).items() if value is not None}).decode()

    def chain(name: str, expect: str, comment: str, *entries: str) -> tuple[str, Case]:
        return f"rotation-{name}", {"expect": expect, "comment": comment, "key": LOG.vkey, "entries": entries}

    third = Signer(ORIGIN, sha256(b"azukari vectors: third key").digest())
    later = text(key=third.vkey, replaces=NEXT.verifier.key_id.hex(), until="2027-12-31")
    back = text(key=LOG.vkey, replaces=NEXT.verifier.key_id.hex())
    yield case("next", "success", "the log names its next key")
    yield chain("third", "success", "the log names a third key, too", text(), later)
    yield chain("order", "format", "two changes in the wrong order", later, text())
    yield chain("back", "format", "a key that the log had before comes back", text(), back)
    yield chain("spelled", "format", "not in its canonical spelling", text().replace(":", ": ", 1))
    yield case("other-name", "format", "the new key bears another name", key=WITNESS.vkey)
    yield case("cosigner", "format", "the new key is of type 04", key=Cosigner(ORIGIN, NEXT.seed).vkey)
    yield case("other-old", "format", "it replaces a key that is not the last", replaces="00000000")
    yield case("no-date", "format", "no last day of the old key", until=None)
    yield case("no-such-day", "format", "a day that no calendar has", until="2026-02-30")
    yield case("more", "format", "a member that nobody knows", more=1)
    yield case("itself", "format", "a key in the place of itself", key=LOG.vkey)
    yield case("spaced-id", "format", "a key id with a space", replaces=LOG.verifier.key_id.hex(" "))


def answer() -> Iterator[tuple[str, Case]]:
    """What a witness answers to the log, which adds it to the checkpoint that others open."""
    text = Checkpoint(ORIGIN, 7, tree(7).root).encode()
    other = Checkpoint(ORIGIN, 8, tree(8).root).encode()
    one, two, _ = cosigners()
    time = 1_767_225_600

    def case(name: str, expect: str, comment: str, body: str, /, **more: Any) -> tuple[str, Case]:
        given: Case = {"note": sign_checkpoint(Checkpoint(ORIGIN, 7, tree(7).root), [LOG]).decode()}
        given |= {"body": body, "verifiers": [one.vkey], **more}
        return f"answer-{name}", {"expect": expect, "comment": comment, **given}

    line = one.cosign(text, time)
    yield case("one", "success", "the witness that was asked", line, times=[time])
    yield case(
        "unknown-beside", "success", "a key that nobody asked signs, too", two.cosign(text, time) + line, times=[time]
    )
    yield case("unknown", "signature", "only a key that nobody asked", two.cosign(text, time))
    yield case("other-checkpoint", "signature", "another checkpoint was cosigned", one.cosign(other, time))
    yield case("other-time", "signature", "the time was changed", _with_time(line, time + 1))
    yield case("log-key", "signature", "the log's own line", LOG.sign(text))
    yield case(
        "more-text", "format", "text of the witness's own, which it signed", "x\n\n" + one.cosign(f"{text}\nx\n", time)
    )
    yield case("nothing", "format", "no line", "")
    yield case("no-newline", "format", "the line has no end", line[:-1])
    yield case("page", "format", "a page for people", "<html>\n")


GROUPS: dict[str, Callable[[], Iterator[tuple[str, Case]]]] = {
    "inclusion": inclusion,
    "consistency": consistency,
    "note": note,
    "checkpoint": checkpoint,
    "proof": proof,
    "bundle": bundle,
    "tiles": tiles,
    "cosignature": cosignature,
    "cosigned": cosigned,
    "policy": policy,
    "request": request,
    "rotation": rotation,
    "answer": answer,
}


def files() -> dict[str, bytes]:
    """File name -> content of every case."""
    found: dict[str, bytes] = {}
    for what, group in GROUPS.items():
        for name, given in group():
            head = {"expect": given.pop("expect"), "comment": given.pop("comment"), "what": what}
            text = json.dumps(head | given, ensure_ascii=False, indent=1) + "\n"
            assert f"{name}.json" not in found, name
            found[f"{name}.json"] = text.encode("utf-8")
    return found


def _blob(key: Signer, text: str) -> bytes:
    return _read(key.sign(text))


def _read(line: str) -> bytes:
    """Key id and signature of a line."""
    return base64.b64decode(line.split(" ")[2])


def _spelled(name: str, data: bytes) -> bytes:
    return f"— {name} {b64(data)}\n".encode()


def _with_time(line: str, time: int) -> str:
    """The same cosignature under another time."""
    start, _, encoded = line.rstrip("\n").rpartition(" ")
    blob = base64.b64decode(encoded)
    return f"{start} {b64(blob[:4] + time.to_bytes(8, 'big') + blob[12:])}\n"


def _lines(keys: list[Signer], text: str) -> bytes:
    return "".join(key.sign(text) for key in keys).encode()


def _stray(line: str) -> str:
    """The same signature with a bit set that base64 does not use: 68 bytes end in one "="."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = line.rstrip("=\n")[-1]
    return line.rstrip("=\n")[:-1] + alphabet[alphabet.index(last) ^ 1] + "=\n"


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    for file_name, content in files().items():
        (HERE / file_name).write_bytes(content)
