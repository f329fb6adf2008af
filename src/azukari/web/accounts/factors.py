"""The second factors that open an account. Recovery codes are none: they stand for one that is lost."""

from __future__ import annotations

from typing import Final

from allauth.mfa.models import Authenticator

FACTORS: Final = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
