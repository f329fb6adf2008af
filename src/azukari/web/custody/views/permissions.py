"""Permissions: what was asked, the decision, the certificate, and taking it back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from azukari.errors import AzukariError
from azukari.fields.days import day_of
from azukari.seal.certificate import SUFFIX, Mode, Reporting
from azukari.stores.clock import now, today
from azukari.web import office
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.custody import queries
from azukari.web.custody.actions import permission as action
from azukari.web.custody.forms.permissions import AnswerForm, AskForm, DecisionForm
from azukari.web.custody.queries import certificates, naming
from azukari.web.custody.queries import permissions as found
from azukari.web.custody.views import own
from azukari.web.papers.certificate import certificate_pdf
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import checkpoint
from azukari.web.sequencer.queries.signing import signers_of
from azukari.web.ui.paging import cut, page_number, page_of
from azukari.web.ui.words import language

DECIDES = (Role.OFFICER, Role.APPROVER)


@allow(*STAFF)
@require_safe
def permissions(request: HttpRequest) -> HttpResponse:
    """All permissions of the body, newest first."""
    body_id, number = acting(request).body, page_number(request)
    taken = found.newest(body_id, cut(number))
    names = naming.names_of_parties(key for one in taken for key in (one.asker, one.party))
    rows = [(one, names[one.asker], names[one.party]) for one in taken]
    return render(request, "custody/permissions.html", {"page": page_of(rows, number), "today": today()})


@allow(*STAFF)
@require_safe
def permission(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """One permission, and what may be done with it."""
    return _page(request, own.permission(request, permission_id))


def _page(
    request: HttpRequest,
    info: found.PermissionInfo,
    decision: DecisionForm | None = None,
    error: AzukariError | None = None,
) -> HttpResponse:
    shown = {
        "permission": info,
        "entrustment": queries.entrustment(info.entrustment),
        "asker": queries.party(info.asker),
        "party": queries.party(info.party),
        "in_force": info.in_force(today()),
        "may_decide": acting(request).role in DECIDES,
        "said_on": found.said_on(info.id),
        "mode": Mode(info.mode).label(language()),
        "report": Reporting(info.report).label(language()),
        "decision": decision or DecisionForm(),
        "refusal": AnswerForm(auto_id="refuse_%s"),
        "revocation": AnswerForm(auto_id="revoke_%s"),
        "error": error and error.sentence(language()),
    }
    status = 400 if decision is not None or error is not None else 200
    return render(request, "custody/permission.html", shown, status=status)


@allow(Role.OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def ask_permission(request: HttpRequest, entrustment_id: UUID) -> HttpResponse:
    """Record what the entrustee asks for."""
    info, who = own.entrustment(request, entrustment_id), acting(request)
    parties = [one for one in queries.parties(who.body) if one.id != info.party and one.status != "revoked"]
    form = AskForm(request.POST or None, parties=parties, fields=info.fields)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            party_id = UUID(given.pop("party"))
            asked = action.ask(entrustment_id=info.id, party_id=party_id, by=who.id, at=now(), **given)
            return HttpResponseRedirect(reverse("permission", args=[asked]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    shown = {"form": form, "entrustment": info, "parties": parties}
    return render(request, "custody/ask_form.html", shown, status=400 if form.errors else 200)


@allow(*DECIDES, fresh=True)
@require_POST
def grant(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """Permit."""
    info, form = own.permission(request, permission_id), DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, info, form)
    given = form.cleaned_data
    try:
        decision = action.Decision(
            mode=Mode(given["mode"]),
            report=Reporting(given["report"]),
            evidence=given["evidence"],
            reason=given["reason"],
            ends_on=given["ends_on"],
        )
        action.grant(permission_id=info.id, decision=decision, by=acting(request).id, at=now())
    except AzukariError as error:
        form.add_error(None, error.sentence(language()))
        return _page(request, own.permission(request, permission_id), form)
    return _done(info)


@allow(*DECIDES, fresh=True)
@require_POST
def refuse(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """Say no, with a reason."""
    info = own.permission(request, permission_id)
    try:
        action.refuse(permission_id=info.id, reason=request.POST.get("reason", ""), by=acting(request).id, at=now())
    except AzukariError as error:
        return _page(request, own.permission(request, permission_id), error=error)
    return _done(info)


@allow(*DECIDES, fresh=True)
@require_POST
def revoke(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """Take it back."""
    info = own.permission(request, permission_id)
    try:
        action.revoke(permission_id=info.id, reason=request.POST.get("reason", ""), by=acting(request).id, at=now())
    except AzukariError as error:
        return _page(request, own.permission(request, permission_id), error=error)
    return _done(info)


@allow(*DECIDES)
@require_POST
def confirm(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """Say in the ledger that it is still in force: a fresh certificate."""
    info = own.permission(request, permission_id)
    action.confirm(permission_id=info.id, by=acting(request).id, at=now())
    return _done(info)


@allow(*STAFF)
@require_safe
def certificate(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """The certificate for machines, which `azukari verify` checks offline."""
    info = own.permission(request, permission_id)
    _sign(info.body, acting(request).id)
    return _file(certificates.certificate(info.id), "application/json", f"{info.id.hex}{SUFFIX}")


@allow(*STAFF)
@require_safe
def certificate_paper(request: HttpRequest, permission_id: UUID) -> HttpResponse:
    """The certificate that people read, as PDF; it says how the other one is checked."""
    info = own.permission(request, permission_id)
    _sign(info.body, acting(request).id)
    data = certificate_pdf(certificates.certificate(info.id), language())
    return _file(data, "application/pdf", f"{info.id.hex}.pdf")


def _sign(body_id: UUID, by: UUID) -> None:
    """A checkpoint over what was logged just now, so that nobody has to wait for the integrator."""
    at, log = now(), sequencer.log_of(body_id)
    checkpoint.integrate(log_id=log.id, signers=signers_of(log.id, office.key(), day_of(at)), by=by, at=at)


def _done(info: found.PermissionInfo) -> HttpResponse:
    return HttpResponseRedirect(reverse("permission", args=[info.id]))


def _file(data: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
