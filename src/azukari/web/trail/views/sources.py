"""Sources: who tells uses, who is silent, what waits and why; a new one, another token, another try, the end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from azukari.errors import AzukariError, LimitError, NotFoundError
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.jobs.uploads import SMALL, memory
from azukari.web.trail import files, queries
from azukari.web.trail.actions import again as retrying
from azukari.web.trail.actions import source as action
from azukari.web.trail.actions import taking
from azukari.web.trail.elements import looked
from azukari.web.trail.forms import SourceForm
from azukari.web.trail.queries import SourceInfo
from azukari.web.ui.words import language


@allow(*STAFF)
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """All of them, with what waits and who is silent."""
    body, at = acting(request).body, now()
    waiting = queries.waiting(body)
    rows = [
        {"info": one, "silent": one.silent(at), "waiting": sum(count for _, count in waiting.get(one.id, []))}
        for one in queries.sources(body)
    ]
    return render(request, "trail/sources.html", {"rows": rows})


@allow(*STAFF)
@require_safe
def source(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """One of them, and why what waits does."""
    return _page(request, _own(request, source_id))


@allow(Role.OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new one; its token is shown once."""
    form = SourceForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        who, given = acting(request), dict(form.cleaned_data)
        name = given.pop("name")
        try:
            made, token = action.add(body_id=who.body, name=name, terms=action.Terms(**given), by=who.id, at=now())
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
        else:
            return _page(request, queries.source(made), token=token)
    return render(request, "trail/source_form.html", {"form": form}, status=400 if form.errors else 200)


@allow(Role.OFFICER)
@require_POST
def take_file(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Take a small file, or only look at it; a larger one goes in by the command line."""
    found, at, file = _own(request, source_id), now(), request.FILES.get("file")
    try:
        if file is None or file.size is None or file.size > SMALL:
            raise LimitError("the file is too large")
        with memory([file.read()]) as path:
            told = files.elements(found, path, office.key(), at)
            if "look" in request.POST:
                return _page(request, found, counts=looked(told), looked=True)
            counts = taking.all_of(source=found, elements=told, kek=office.key(), by=acting(request).id, at=at)
    except AzukariError as error:
        return _page(request, found, status=400, error=error.sentence(language()))
    return _page(request, queries.source(found.id), counts=counts)


@allow(Role.OFFICER)
@require_POST
def again(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Judge once more what waits."""
    found = _own(request, source_id)
    counts = retrying.again(source=found, kek=office.key(), by=acting(request).id, at=now())
    return _page(request, found, counts=counts)


@allow(Role.OFFICER, fresh=True)
@require_POST
def token(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Another token in the place of the old one."""
    found = _own(request, source_id)
    return _page(request, found, token=action.renew(source_id=found.id, by=acting(request).id, at=now()))


@allow(Role.OFFICER)
@require_POST
def end(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """It tells nothing any more."""
    action.end(source_id=_own(request, source_id).id, by=acting(request).id, at=now())
    return HttpResponseRedirect(reverse("source", args=[source_id]))


def _own(request: HttpRequest, source_id: UUID) -> SourceInfo:
    found = queries.source(source_id)
    if found.body != acting(request).body:
        raise NotFoundError("there is no such source")
    return found


def _page(request: HttpRequest, found: SourceInfo, status: int = 200, **more: Any) -> HttpResponse:
    """A source, and once what was just made of it."""
    waiting = [(reason.label(language()), count) for reason, count in queries.waiting(found.body).get(found.id, [])]
    shown = {"one": found, "silent": found.silent(now()), "waiting": waiting}
    return render(request, "trail/source.html", shown | more, status=status)
