"""The one settings file. The environment is read here, once; no secret stands in this file.

AZUKARI_OFFICE (absolute path, needed), AZUKARI_FACE (``ledger``: the public ledger alone, which is the default;
``inside``: the office's screens; ``outside``: those of its contractors, on an office and a database of their own),
AZUKARI_SECRET_KEY or AZUKARI_SECRET_KEY_FILE (signs cookies; without it the file ``session.key`` of the office does),
AZUKARI_HOSTS (comma-separated), AZUKARI_PLAIN_HTTP (``1``: cookies also without
TLS, for a machine that is its own and only client).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from azukari.web import environment

OFFICE: Path = environment.folder(os.environ, "AZUKARI_OFFICE")
FACE = environment.choice(os.environ, "AZUKARI_FACE", ("ledger", "inside", "outside"))
SECRET_KEY = environment.session_key(os.environ, OFFICE)
ALLOWED_HOSTS = environment.words(os.environ, "AZUKARI_HOSTS")
PLAIN_HTTP = environment.choice(os.environ, "AZUKARI_PLAIN_HTTP", ("", "1")) == "1"
DEBUG = False

INSTALLED_APPS = [
    "azukari.web.ui",
    "azukari.web.sequencer",
    "azukari.web.jobs",
    "azukari.web.crossing",
    "azukari.web.accounts",
    "azukari.web.keyring",
    "azukari.web.subjects",
    "azukari.web.leaves",
    "azukari.web.enrolment",
    "azukari.web.citizens",
    "azukari.web.custody",
    "azukari.web.counter",
    "azukari.web.incidents",
    "azukari.web.trail",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # a template of allauth
]

MIDDLEWARES = {
    "ledger": [  # no session, no cookie: nobody is known there
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "allauth.account.middleware.AccountMiddleware",  # allauth does not start without; it finds nothing to do
    ],
    "inside": [
        "django.middleware.security.SecurityMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "csp.middleware.CSPMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "azukari.web.accounts.bounds.BoundsMiddleware",
        "azukari.web.accounts.gate.GateMiddleware",
        "azukari.web.ui.refusals.RefusalMiddleware",
    ],
}
_first, *_rest = MIDDLEWARES["inside"]
MIDDLEWARES["outside"] = [_first, "azukari.web.sequencer.front.PublicLedgerMiddleware", *_rest]
MIDDLEWARE = MIDDLEWARES[FACE]
ROOT_URLCONF = f"azukari.web.faces.{FACE}"
APPEND_SLASH = False  # an address has one spelling
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "azukari.web.accounts.gate.page",
            ],
        },
    }
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # the files lie in the installed package; nothing has to be collected

DATABASES: dict[str, dict[str, Any]] = {"default": environment.database(OFFICE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {  # counts of failed sign-ins, shared by the processes of one office
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": OFFICE / "cache",
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "azukari.web.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # nobody signs up; allauth asks for the list all the same
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = False  # the session ends with the browser
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_PREVENT_ENUMERATION = True
MFA_ADAPTER = "azukari.web.accounts.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "azukari"
ACCOUNT_FORMS = {"login": "azukari.web.accounts.forms.SignInForm"}
MFA_FORMS = {"add_webauthn": "azukari.web.accounts.forms.AddPasskeyForm"}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # without one a browser hides the origin of a form, which is then refused
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 8 * 3600  # a working day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not PLAIN_HTTP
# Cookies know no ports: two faces under one host name must not take each other's.
SESSION_COOKIE_NAME = ("" if PLAIN_HTTP else "__Host-") + ("azukari-outside" if FACE == "outside" else "azukari")
CSRF_COOKIE_NAME = f"{SESSION_COOKIE_NAME}-csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "azukari.web.ui.refusals.csrf_failure"
LANGUAGE_COOKIE_NAME = "azukari-language"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the square code of an authenticator app
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
UPLOAD_HANDLERS = {
    "ledger": [],
    "inside": ["azukari.web.jobs.uploads.SealedUploadHandler"],  # nothing that arrives lies in the clear
    "outside": ["azukari.web.counter.uploads.SmallUploadHandler"],  # nothing that arrives lies anywhere
}
FILE_UPLOAD_HANDLERS = UPLOAD_HANDLERS[FACE]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

USE_TZ = True
TIME_ZONE = "UTC"  # inside; screens show Japan's time
USE_I18N = True
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
