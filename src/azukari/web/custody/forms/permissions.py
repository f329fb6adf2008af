"""What is asked, and what is decided."""

from __future__ import annotations

from typing import Any

from django import forms

from azukari.fields.kinds import Field
from azukari.seal.certificate import Mode, Reporting
from azukari.web.custody.forms.inputs import days, field_choices, fields_input
from azukari.web.custody.queries import PartyInfo
from azukari.web.ui.words import language, say

# The answer to what was asked outside carries the reason to the firm (docs/spec/crossing.md, section 4).
READ_BY_THE_FIRM = say("申請した委託先にも示されます。", "The firm that asked reads it, too.")


class AskForm(forms.Form):
    """再委託の許諾の申請。 What the contractor asks, typed in by the officer or sent by the contractor."""

    party = forms.ChoiceField(label=say("再委託先", "Sub-contractor"))
    country = forms.CharField(max_length=2, initial="JP", label=say("取り扱う国", "Country where it is handled"))
    people = forms.IntegerField(min_value=1, label=say("人数（最大）", "People, at most"))
    starts_on = days(label=say("開始日", "First day"))
    ends_on = days(label=say("終了日", "Last day"))
    safeguards = forms.CharField(
        max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}), label=say("安全管理措置", "Safeguards")
    )

    def __init__(self, *args: Any, parties: list[PartyInfo], fields: tuple[Field, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"].choices = [(str(one.id), one.name) for one in parties]  # type: ignore[attr-defined]
        self.fields["fields"] = fields_input(field_choices(fields))


class DecisionForm(forms.Form):
    """許諾の決定。"""

    mode = forms.ChoiceField(label=say("許諾の方式", "How"), initial=Mode.NOW.value)
    report = forms.ChoiceField(
        required=False, label=say("使うごとの報告（あらかじめの場合）", "Reports (in advance only)")
    )
    evidence = forms.CharField(
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=say("確認した資料（あらかじめの場合）", "Evidence (in advance only)"),
    )
    ends_on = days(
        required=False,
        label=say("期限", "Until"),
        help_text=say("空のままなら、年度末までです。", "Left empty: to the end of the fiscal year."),
    )
    reason = forms.CharField(
        max_length=2_000, required=False, label=say("理由・条件", "Reason or condition"), help_text=READ_BY_THE_FIRM
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in (("mode", Mode), ("report", Reporting)):
            choices = [(one.value, one.label(language())) for one in kind]
            self.fields[name].choices = choices  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """理由。"""

    reason = forms.CharField(max_length=2_000, label=say("理由", "Reason"))


class AnswerForm(ReasonForm):
    """理由（申請した委託先にも示す）。 Of a refusal or a revocation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = READ_BY_THE_FIRM
