"""A party, and the confirmation of its key."""

from __future__ import annotations

from typing import Any

from django import forms

from azukari.web.ui.words import say


class PartyForm(forms.Form):
    """相手の登録。 The card comes from the party itself."""

    name = forms.CharField(max_length=200, label=say("名称", "Name"))
    country = forms.CharField(
        max_length=2,
        initial="JP",
        label=say("国", "Country"),
        help_text=say("2 文字（JP など）。", "Two letters, as JP."),
    )
    corporate_number = forms.CharField(
        max_length=20, required=False, label=say("法人番号", "Corporate number"), help_text=say("13 桁。", "13 digits.")
    )
    roster = forms.IntegerField(min_value=1, required=False, label=say("作業に当たる人数", "People on the work"))
    grade = forms.CharField(max_length=10, required=False, label=say("入札参加資格の等級", "Grade for bids"))
    card = forms.FileField(
        label=say("鍵のカード", "Key card"),
        help_text=say(
            "相手が azukari keygen で作ったファイル（.card）。",
            "The .card file that the party made with azukari keygen.",
        ),
    )


class ConfirmForm(forms.Form):
    """鍵の確認。"""

    answer = forms.FileField(label=say("答えのファイル", "Answer file"))
    fingerprint = forms.CharField(
        max_length=60,
        label=say("電話で聞いた指紋", "Fingerprint heard on the telephone"),
        help_text=say(
            "相手に読み上げてもらい、20 桁を打ち込みます。画面のものを写さないでください。",
            "Have it read out and type the 20 digits. Do not copy it from a screen.",
        ),
    )


class MemberForm(forms.Form):
    """委託先の人の追加。 No mail address: the code is handed over by hand."""

    login = forms.CharField(max_length=150, label=say("ログイン名", "Login"))
    name = forms.CharField(max_length=200, label=say("氏名", "Name"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "none"}
