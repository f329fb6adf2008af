"""Addresses of signing in and of accounts. allauth's views keep its names; those that are not listed do not exist.

``urlpatterns`` is for every face; ``people``, ``provider``, ``reminders`` and ``tokens`` are for the face that lists them.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path

from azukari.web.accounts import consent_views, mail_views, provider_views, queries, token_views, views
from azukari.web.accounts.rules import anybody, enrolling, signed_in

_sign_in = anybody(account.LoginView.as_view(extra_context={"providers": queries.providers}))
urlpatterns = [
    path("sign-in", _sign_in, name="account_login"),
    path("sign-in/first", views.first_sign_in, name="first_sign_in"),
    path("sign-in/passkey", anybody(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/second-factor", anybody(mfa.authenticate), name="mfa_authenticate"),
    path("sign-in/again", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("sign-in/again/passkey", signed_in(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("sign-in/inactive", anybody(account.account_inactive), name="account_inactive"),
    path("sign-out", enrolling(account.logout), name="account_logout"),
    path("account", signed_in(mfa.index), name="mfa_index"),
    path("account/invitations", consent_views.own, name="own_invitations"),
    path("account/second-factor", views.second_factor, name="second_factor"),
    path("account/passkeys", signed_in(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path("account/passkeys/add", enrolling(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove", views.remove_passkey, name="mfa_remove_webauthn"),
    path("account/passkeys/<int:pk>/edit", signed_in(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("account/app", enrolling(totp.activate_totp), name="mfa_activate_totp"),
    path("account/app/remove", views.remove_app, name="mfa_deactivate_totp"),
    path("account/recovery-codes", signed_in(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new", signed_in(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("account/recovery-codes/file", signed_in(codes.download_recovery_codes), name="mfa_download_recovery_codes"),
]
reminders = [path("account/mail", mail_views.mail_address, name="mail_address")]
provider = [
    path("sign-in/first/provider", provider_views.first, name="first_provider"),
    path("sign-in/provider/<uuid:provider_id>", provider_views.start, name="provider_start"),
    path("sign-in/provider/answer", provider_views.answer, name="provider_answer"),
    path("account/provider", provider_views.account, name="provider_account"),
    path("account/provider/link", provider_views.link, name="provider_link"),
    path("account/provider/unlink", provider_views.unlink, name="provider_unlink"),
]
people = [
    path("people/add", views.add_person, name="add_person"),
    path("people/<uuid:person_id>/invite", views.invite, name="invite"),
    path("people/<uuid:person_id>/ask", consent_views.ask, name="ask_consent"),
    path("invitations", consent_views.invitations, name="invitations"),
    path("invitations/<uuid:consent_id>/give", consent_views.give, name="give_consent"),
    path("invitations/<uuid:consent_id>/refuse", consent_views.refuse, name="refuse_consent"),
    path("people/<uuid:person_id>/deactivate", views.deactivate, name="deactivate"),
]
tokens = [
    path("account/tokens", token_views.tokens, name="tokens"),
    path("account/tokens/new", token_views.make_token, name="make_token"),
    path("account/tokens/<uuid:token_id>/revoke", token_views.revoke_token, name="revoke_token"),
]
