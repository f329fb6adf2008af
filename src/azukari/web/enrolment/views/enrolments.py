"""Enrolments: the list, which names nobody, enrolling, another letter, and the end."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from azukari.errors import AzukariError, NotFoundError
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.enrolment import queries
from azukari.web.enrolment.actions import enrolling
from azukari.web.enrolment.forms import EnrolmentForm
from azukari.web.enrolment.letter import letter_pdf
from azukari.web.sequencer import queries as sequencer
from azukari.web.ui.words import language


@allow(*STAFF)
@require_safe
def enrolments(request: HttpRequest) -> HttpResponse:
    """A page of the list."""
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 100_000 else 1
    return render(
        request, "enrolment/enrolments.html", {"page": queries.page(acting(request).body, number), "now": now()}
    )


@allow(*STAFF)
@require_safe
def enrolment(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """One of them."""
    return render(request, "enrolment/enrolment.html", {"one": _own(request, enrolment_id), "now": now()})


@allow(Role.OFFICER, fresh=True)
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Enrol somebody; the answer is the letter, once."""
    who = acting(request)
    form = EnrolmentForm(request.POST or None, initial={"address": queries.last_address(who.body)})
    if request.method == "POST" and form.is_valid():
        try:
            made = enrolling.enrol(body_id=who.body, **form.cleaned_data, kek=office.key(), by=who.id, at=now())
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
        else:
            return _letter(who.body, made)
    return render(request, "enrolment/enrol.html", {"form": form}, status=400 if form.errors else 200)


@allow(Role.OFFICER, fresh=True)
@require_POST
def another_letter(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """Another letter, in place of the one before."""
    one, who = _own(request, enrolment_id), acting(request)
    return _letter(who.body, enrolling.another_letter(enrolment_id=one.id, by=who.id, at=now()))


@allow(Role.OFFICER, fresh=True)
@require_POST
def end(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    """The end: with the next crossing nothing of the person is outside."""
    one = _own(request, enrolment_id)
    enrolling.end(enrolment_id=one.id, by=acting(request).id, at=now())
    return HttpResponseRedirect(reverse("enrolment", args=[one.id]))


def _letter(body_id: UUID, made: enrolling.Letter) -> HttpResponse:
    body, vkey = accounts.body(body_id), sequencer.log_of(body_id).vkey
    name = body.name if language() == "ja" else body.name_en or body.name
    headers = {"Content-Disposition": 'attachment; filename="letter.pdf"'}
    data = letter_pdf(made, name, vkey, language())
    return HttpResponse(data, content_type="application/pdf", headers=headers)


def _own(request: HttpRequest, enrolment_id: UUID) -> queries.EnrolmentInfo:
    info = queries.enrolment(enrolment_id)
    if info.body != acting(request).body:
        raise NotFoundError("there is no such enrolment")
    return info
