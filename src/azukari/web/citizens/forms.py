"""Forms of the person's own page."""

from __future__ import annotations

from django import forms

from azukari.web.ui.words import say


class LetterForm(forms.Form):
    """手紙の番号。"""

    letter = forms.CharField(
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        label=say("利用者名", "Name on the letter"),
        help_text=say("手紙に書いてある 12 文字です。", "The 12 letters that stand on it."),
    )
    code = forms.CharField(
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        label=say("番号", "Code"),
        help_text=say(
            "手紙の番号（1 回だけ使えます）か、前回ここで作った番号です。大文字・小文字や「-」は気にしなくて構いません。",
            "That of the letter, which can be used once, or the one that you made here. Capitals and hyphens do not matter.",
        ),
    )
