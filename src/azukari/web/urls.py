"""Which room answers which address."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("azukari.web.sequencer.urls"))]  # the last: it takes any prefix
