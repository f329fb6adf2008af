"""Which room answers which address."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("ledger/", include("azukari.web.sequencer.urls"))]
