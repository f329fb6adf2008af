"""The ledgers that are shown here, for everybody: addresses, keys, and what did not go with what was shown before."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from azukari.web.accounts import queries as accounts
from azukari.web.accounts.rules import anybody
from azukari.web.sequencer.queries.mirrors import ForkInfo, MirrorInfo, mirrors
from azukari.web.ui.words import pick

_KINDS = {
    "fork": ("両立しない二つの署名", "Two signed states exclude each other"),
    "rollback": ("前に公開したものより小さい", "Smaller than what was shown before"),
    "rewritten": ("公開済みの記載と違うものが来た", "Another entry came than was shown"),
}


@anybody
@require_safe
def ledgers(request: HttpRequest) -> HttpResponse:
    """One section for each body."""
    names = {body.id: body for body in accounts.bodies()}
    rows = [_row(request, one, names[one.body]) for one in mirrors() if one.body in names]
    return render(request, "counter/ledgers.html", {"ledgers": rows})


def _row(request: HttpRequest, one: MirrorInfo, body: accounts.BodyInfo) -> dict[str, object]:
    return {
        "name": pick(body.name, body.name_en or body.name),
        "origin": one.origin,
        "vkey": one.vkey,
        "size": one.signed.size if one.signed else None,
        "at": one.signed.signed_at if one.signed else None,
        "address": request.build_absolute_uri(f"/ledger/{one.id}"),
        "forks": [_fork(fork) for fork in one.forks],
    }


def _fork(fork: ForkInfo) -> dict[str, object]:
    """An entry may be any bytes; a note and a proof are text."""
    return {
        "label": pick(*_KINDS[fork.kind]),
        "size": fork.size,
        "at": fork.seen_at,
        "kept": fork.kept.decode(),
        "shown": fork.shown.decode(errors="replace"),
        "proof": fork.proof.decode(),
    }
