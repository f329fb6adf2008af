"""An office under an internal host name with a certificate of its own authority: browsers verify it, passkeys work."""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.cli import scene as scenes
from tests.journeys.browser import browser, invited, serving
from tests.journeys.steps import first_sign_in

ROOT = Path(__file__).resolve().parents[2]
NAME = "azukari.kasumigahama.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What deploy/tls.sh makes."""
    folder = tmp_path_factory.mktemp("authority")
    done = subprocess.run([ROOT / "deploy" / "tls.sh", folder, NAME], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("notAfter=")
    return folder


@pytest.fixture(scope="module")
def address(authority: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[scenes.Scene, str]]:
    with pytest.MonkeyPatch.context() as patch:
        scenes.without_office(patch)
        scene = scenes.copied(scenes.registered(), tmp_path_factory.mktemp("named") / "scene")
        options = ("--name", NAME, "--tls-cert", authority / "tls.crt", "--tls-key", authority / "tls.key")
        with serving(scene / "office", scene / "office.key", *options) as found:
            yield scene, found


def connect(address: str, name: str, context: ssl.SSLContext) -> str | None:
    port = urlsplit(address).port
    with (
        socket.create_connection(("127.0.0.1", port or 0), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        return secured.version()


def test_certificate_when_the_authority_is_trusted_then_it_holds_for_the_name_and_for_no_other(
    address: tuple[scenes.Scene, str], authority: Path
) -> None:
    trusting = ssl.create_default_context(cafile=str(authority / "ca.crt"))
    assert connect(address[1], NAME, trusting) == "TLSv1.3"
    for name, context in (("localhost", trusting), (f"x.{NAME[1:]}", trusting), (NAME, ssl.create_default_context())):
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(address[1], name, context)


def test_authority_when_it_signs_for_another_name_then_it_is_not_believed(authority: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("ca.crt", "ca.key"):
        (other / name).write_bytes((authority / name).read_bytes())
    done = subprocess.run(
        [ROOT / "deploy" / "tls.sh", other, "bank.example"], capture_output=True, text=True, check=False
    )
    assert done.returncode and "permitted subtree violation" in done.stderr
    for key in (authority / "ca.key", authority / "tls.key"):
        assert key.stat().st_mode & 0o077 == 0


def test_first_sign_in_when_the_office_has_an_internal_name_then_a_passkey_opens_it(
    address: tuple[scenes.Scene, str], authority: Path
) -> None:
    scene, found = address
    assert found.startswith(f"https://{NAME}:")
    key = x509.load_pem_x509_certificate((authority / "tls.crt").read_bytes()).public_key()
    pinned = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    arguments = (
        f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={base64.b64encode(pinned).decode()}",  # as if ca.crt were installed
    )
    code = invited(scene / "office", scene / "office.key", "officer")
    with browser(found, "ja", *arguments) as screen:
        first_sign_in(screen, "officer", code)
        assert screen.page.evaluate("window.isSecureContext")
        screen.go("/account")
        screen.press("ログアウト", "Sign out")
        screen.go("/sign-in")
        screen.page.locator("#passkey_login").click()
        screen.page.wait_for_url(found + "/")
        cookies = screen.page.context.cookies()
        assert {cookie["name"] for cookie in cookies} >= {"__Host-azukari"}
        assert all(cookie["secure"] for cookie in cookies if cookie["name"].startswith("__Host-"))
