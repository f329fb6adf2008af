"""The office's screens, and its ledger. Every address has a rule (``accounts.rules``); one without answers nobody."""

from __future__ import annotations

from django.urls import include, path
from django.views.i18n import set_language

from azukari.web.accounts import urls as accounts
from azukari.web.accounts.rules import anybody

urlpatterns = [
    path("", include("azukari.web.custody.urls")),
    path("", include("azukari.web.subjects.urls")),
    path("", include("azukari.web.trail.urls")),
    path("", include("azukari.web.enrolment.urls")),
    path("", include(accounts.urlpatterns)),
    path("", include(accounts.provider)),
    path("", include(accounts.people)),
    path("", include(accounts.reminders)),
    path("language", anybody(set_language), name="set_language"),
    path("", include("azukari.web.sequencer.urls")),  # the last: it takes any prefix
]
handler400 = "azukari.web.ui.refusals.bad_request"
handler403 = "azukari.web.ui.refusals.forbidden"
handler404 = "azukari.web.ui.refusals.not_found"
handler500 = "azukari.web.ui.refusals.broken"
