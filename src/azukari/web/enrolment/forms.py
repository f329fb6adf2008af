"""The form of an enrolment."""

from __future__ import annotations

from django import forms

from azukari.web.ui.words import say


class EnrolmentForm(forms.Form):
    """利用者登録。"""

    local_id = forms.CharField(
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        label=say("宛名番号", "Local id"),
        help_text=say(
            "本人確認をしてから入れてください。個人番号は入力しないでください。",
            "After you have seen who it is. Never the individual number.",
        ),
    )
    address = forms.URLField(
        max_length=200,
        assume_scheme="https",
        label=say("本人のページの番地", "Address of the person's page"),
        help_text=say(
            "手紙に印刷されます。外側の番地の後に /my を付けます。",
            "Printed in the letter: that of the outside, then /my.",
        ),
    )
