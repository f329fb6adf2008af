"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    """利用者登録。 The app ``enrolment``."""

    name = "azukari.web.enrolment"
    label = "enrolment"
