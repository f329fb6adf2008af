"""The public ledger alone: no session, nobody is known."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("azukari.web.leaves.urls")),
    path("", include("azukari.web.sequencer.urls")),  # it takes any prefix
]
