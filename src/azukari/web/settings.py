"""The one settings file. The environment is read here, once; no secret stands in this file.

AZUKARI_OFFICE (absolute path, needed), AZUKARI_SECRET_KEY or AZUKARI_SECRET_KEY_FILE (for signed cookies
only; without it everything but them works), AZUKARI_HOSTS (comma-separated).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from azukari.web import environment

OFFICE: Path = environment.folder(os.environ, "AZUKARI_OFFICE")
SECRET_KEY = environment.secret(os.environ, "AZUKARI_SECRET_KEY")
ALLOWED_HOSTS = environment.words(os.environ, "AZUKARI_HOSTS")
DEBUG = False

INSTALLED_APPS = [
    "azukari.web.sequencer",
    "azukari.web.accounts",
    "azukari.web.custody",
    "azukari.web.incidents",
    "django.contrib.contenttypes",
    "django.contrib.auth",
]

ROOT_URLCONF = "azukari.web.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
APPEND_SLASH = False  # an address has one spelling
SECURE_CONTENT_TYPE_NOSNIFF = True

DATABASES: dict[str, dict[str, Any]] = {"default": environment.database(OFFICE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

USE_TZ = True
TIME_ZONE = "UTC"  # inside; screens show Japan's time
USE_I18N = True
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
