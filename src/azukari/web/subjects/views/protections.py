"""Protective measures: the list, which names nobody, adding one or a list of them, and ending."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from azukari.errors import AzukariError, LimitError, NotFoundError
from azukari.stores.clock import now, today
from azukari.stores.keys import KeyEncryptionKey
from azukari.tables import read_table
from azukari.tables.guard import unguarded
from azukari.web import office
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.jobs.uploads import SMALL, memory
from azukari.web.subjects.actions import protection as action
from azukari.web.subjects.forms import ProtectionForm, ProtectionListForm
from azukari.web.subjects.lists import local_ids
from azukari.web.subjects.queries import protections as found
from azukari.web.ui.paging import page_number
from azukari.web.ui.words import language


@allow(*STAFF)
@require_safe
def protections(request: HttpRequest) -> HttpResponse:
    """A page of the list; local ids and texts are for officers."""
    page = found.page(acting(request).body, page_number(request), _key(request))
    return render(request, "subjects/protections.html", {"page": page, "today": today()})


@allow(*STAFF)
@require_safe
def protection(request: HttpRequest, protection_id: UUID) -> HttpResponse:
    """One of them."""
    return _page(request, _own(request, protection_id))


@allow(Role.OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Note one."""
    form = ProtectionForm(request.POST or None, initial={"starts_on": today()})
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        if _noted(request, form, [given.pop("local_id")], given) is not None:
            return HttpResponseRedirect(reverse("protections"))
    return _form(request, "subjects/protection_form.html", form)


@allow(Role.OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def take_list(request: HttpRequest) -> HttpResponse:
    """Note the same for a list of people: all, or nobody."""
    form = ProtectionListForm(request.POST or None, request.FILES or None, initial={"starts_on": today()})
    made = None
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            made = _noted(request, form, _read(given.pop("sheet")), given)
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    return _form(request, "subjects/protection_list.html", form, made=made)


@allow(Role.OFFICER, fresh=True)
@require_POST
def end(request: HttpRequest, protection_id: UUID) -> HttpResponse:
    """End it today; with a fresh second factor, since an address that leaves afterwards does not come back."""
    info = _own(request, protection_id)
    try:
        action.end(protection_id=info.id, by=acting(request).id, at=now())
    except AzukariError as error:
        return _page(request, info, error.sentence(language()))
    return HttpResponseRedirect(reverse("protection", args=[info.id]))


def _noted(request: HttpRequest, form: Any, ids: list[str], given: dict[str, Any]) -> int | None:
    """How many were noted; None if it was refused, and then the form says why."""
    who = acting(request)
    try:
        terms = action.Terms(**given)
        made = action.add(body_id=who.body, local_ids=ids, terms=terms, kek=office.key(), by=who.id, at=now())
    except AzukariError as error:
        form.add_error(None, error.sentence(language()))
        return None
    return len(made)


def _read(file: Any) -> list[str]:
    if file.size is None or file.size > SMALL:
        raise LimitError("the file is too large")
    with memory([file.read()]) as path:
        return local_ids(unguarded(read_table(path).frame))


def _form(request: HttpRequest, template: str, form: Any, made: int | None = None) -> HttpResponse:
    return render(request, template, {"form": form, "made": made}, status=400 if form.errors else 200)


def _page(request: HttpRequest, info: found.ProtectionInfo, error: str = "") -> HttpResponse:
    shown = {"one": found.shown(info, _key(request)), "error": error, "today": today()}
    return render(request, "subjects/protection.html", shown, status=400 if error else 200)


def _key(request: HttpRequest) -> KeyEncryptionKey | None:
    """What opens the texts: for officers only."""
    return office.key() if acting(request).role == Role.OFFICER else None


def _own(request: HttpRequest, protection_id: UUID) -> found.ProtectionInfo:
    info = found.protection(protection_id)
    if info.body != acting(request).body:
        raise NotFoundError("there is no such record")
    return info
