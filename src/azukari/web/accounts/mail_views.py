"""Where reminders go, on the account page of an officer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from azukari.errors import AzukariError
from azukari.stores.clock import now
from azukari.web import office
from azukari.web.accounts.actions import mail_address as action
from azukari.web.accounts.forms import MailAddressForm
from azukari.web.accounts.queries import acting
from azukari.web.accounts.queries.mail import address_of
from azukari.web.accounts.rules import Role, allow
from azukari.web.ui.words import language, pick


@allow(Role.OFFICER)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def mail_address(request: HttpRequest) -> HttpResponse:
    """The address of who asks: shown, changed, taken out."""
    who, kek = acting(request), office.key()
    form = MailAddressForm(request.POST or None, initial={"address": address_of(who.id, kek)})
    if request.method == "POST" and form.is_valid():
        try:
            action.keep(person_id=who.id, kek=kek, by=who.id, at=now(), **form.cleaned_data)
        except AzukariError as error:
            form.add_error("address", error.sentence(language()))
        else:
            messages.success(request, pick("通知先を変えました。", "Changed."))
            return HttpResponseRedirect(reverse("mail_address"))
    return render(request, "accounts/mail_address.html", {"form": form}, status=400 if form.errors else 200)
