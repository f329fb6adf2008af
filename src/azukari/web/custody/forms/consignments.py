"""What is handed over and is no table."""

from __future__ import annotations

from typing import Any

from django import forms

from azukari.fields.kinds import Field
from azukari.seal.consignment import REASON, Unit
from azukari.web.custody.forms.inputs import days, field_choices, fields_input
from azukari.web.ui.words import language, pick, say


class ConsignForm(forms.Form):
    """現物の受渡し。 Whether somebody's papers were taken out is asked only where somebody is under protective measures."""

    unit = forms.ChoiceField(label=say("何で渡すか（単位）", "In what it is counted"))
    units = forms.IntegerField(min_value=1, label=say("数", "How many"))
    people = forms.IntegerField(
        min_value=1,
        required=False,
        label=say("人数", "People"),
        help_text=say("空のままなら、一覧の人数です。", "Left empty: as many as are on the list."),
    )
    carrier = forms.CharField(
        max_length=2_000,
        label=say("渡し方（誰が、何で）", "How it gets there: by whom, in what"),
        help_text=say("本人の氏名などは書かないでください。", "No names of people concerned."),
    )
    day = days(label=say("渡す日", "Day"))
    sheet = forms.FileField(
        required=False,
        label=say("載っている人の宛名番号の一覧（CSV、XLSX）", "List of local ids of the people in it: CSV, XLSX"),
        help_text=say("本人ごとの鍵で暗号化して置かれます。", "Kept under each person's own key."),
    )
    note = forms.CharField(
        required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}), label=say("備考", "Note")
    )
    taken_out = forms.BooleanField(
        required=False,
        label=say(
            "支援措置の対象者の分は抜き取り、住所は見えないようにした",
            "What is of people under protective measures was taken out, or their addresses covered",
        ),
    )
    unmatched = forms.BooleanField(
        required=False,
        label=say(
            "支援措置の対象者がいるか確かめられなくても渡す（この判断は記録されます）",
            "Hand over though nobody can tell whether somebody protected is in it (this decision is kept)",
        ),
    )
    parent = forms.ChoiceField(label=say("上の受渡し", "The hand-over above"))

    def __init__(
        self,
        *args: Any,
        permitted: tuple[Field, ...],
        above: list[tuple[str, str]] | None,
        protecting: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        units = [(one.value, f"{one.medium.label(language())}: {one.label(language())}") for one in Unit]
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["fields"] = fields_input(field_choices(permitted))
        self.fields["fields"].label = say("載っている項目", "Fields in it")
        self.order_fields(["parent", "unit", "units", "people", "fields"])
        if not protecting:
            del self.fields["taken_out"], self.fields["unmatched"]
        if above is None:
            del self.fields["parent"]
        else:
            self.fields["parent"].choices = above  # type: ignore[attr-defined]


class PaperForm(forms.Form):
    """紙の受領書。"""

    filed = forms.CharField(
        max_length=2_000,
        label=say("紙の受領書の綴り先", "Where the receipt on paper is filed"),
        help_text=say(
            "署名のある受領書ではないので、機関の申告として残ります。",
            "No signature to check: kept as the body's claim.",
        ),
    )


class ShowForm(forms.Form):
    """証明で示す値。 What a proof opens; whatever is not chosen stays hidden behind its commitment."""

    show = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=say("示す値", "Values to show")
    )

    def __init__(self, *, voided: bool) -> None:
        super().__init__(initial={"show": ["party", "people", "purpose", "units"]})
        known = {label: pick(*words) for label, words in _SHOWN.items() if voided or label != REASON}
        self.fields["show"].choices = list(known.items())  # type: ignore[attr-defined]


_SHOWN = {
    "party": ("相手", "Party"),
    "purpose": ("利用目的", "Purpose"),
    "units": ("数", "How many"),
    "people": ("人数", "People"),
    "carrier": ("渡し方", "How it gets there"),
    "note": ("備考", "Note"),
    REASON: ("取消しの理由", "Why it is void"),
}
