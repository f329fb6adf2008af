"""Addresses of the public logs: what stands before ``checkpoint`` is the prefix of C2SP tlog-tiles."""

from __future__ import annotations

from django.urls import path

from azukari.web.sequencer import views

urlpatterns = [
    path("<uuid:log_id>/checkpoint", views.checkpoint),
    path("<uuid:log_id>/tile/<path:path>", views.tile),
]
