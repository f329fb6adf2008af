"""The archive inside a backup: any contents, read in any pieces; any other bytes are no archive."""

from __future__ import annotations

import hashlib
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import FormatError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.backup.container import Member, Texts, Unpacking, archive, code


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9_-]{1,20}(/[a-z0-9][a-z0-9._-]{0,30}){0,2}", fullmatch=True), st.binary(), max_size=6
    ),
    st.integers(1, 700),
)
def test_archive_when_read_in_any_pieces_then_it_is_what_was_written(contents: dict[str, bytes], step: int) -> None:
    kek = KeyEncryptionKey(bytes(32))
    data = b"".join(archive(b"{}", [Member(name, len(each), [each]) for name, each in contents.items()], kek))
    texts = Texts()
    unpacking = Unpacking(texts)
    for at in range(0, len(data), step):
        unpacking.write(data[at : at + step])
    unpacking.close()
    assert texts.digests == {n: hashlib.sha256(d).hexdigest() for n, d in ({"backup.json": b"{}"} | contents).items()}
    assert texts.mac.strip() == code(texts.manifest, kek)
    with tarfile.open(fileobj=io.BytesIO(data)) as plain:
        assert plain.getnames()[1:-2] == list(contents), "any tar reads it"


@given(st.binary(max_size=3000))
def test_archive_when_it_is_any_bytes_then_a_format_error(data: bytes) -> None:
    unpacking = Unpacking(Texts())
    with pytest.raises(FormatError):
        unpacking.write(data.lstrip(b"\0") or b"x")
        unpacking.close()
