"""Crossings on a page: what waits, what is on its way, what came, and both ways as one file.

Neither way asks for a fresh second factor: what goes out was sealed, permitted or written under one of its own and is encrypted for
the one key that was pinned, and what comes in is signed by that key and decides nothing; each decision on it asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from azukari.errors import NotFoundError, StateError
from azukari.stores.clock import now
from azukari.stores.crossing_file import Crossings, blocks_of, file_bytes, file_name
from azukari.web import office
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.queries import acting
from azukari.web.accounts.rules import STAFF, Role, allow
from azukari.web.crossing import queries as crossing
from azukari.web.custody.actions import carrying
from azukari.web.custody.forms.crossings import CrossingForm
from azukari.web.custody.queries import carried
from azukari.web.custody.queries.crossing import waiting
from azukari.web.postgresql import wall
from azukari.web.ui import verdicts
from azukari.web.ui.words import language, pick

SHOWN = 10
"""Crossings of either way."""
_KINDS = {
    "body": ("機関の名称と台帳", "Names and ledger of the body"),
    "firm": ("相手", "Parties"),
    "work": ("委託", "Entrustments"),
    "account": ("委託先の利用者", "Accounts of contractors"),
    "package": ("封印した包み", "Sealed packages"),
    "consignment": ("現物の受渡しの証明", "Proofs of what is no table"),
    "certificate": ("許諾書", "Certificates"),
    "answer": ("届いた提出への返事", "Answers to what was handed in"),
    "ledger": ("公開する台帳の記載", "Entries of the public ledger"),
    "checkpoint": ("台帳のチェックポイント", "Checkpoint of the ledger"),
    "event": ("受渡しの内容（本人の一覧用）", "What hand-overs were, for people's own lists"),
    "citizen": ("一覧を見る本人", "People who look at their own list"),
    "box": ("本人だけが開ける記載", "Entries that only the person opens"),
    "refusal": ("取り込めなかった品の知らせ", "What could not be taken here"),
}
_HANDED_IN = {"receipt": ("受領書", "Receipt"), "ask": ("再委託の許諾の申請", "Asks for a sub-contractor")}


@allow(*STAFF)
@require_safe
def crossings(request: HttpRequest) -> HttpResponse:
    """What waits, what is on its way, and what came; with ``save`` the file that was made just now is saved by itself."""
    return page(request, CrossingForm())


@allow(Role.OFFICER)
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make crossings of what is new; the page that follows saves them as one file, with what is on its way already."""
    who = acting(request)
    carrying.make(body_id=who.body, kek=office.key(), by=who.id, at=now())
    return HttpResponseRedirect(f"{reverse('crossings')}?save")


@allow(Role.OFFICER)
@require_safe
def file(request: HttpRequest) -> StreamingHttpResponse:
    """All crossings on their way as one file. StateError where there is none; a file of 8 GiB in one is a LimitError."""
    body_id = acting(request).body
    packed = crossing.packed(body_id)
    if not packed:
        raise StateError("nothing is on its way")
    size = file_bytes(note for note, _ in packed)
    answer = StreamingHttpResponse(_blocks(body_id, packed), content_type="application/octet-stream")
    answer["Content-Length"] = str(size)
    answer["Content-Disposition"] = f'attachment; filename="{file_name(packed[-1][0])}"'
    return answer


def _blocks(body_id: UUID, packed: Crossings) -> Iterator[bytes]:
    """Read while they are sent, when the request is over for the gate."""
    with wall.acting(wall.of(body_id)):
        yield from blocks_of(packed)


@allow(Role.OFFICER)
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Let an item go out once more that the outside could not take."""
    who = acting(request)
    carrying.send_again(body_id=who.body, refusal_id=_uuid(request.POST.get("refusal", "")), by=who.id, at=now())
    return HttpResponseRedirect(reverse("crossings"))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError("there is no such refusal") from None


def page(request: HttpRequest, form: CrossingForm) -> HttpResponse:
    """The page, with what is wrong in the form."""
    body_id = acting(request).body
    peer = crossing.peer(body_id)
    shown: dict[str, Any] = {"form": form, "paired": peer is not None and bool(peer.vkey), "peer": peer}
    if peer is not None:
        shown["fingerprint"] = crossing.fingerprint(body_id, office.key())
    if shown["paired"]:
        shown |= _out(body_id) | _in(body_id)
        shown["save"] = "save" in request.GET and shown["on_way"]
    return render(request, "custody/crossings.html", shown, status=400 if form.errors else 200)


def _out(body_id: UUID) -> dict[str, Any]:
    found = waiting(body_id, office.key())
    return {
        "waiting": [{"what": pick(*_KINDS[kind]), "count": count} for kind, count in found.items()],
        "owes_word": crossing.owes_word(body_id),
        "on_way": _named(crossing.crossed(body_id, "out", SHOWN, waiting=True)),
        "not_taken": [
            {"one": one, "what": pick(*_KINDS[one.kind]), "why": verdicts.sentence(one.word, one.detail, language())}
            for one in carried.not_taken(body_id)
        ],
    }


def _in(body_id: UUID) -> dict[str, Any]:
    came = crossing.crossed(body_id, "in", SHOWN)
    last = next((one.at for one in came if one.count), None)
    found = carried.handed_in(body_id, last) if last else []
    refused = [one for one in crossing.refusals(body_id, "in") if one.word]
    return {
        "came": _named(came),
        "last": last,
        "handed_in": [
            {"one": one, "what": pick(*_HANDED_IN[one.kind]), "why": _why(one.word, one.detail)} for one in found
        ],
        "refused": [{"one": one, "why": _why(one.word, one.detail)} for one in refused],
    }


def _why(word: str, detail: str) -> str:
    return verdicts.sentence(word, detail, language()) if word else ""


def _named(found: Sequence[crossing.CrossedInfo]) -> list[dict[str, Any]]:
    names = accounts.names(one.by for one in found)
    return [{"one": one, "by": names.get(one.by, "")} for one in found]
