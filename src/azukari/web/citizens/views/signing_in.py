"""In with the letter, another code, and out."""

from __future__ import annotations

from typing import Final

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from azukari.errors import NotPermittedError
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts import visitors
from azukari.web.accounts.rules import anybody, visiting
from azukari.web.citizens.actions import signing_in
from azukari.web.citizens.forms import LetterForm
from azukari.web.citizens.views import own
from azukari.web.ui.words import pick

RATES: Final = {"citizen": "20/m/ip"}  # each code that is tried costs a scrypt


@anybody
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and code of the letter; the same sentence and the same time whatever of them is wrong."""
    form = LetterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, app="azukari.citizens", action="citizen", config=RATES):
            form.add_error(
                None,
                pick("回数が多すぎます。1 分待ってからお試しください。", "Too often. Wait a minute and try again."),
            )
            return render(request, "citizens/sign_in.html", {"form": form}, status=429)
        try:
            known = signing_in.sign_in(**form.cleaned_data, by=office.ITSELF, at=now())
        except NotPermittedError:
            form.add_error(None, _refused())
        else:
            visitors.enter(request, visitors.Visitor(known.id, known.body, known.letter))
            return HttpResponseRedirect(reverse("trail" if known.lasting else "citizen_code"))
    return render(request, "citizens/sign_in.html", {"form": form}, status=400 if form.errors else 200)


@visiting
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """A code for the next time; it is shown now only."""
    known = own.citizen(request)
    made = ""
    if request.method == "POST":
        made = signing_in.make_code(citizen_id=known.id, by=office.ITSELF, at=now())
    return render(request, "citizens/code.html", {"citizen": known, "made": made})


@visiting
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out."""
    visitors.leave(request)
    return HttpResponseRedirect(reverse("citizen_sign_in"))


def _refused() -> str:
    return pick(
        "利用者名か番号が違うか、番号の期限が切れています。手紙の番号は 14 日間、1 回だけ使えます。5 回続けて間違えると使えなくなります。その時は、窓口で新しい手紙を頼んでください。",
        "The name or the code is wrong, or the code is no longer valid. That of a letter can be used once, for 14 days. After five wrong ones in a row it is over: ask for another letter at the counter.",
    )
