"""`azukari reminders --mail`, against an SMTP server: once a day to each officer, tried again where it surely did not go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene
from tests.journeys.postoffice import PostOffice, certificate, post_office
from tests.web.test_web_kills import _RUN

ADDRESS = "sumie@town.example"
SETTINGS = ("HOST", "PORT", "TLS", "FROM", "LOGIN", "LOGIN_FILE", "CA_FILE")


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """An office where keys wait, with one officer who wants mail."""
    scenes.without_office(monkeypatch)
    made = scenes.copied(scenes.registered(), tmp_path / "scene")
    give(made, "officer", ADDRESS)
    yield made
    scenes.close()


def give(scene: Scene, login: str, address: str) -> UUID:
    from azukari.web import office

    office.start(scene / "office")
    from azukari.stores.clock import now
    from azukari.stores.keys import open_key_file
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import mail_address

    person = queries.person(login).id
    kek = open_key_file(scene / "office.key", None)
    mail_address.keep(person_id=person, address=address, kek=kek, by=person, at=now())
    scenes.close()
    return person


@contextmanager
def relay(monkeypatch: pytest.MonkeyPatch, tls: str = "", **named: object) -> Iterator[PostOffice]:
    """A server that the environment names."""
    for name in SETTINGS:
        monkeypatch.delenv(f"AZUKARI_SMTP_{name}", raising=False)
    with post_office(**named) as office:
        monkeypatch.setenv("AZUKARI_SMTP_HOST", "localhost" if tls else "127.0.0.1")
        monkeypatch.setenv("AZUKARI_SMTP_PORT", str(office.port))
        monkeypatch.setenv("AZUKARI_SMTP_FROM", "azukari@town.example")
        monkeypatch.setenv("AZUKARI_MAIL_LINK", "https://azukari.town.example:8443/")
        if tls:
            monkeypatch.setenv("AZUKARI_SMTP_TLS", tls)
        yield office


def told(scene: Scene) -> tuple[int, int, int]:
    """How many were sent now, before, and of how many nobody knows."""
    done = scene.json("reminders", "--mail")
    return done["sent"], done["before"], done["unknown"]


def test_mail_when_sent_then_once_a_day_with_numbers_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = scene.json("reminders")["reminders"]
    with relay(monkeypatch) as office:
        assert told(scene) == (1, 0, 0)
        assert told(scene) == (0, 1, 0)
    ((sender, recipients, data),) = office.mails
    assert (sender, recipients) == ("azukari@town.example", [ADDRESS])
    (mail,) = office.read
    text = mail.get_content()
    assert (
        mail["To"] == ADDRESS and mail["Auto-Submitted"] == "auto-generated" and mail.get_content_type() == "text/plain"
    )
    keys = sum(one["kind"] == "key" for one in listed)
    assert keys and f"鍵の確認待ち: {keys} 件" in text and f"keys to be confirmed: {keys} (" in text
    assert text.count("https://azukari.town.example:8443/") == 2
    for name in {one["what"] for one in listed} | {"待機商会", "officer", "霧生", "年金"}:
        assert name not in text and name not in str(mail["Subject"]), name
    assert b"8bit" not in data and max(map(len, data.split(b"\r\n"))) <= 998


def test_mail_when_there_are_two_officers_and_others_then_each_officer_gets_one_of_its_own(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for login, role in (("second", "officer"), ("checker", "auditor"), ("third", "officer")):
        scene.json("person", "add", login, "--name", "灘　渚", "--role", role, "--as", "officer")
    give(scene, "second", "nagisa@town.example")
    give(scene, "checker", "checker@town.example")  # no officer, whatever the page says
    monkeypatch.setenv("AZUKARI_LOGIN", "officer")
    with relay(monkeypatch) as office:
        assert told(scene) == (2, 0, 0)
    assert sorted(recipients for _, recipients, _ in office.mails) == [["nagisa@town.example"], [ADDRESS]]
    assert sorted(str(mail["To"]) for mail in office.read) == ["nagisa@town.example", ADDRESS]
    assert all(b"town.example" not in data.split(b"\r\n\r\n", 1)[1] for *_, data in office.mails)


FAILS = {
    "the greeting": ({"GREETING": "554 no service"}, "SMTP 554"),
    "the greeting hangs up": ({"GREETING": ""}, "no answer"),
    "the sender": ({"MAIL": "451 later"}, "SMTP 451"),
    "the recipient": ({"RCPT": f"550 no such user <{ADDRESS}>"}, "SMTP 550"),
    "a hang-up at the recipient": ({"RCPT": ""}, "no answer"),
    "the data": ({"DATA": "452 full"}, "SMTP 452"),
    "the end of the data": ({"END": "552 too big"}, "SMTP 552"),
}


@pytest.mark.parametrize("case", FAILS)
def test_mail_when_the_relay_refuses_then_told_without_the_address_and_tried_again(
    case: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, said = FAILS[case]
    with relay(monkeypatch, answers=answers) as office:
        answer = scene.run("reminders", "--mail", lang="en")
        assert answer.code == 51 and said in answer.err and "town.example" not in answer.err + answer.out
        office.answers.clear()
        assert told(scene) == (1, 0, 0) and told(scene) == (0, 1, 0)
        assert len(office.mails) == 1


def test_mail_when_nobody_listens_then_told_and_tried_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with relay(monkeypatch):
        pass
    assert scene.run("reminders", "--mail", lang="en").code == 51
    with relay(monkeypatch) as office:
        assert told(scene) == (1, 0, 0) and len(office.mails) == 1


def test_mail_when_the_relay_hangs_up_after_the_last_line_then_it_is_not_sent_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relay(monkeypatch, answers={"END": ""}) as office:
        assert told(scene) == (0, 0, 1)
        office.answers.clear()
        assert told(scene) == (0, 0, 1)
        assert len(office.mails) == 1


def test_mail_when_the_sender_is_killed_before_it_is_handed_in_then_it_does_not_go_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relay(monkeypatch) as office:
        command = [sys.executable, "-c", _RUN, str(scene / "office"), str(scene / "office.key")]
        command += ["azukari.cli.reminding", "post", "reminders", "--mail"]
        done = subprocess.run(command, capture_output=True, timeout=120, check=False, env=os.environ.copy())
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
        assert told(scene) == (0, 0, 1) and not office.mails


def test_mail_when_the_relay_speaks_tls_then_under_the_named_authority_alone_and_with_its_password(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context, authority = certificate(tmp_path / "tls")
    (tmp_path / "login").write_text("azukari\nmikan-no-ki\n")
    login = "\0azukari\0mikan-no-ki"
    with relay(monkeypatch, "starttls", context=context, wants_login=login) as office:
        monkeypatch.setenv("AZUKARI_SMTP_LOGIN_FILE", str(tmp_path / "login"))
        assert scene.run("reminders", "--mail").code == 51  # nobody vouches for it
        assert not [line for line in office.commands if line.startswith(("AUTH", "MAIL"))]
        monkeypatch.setenv("AZUKARI_SMTP_CA_FILE", str(authority))
        (tmp_path / "login").write_text("azukari\nanother\n")
        answer = scene.run("reminders", "--mail", lang="en")
        assert answer.code == 51 and "SMTP 535" in answer.err
        (tmp_path / "login").write_text("azukari\nmikan-no-ki\n")
        assert told(scene) == (1, 0, 0) and len(office.mails) == 1


def test_mail_when_the_relay_offers_no_tls_then_nothing_is_said_in_the_clear(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relay(monkeypatch, "starttls") as office:
        assert scene.run("reminders", "--mail").code == 51
        assert office.commands and all(
            line.upper().startswith(("EHLO", "HELO", "STARTTLS", "QUIT")) for line in office.commands
        )


BAD = {
    "no host": {"SMTP_HOST": ""},
    "no sender": {"SMTP_FROM": ""},
    "in the clear to elsewhere": {"SMTP_HOST": "post.town.example", "SMTP_TLS": "none"},
    "an unknown way": {"SMTP_TLS": "ssl"},
    "no port": {"SMTP_PORT": "x"},
    "a port too large": {"SMTP_PORT": "65536"},
    "a password in the environment": {"SMTP_LOGIN": "a\nb"},
    "no such file": {"SMTP_LOGIN_FILE": "/nowhere/at/all"},
    "one line": {"SMTP_LOGIN_FILE": "one"},
    "no such authority": {"SMTP_TLS": "starttls", "SMTP_CA_FILE": "/nowhere/at/all"},
    "a link without TLS": {"MAIL_LINK": "http://azukari.town.example/"},
    "no link": {"MAIL_LINK": ""},
}


@pytest.mark.parametrize("case", BAD)
def test_mail_when_a_setting_makes_no_sense_then_option_and_nothing_is_claimed(
    case: str, scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "one").write_text("only a name\n")
    with relay(monkeypatch) as office:
        before = scene.state()
        for name, value in BAD[case].items():
            monkeypatch.setenv(f"AZUKARI_{name}", str(tmp_path / "one") if value == "one" else value)
        scene.refused("option", "reminders", "--mail")
        assert scene.state() == before
        for name in BAD[case]:
            monkeypatch.delenv(f"AZUKARI_{name}")
    with relay(monkeypatch) as office:
        assert told(scene) == (1, 0, 0) and len(office.mails) == 1


def test_mail_when_asked_for_with_a_calendar_then_option(scene: Scene) -> None:
    scene.refused("option", "reminders", "--mail", "--ics", scene / "x.ics")


def test_mail_when_nobody_wants_any_or_is_let_go_then_none_goes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    give(scene, "officer", "")
    with relay(monkeypatch) as office:
        assert told(scene) == (0, 0, 0) and not office.mails
