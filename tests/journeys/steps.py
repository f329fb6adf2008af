"""What people do on either face: sign in for the first time, show the second factor again, save a file."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from datetime import timedelta
from pathlib import Path

from tests.journeys.browser import Screen

from azukari.stores import clock

PASSWORD = "mikan-no-ki-no-shita-de"  # made up for these tests


def first_sign_in(screen: Screen, login: str, code: str, prefix: str = "") -> list[str]:
    """Invitation, password, passkey; returns the recovery codes. ``prefix`` is put before the names of pictures."""
    screen.go("/")
    screen.look(f"{prefix}sign-in")
    screen.press("招待コードをお持ちの方（はじめてのログイン）", "I have an invitation code (first sign-in)")
    screen.fill(login=login, code=code, password=PASSWORD, again=PASSWORD)
    screen.look(f"{prefix}first-sign-in")
    screen.press("次へ", "Next")
    screen.look(f"{prefix}second-factor")
    screen.go("/")  # nothing else opens before there is a second factor
    assert "/account/second-factor" in screen.page.url
    screen.press("パスキーを登録", "Set up a passkey")
    screen.fill(name="USB")
    screen.look(f"{prefix}add-passkey")
    screen.page.locator("#mfa_webauthn_add").click()
    screen.page.wait_for_url("**/account/recovery-codes")
    screen.look(f"{prefix}recovery-codes")
    codes = screen.page.locator("#recovery_codes").input_value().split()
    assert len(codes) == 10
    screen.press("保管しました。次へ", "I have kept them. Next")
    return codes


def enter(screen: Screen, login: str, code: str) -> None:
    """The same for somebody whose pages were looked at before."""
    screen.go("/sign-in/first")
    screen.fill(login=login, code=code, password=PASSWORD, again=PASSWORD)
    screen.press("次へ", "Next")
    screen.press("パスキーを登録", "Set up a passkey")
    screen.fill(name="USB")
    screen.page.locator("#mfa_webauthn_add").click()
    screen.page.wait_for_url("**/account/recovery-codes")
    screen.press("保管しました。次へ", "I have kept them. Next")


def add_app(screen: Screen, prefix: str = "") -> None:
    """A second way to sign in: an authenticator app beside the passkey; then either could be removed."""
    screen.go("/account")
    screen.press("認証アプリを登録", "Set up an app")
    confirm_if_asked(screen)
    screen.look(f"{prefix}app")
    screen.page.locator('main [name="code"]').fill(
        shown_by_app(screen.page.locator("#authenticator_secret").input_value())
    )
    screen.page.locator("main form button:not([name])").last.click()
    screen.page.wait_for_url(lambda url: not url.endswith("/account/app"))
    for path, name in (
        ("/account", "account"),
        ("/account/app/remove", "app-remove"),
        ("/account/passkeys", "passkeys"),
    ):
        screen.go(path)
        confirm_if_asked(screen)
        screen.look(f"{prefix}{name}")
    screen.press("外す", "Remove")
    screen.look(f"{prefix}passkey-remove")


def shown_by_app(secret: str) -> str:
    """The six digits of this half minute (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def sign_in_with_code(screen: Screen, login: str, code: str, prefix: str = "") -> None:
    """Sign out, and in again with password and a recovery code."""
    screen.go("/account")
    screen.press("ログアウト", "Sign out")
    screen.go("/sign-in")
    screen.fill(login=login, password=PASSWORD)
    screen.press("パスワードでログイン", "Sign in with a password")
    screen.look(f"{prefix}second-factor-code")
    screen.go("/")  # the password alone opens nothing
    assert "/sign-in/second-factor" in screen.page.url
    screen.page.locator('[name="code"]').fill(code)
    screen.page.locator('main form button[type="submit"]').first.click()
    screen.page.wait_for_url(screen.address + "/")


def confirm_if_asked(screen: Screen) -> bool:
    """The second factor again, where minutes have passed since it was shown last; whether that was asked for."""
    if "/sign-in/again" not in screen.page.url:
        return False
    screen.look("confirm-access")
    screen.page.locator("#mfa_webauthn_reauthenticate").click()
    screen.page.wait_for_url(lambda url: "/sign-in/again" not in url)
    return True


def save(screen: Screen, ja: str, en: str, path: Path) -> Path:
    """Press a link that saves a file."""
    return screen.save(ja, en, path)


def period() -> tuple[str, str]:
    """From today to a month later."""
    today = clock.today()
    return today.isoformat(), (today + timedelta(days=30)).isoformat()
