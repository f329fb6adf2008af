"""The contractors' screens and their programs, and the public ledger. Nothing of the inside has an address here."""

from __future__ import annotations

from django.urls import include, path
from django.views.i18n import set_language

from azukari.web.accounts import urls as accounts
from azukari.web.accounts.rules import anybody

urlpatterns = [
    path("", include("azukari.web.counter.urls")),
    path("", include("azukari.web.citizens.urls")),
    path("", include(accounts.urlpatterns)),
    path("", include(accounts.tokens)),
    path("language", anybody(set_language), name="set_language"),
    path("", include("azukari.web.sequencer.urls")),  # the last: it takes any prefix
]
handler400 = "azukari.web.ui.refusals.bad_request"
handler403 = "azukari.web.ui.refusals.forbidden"
handler404 = "azukari.web.ui.refusals.not_found"
handler500 = "azukari.web.ui.refusals.broken"
