"""Documents of an entrustment, a party or a permission: the list, another one, its file, and away with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from azukari.errors import AzukariError
from azukari.stores.clock import now, today
from azukari.web import office
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.custody import queries
from azukari.web.custody.actions import document as action
from azukari.web.custody.forms.documents import DOCUMENT_KINDS, DocumentForm
from azukari.web.custody.queries import documents as found
from azukari.web.custody.views import own
from azukari.web.ui.words import language


@allow(*STAFF)
@require_safe
def documents(request: HttpRequest, **record: UUID) -> HttpResponse:
    """What is attached to a record."""
    return _page(request, *_about(request, record), DocumentForm())


@allow(Role.OFFICER)
@require_POST
def add(request: HttpRequest, **record: UUID) -> HttpResponse:
    """Attach a file."""
    about, record_id, title = _about(request, record)
    form, who = DocumentForm(request.POST, request.FILES), acting(request)
    if form.is_valid():
        given = form.cleaned_data
        terms = action.Terms(about, record_id, given["kind"], given["title"], given["expires_on"])
        try:
            action.add(
                body_id=who.body, terms=terms, file=given["file"], kek=office.key(), by=who.id, at=now()
            )  # fmt: skip
            return HttpResponseRedirect(reverse(f"{about}_documents", args=[record_id]))
        except AzukariError as error:
            form.add_error(None, error.sentence(language()))
    return _page(request, about, record_id, title, form)


@allow(*STAFF)
@require_safe
def file(request: HttpRequest, document_id: UUID) -> HttpResponseBase:
    """The file, to be saved: it is never shown in the office's own pages."""
    info = own.document(request, document_id)
    answer = StreamingHttpResponse(found.blocks(info, office.key()), content_type=action.UNKNOWN)
    answer["Content-Length"] = str(info.size)
    answer["Content-Disposition"] = f'attachment; filename="{info.file_name}"'
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@allow(Role.OFFICER, fresh=True)
@require_POST
def remove(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Destroy the file; the row stays."""
    info, who = own.document(request, document_id), acting(request)
    action.remove(document_id=info.id, by=who.id, at=now())
    return HttpResponseRedirect(reverse(f"{info.about}_documents", args=[info.record]))


def _about(request: HttpRequest, record: dict[str, UUID]) -> tuple[str, UUID, str]:
    """Kind, id and title of the body's own record that an address names."""
    ((argument, record_id),) = record.items()
    about = argument.removesuffix("_id")
    if about == "party":
        return about, record_id, own.party(request, record_id).name
    if about == "permission":
        return about, record_id, queries.party(own.permission(request, record_id).party).name
    return about, record_id, own.entrustment(request, record_id).title


def _page(request: HttpRequest, about: str, record_id: UUID, title: str, form: DocumentForm) -> HttpResponse:
    shown = {
        "rows": _rows(found.documents(acting(request).body, about, record_id)),
        "title": title,
        "above": reverse(about, args=[record_id]),
        "add": reverse(f"add_{about}_document", args=[record_id]),
        "form": form,
        "today": today(),
    }  # fmt: skip
    return render(request, "custody/documents.html", shown, status=400 if form.errors else 200)


def _rows(infos: Sequence[found.DocumentInfo]) -> list[dict[str, Any]]:
    names = accounts.names(key for one in infos for key in (one.created_by, one.removed_by) if key)
    return [
        {
            "info": one,
            "kind": DOCUMENT_KINDS[one.kind],
            "added_by": names.get(one.created_by, ""),
            "removed_by": names.get(one.removed_by, "") if one.removed_by else "",
        }
        for one in infos
    ]
