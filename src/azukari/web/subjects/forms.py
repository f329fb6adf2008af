"""Forms on protective measures."""

from __future__ import annotations

from typing import Any

from django import forms

from azukari.web.ui.words import say


class _Terms(forms.Form):
    """支援措置の内容。"""

    holds = forms.ChoiceField(
        choices=[
            ("rows", say("行ごと渡さない", "Hold back the whole row")),
            ("address", say("住所と郵便番号を伏せる", "Blank address and postal code")),
        ],
        label=say("留め置くもの", "What is held back"),
    )
    phone = forms.BooleanField(
        required=False, label=say("電話番号も伏せる（住所のとき）", "Blank telephone too (address)")
    )
    starts_on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), label=say("開始日", "First day")
    )
    ends_on = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        label=say("終了日", "Last day"),
        help_text=say("空のままなら、解除するまで続きます。", "Left empty: until it is ended."),
    )
    note = forms.CharField(
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=say("申出の受付・理由", "Who asked, and why"),
        help_text=say("本人ごとの鍵で暗号化されます。", "Sealed under the person's own key."),
    )


class ProtectionForm(_Terms):
    """支援措置の登録。"""

    local_id = forms.CharField(
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        label=say("宛名番号", "Local id"),
        help_text=say("個人番号は入力しないでください。", "Never the individual number."),
    )
    field_order = ("local_id",)


class ProtectionListForm(_Terms):
    """支援措置の一括登録。"""

    sheet = forms.FileField(
        label=say("宛名番号の一覧（CSV、XLSX）", "List of local ids: CSV, XLSX"),
        help_text=say(
            "「宛名番号」の列だけを読みます。一行でも誤りがあれば、何も登録しません。",
            "Only the column 宛名番号 (local id) is read. If one row is wrong, nothing is noted.",
        ),
    )
    field_order: Any = ("sheet",)
