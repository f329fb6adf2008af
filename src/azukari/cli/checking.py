"""`check`: whether the installation is sound."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from azukari.cli.options import json_option, now, passphrase, start
from azukari.cli.speech import Speech, speech
from azukari.errors import UnsoundError

if TYPE_CHECKING:
    from azukari.web.checks.observation import Observation

_SIGNS: Final = {"good": ("良好　", "good  "), "look": ("要確認", "look  "), "broken": ("要是正", "broken")}


@click.command()
@click.option("--tls-cert", type=click.Path(path_type=Path), help="TLS の証明書（PEM）/ certificate that is served")
@click.option("--backups", type=click.Path(path_type=Path), help="控えのフォルダー / folder of backups")
@click.option(
    "--keystore-days",
    type=click.IntRange(0, 365),
    default=14,
    show_default=True,
    envvar="AZUKARI_KEYSTORE_DAYS",
    help="鍵保管簿の控えを残す日数 / for how many days a backup of the keystore lives",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3_650),
    default=7,
    show_default=True,
    help="便が届くまでの日数 / how long a crossing may be on its way",
)
@click.option(
    "--keys", "keys_path", type=click.Path(path_type=Path), envvar="AZUKARI_KEYS", required=True,
    help="機関の鍵ファイル / the office's key file",
)  # fmt: skip
@click.option(
    "--office", "office_path", type=click.Path(path_type=Path), envvar="AZUKARI_OFFICE", required=True,
    help="機関のフォルダー / office directory",
)  # fmt: skip
@json_option
@speech
def check(
    out: Speech,
    tls_cert: Path | None,
    backups: Path | None,
    keystore_days: int,
    days: int,
    keys_path: Path,
    office_path: Path,
    as_json: bool,
) -> None:
    """導入された環境を点検する。 Whether this installation is sound: one line each, good, to be looked at, or broken.

    It changes nothing. The exit code is 0 unless something is broken.
    """
    out.as_json = as_json
    start(office_path)
    from azukari.web.checks.observation import Bounds, Installation
    from azukari.web.checks.whole import observe

    _tell(
        out,
        observe(
            Installation(
                office_path,
                keys_path,
                now(),
                passphrase=passphrase(),
                certificate=tls_cert,
                backups=backups,
                crossing=timedelta(days=days),
                handed=_handed(keys_path),
                bounds=Bounds(keystore_lives=timedelta(days=keystore_days)),
            )
        ),
    )


def _handed(keys_path: Path) -> bool:
    """Whether the service manager put the key file where only this service reads it."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return given is not None and keys_path.resolve().parent == Path(given).resolve()


def _tell(out: Speech, found: Sequence[Observation]) -> None:
    """All lines; then the exit code. Raises UnsoundError, and with `--json`, whose one object is out, click's Exit."""
    for one in found:
        ja, en = _SIGNS[one.grade.value]
        out.say(f"{ja}　{one.ja}", f"{en}  {one.en}")
    count = sum(one.grade.value == "broken" for one in found)
    told = [{"subject": one.subject, "grade": one.grade.value, "message": out.pick(one.ja, one.en)} for one in found]
    out.answer({"sound": not count, "broken": count, "observations": told})
    if count and out.as_json:
        raise click.exceptions.Exit(UnsoundError.code)
    if count:
        raise UnsoundError(str(count))
