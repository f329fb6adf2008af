"""Addresses of the sources; no name of one stands in them."""

from __future__ import annotations

from django.urls import path

from azukari.web.trail.views import api, sources

urlpatterns = [
    path("api/v1/uses", api.uses, name="api_uses"),
    path("sources", sources.sources, name="sources"),
    path("sources/add", sources.add, name="add_source"),
    path("sources/<uuid:source_id>", sources.source, name="source"),
    path("sources/<uuid:source_id>/file", sources.take_file, name="source_file"),
    path("sources/<uuid:source_id>/again", sources.again, name="source_again"),
    path("sources/<uuid:source_id>/token", sources.token, name="source_token"),
    path("sources/<uuid:source_id>/end", sources.end, name="end_source"),
]
