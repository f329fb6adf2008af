"""An entrustment: terms, stage and clauses, and sheets of many."""

from __future__ import annotations

from typing import Any

from django import forms

from azukari.web.custody.clauses import CLAUSES
from azukari.web.custody.forms.inputs import days, field_choices, fields_input
from azukari.web.custody.queries import PartyInfo
from azukari.web.ui.words import language, say

STAGES = {
    "selection": say("選定", "selection"),
    "contract": say("契約", "contract"),
    "performance": say("履行中", "performance"),
    "end": say("終了", "end"),
}


class EntrustmentForm(forms.Form):
    """委託の登録。"""

    party = forms.ChoiceField(label=say("委託先", "Entrustee"))
    title = forms.CharField(max_length=200, label=say("件名", "Title"))
    purpose = forms.CharField(
        max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}), label=say("利用目的", "Purpose")
    )
    legal_basis = forms.CharField(max_length=500, required=False, label=say("法的根拠", "Legal basis"))
    places = forms.CharField(max_length=500, required=False, label=say("作業場所", "Places of work"))
    stage = forms.ChoiceField(choices=list(STAGES.items()), initial="contract", label=say("段階", "Stage"))
    starts_on = days(label=say("開始日", "First day"))
    ends_on = days(label=say("終了日", "Last day"))
    clauses = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=say("契約書に入っている条項", "Clauses that the contract holds"),
    )

    def __init__(self, *args: Any, parties: list[PartyInfo], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"].choices = [(str(one.id), one.name) for one in parties]  # type: ignore[attr-defined]
        self.fields["fields"] = fields_input(field_choices())
        self.fields["clauses"].choices = clause_choices()  # type: ignore[attr-defined]


class StageForm(forms.Form):
    """段階と条項。"""

    stage = forms.ChoiceField(choices=list(STAGES.items()), label=say("段階", "Stage"))
    clauses = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=say("契約書に入っている条項", "Clauses that the contract holds"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clauses"].choices = clause_choices()  # type: ignore[attr-defined]


class SheetForm(forms.Form):
    """台帳の取込み。"""

    sheet = forms.FileField(
        label=say("委託の一覧（XLSX、CSV）", "Sheet of entrustments: XLSX, CSV"),
        help_text=say(
            "見出しは、書き出した表と同じにします。一行でも誤りがあれば、何も取り込みません。",
            "With the headers of a sheet that was saved here. If one row is wrong, nothing is taken in.",
        ),
    )


def clause_choices() -> list[tuple[str, str]]:
    """The clauses that a contract should hold, in the language of the page."""
    return [(clause.key, clause.label(language())) for clause in CLAUSES]
