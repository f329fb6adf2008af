"""Addresses of the register. No name, no title and no search word of a person ever stands in one."""

from __future__ import annotations

from django.urls import path

from azukari.web.custody.views import entrustments, hand_overs, home, looked, parties, permissions, sealing, sheets

urlpatterns = [
    path("", home.home, name="home"),
    path("parties", parties.parties, name="parties"),
    path("parties/add", parties.add_party, name="add_party"),
    path("parties/<uuid:party_id>", parties.party, name="party"),
    path("parties/<uuid:party_id>/challenge", parties.challenge, name="challenge"),
    path("parties/<uuid:party_id>/confirm", parties.confirm_party, name="confirm_party"),
    path("entrustments", entrustments.entrustments, name="entrustments"),
    path("entrustments/sheet.xlsx", sheets.save, {"kind": "xlsx"}, name="sheet"),
    path("entrustments/sheet.csv", sheets.save, {"kind": "csv"}, name="sheet_csv"),
    path("entrustments/take", sheets.take, name="take_sheet"),
    path("entrustments/add", entrustments.add_entrustment, name="add_entrustment"),
    path("entrustments/<uuid:entrustment_id>", entrustments.entrustment, name="entrustment"),
    path("entrustments/<uuid:entrustment_id>/stage", entrustments.set_stage, name="set_stage"),
    path("entrustments/<uuid:entrustment_id>/ask", permissions.ask_permission, name="ask_permission"),
    path("permissions", permissions.permissions, name="permissions"),
    path("permissions/<uuid:permission_id>", permissions.permission, name="permission"),
    path("permissions/<uuid:permission_id>/grant", permissions.grant, name="grant"),
    path("permissions/<uuid:permission_id>/refuse", permissions.refuse, name="refuse"),
    path("permissions/<uuid:permission_id>/revoke", permissions.revoke, name="revoke"),
    path("permissions/<uuid:permission_id>/confirm", permissions.confirm, name="confirm_permission"),
    path("permissions/<uuid:permission_id>/certificate", permissions.certificate, name="certificate"),
    path("permissions/<uuid:permission_id>/certificate.pdf", permissions.certificate_paper, name="certificate_paper"),
    path("entrustments/<uuid:entrustment_id>/seal", sealing.upload, name="seal"),
    path("seals/<uuid:job_id>", sealing.progress, name="sealing"),
    path("seals/<uuid:job_id>/start", sealing.start, name="start_sealing"),
    path("seals/<uuid:job_id>/again", looked.look_again, name="look_again"),
    path("seals/<uuid:job_id>/retry", sealing.retry, name="retry_sealing"),
    path("seals/<uuid:job_id>/cancel", sealing.cancel, name="cancel_sealing"),
    path("hand-overs", hand_overs.hand_overs, name="hand_overs"),
    path("hand-overs/<uuid:hand_over_id>", hand_overs.hand_over, name="hand_over"),
    path("hand-overs/<uuid:hand_over_id>/package", hand_overs.package, name="package"),
    path("hand-overs/<uuid:hand_over_id>/receipt", hand_overs.take_receipt, name="take_receipt"),
]
