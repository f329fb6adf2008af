"""The wrapped secrets of this room; those of one-time codes lie in allauth's table, as text."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final

from allauth.mfa.models import Authenticator

from azukari.stores.keys import KeyEncryptionKey, wrapped_under
from azukari.web.accounts.adapters import FACTOR_PURPOSE
from azukari.web.accounts.models import SignInProvider, User
from azukari.web.accounts.queries import provider_purpose
from azukari.web.accounts.queries.mail import address_purpose
from azukari.web.wrapping import BATCH, WrappedField


class FactorSecrets:
    """二つ目の認証の秘密。 The secret of an authenticator app, the seed of recovery codes, and codes taken over one by one."""

    label = "mfa.Authenticator.data"
    names = ("secret", "seed", "migrated_codes")

    def batches(self) -> Iterator[list[Any]]:
        """All factors with a secret, by primary key."""
        kinds = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
        found = Authenticator.objects.filter(type__in=kinds).order_by("pk")
        rows = list(found[:BATCH])
        while rows:
            yield rows
            rows = list(found.filter(pk__gt=rows[-1].pk)[:BATCH])

    def move(self, rows: Sequence[Any], kek: KeyEncryptionKey) -> int:
        """Wrap what is in the rows of a batch anew; how many rows were not done before."""
        return sum(self._move(row, kek) for row in rows)

    def _move(self, row: Any, kek: KeyEncryptionKey) -> bool:
        """The row is locked and read again: a code that is used up meanwhile stays used."""
        locked = Authenticator.objects.select_for_update().get(pk=row.pk)
        data = {**locked.data, **{name: _moved(locked.data[name], kek) for name in self.names if name in locked.data}}
        if data == locked.data:
            return False
        locked.data = data
        locked.save(update_fields=["data"])
        return True


def _moved(value: Any, kek: KeyEncryptionKey) -> Any:
    if isinstance(value, list):
        return [_moved(one, kek) for one in value]
    wrapped = base64.b64decode(value)
    if wrapped_under(wrapped) == kek.key_id:
        return value
    return base64.b64encode(kek.wrap(kek.unwrap(wrapped, FACTOR_PURPOSE), FACTOR_PURPOSE)).decode()


WRAPPED: Final = (
    WrappedField(SignInProvider, "wrapped_secret", lambda row: provider_purpose(row.id)),
    WrappedField(User, "wrapped_mail", lambda row: address_purpose(row.id)),
    FactorSecrets(),
)
