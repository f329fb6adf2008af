"""Addresses of enrolments; only random ids stand in them."""

from __future__ import annotations

from django.urls import path

from azukari.web.enrolment.views import enrolments

urlpatterns = [
    path("enrolments", enrolments.enrolments, name="enrolments"),
    path("enrolments/add", enrolments.enrol, name="enrol"),
    path("enrolments/<uuid:enrolment_id>", enrolments.enrolment, name="enrolment"),
    path("enrolments/<uuid:enrolment_id>/letter", enrolments.another_letter, name="another_letter"),
    path("enrolments/<uuid:enrolment_id>/end", enrolments.end, name="end_enrolment"),
]
