"""Addresses of the public logs: what stands before ``checkpoint`` is the prefix of C2SP tlog-tiles.

Each log has one under ``ledger/``, and one that is its origin, as C2SP tlog-checkpoint recommends: behind a proxy that
keeps the name of the host, ``https://<origin>/checkpoint``.
"""

from __future__ import annotations

from django.urls import path

from azukari.web.sequencer import views

urlpatterns = [
    path("ledger/<uuid:log_id>/checkpoint", views.checkpoint),
    path("ledger/<uuid:log_id>/tile/<path:path>", views.tile),
    path("checkpoint", views.checkpoint_at_origin),
    path("tile/<path:path>", views.tile_at_origin),
    path("<path:prefix>/checkpoint", views.checkpoint_at_origin),
    path("<path:prefix>/tile/<path:path>", views.tile_at_origin),
]
