"""URLs that are refused before any connection, and sentences for what cannot be reached; the rest is conformance."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from azukari.errors import NotFoundError, OptionError
from azukari.stores import remote


@pytest.mark.parametrize(
    "url",
    [
        "", "witness.example", "ftp://witness.example", "file:///etc/passwd", "http://", "https:///x", "http://[::1",
        "http://user@witness.example", "http://user:secret@witness.example", "http://:secret@witness.example/",
        "http://witness.example:0x50", "http://witness.example:99999", "http://witness.example/?q=1",
        "http://witness.example/#x", "http://witness.example/a b", "http://witness.example/\r\nX: y", "http://証人.example",
    ],
)  # fmt: skip
def test_url_when_it_is_no_plain_prefix_then_option_error_that_repeats_no_secret(url: str) -> None:
    with pytest.raises(OptionError) as caught:
        remote.ask_witness(url, b"")
    with pytest.raises(OptionError):
        remote.RemoteLog(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://witness.example", (True, "witness.example", 443, "")),
        ("http://witness.example/w1/", (False, "witness.example", 80, "/w1")),
        ("http://[::1]:7380/a/b", (False, "::1", 7380, "/a/b")),
    ],
)
def test_url_when_it_is_a_prefix_then_it_is_taken_apart(url: str, place: tuple[bool, str, int, str]) -> None:
    found = remote._Place.parse(url)
    assert (found.secure, found.host, found.port, found.path) == place


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "x"), "connection refused"),
        (TimeoutError(), "no answer in time"),
        (socket.gaierror(-2, "x"), "no such host"),
    ],
)
def test_witness_when_it_cannot_be_reached_then_one_sentence_says_where_and_why(
    monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(NotFoundError) as caught:
        remote.ask_witness("http://witness.example:7380/w1", b"")
    assert caught.value.detail == f"witness.example:7380 cannot be reached: {reason}"
