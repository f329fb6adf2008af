"""Certificates: those of the firm, one of them, and its two files."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from azukari.errors import AzukariError
from azukari.seal.certificate import SUFFIX, Certificate, read_certificate, verify_certificate
from azukari.stores.clock import today
from azukari.web.accounts.rules import Role, allow
from azukari.web.counter import queries
from azukari.web.counter.views import own
from azukari.web.counter.views.paging import page
from azukari.web.papers.certificate import certificate_pdf
from azukari.web.ui.words import language


@allow(Role.CONTRACTOR)
@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    """Permissions that the firm asked for, and those that permit it."""
    firm = own.firm(request)
    found = page(request, lambda cut: queries.certificates(firm.id, cut))
    titles = queries.titles(firm.id, (key for one in found.rows for key in (one.work, one.child)))
    rows = [(one, titles.get(one.work) or titles.get(one.child, "")) for one in found.rows]
    shown = {"certificates": rows, "page": found, "firm": firm, "today": today()}
    return render(request, "counter/certificates.html", shown)


@allow(Role.CONTRACTOR)
@require_safe
def certificate(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """One certificate: what it permits, as of which day it is in force, and how that is checked without us."""
    info, firm = own.certificate(request, permission_id), own.firm(request)
    known, refusal = _standing(info.data)
    shown = {
        "certificate": info,
        "entry": read_certificate(info.data).permission,
        "known": known,
        "standing": known.sentence(language()) if known else "",
        "refusal": refusal.sentence(language()) if refusal else "",
        "permits_us": info.party == firm.id,
        "entruster": queries.entruster(info.body),
        "today": today(),
    }
    return render(request, "counter/certificate.html", shown)


@allow(Role.CONTRACTOR)
@require_safe
def certificate_file(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """The certificate for machines; also one that no longer holds, which then says so."""
    info = own.certificate(request, permission_id)
    return _file(info.data, "application/json", f"{info.id.hex}{SUFFIX}")


@allow(Role.CONTRACTOR)
@require_safe
def certificate_paper(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """The certificate that people read, as PDF: only of one that holds today."""
    info = own.certificate(request, permission_id)
    return _file(certificate_pdf(info.data, language()), "application/pdf", f"{info.id.hex}.pdf")


def _standing(data: bytes) -> tuple[Certificate | None, AzukariError | None]:
    """What holds today, or why it does not."""
    try:
        return verify_certificate(data, today=today()), None
    except AzukariError as error:
        return None, error


def _file(data: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
