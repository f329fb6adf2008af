"""What the machine shows without the register: folders, key file, certificate, disk, backups."""

from __future__ import annotations

import os
import shutil
import stat
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from azukari.errors import FormatError, NotFoundError
from azukari.stores.keys import needs_passphrase
from azukari.web.backup import names
from azukari.web.checks.observation import Installation, Observation, broken, good, look
from azukari.web.subjects import keystore

_OTHERS: Final = 0o077  # rights of anybody but the owner
_MAX_CERTIFICATE: Final = 1 << 20  # bytes
_BITS: Final = os.name == "posix"  # elsewhere a mode says nothing


def folders(seen: Installation) -> Observation:
    """The office's folder and what lies directly in it belong to its user alone."""
    found = [seen.office, *seen.office.iterdir()]
    open_to_others = [path.name for path in found if path.is_dir() and _readable_by_others(path)]
    if open_to_others:
        named = ", ".join(sorted(open_to_others))
        return broken("folders", f"他の利用者が開けるフォルダーがあります: {named}", f"Others may open {named}")
    return good("folders", "機関のフォルダーは、所有者のほか開けません。", "Nobody else may open the office's folders.")


def key_file(seen: Installation) -> Observation:
    """It lies outside the office, and nobody else reads it. Raises KeyFileError where there is none."""
    sealed = needs_passphrase(seen.keys)
    if seen.office.resolve() in seen.keys.resolve().parents:
        return broken(
            "key-file", "鍵ファイルが機関のフォルダーの中にあります。", "The key file lies inside the office."
        )
    if not seen.handed and _readable_by_others(seen.keys):
        return broken("key-file", "鍵ファイルを他の利用者が読めます。", "Others may read the key file.")
    if not sealed:
        return look("key-file", "鍵ファイルにパスフレーズがありません。", "The key file has no passphrase.")
    return good(
        "key-file", "鍵ファイルは機関の外にあり、封じられています。", "The key file lies outside, and is sealed."
    )


def certificate(seen: Installation) -> Observation | None:
    """Its first and last day. FormatError, NotFoundError; None where none was named."""
    if seen.certificate is None:
        return None
    found = _certificate(seen.certificate)
    first, last = found.not_valid_before_utc, found.not_valid_after_utc
    if not first <= seen.at <= last:
        return broken("certificate", f"TLS 証明書の期間外です（{last:%Y-%m-%d} まで）。", f"The TLS certificate holds {first:%Y-%m-%d} to {last:%Y-%m-%d}.")  # fmt: skip
    tell = look if last - seen.at < seen.bounds.certificate else good
    return tell("certificate", f"TLS 証明書は {last:%Y-%m-%d} まで有効です。", f"The TLS certificate holds until {last:%Y-%m-%d}.")  # fmt: skip


def disk(seen: Installation) -> Observation:
    """What is free where the office lies; a register on another machine has a disk of its own."""
    free = shutil.disk_usage(seen.office).free
    tell = broken if free < seen.bounds.least_free else look if free < seen.bounds.little_free else good
    size = f"{free / (1 << 30):.1f} GiB"
    return tell("disk", f"ディスクの空き: {size}", f"Free on the disk: {size}")


def backups(seen: Installation) -> Observation | None:
    """The age of the newest that is not empty, by its name; None where no folder was named."""
    if seen.backups is None:
        return None
    if not seen.backups.is_dir():
        raise NotFoundError("the folder of backups")
    made = [at for path in seen.backups.iterdir() if (at := names.made_at(path.name)) and path.stat().st_size]
    if not made:
        return broken("backups", "控えがありません。", "There is no backup.")
    age = seen.at - max(made)
    tell = broken if age > seen.bounds.backup_missing else look if age > seen.bounds.backup_old else good
    return tell("backups", f"最新の控え: {max(made):%Y-%m-%d %H:%M}（{_days(age)} 日前）", f"Newest backup: {max(made):%Y-%m-%d %H:%M}, {_days(age)} day(s) ago")  # fmt: skip


def keystore_backups(seen: Installation) -> Observation | None:
    """The newest is new enough to lose nobody's key, and none lives on; None without a folder, or without a keystore."""
    if seen.backups is None or not (seen.office / keystore.FILE).exists():
        return None
    made = names.keystores(seen.backups).values()
    if not made:
        return broken("keystore-backups", "鍵保管簿の控えがありません。", "There is no backup of the keystore.")
    over = sum(seen.at - one > seen.bounds.keystore_lives + timedelta(days=1) for one in made)
    if over:
        return broken("keystore-backups", f"期限を過ぎた鍵保管簿の控えが {over} 個あります: azukari keystore prune", f"{over} backup(s) of the keystore are over their days: azukari keystore prune")  # fmt: skip
    age = seen.at - max(made)
    tell = broken if age > seen.bounds.backup_missing else look if age > seen.bounds.backup_old else good
    return tell("keystore-backups", f"鍵保管簿の最新の控え: {_days(age)} 日前", f"Newest backup of the keystore: {_days(age)} day(s) ago")  # fmt: skip


def _readable_by_others(path: Path) -> bool:
    return _BITS and bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)


def _certificate(path: Path) -> x509.Certificate:
    try:
        with path.open("rb") as file:
            return x509.load_pem_x509_certificate(file.read(_MAX_CERTIFICATE))
    except OSError:
        raise NotFoundError("the certificate") from None
    except ValueError:
        raise FormatError("no certificate in PEM") from None


def _days(age: timedelta) -> int:
    return max(0, age // timedelta(days=1))
