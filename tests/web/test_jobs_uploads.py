"""Uploads on the disk: sealed at any moment, whole or not there, and gone when their key is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import UploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.bodies import KEK
from tests.web.conftest import AT, BY

import azukari
from azukari.errors import AzukariError, KeyFileError, LimitError, PayloadError, StateError, StorageError
from azukari.stores.keys import KeyEncryptionKey

BODY = UUID(int=5)
PLANTED = "珠洲宮　璃々亜,070-0417-8823\n".encode()
CHUNK = 1 << 20
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(azukari.__file__).parents[1])}


@pytest.fixture
def open_office(sqlite_office: Path) -> Path:
    """These are about files; the rows are in test_jobs_states.py, on both databases."""
    return sqlite_office


def kept(data: bytes) -> UUID:
    from azukari.web.jobs import uploads

    file: Any = UploadedFile(BytesIO(data), "x", "text/csv", len(data))
    return uploads.keep(file, body_id=BODY, kek=KEK, by=BY, at=AT)


def opened(upload_id: UUID, kek: KeyEncryptionKey = KEK) -> bytes:
    from azukari.web.jobs import uploads

    with uploads.in_memory(upload_id, kek) as path:
        return path.read_bytes()


def on_disk(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in folder.rglob("*") if path.is_file())


def names(folder: Path) -> list[str]:
    return [path.name for path in (folder / "uploads").iterdir()]


def test_upload_when_looked_at_after_every_block_then_no_clear_byte_is_on_the_disk(open_office: Path) -> None:
    from azukari.web.jobs import uploads

    writer = uploads.Writer()
    for _ in range(12):
        writer.write(PLANTED * 6_000)
        writer._file.flush()
        assert not any(PLANTED[:20] in data or b"070-0417" in data for data in on_disk(open_office))
        assert not uploads.path_of(writer.id).exists(), "it has no name before it is whole"
    writer.close()
    assert not any(PLANTED[:20] in data for data in on_disk(open_office))
    assert b"".join(uploads.read(writer.id, writer.key)) == PLANTED * 72_000


@pytest.mark.skipif(os.name == "nt", reason="platform: no modes here")
def test_upload_when_kept_then_only_the_owner_may_read_it_and_its_name_is_its_id(open_office: Path) -> None:
    from azukari.web.jobs import uploads

    upload_id = kept(PLANTED)
    assert names(open_office) == [f"{upload_id}.upload"]
    assert uploads.path_of(upload_id).stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("open_office")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_upload_when_any_byte_or_cut_differs_then_payload_error(data: st.DataObject) -> None:
    from azukari.web.jobs import uploads

    upload_id = _shared()
    path = uploads.path_of(upload_id)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    longer = whole + data.draw(st.binary(min_size=1, max_size=40))
    for changed in (bytes(flipped), whole[:place], longer, whole[place:] if place else b""):
        path.write_bytes(changed)
        with pytest.raises(PayloadError):
            opened(upload_id)
    path.write_bytes(whole)
    assert len(opened(upload_id)) == 2 * CHUNK + 5


def _shared() -> UUID:
    from azukari.web.jobs.models import Upload

    row = Upload.objects.first()
    return row.id if row else kept(os.urandom(2 * CHUNK + 5))


@pytest.mark.usefixtures("open_office")
def test_upload_when_its_row_has_the_key_of_another_then_refused() -> None:
    from azukari.web.jobs import uploads
    from azukari.web.jobs.models import Upload

    mine, other = kept(PLANTED), kept(PLANTED)
    taken = Upload.objects.get(id=other)
    Upload.objects.filter(id=mine).update(wrapped_key=bytes(taken.wrapped_key or b""))
    with pytest.raises(KeyFileError):
        opened(mine)
    with pytest.raises(KeyFileError):
        opened(other, KeyEncryptionKey(bytes(32)))
    uploads.path_of(other).unlink()
    with pytest.raises(StorageError):
        opened(other)


@pytest.mark.usefixtures("open_office")
def test_upload_when_destroyed_then_no_key_of_it_is_in_the_register() -> None:
    from azukari.web.jobs.actions import queue
    from azukari.web.jobs.models import Upload

    upload_id = kept(PLANTED)
    queue.destroy_upload(upload_id=upload_id, by=BY, at=AT)
    assert Upload.objects.get(id=upload_id).wrapped_key is None
    with pytest.raises(StateError):
        opened(upload_id)
    with pytest.raises(StateError):
        opened(uuid4())


def test_destroy_when_the_file_cannot_be_removed_then_the_key_is_gone_all_the_same(
    open_office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.jobs import uploads
    from azukari.web.jobs.actions import queue

    upload_id = kept(PLANTED)

    def refuse(path: Path) -> None:
        raise StorageError

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "remove", refuse)
        with pytest.raises(StorageError):
            queue.destroy_upload(upload_id=upload_id, by=BY, at=AT)
    assert names(open_office) == [f"{upload_id}.upload"]
    with pytest.raises(StateError):
        opened(upload_id)
    os.utime(uploads.path_of(upload_id), (0, 0))
    queue.sweep(by=BY, at=AT)
    assert names(open_office) == []


@pytest.mark.parametrize("size", [CHUNK * 3, CHUNK * 3 + 1])
def test_upload_when_at_the_limit_or_a_byte_above_then_kept_or_nothing_left(open_office: Path, size: int) -> None:
    from azukari.web.jobs import uploads

    writer = uploads.Writer(limit=CHUNK * 3)
    if size <= CHUNK * 3:
        writer.write(bytes(size))
        writer.close()
        assert sum(map(len, uploads.read(writer.id, writer.key))) == size
        return
    with pytest.raises(LimitError):
        writer.write(bytes(size))
    writer.abort()  # twice is once
    assert names(open_office) == []


def test_upload_when_aborted_or_forgotten_then_nothing_is_left(open_office: Path) -> None:
    from azukari.web.jobs import uploads

    aborted = uploads.Writer()
    aborted.write(bytes(CHUNK * 2))
    aborted.abort()
    assert names(open_office) == []
    forgotten = uploads.Writer()
    forgotten.write(bytes(CHUNK * 2))
    assert len(names(open_office)) == 1
    del forgotten
    assert names(open_office) == [], "the browser went away, and nobody said so"


def test_abort_when_the_file_is_whole_then_it_stays(open_office: Path) -> None:
    from azukari.web.jobs import uploads

    writer = uploads.Writer()
    writer.close()
    writer.abort()
    assert names(open_office) == [f"{writer.id}.upload"]


FULL = """
import resource, sys
from pathlib import Path
from azukari.errors import StorageError
from azukari.web import office
office.start(Path(sys.argv[1]))
from azukari.web.jobs import uploads
writer = uploads.Writer()
resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
try:
    for _ in range(int(sys.argv[2])):
        writer.write(bytes(1 << 20))
    writer.close()
