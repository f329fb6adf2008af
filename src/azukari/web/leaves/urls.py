"""Addresses of the public index, beside those of the public log (``sequencer.urls``)."""

from __future__ import annotations

from django.urls import path

from azukari.web.leaves import views

urlpatterns = [
    path("ledger/<uuid:log_id>/index/<int:size>/<str:name>", views.index),
    path("index/<int:size>/<str:name>", views.index_at_origin),
    path("<path:prefix>/index/<int:size>/<str:name>", views.index_at_origin),
]
