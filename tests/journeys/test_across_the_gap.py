"""Stories 2 and 3 across the gap, in both languages: what one face does, a stick carries, and the other one shows.

The officer and an administrator sit before the inside, a clerk of the contractor and one of the sub-contractor abroad
before the outside; packages are opened with the saved page, on a machine without a network.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Download, Page
from tests.cli import scene as scenes
from tests.cli.scene import PLANTED, ROWS, call
from tests.journeys.across import FIRM, SUB, TITLE, Faces, answered, faces
from tests.journeys.browser import Screen, Window, azukari, look, window
from tests.journeys.citizen import enrolled, looked_at
from tests.journeys.steps import add_app, confirm_if_asked, enter, first_sign_in, period, sign_in_with_code
from tests.journeys.tour import Tour
from tests.opener.desk import built
from tests.verifier.subject import FILE as VERIFIER
from tests.verifier.subject import canonical

from azukari.errors import FormatError, NotPermittedError, RevokedError
from azukari.seal.archive import write_archive
from azukari.seal.identity import parse_card
from azukari.testing.cast import Party


@dataclass
class Story:
    """Who is in it: four people before screens of their own, two of them on either face, and one whose data it is."""

    faces: Faces
    window: Window
    folder: Path
    officer: Screen
    admin: Screen
    clerk: Screen
    sub: Screen
    person: Screen

    def __truediv__(self, name: str) -> Path:
        return self.folder / name


@contextmanager
def story(folder: Path, language: str) -> Iterator[Story]:
    page = built(folder)
    assert page == str(folder / "opener.html")
    with faces(folder) as both, window(language) as opened:
        inside, outside = (lambda: opened.screen(both.inside)), (lambda: opened.screen(both.outside))
        yield Story(both, opened, folder, inside(), inside(), outside(), outside(), outside())


@pytest.mark.parametrize("language", ["ja", "en"])
def test_stories_when_they_cross_the_gap_then_each_page_shows_it_and_each_file_is_checked_without_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    scenes.without_office(monkeypatch)
    with story(tmp_path, language) as told:
        told.faces.over()
        asked(told)
        told.faces.back()
        decided(told)
        letter = enrolled(told.officer, told.faces, told.folder)
        consigned(told)
        handed_over(told)
        told.faces.office("ledger", "index")
        carried_over(told)
        fetched(told)
        signed_for(told)
        checked_by_the_sub(told)
        carried_back(told)
        receipted(told)
        box_is_signed_for(told)
        passed_on(told)
        told.faces.over()
        passed_on_is_there(told)
        revoked(told)
        told.faces.office("ledger", "index")
        told.faces.over()
        revocation_is_there(told)
        looked_at(told.person, told.faces, letter)
        everything_was_seen(told)
    judged_by_an_outsider(tmp_path, told)
    scenes.close()


# ---- Story 2 ------------------------------------------------------------------------------------------------------


def asked(told: Story) -> None:
    """The clerk signs in with the invitation that crossed, and asks to use a named firm abroad, whose card it has."""
    with offline(told) as page:
        make_key(page, told)
    clerk = told.clerk
    codes = first_sign_in(clerk, "yamabiko-1", told.faces.codes["yamabiko-1"], "outside-")
    sign_in_with_code(clerk, "yamabiko-1", codes[0], "outside-")
    clerk.go("/works")
    clerk.look("outside-works")
    clerk.follow(TITLE)
    clerk.press("再委託の許諾を申請する", "Ask for a permission")
    starts, ends = period()
    clerk.fill(name=SUB.ja, country=SUB.country, people="300", starts_on=starts, ends_on=ends)
    clerk.fill(safeguards=clerk.say("施錠した部屋、入退室の記録", "A locked room; who enters is written down"))
    clerk.choose("card", told / "azukari.key.card")
    clerk.page.locator('[name="fields_asked"][value="name/person"]').check()
    clerk.look("outside-ask")
    clerk.press("申請する", "Ask")
    assert clerk.say("次の便を待っています", "waits for the next crossing") in clerk.text()
    clerk.look("outside-asked")


def decided(told: Story) -> None:
    """The officer sees what was asked; before the decision nothing can be sealed; the decision takes the factor again."""
    officer, faces = told.officer, told.faces
    codes = first_sign_in(officer, "officer", faces.codes["officer"])
    sign_in_with_code(officer, "officer", codes[0])
    assert SUB.ja in officer.text()
    officer.look("home")
    officer.go("/permissions")
    officer.page.locator("main tbody a").first.click()
    officer.look("permission-asked")
    permission = officer.page.url
    assert officer.say("許諾するまで、", "Until it is permitted, ") in officer.text()
    seal = ("seal", faces / "register.csv", "--entrustment", TITLE, "--to", SUB.ja, "-o", told / "early.azk")
    assert faces.office(*seal, code=NotPermittedError.code)["error"] == "not-permitted"
    confirm_key(told)
    faces.time_passes()
    officer.page.goto(permission)
    officer.press("許諾する", "Permit")
    assert confirm_if_asked(officer), "the second factor was shown an hour ago"
    assert officer.say("許諾書", "Certificate") in officer.text()
    officer.look("permission")
    invite_outside(told)


def invite_outside(told: Story) -> None:
    """Somebody of the sub-contractor gets an account for the outside; the code is shown once."""
    officer = told.officer
    officer.follow(SUB.ja)
    officer.press("人を追加", "Add a person")
    officer.look("add-member")
    officer.fill(login="shinkiro-1", name="灘　渚")
    officer.press("追加する", "Add")
    officer.look("member-invited")
    told.faces.codes["shinkiro-1"] = officer.page.locator("#code").inner_text()
    officer.press("相手の画面へ", "To the party")
    assert "shinkiro-1" in officer.text()
    officer.look("party")


def confirm_key(told: Story) -> None:
    """Challenge, answer, and the fingerprint that somebody reads out."""
    officer = told.officer
    officer.follow(SUB.ja)
    officer.look("party-pending")
    challenge = officer.save("問いのファイル", "Challenge file", told / "sub.challenge")
    with offline(told) as page:
        page.locator("#answering > summary").click()
        page.set_input_files("#challenge", challenge)
        page.set_input_files("#answer-key", told / "azukari.key")
        saved(page, "make-answer", told)
    officer.press("答えと指紋を入れる", "Enter answer and fingerprint")
    confirm_if_asked(officer)
    officer.choose("answer", told / "sub.challenge.answer")
    officer.fill(fingerprint=parse_card((told / "azukari.key.card").read_bytes()).fingerprint)
    officer.look("confirm-party")
    officer.press("確認する", "Confirm")
    assert officer.say("確認済み", "confirmed") in officer.text()


def checked_by_the_sub(told: Story) -> None:
    """The sub-contractor's clerk saves the certificate outside; two programs check it without a network."""
    sub = told.sub
    enter(sub, "shinkiro-1", told.faces.codes["shinkiro-1"])
    sub.go("/certificates")
    sub.follow(TITLE)
    sub.look("outside-certificate")
    certificate = sub.save("許諾書（機械用 .azp）", "Certificate (.azp)", told / "permission.azp")
    assert sub.save("許諾書（PDF）", "Certificate (PDF)", told / "permission.pdf").read_bytes().startswith(b"%PDF")
    own = ("-i", told / "azukari.key", "--log-key", told.faces.gap.inside.log_key)
    holds(answered("verify", certificate, *own))
    key = parse_card((told / "azukari.key.card").read_bytes()).vkey
    command = [sys.executable, VERIFIER, certificate, "--party-key", key, "--log-key", own[-1], "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    holds(json.loads(done.stdout))


def holds(said: dict[str, Any]) -> None:
    """It names the one field that was permitted, and the last day."""
    assert said["verdict"] == "holds", said
    assert (said["fields"], said["expires_on"]) == (["name/person"], period()[1]), said


def passed_on(told: Story) -> None:
    """The office seals the sub-contractor's copy under what the contractor has; it hangs on that hand-over."""
    officer = told.officer
    to_work(officer, SUB)
    officer.look("entrustment-sub")
    hand_over(told, "sub")
    assert officer.say("上の受渡し", "Hangs on") in officer.text()


def passed_on_is_there(told: Story) -> None:
    """The sub-contractor fetches its package, which its key opens; it sees nothing of the contractor's own."""
    sub = told.sub
    sub.go("/packages")
    assert sub.page.locator("main tbody a").count() == 1
    sub.page.locator("main tbody a").click()
    package = sub.save("封印した包みを保存する", "Save the sealed package", told / "sub.azk")
    assert azukari("open", package, "-i", told / "azukari.key", "-o", told / "sub.csv")[0] == 0
    assert (told / "sub.csv").read_text(encoding="utf-8-sig").splitlines()[0] == "行参照,氏名"
    sub.go("/works")
    assert FIRM.ja not in sub.page.content()
    told.clerk.go("/sent")
    assert told.clerk.say("受理", "accepted") in told.clerk.text()
    told.clerk.look("outside-sent")


def revoked(told: Story) -> None:
    """The officer takes the permission back; the page on which a table was sealed before says why it no longer is."""
    officer = told.officer
    officer.go("/permissions")
    officer.page.locator("main tbody a").first.click()
    officer.page.locator("#revoke_reason").fill(officer.say("再び委託しないため", "The work is not passed on again"))
    officer.press("許諾を取り消す", "Revoke")
    confirm_if_asked(officer)
    assert officer.say("取消し", "revoked") in officer.text()
    officer.look("permission-revoked")
    to_work(officer, SUB)
    officer.press("表を封印して渡す", "Seal and hand over a table")
    officer.choose("table", told.faces / "register.csv")
    officer.press("表を調べる", "Look at the table")
    assert officer.say(NotPermittedError.ja, NotPermittedError.en) in officer.text()
    officer.look("seal-refused")


def revocation_is_there(told: Story) -> None:
    """Both firms read it outside, and the file that they save says it, too."""
    clerk, sub = told.clerk, told.sub
    clerk.go("/")
    assert clerk.say("許諾が取り消されました", "Permission revoked") in clerk.text()
    clerk.look("outside-home-revoked")
    sub.go("/certificates")
    sub.follow(TITLE)
    assert sub.say(RevokedError.ja, RevokedError.en) in sub.text()
    sub.look("outside-certificate-revoked")
    sub.save("許諾書（機械用 .azp）", "Certificate (.azp)", told / "revoked.azp")


# ---- Story 3 ------------------------------------------------------------------------------------------------------


def consigned(told: Story) -> None:
    """Two boxes of paper, which stand in the ledger like a package."""
    officer = told.officer
    to_work(officer, FIRM)
    officer.press("紙・媒体・端末で渡す", "Paper, media, terminal")
    confirm_if_asked(officer)
    officer.page.locator('[name="unit"]').select_option("box")
    officer.fill(units="2", people="120", carrier=officer.say("職員 2 名が車で", "Two officers, by car"))
    for box in officer.page.locator('main [name="fields"]').all():
        box.check()
    officer.look("consign")
    officer.press("台帳に載せる", "Put it into the ledger")
    officer.look("consignment")


def signed_for(told: Story) -> None:
    """The clerk counts the boxes, signs with the saved page on a machine without a network, and sends the receipt."""
    clerk = told.clerk
    clerk.go("/")
    clerk.press("受け取った現物の受領書に署名してください", "Sign for what you received")
    assert clerk.say("紙: 2 箱", "paper: 2 boxes") in clerk.text()
    clerk.look("outside-consigned")
    slip = clerk.save("署名する票を保存する", "Save the slip to be signed", told / "box.azc")
    with offline(told) as page:
        page.locator("#signing > summary").click()
        page.set_input_files("#slip", slip)
        page.wait_for_selector("#slip-facts dt")
        page.set_input_files("#sign-key", told.faces / f"{FIRM.slug}.key")
        look(page, "opener-signing", told.window.language)
        saved(page, "make-receipt", told)
    clerk.choose("receipt", told / "box.azc.receipt")
    clerk.press("受領書を送る", "Send the receipt")
    assert clerk.say("次の便を待っています", "waits for the next crossing") in clerk.text()


def box_is_signed_for(told: Story) -> None:
    """The signature that the stick brought stands with the boxes; the proof of them is saved for whoever asks."""
    officer = told.officer
    officer.go("/hand-overs")
    officer.page.locator('main tbody a[href*="/consignments/"]').first.click()
    assert officer.say("相手の署名", "signed by the recipient") in officer.text()
    officer.look("consignment-signed")
    officer.save("証明を保存する", "Save the proof", told / "box.azd")


def handed_over(told: Story) -> None:
    """A table of twelve columns; the look shows that two leave."""
    officer = told.officer
    to_work(officer, FIRM)
    officer.look("entrustment")
    hand_over(told, "firm")
    assert officer.say("受領書", "Receipts") in officer.text()


def to_work(officer: Screen, party: Party) -> None:
    """The page of what was entrusted to a party: the sub-entrustment has the title of the one above."""
    officer.go("/entrustments")
    row = officer.page.locator("main tbody tr", has_text=TITLE).filter(has_text=party.ja)
    row.get_by_role("link").first.click()
    officer.page.wait_for_url("**/entrustments/*-*")


def hand_over(told: Story, whose: str) -> None:
    """Seal the register for the party of the entrustment that is shown."""
    officer = told.officer
    officer.press("表を封印して渡す", "Seal and hand over a table")
    officer.choose("table", told.faces / "register.csv")
    officer.look(f"upload-{whose}")
    officer.press("表を調べる", "Look at the table")
    officer.page.get_by_role("button", name=officer.say("印を付けて封印する", "Mark and seal")).wait_for(timeout=90_000)
    officer.look(f"looked-{whose}")
    leaving = officer.page.get_by_text(officer.say("渡す", "leaves"), exact=True)
    assert (leaving.count(), len(PLANTED)) == ({"firm": 2, "sub": 1}[whose], 12)
    officer.press("印を付けて封印する", "Mark and seal")
    confirm_if_asked(officer)
    shown = officer.page.get_by_role("link", name=officer.say("受渡しを見る", "Show the hand-over"))
    shown.wait_for(timeout=90_000)
    officer.look(f"sealed-{whose}")
    shown.click()
    officer.page.wait_for_url("**/hand-overs/*")
    officer.look(f"hand-over-{whose}")


def fetched(told: Story) -> None:
    """The clerk fetches the package, opens it with the page that lies beside it, and sends the receipt back."""
    clerk = told.clerk
    clerk.go("/")
    clerk.look("outside-home")
    clerk.press("包みを受け取ってください", "Fetch the package")
    package = clerk.save("封印した包みを保存する", "Save the sealed package", told / "P.azk")
    page = clerk.save("包みを開けるページを保存する", "Save the page that opens packages", told / "saved.html")
    assert page.read_bytes() == (told / "opener.html").read_bytes()
    with offline(told) as opener:
        open_package(opener, told, package)
    clerk.page.reload()
    clerk.look("outside-package")
    clerk.choose("receipt", told / "P.csv.receipt")
    clerk.press("受領書を送る", "Send the receipt")
    assert clerk.say("次の便を待っています", "waits for the next crossing") in clerk.text()
    clerk.look("outside-receipt")


def open_package(page: Page, told: Story, package: Path) -> None:
    """Eight steps that hold, the table, and the receipt."""
    page.set_input_files("#package", package)
    page.set_input_files("#key", told.faces / f"{FIRM.slug}.key")
    page.fill("#pinned", told.faces.gap.inside.log_key)
    page.click("#open")
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator('#steps [data-state="good"]').count() == 8
    look(page, "opener", told.window.language)
    saved(page, "save-csv", told)
    saved(page, "save-receipt", told)
    rows = (told / "P.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "行参照,氏名,フリガナ"
    assert len(rows) > ROWS


def receipted(told: Story) -> None:
    """The receipt that the stick brought stands with the hand-over."""
    officer = told.officer
    officer.go("/hand-overs")
    officer.page.locator("main tbody a").first.click()
    assert officer.say("相手の受領書", "by the recipient") in officer.text()
    officer.look("hand-over")


def judged_by_an_outsider(folder: Path, told: Story) -> None:
    """Nobody needs the office: the published ledger and the package say which fields it held; a changed manifest fails."""
    office = told.faces.gap.inside
    office.json("ledger", "export", folder / "ledger", "--as", "officer")
    key = ("--log-key", office.log_key)
    assert call("verify", folder / "ledger", *key).code == 0
    said = call("verify", folder / "P.azk", *key, "--json").json
    assert (said["verdict"], said["fields"]) == ("holds", ["reference/person", "name/person", "kana/person"])
    box = call("verify", folder / "box.azd", *key, "--json").json
    assert (box["verdict"], box["opened"]["units"], box["opened"]["people"]) == ("holds", "2", "120") and box[
        "signed_on"
    ]
    entry = members(folder / "P.azk")["manifest.json"]
    bundles = sorted(path for path in (folder / "ledger/tile/entries").rglob("*") if path.is_file())
    published = b"".join(path.read_bytes() for path in bundles)
    assert entry in published, "the manifest of the package is an entry of the published ledger"
    hidden = json.loads(entry)
    hidden["fields"].remove("kana/person")
    rewritten(folder / "P.azk", canonical(hidden), folder / "hidden.azk")
    assert call("verify", folder / "hidden.azk", *key, "--json").json["error"] == "proof"
    assert call("verify", folder / "revoked.azp", *key).code == RevokedError.code


def members(package: Path) -> dict[str, bytes]:
    with tarfile.open(package) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]  # plain files


def rewritten(package: Path, manifest: bytes, to: Path) -> None:
    """The package as a forger writes it: everything in its place but the manifest."""
    kept = members(package) | {"manifest.json": manifest}
    with to.open("wb") as out:
        write_archive(out, [(name, len(data), BytesIO(data)) for name, data in kept.items()])


# ---- The stick, with a browser alone ------------------------------------------------------------------------------


def carried_over(told: Story) -> None:
    """The officer makes the crossing on its page, which saves it as one file; the machine outside takes that."""
    officer = told.officer
    officer.go("/crossings")
    officer.look("crossings-waiting")
    made = officer.save("便を作って保存する", "Make the crossing and save it", told / "over.azx")
    officer.page.wait_for_url(lambda url: url.endswith("/crossings?save"))
    assert officer.say("まだ届いていない便", "On their way") in officer.text()
    officer.look("crossings-made")
    assert all(not one["refused"] for one in told.faces.counter("import", made)["crossings"])
    again = officer.save("もう一度保存する", "Save it again", told / "again.azx")
    assert again.read_bytes() == made.read_bytes()


def carried_back(told: Story) -> None:
    """A wrong file is told so; the right one is taken, and the page says what was in it."""
    officer = told.officer
    (told / "wrong.azx").write_bytes("便ではありません。\n".encode() * 20_000)
    officer.go("/crossings")
    officer.choose("file", told / "wrong.azx")
    officer.press("確かめて取り込む", "Check it and take it")
    officer.page.get_by_text(officer.say(FormatError.ja, FormatError.en)).wait_for(timeout=60_000)
    officer.look("crossing-wrong")
    told.faces.counter("export", "--file", told / "back.azx")
    officer.go("/crossings")
    officer.choose("file", told / "back.azx")
    officer.press("確かめて取り込む", "Check it and take it")
    assert officer.say("受領書", "Receipt") in officer.text() and officer.say("受理", "accepted") in officer.text()
    officer.look("crossings")
    officer.go("/crossings/pair")
    confirm_if_asked(officer)
    officer.look("pair-sides")


# ---- Everybody else, and every other page -------------------------------------------------------------------------


def everything_was_seen(told: Story) -> None:
    """Whatever no story needed: records of every kind, then each page that is left, on either face."""
    attach(told)
    protect(told)
    name_a_source(told)
    invite(told)
    make_token(told)
    nobody = told.window.screen(told.faces.inside), told.window.screen(told.faces.outside)
    Tour("inside", [nobody[0], told.officer, told.admin]).rest()
    Tour("outside", [nobody[1], told.clerk, told.sub, told.person]).rest()


def attach(told: Story) -> None:
    """A document of the entrustment."""
    officer = told.officer
    to_work(officer, FIRM)
    officer.press("書類", "Documents")
    (told / "contract.pdf").write_bytes(b"%PDF-1.7 fictitious")
    officer.choose("file", told / "contract.pdf")
    officer.fill(title=officer.say("契約書", "The contract"))
    officer.press("加える", "Add")
    officer.look("documents")


def protect(told: Story) -> None:
    """Somebody under protective measures."""
    officer = told.officer
    officer.go("/protections/add")
    officer.fill(local_id="4170093", starts_on=period()[0], note=officer.say("申出を受付", "Asked for at the desk"))
    officer.look("protection-add")
    officer.press("登録する", "Add")
    officer.look("protection")


def name_a_source(told: Story) -> None:
    """A system that tells uses; its token is shown once."""
    officer = told.officer
    officer.go("/sources")
    officer.look("sources")
    officer.press("登録する", "Add")
    confirm_if_asked(officer)
    officer.fill(name="nenkin-daicho")
    officer.look("source-add")
    officer.press("登録する", "Add")
    officer.look("source")


def invite(told: Story) -> None:
    """The administrator invites an auditor, whose code is shown once; to invite the officer anew takes somebody else."""
    admin = told.admin
    enter(admin, "kanri", told.faces.codes["kanri"])
    add_app(admin)
    admin.go("/people/add")
    confirm_if_asked(admin)
    admin.fill(login="kansa", name=admin.say("水鏡　文代", "Fumiyo Mizukagami"))
    admin.page.locator('[name="role"]').select_option("auditor")
    admin.press("追加する", "Add")
    admin.look("invited")
    admin.go("/people")
    admin.look("people")
    admin.press("招待への同意を頼む", "Ask for a consent to invite")
    confirm_if_asked(admin)
    admin.look("invitations")


def make_token(told: Story) -> None:
    """A program of the contractor gets a token, which is shown once."""
    clerk = told.clerk
    clerk.go("/account/tokens")
    clerk.fill(label=clerk.say("受領の係", "receipts"))
    clerk.press("トークンを作る", "Make a token")
    confirm_if_asked(clerk)
    clerk.look("outside-token")
    clerk.go("/account/tokens")
    clerk.look("outside-tokens")
    add_app(clerk, "outside-")


# ---- The machine without a network --------------------------------------------------------------------------------


@contextmanager
def offline(told: Story) -> Iterator[Page]:
    """The saved page, opened from the disk without a network; it asks for nothing but itself and its worker."""
    context, asked = told.window.context(), list[str]()
    context.set_offline(True)
    context.on("request", lambda request: asked.append(request.url))
    page = told.window.page(context)
    page.goto(f"file://{told / 'opener.html'}")
    yield page
    context.close()
    assert [url for url in asked if url != f"file://{told / 'opener.html'}" and not url.startswith("blob:null/")] == []


def make_key(page: Page, told: Story) -> None:
    """A key and its card, made on the page."""
    look(page, "opener-empty", told.window.language)
    page.locator("#keys > summary").click()
    downloads: list[Download] = []
    page.on("download", lambda download: downloads.append(download))
    page.click("#make-key")
    for _ in range(100):
        if len(downloads) == 2:
            break
        page.wait_for_timeout(50)
    for download in downloads:
        download.save_as(told / download.suggested_filename)
    assert {path.name for path in told.folder.glob("azukari.key*")} == {"azukari.key", "azukari.key.card"}


def saved(page: Page, button: str, told: Story) -> None:
    """Press what saves one file, and keep it under the name that the page gives it."""
    with page.expect_download() as download:
        page.click(f"#{button}")
    download.value.save_as(told / download.value.suggested_filename)
