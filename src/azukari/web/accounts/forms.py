"""Forms of this room."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms

from azukari.web.accounts.actions.token import DAYS, MAX_DAYS, MAX_LABEL
from azukari.web.accounts.queries import role_label
from azukari.web.accounts.rules import Role
from azukari.web.ui.words import pick, say


class _Checked(forms.CheckboxInput):
    """Ticked and not shown: allauth's script reads it."""

    is_hidden = True

    def __init__(self) -> None:
        super().__init__(attrs={"hidden": True, "checked": True})


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """パスキーの追加。 Always a passkey: it is found without a login, and the authenticator verifies the person."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = say("このパスキーの呼び名", "A name for this passkey")
        self.fields["passwordless"].widget = _Checked()


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """ログイン。 In the words of the other pages; what a field wants stands above it, not in it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = say("ログイン名", "Login")
        self.fields["password"].label = say("パスワード", "Password")
        for name in ("login", "password"):
            self.fields[name].widget.attrs.pop("placeholder", None)


class MailAddressForm(forms.Form):
    """メールの通知先。"""

    address = forms.CharField(
        max_length=254,
        required=False,
        label=say("メールアドレス", "Mail address"),
        help_text=say("空にすると、送りません。", "Leave it empty to get none."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class InvitationForm(forms.Form):
    """はじめてのログイン。"""

    login = forms.CharField(max_length=150, label=say("ログイン名", "Login"))
    code = forms.CharField(max_length=60, label=say("招待コード", "Invitation code"))
    password = forms.CharField(
        max_length=200,
        strip=False,
        label=say("新しいパスワード", "New password"),
        help_text=say("12 文字以上。", "At least 12 characters."),
    )
    again = forms.CharField(max_length=200, strip=False, label=say("新しいパスワード（確認）", "The same again"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}
        self.fields["code"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters"}
        for name in ("password", "again"):
            self.fields[name].widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("password") and given.get("again") and given["password"] != given["again"]:
            self.add_error("again", pick("2 つのパスワードが違います。", "The two passwords differ."))
        return given


class InvitedForm(forms.Form):
    """はじめてのログイン（提供元で）。"""

    login = forms.CharField(max_length=150, label=say("ログイン名", "Login"))
    code = forms.CharField(max_length=60, label=say("招待コード", "Invitation code"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}
        self.fields["code"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters"}


class PersonForm(forms.Form):
    """職員の追加。 People of the body: a contractor's people are added with their firm."""

    login = forms.CharField(max_length=150, label=say("ログイン名", "Login"))
    name = forms.CharField(max_length=200, label=say("氏名", "Name"))
    role = forms.ChoiceField(label=say("役割", "Role"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role, role_label(role)) for role in Role.values if role != Role.CONTRACTOR]  # type: ignore[attr-defined]


class TokenForm(forms.Form):
    """アクセストークンの作成。"""

    label = forms.CharField(
        max_length=MAX_LABEL,
        label=say("呼び名", "A name for it"),
        help_text=say("どのプログラムが使うかが分かる名前。", "One that says which program uses it."),
    )
    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, initial=DAYS, label=say("有効な日数", "Days"))
