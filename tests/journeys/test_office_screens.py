"""The office in a browser, in both languages: a first sign-in, and a sub-contractor that is permitted (story 2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import ROWS, Scene
from tests.journeys.browser import Screen, azukari, browser, invited, serving
from tests.journeys.steps import PASSWORD, confirm_if_asked, first_sign_in, period, save

from azukari.errors import RevokedError
from azukari.testing.cast import KANA, KEYING


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """An office with parties, entrustments and hand-overs."""
    scenes.without_office(monkeypatch)
    yield scenes.copied(scenes.sealed(), tmp_path / "scene")
    scenes.close()


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    scenes.close()
    with serving(scene / "office", scene / "office.key") as found:
        yield found


@pytest.mark.parametrize("language", ["ja", "en"])
def test_first_sign_in_when_invited_then_passkey_and_recovery_codes_open_the_office(
    scene: Scene, address: str, language: str
) -> None:
    code = invited(scene / "office", scene / "office.key", "officer")
    with browser(address, language) as screen:
        codes = first_sign_in(screen, "officer", code)
        assert screen.say("することの一覧", "To do") in screen.text()
        screen.look("home")
        screen.go("/account")
        screen.look("account")
        screen.press("ログアウト", "Sign out")
        screen.go("/sign-in")
        screen.page.locator("#passkey_login").click()
        screen.page.wait_for_url(address + "/")
        screen.press("ログアウト", "Sign out")
        screen.go("/sign-in")
        screen.fill(login="officer", password=PASSWORD)
        screen.press("パスワードでログイン", "Sign in with a password")
        screen.look("second-factor-code")
        screen.go("/")  # the password alone opens nothing
        assert "/sign-in/second-factor" in screen.page.url
        screen.page.locator('[name="code"]').fill(codes[0])
        screen.page.locator('main form button[type="submit"]').first.click()
        screen.page.wait_for_url(address + "/")
        assert screen.say("することの一覧", "To do") in screen.text()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_sub_entrustment_when_permitted_in_the_browser_then_sealing_works_and_the_sub_verifies_offline(
    scene: Scene, address: str, language: str, tmp_path: Path
) -> None:
    office = ("--office", scene / "office", "--keys", scene / "office.key", "--as", "officer")
    sub, card = tmp_path / "sub.key", tmp_path / "sub.key.card"
    assert azukari("keygen", sub)[0] == 0
    title, people = "入力", scene / "register.csv"
    above = scene.hand_overs()[KEYING.slug]
    code = invited(scene / "office", scene / "office.key", "officer")
    with browser(address, language) as screen:
        first_sign_in(screen, "officer", code)
        register(screen, card, sub, tmp_path)

        def seal(name: str, *more: object) -> int:
            arguments = ["--entrustment", title, "--to", "白磯入力", "-o", tmp_path / name, *more, *office]
            return azukari("seal", people, *arguments)[0]

        assert seal("early.azk", "--parent", above) == 30  # not permitted
        ask(screen, title)
        assert seal("asked.azk", "--parent", above) == 30
        screen.look("permission-asked")
        screen.press("許諾する", "Permit")
        confirm_if_asked(screen)
        assert screen.say("許諾書", "Certificate") in screen.text()
        screen.look("permission")
        certificate = save(screen, "許諾書（機械用 .azp）", "Certificate (.azp)", tmp_path / "permission.azp")
        paper = save(screen, "許諾書（PDF）", "Certificate (PDF)", tmp_path / "permission.pdf")
        assert paper.read_bytes().startswith(b"%PDF")
        attach(screen, paper, tmp_path)
        code, said = azukari("verify", certificate, "-i", sub, "--json")
        assert (code, json.loads(said)["verdict"]) == (0, "holds")
        assert seal("permitted.azk", "--parent", above) == 0
        assert azukari("open", tmp_path / "permitted.azk", "-i", sub, "-o", tmp_path / "rows.csv")[0] == 0
        screen.page.locator("#revoke_reason").fill("再び委託しないため")
        screen.press("許諾を取り消す", "Revoke")
        confirm_if_asked(screen)
        assert screen.say("取消し", "revoked") in screen.text()
        assert seal("late.azk", "--parent", above) == 30
        revoked = save(screen, "許諾書（機械用 .azp）", "Certificate (.azp)", tmp_path / "revoked.azp")
        assert azukari("verify", revoked)[0] == RevokedError.code
        for path, name in (("/entrustments", "entrustments"), ("/hand-overs", "hand-overs"), ("/parties", "parties")):
            screen.go(path)
            screen.look(name)
        consign(screen, title)
        protect(screen)


def consign(screen: Screen, title: str) -> None:
    """A box of paper, from the page of the entrustment; the newer one of its title is the revoked one below it."""
    screen.go("/entrustments")
    screen.page.get_by_role("link", name=title, exact=True).last.click()
    screen.press("紙・媒体・端末で渡す", "Paper, media, terminal")
    confirm_if_asked(screen)
    screen.page.locator('[name="unit"]').select_option("box")
    screen.page.locator('[name="fields"][value="name/person"]').check()
    screen.fill(units="3", people="250", carrier="職員が鍵付きの箱で運ぶ")
    screen.look("consign")
    screen.press("台帳に載せる", "Put it into the ledger")
    assert screen.say("現物の受渡し", "Consignment") in screen.text()
    screen.look("consignment")
    screen.go("/hand-overs")
    assert screen.say("紙", "paper") in screen.text()


def protect(screen: Screen) -> None:
    """Somebody under protective measures."""
    screen.go("/protections/list")
    screen.look("protection-list")
    screen.go("/protections/add")
    screen.fill(local_id="0417")
    screen.look("protection-add")
    screen.press("登録する", "Add")
    assert "0417" in screen.text()
    screen.look("protections")
    screen.page.locator("main table a").first.click()
    screen.look("protection")


def attach(screen: Screen, file: Path, folder: Path) -> None:
    """A document of the permission, saved again as it was; then back."""
    before = screen.page.url
    screen.press("書類", "Documents")
    screen.page.locator('[name="file"]').set_input_files(file)
    screen.fill(title="確認の記録")
    screen.page.locator('[name="kind"]').select_option("evidence")
    screen.press("加える", "Add")
    screen.look("documents")
    assert save(screen, "確認の記録", "確認の記録", folder / "saved.pdf").read_bytes() == file.read_bytes()
    screen.go("/account/provider")
    screen.look("provider")
    screen.page.goto(before)


def register(screen: Screen, card: Path, key: Path, folder: Path) -> None:
    """Party, challenge, answer, fingerprint."""
    from azukari.seal.identity import parse_card

    screen.go("/parties")
    screen.press("相手を登録する", "Register a party")
    screen.fill(name="白磯入力", country="JP", roster="12")
    screen.page.locator('[name="card"]').set_input_files(card)
    screen.look("add-party")
    screen.press("登録する", "Register")
    challenge = save(screen, "問いのファイル", "Challenge file", folder / "sub.challenge")
    assert azukari("answer", challenge, "-i", key, "-o", folder / "sub.answer")[0] == 0
    screen.press("答えと指紋を入れる", "Enter answer and fingerprint")
    confirm_if_asked(screen)
    screen.page.locator('[name="answer"]').set_input_files(folder / "sub.answer")
    screen.fill(fingerprint=parse_card(card.read_bytes()).fingerprint)
    screen.look("confirm-party")
    screen.press("確認する", "Confirm")
    assert screen.say("確認済み", "confirmed") in screen.text()


def ask(screen: Screen, title: str) -> None:
    """What the contractor asks, recorded by the officer."""
    screen.go("/entrustments")
    screen.page.get_by_role("link", name=title, exact=True).first.click()
    screen.look("entrustment")
    days = screen.page.locator("main").inner_text()
    assert title in days
    screen.press("再委託の申請を記録する", "Record what is asked")
    screen.page.locator('[name="party"]').select_option(label="白磯入力")
    screen.page.locator('[name="fields"][value="name/person"]').check()
    screen.page.locator('[name="fields"][value="kana/person"]').check()
    starts, ends = period()
    screen.fill(people="300", starts_on=starts, ends_on=ends, safeguards="施錠した部屋、入退室の記録")
    screen.look("ask")
    screen.press("記録する", "Record")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_table_when_handed_over_in_the_browser_then_the_recipient_opens_it_and_the_receipt_comes_back(
    scene: Scene, address: str, language: str, tmp_path: Path
) -> None:
    code = invited(scene / "office", scene / "office.key", "officer")
    with browser(address, language) as screen:
        first_sign_in(screen, "officer", code)
        screen.go("/entrustments")
        screen.page.get_by_role("link", name="照合", exact=True).first.click()
        screen.press("表を封印して渡す", "Seal and hand over a table")
        screen.page.locator('[name="table"]').set_input_files(scene / "register.csv")
        screen.look("upload")
        screen.press("表を調べる", "Look at the table")
        screen.page.get_by_role("button", name=screen.say("印を付けて封印する", "Mark and seal")).wait_for(
            timeout=30_000
        )
        screen.look("looked")
        assert screen.say("個人番号", "individual number") in screen.text()
        assert f"{ROWS} / {ROWS}" in screen.text()  # name and kana alone tell everybody here apart
        assert screen.say("これまでに渡した項目", "Fields handed over before") in screen.text()
        assert screen.page.get_by_text(screen.say("渡す", "leaves"), exact=True).count() == 2  # name and kana alone
        screen.press("印を付けて封印する", "Mark and seal")
        confirm_if_asked(screen)
        shown = screen.page.get_by_role("link", name=screen.say("受渡しを見る", "Show the hand-over"))
        shown.wait_for(timeout=60_000)
        screen.look("sealed")
        shown.click()
        package = save(screen, "封印した包みを保存する", "Save the sealed package", tmp_path / "table.azk")
        rows = tmp_path / "rows.csv"
        assert azukari("open", package, "-i", scene / f"{KANA.slug}.key", "-o", rows)[0] == 0
        assert rows.read_text(encoding="utf-8-sig").splitlines()[0] == "行参照,氏名,フリガナ"
        screen.page.locator('[name="receipt"]').set_input_files(tmp_path / "rows.csv.receipt")
        screen.look("hand-over")
        screen.press("受領書を確かめて保管する", "Verify and keep")
        assert screen.say("相手の受領書", "by the recipient") in screen.text()
    assert not list((scene / "office" / "uploads").glob("*.upload")), "the table was destroyed with the work"
