"""Addresses of the contractors' screens and of their programs. No name and no title ever stands in one."""

from __future__ import annotations

from django.urls import path

from azukari.web.counter.views import api, certificates, consignments, home, ledgers, packages, sent, works

urlpatterns = [
    path("", home.home, name="home"),
    path("works", works.works, name="works"),
    path("works/<uuid:work_id>", works.work, name="work"),
    path("works/<uuid:work_id>/ask", works.ask, name="ask"),
    path("packages", packages.shelf, name="shelf"),
    path("packages/<uuid:package_id>", packages.shelved, name="shelved"),
    path("packages/<uuid:package_id>/package", packages.fetch, name="fetch"),
    path("packages/<uuid:package_id>/receipt", packages.take_receipt, name="send_receipt"),
    path("consigned", consignments.shelf, name="consignments"),
    path("consigned/<uuid:consignment_id>", consignments.consigned, name="consigned"),
    path("consigned/<uuid:consignment_id>/slip", consignments.slip, name="consigned_slip"),
    path("consigned/<uuid:consignment_id>/proof", consignments.proof, name="consigned_proof"),
    path("consigned/<uuid:consignment_id>/receipt", consignments.take_receipt, name="sign_for"),
    path("certificates", certificates.certificates, name="certificates"),
    path("certificates/<uuid:permission_id>", certificates.certificate, name="certificate"),
    path("certificates/<uuid:permission_id>/file", certificates.certificate_file, name="certificate_file"),
    path("certificates/<uuid:permission_id>/paper", certificates.certificate_paper, name="certificate_paper"),
    path("sent", sent.sent, name="sent"),
    path("sent/<uuid:sent_id>", sent.submission, name="submission"),
    path("ledgers", ledgers.ledgers, name="ledgers"),
    path("api/packages", api.packages, name="api_packages"),
    path("api/packages/<uuid:package_id>/package", api.package, name="api_package"),
    path("api/packages/<uuid:package_id>/receipt", api.receipt, name="api_receipt"),
]
