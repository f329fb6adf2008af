"""`person`: accounts of the people of a body, and the codes of their first sign-in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from azukari.cli.options import Office, find_party, json_option, office_options, open_office
from azukari.cli.speech import Speech, speech
from azukari.errors import NotFoundError, OptionError

if TYPE_CHECKING:
    from azukari.web.accounts.queries import Person

ROLES = ("officer", "approver", "auditor", "contractor", "administrator")


@click.group()
def person() -> None:
    """職員のアカウント。 Accounts of the people of the body."""


@person.command("add")
@click.argument("new_login")
@click.option("--name", required=True, help="氏名 / name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="役割 / role")
@click.option("--party", help="委託先の利用者なら、その相手 / the party (name or id) of a contractor's person")
@office_options
@json_option
@speech
def add(
    out: Speech,
    new_login: str,
    name: str,
    role: str,
    party: str | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """職員や委託先の人を追加し、招待コードを出す。 Add a person under NEW_LOGIN and print the code of the first sign-in."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.accounts.actions import consent
    from azukari.web.accounts.actions import person as action

    firm = None if party is None else find_party(office.body_id, party).id
    made = action.create(
        body_id=office.body_id, login=new_login, name=name, role=role, party=firm, by=office.by, at=office.at
    )
    _tell(out, new_login, consent.on_machine(person_id=made, by=office.by, at=office.at))


@person.command("invite")
@click.argument("who")
@office_options
@json_option
@speech
def invite(out: Speech, who: str, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """新しい招待コードを出す。 Print a new code for the person with the login WHO; earlier codes end.

    画面では二人が要る招待も、ここでは一人でできます。その記録は残り、本人に示されます。 Where the screens need two people, one alone does
    it here; that is kept, and the person is told.
    """
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import consent

    found = _own(queries.person(who), office)
    _tell(out, who, consent.on_machine(person_id=found.id, by=office.by, at=office.at))


@person.command("deactivate")
@click.argument("who")
@office_options
@json_option
@speech
def deactivate(out: Speech, who: str, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """停止する。 Let the person with the login WHO go: the account stays for the record and opens nothing.

    委託先の人なら、次の便が届いてから外側でも止まります。 Of a contractor: outside, it holds from the next crossing on.
    """
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import person as action

    found = _own(queries.person(who), office)
    if found.id == office.by:
        raise OptionError("nobody lets themselves go")
    action.deactivate(person_id=found.id, by=office.by, at=office.at)
    out.say(f"停止しました: {who}", f"Let go: {who}")
    out.answer({"login": who, "is_active": False})


def _own(found: Person, office: Office) -> Person:
    """People of another body are not there for this office."""
    if found.body != office.body_id:
        raise NotFoundError("there is no such person")
    return found


def _tell(out: Speech, login: str, code: str) -> None:
    out.say(
        f"招待コード（{login}、7 日間、1 回限り）: {code}",
        f"Invitation code ({login}, 7 days, once): {code}",
    )
    out.answer({"login": login, "code": code})