except StorageError as error:
    print("refused", sorted(path.name for path in (Path(sys.argv[1]) / "uploads").iterdir()))
"""


@pytest.mark.skipif(os.name == "nt", reason="platform: no limits here")
@pytest.mark.parametrize("blocks", [3, 4, 9])
def test_upload_when_the_disk_is_full_then_storage_error_and_nothing_is_left(open_office: Path, blocks: int) -> None:
    """Three blocks fail at the end, four in the last one, nine on the way."""
    command = [sys.executable, "-c", FULL, str(open_office), str(blocks)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout == "refused []\n", done.stderr


KILLED = """
import os, signal, sys
from pathlib import Path
from azukari.web import office
office.start(Path(sys.argv[1]))
from azukari.web.jobs import uploads
writer = uploads.Writer()
writer.write(sys.argv[2].encode() * 100_000)
writer._file.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="platform: no SIGKILL here")
def test_upload_when_the_server_is_killed_then_what_is_left_is_sealed_and_swept_but_not_while_it_may_be_written(
    open_office: Path,
) -> None:
    from azukari.web.jobs.actions import queue

    command = [sys.executable, "-c", KILLED, str(open_office), PLANTED.decode()]
    assert subprocess.run(command, env=ENVIRONMENT, check=False).returncode == -signal.SIGKILL
    (left,) = (open_office / "uploads").iterdir()
    assert left.stat().st_size > CHUNK
    assert not any(PLANTED[:20] in data for data in on_disk(open_office))
    os.utime(left, (AT.timestamp(), AT.timestamp()))
    queue.sweep(by=BY, at=AT + timedelta(minutes=59))
    assert left.exists()
    queue.sweep(by=BY, at=AT + timedelta(minutes=61))
    assert not left.exists()


@pytest.mark.usefixtures("open_office")
def test_upload_when_read_in_memory_then_the_path_is_gone_afterwards() -> None:
    from azukari.web.jobs import uploads

    upload_id = kept(PLANTED)
    with uploads.in_memory(upload_id, KEK) as path:
        seen = path
    with pytest.raises(OSError):
        seen.read_bytes()
    before = len(os.listdir("/proc/self/fd"))
    uploads.path_of(upload_id).write_bytes(b"no upload")
    with pytest.raises(AzukariError):
        opened(upload_id)
    assert len(os.listdir("/proc/self/fd")) == before
