"""The contractors' screens in a browser: first sign-in with an invitation that came over, package, receipt, asking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.journeys.browser import Screen, browser
from tests.journeys.stand import CODE, Stand, stand

from azukari.seal.identity import Identity, encode_card

PASSWORD = "mikan-no-ki-no-shita-de"  # made up for this test


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    scenes.without_office(monkeypatch)
    with stand(tmp_path) as opened:
        yield opened
    scenes.close()


def test_screens_when_a_contractor_uses_them_then_readable_on_a_phone_and_by_a_screen_reader(
    served: Stand, tmp_path: Path
) -> None:
    with browser(served.address, "ja") as screen:
        first_sign_in(screen)
        assert "包みを受け取ってください" in screen.text()
        screen.look("counter-home")
        fetch_and_receipt(screen, served, tmp_path)
        ask(screen, served, tmp_path)
        screen.go(f"/certificates/{served.first.permission}")
        screen.look("counter-certificate")
        screen.press("English", "English")
        assert "In force as of" in screen.text()
        for path, name in (
            ("/packages", "shelf"),
            ("/works", "works"),
            ("/sent", "sent"),
            ("/account/tokens", "tokens"),
        ):
            screen.go(path)
            screen.look(f"counter-{name}")


def first_sign_in(screen: Screen) -> None:
    screen.go("/sign-in/first")
    screen.fill(login="seiran", code=CODE, password=PASSWORD, again=PASSWORD)
    screen.press("次へ", "Next")
    screen.press("パスキーを登録", "Set up a passkey")
    screen.fill(name="USB")
    screen.page.locator("#mfa_webauthn_add").click()
    screen.page.wait_for_url("**/account/recovery-codes")
    screen.press("保管しました。次へ", "I have kept them. Next")


def fetch_and_receipt(screen: Screen, served: Stand, folder: Path) -> None:
    screen.go(f"/packages/{served.first.package}")
    with screen.page.expect_download() as saved:
        screen.press("封印した包みを保存する", "Save the sealed package", opens=False)
    saved.value.save_as(folder / "saved.azk")
    shelved = served.folder / "packages" / f"{served.first.package}.azk"
    assert (folder / "saved.azk").read_bytes() == shelved.read_bytes()
    screen.go("/")
    assert "受領書を送ってください" in screen.text()
    screen.go(f"/packages/{served.first.package}")
    screen.look("counter-package")
    for note in (served.sub.receipt(), served.first.receipt()):
        (folder / "a.receipt").write_bytes(note)
        screen.page.locator('[name="receipt"]').set_input_files(folder / "a.receipt")
        screen.press("受領書を送る", "Send the receipt")
        if note == served.sub.receipt():
            assert "この受領書は、別の受渡し又は別の相手のものです。" in screen.text()
            screen.look("counter-receipt-refused")
    assert "次の便を待っています" in screen.text()
    screen.look("counter-submission")


def ask(screen: Screen, served: Stand, folder: Path) -> None:
    screen.go(f"/works/{served.first.work}")
    screen.look("counter-work")
    screen.press("再委託の許諾を申請する", "Ask for a permission")
    screen.look("counter-ask")
    (folder / "sub.card").write_bytes(encode_card(Identity.generate()))
    screen.page.locator('[name="card"]').set_input_files(folder / "sub.card")
    screen.fill(name="白磯入力", people="300", safeguards="施錠した部屋")
    screen.page.locator('[name="fields_asked"]').first.check()
    screen.press("申請する", "Ask")
    assert "白磯入力" in screen.text() and "次の便を待っています" in screen.text()
