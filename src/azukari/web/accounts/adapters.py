"""How allauth signs people in here: nobody signs up, nobody without a second factor gets in, none is switched off."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from azukari.web import office
from azukari.web.accounts import factors
from azukari.web.accounts.factors import FACTORS
from azukari.web.accounts.queries import provider_only
from azukari.web.accounts.rules import Role, here
from azukari.web.ui.words import pick

FACTOR_PURPOSE = "accounts/second-factor"
_CONTRACTORS_OUTSIDE = (
    "委託先の方は、庁内の画面には入れません。委託先用の画面からログインしてください。",
    "Contractors cannot sign in inside the office. Use the contractors' screens.",
)
_STAFF_INSIDE = (
    "職員の方は、委託先用の画面には入れません。庁内の画面からログインしてください。",
    "Staff cannot sign in on the contractors' screens. Use those inside the office.",
)
_NO_FACTOR = (
    "2 つ目の認証がまだありません。管理者から招待コードを受け取ってください。",
    "This account has no second factor. Ask your administrator for an invitation.",
)
_BY_PROVIDER = (
    "この機関の職員は、ログインの提供元からログインします。",
    "The people of this body sign in through its provider.",
)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """ログインの規則。 Passwords alone open nothing; a first sign-in goes through an invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an administrator makes accounts."""
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Nobody on the wrong face; without a second factor nobody but with an invitation; some from their provider."""
        refused: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if refused is not None:
            return refused
        if user.role not in here():
            return _not_so(request, *elsewhere(user.role))
        if not (kwargs.get("signal_kwargs") or {}).get("by_provider") and provider_only(user.body_id):
            return _not_so(request, *_BY_PROVIDER)
        return None if is_mfa_enabled(user, FACTORS) else _not_so(request, *_NO_FACTOR)

    def add_message(
        self, request: HttpRequest, level: int, message_template: Any = None, *args: Any, **kw: Any
    ) -> None:
        """allauth's errors only: its notices repeat the login."""
        if level >= messages.ERROR:
            super().add_message(request, level, message_template, *args, **kw)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """No mail is sent from here."""

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The second factor, never the password: the passkey first, then the app and the recovery codes."""
        if not user.is_authenticated:
            return []
        found = [
            (
                [Authenticator.Type.WEBAUTHN],
                "mfa_reauthenticate_webauthn",
                pick("パスキーを使う", "Use a passkey"),
            ),
            (
                [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES],
                "mfa_reauthenticate",
                pick("認証アプリか回復コードを使う", "Use an app or a recovery code"),
            ),
        ]
        return [
            {"id": name.replace("_webauthn", ":webauthn"), "description": label, "url": reverse(name)}
            for types, name, label in found
            if is_mfa_enabled(user, types)
        ]


def elsewhere(role: str) -> tuple[str, str]:
    """The sentence for somebody who comes to the wrong face, Japanese and English."""
    return _CONTRACTORS_OUTSIDE if role == Role.CONTRACTOR else _STAFF_INSIDE


def _not_so(request: HttpRequest, ja: str, en: str) -> HttpResponse:
    request.session.flush()
    messages.error(request, pick(ja, en))
    return HttpResponseRedirect(reverse("account_login"))


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """二つ目の認証の規則。 Secrets are wrapped by the office's key; the last factor stays."""

    def encrypt(self, text: str) -> str:
        """Wrapped by the key-encryption key, base64."""
        return base64.b64encode(office.key().wrap(text.encode(), FACTOR_PURPOSE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The counterpart. KeyFileError under another key."""
        return office.key().unwrap(base64.b64decode(encrypted_text), FACTOR_PURPOSE).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """A second factor is compulsory: the last one cannot be removed."""
        if authenticator.type == Authenticator.Type.RECOVERY_CODES:
            return False
        return not factors.is_last(authenticator.user_id)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The relying party is this host."""
        found: dict[str, str] = super().get_public_key_credential_rp_entity()
        return found | {"name": "azukari"}
