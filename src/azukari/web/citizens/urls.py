"""Addresses of the person's own page. Whose it is stands in none of them."""

from __future__ import annotations

from django.urls import path

from azukari.web.citizens.views import signing_in, trail

urlpatterns = [
    path("my", trail.trail, name="trail"),
    path("my/sign-in", signing_in.sign_in, name="citizen_sign_in"),
    path("my/sign-out", signing_in.sign_out, name="citizen_sign_out"),
    path("my/code", signing_in.code, name="citizen_code"),
    path("my/proof", trail.proof, name="trail_proof"),
    path("my/checker", trail.checker, name="trail_checker"),
]
