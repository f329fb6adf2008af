"""`azukari sign-in provider` on a real office, with a provider that answers."""

from __future__ import annotations

import pytest
from tests.cli.conftest import registered
from tests.cli.scene import Scene
from tests.conformance import openid

__all__ = ["registered"]
COMMAND = ("sign-in", "provider")


def test_provider_when_set_shown_tried_and_removed_then_each_says_so(registered: Scene) -> None:
    with openid.running() as there:
        given = ("--issuer", there.issuer, "--client-id", openid.CLIENT, "--label", "庁内 ID", "--algorithm", "ES256")
        registered.refused("not-found", *COMMAND, "show")
        made = registered.json(*COMMAND, "set", *given)
        assert (made["method"], made["only"]) == ("private_key_jwt", False)
        assert made["public_jwk"]["kty"] == "EC" and "d" not in made["public_jwk"]
        shown = registered.run(*COMMAND, "show", lang="en")
        assert made["public_jwk"]["x"] in shown.out and "/sign-in/provider/answer" in shown.out
        again = registered.json(*COMMAND, "set", *given, "--only", "--new-key")
        assert again["only"] and again["public_jwk"] != made["public_jwk"]
        tried = registered.json(*COMMAND, "test")
        assert (tried["algorithms"], tried["keys"]) == (["RS256", "ES256"], 1)
        there.said = {"issuer": "https://other.example"}
        registered.refused("sign-in", *COMMAND, "test")
    registered.refused("not-found", *COMMAND, "test")
    assert registered.run(*COMMAND, "remove").code == 0
    registered.refused("not-found", *COMMAND, "remove")


@pytest.mark.parametrize(
    "issuer", ["http://id.example", "id.example", "https://u:p@id.example", "https://id.example/?x"]
)
def test_provider_when_its_issuer_makes_no_sense_then_refused_and_nothing_is_set(
    registered: Scene, issuer: str
) -> None:
    registered.refused("option", *COMMAND, "set", "--issuer", issuer, "--client-id", "x", "--label", "x")


def test_secret_when_it_is_in_a_file_then_it_is_never_shown_and_lies_wrapped(registered: Scene) -> None:
    secret = registered / "client-secret"
    secret.write_text("himitsu-no-kagi\n")
    given = ("--issuer", "https://id.example", "--client-id", "x", "--label", "x", "--secret-file", secret)
    said = [registered.run(*COMMAND, "set", *given), registered.run(*COMMAND, "show")]
    assert [one.code for one in said] == [0, 0]
    assert all("himitsu" not in one.out + one.err for one in said)
    stored = b"".join(path.read_bytes() for path in (registered / "office").rglob("*") if path.is_file())
    assert b"himitsu-no-kagi" not in stored
