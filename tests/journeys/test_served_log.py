"""The office's own server and a plain static one answer alike, at each address of the log, and say nothing of who asks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call
from tests.conformance.served import WAIT

ROOT = Path(__file__).resolve().parents[2]
HOST, _, PREFIX = "ledger.example/kasumigahama".partition("/")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    made = scenes.copied(scenes.sealed(), tmp_path / "scene")
    made.json("ledger", "index")
    made.json("ledger", "export", made / "site")
    yield made
    scenes.close()


@pytest.fixture
def static(scene: Scene) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(scene / "site")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def served(scene: Scene) -> Iterator[str]:
    """The log's address at the office's own server; what it wrote about its visitors stands in ``served.err``."""
    scenes.close()
    command = [sys.executable, "-m", "azukari", "--lang", "en", "ledger", "serve", "--port", "0"]
    with (scene / "served.err").open("w") as told:
        server = subprocess.Popen(
            [*command, "--office", str(scene / "office"), "--keys", str(scene / "office.key")],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=told, text=True,
        )  # fmt: skip
        assert server.stdout is not None
        line = server.stdout.readline()
        yield next(word for word in line.split() if word.startswith("http")).removesuffix("/checkpoint")
        server.terminate()
        assert server.wait(timeout=WAIT) == 0
        server.stdout.close()


Answer = tuple[int, bytes, dict[str, str]]


def ask(port: int, path: str, host: str | None = None, method: str = "GET") -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=WAIT)
    connection.request(method, path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    found = (answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    connection.close()
    return found


def scene_size(scene: Scene) -> int:
    return int((scene / "site" / "checkpoint").read_text(encoding="utf-8").splitlines()[1])


def test_served_log_when_asked_beside_a_static_server_then_both_answer_alike(
    scene: Scene, static: int, served: str
) -> None:
    port, own = urlsplit(served).port or 0, urlsplit(served).path
    paths = [path.relative_to(scene / "site").as_posix() for path in (scene / "site").rglob("*") if path.is_file()]
    assert len(paths) >= 5 and sum(path.startswith("index/") for path in paths) == 2
    beyond = scene_size(scene) // 256 + 1
    absent = [
        f"tile/0/{beyond:03}",
        f"tile/entries/{beyond:03}.p/255",
        "tile/9/000",
        "tile/0/0",
        "index/1/nodes",
        "nothing",
    ]
    for path in [*paths, *absent]:
        plain = ask(static, f"/{path}")
        for address, host in [(own, None), (f"/{PREFIX}", HOST)]:
            answer = ask(port, f"{address}/{path}", host)
            assert answer[0] == plain[0], path
            if answer[0] == 200:
                assert answer[1] == plain[1], path
                head = ask(port, f"{address}/{path}", host, "HEAD")
                assert head[:2] == (200, b"") and head[2]["content-length"] == str(len(plain[1]))
            assert not {"set-cookie", "server"} & set(answer[2])
    assert ask(port, f"/{PREFIX}/checkpoint", "elsewhere.example")[0] == 400
    told = (scene / "served.err").read_text()
    assert all(word not in told for word in ("127.0.0.1", "Traceback", "elsewhere")), told


def test_served_log_when_followed_then_all_its_entries_are_recomputed(scene: Scene, served: str) -> None:
    size = scene.json("ledger", "check")["size"]
    answer = call("ledger", "monitor", served, "--log-key", scene.log_key, "--state", scene / "kept", "--entries",
                  "--json")  # fmt: skip
    assert (answer.code, answer.json) == (0, {"verdict": "first", "size": size}), answer.err


def test_served_log_when_audited_then_its_index_is_rebuilt_over_the_network_as_from_the_folder(
    scene: Scene, served: str
) -> None:
    call("ledger", "audit-key", scene / "auditor.key", "--name", "audit.example/a1")
    named = ("--log-key", scene.log_key, "--key", scene / "auditor.key")
    told = [
        call("ledger", "audit-index", place, *named, "--state", scene / state, "-o", scene / f"{state}.note", "--json")
        for state, place in (("remote", served), ("local", scene / "site"))
    ]
    assert [(one.code, one.json["indexes"]) for one in told] == [(0, 1), (0, 1)], told
    for name in ("labels", "places"):
        assert (scene / "remote" / name).read_bytes() == (scene / "local" / name).read_bytes()
