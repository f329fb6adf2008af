"""Forms of contractors. A form says what is missing; what may be is decided by the actions."""

from __future__ import annotations

from typing import Any

from django import forms

from azukari.fields.kinds import REFERENCE, Field
from azukari.seal.identity import MAX_TEXT
from azukari.seal.logged import MAX_VALUE
from azukari.web.counter.actions.sending import SubAsked
from azukari.web.counter.queries import WorkInfo
from azukari.web.counter.uploads import small
from azukari.web.ui.words import language, say


def _days(**named: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **named)


class ReceiptForm(forms.Form):
    """受領書。"""

    receipt = forms.FileField(label=say("受領書のファイル（.receipt）", "Receipt file (.receipt)"))


class AskForm(forms.Form):
    """再委託の許諾の申請。 For one named sub-contractor, under one work of the firm."""

    name = forms.CharField(max_length=200, label=say("再委託先の名称", "Name of the sub-contractor"))
    card = forms.FileField(
        label=say("再委託先の鍵のカード（.card）", "Its key card (.card)"),
        help_text=say(
            "再委託先が azukari keygen で作り、あなたに渡したファイル。",
            "The file that the sub-contractor made with azukari keygen and gave to you.",
        ),
    )
    country = forms.RegexField(
        "^[A-Za-z]{2}$",
        initial="JP",
        label=say("取り扱う国", "Country where it is handled"),
        help_text=say("2 文字（JP など）。", "Two letters, as JP."),
    )
    fields_asked = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, label=say("再委託先に渡す項目", "Fields that the sub-contractor gets")
    )
    people = forms.IntegerField(min_value=1, max_value=10**9, label=say("人数（最大）", "People, at most"))
    starts_on = _days(label=say("開始日", "First day"))
    ends_on = _days(label=say("終了日", "Last day"))
    safeguards = forms.CharField(
        max_length=MAX_VALUE, widget=forms.Textarea(attrs={"rows": 3}), label=say("安全管理措置", "Safeguards")
    )

    def __init__(self, *args: Any, work: WorkInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one), one.label(language())) for one in work.fields if one != REFERENCE]
        self.fields["fields_asked"].choices = choices  # type: ignore[attr-defined]
        self.fields["starts_on"].initial, self.fields["ends_on"].initial = work.starts_on, work.ends_on

    def asked(self) -> SubAsked:
        """What a valid form asks for. LimitError for a card that is none by its size."""
        given = self.cleaned_data
        return SubAsked(
            name=given["name"],
            card=small(given["card"], MAX_TEXT),
            country=given["country"].upper(),
            fields=tuple(Field.parse(text) for text in given["fields_asked"]),
            people=given["people"],
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            safeguards=given["safeguards"],
        )
