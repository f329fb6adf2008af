"""Addresses of protective measures; only random ids stand in them."""

from __future__ import annotations

from django.urls import path

from azukari.web.subjects.views import protections

urlpatterns = [
    path("protections", protections.protections, name="protections"),
    path("protections/add", protections.add, name="add_protection"),
    path("protections/list", protections.take_list, name="take_protections"),
    path("protections/<uuid:protection_id>", protections.protection, name="protection"),
    path("protections/<uuid:protection_id>/end", protections.end, name="end_protection"),
]
