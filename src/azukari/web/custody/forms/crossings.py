"""A file of crossings from outside, and the card of the outside."""

from __future__ import annotations

from django import forms

from azukari.web.ui.words import say


class CrossingForm(forms.Form):
    """届いた便。"""

    file = forms.FileField(
        label=say("外側の便（.azx）", "Crossing from outside (.azx)"),
        help_text=say(
            "外側で書き出し、USB メモリーなどで運んだファイル。", "The file that was written outside and carried here."
        ),
    )


class PairForm(forms.Form):
    """外側との組合せ。"""

    card = forms.FileField(
        label=say("外側のカード", "Card of the outside"),
        help_text=say(
            "外側の機械で作ったファイル（.card）。", "The .card file that was made on the machine of the outside."
        ),
    )
    fingerprint = forms.CharField(
        max_length=60,
        label=say("電話で聞いた外側の指紋", "Fingerprint of the outside, heard on the telephone"),
        help_text=say(
            "外側の人に読み上げてもらい、20 桁を打ち込みます。画面やカードのものを写さないでください。",
            "Have it read out over there and type the 20 digits. Do not copy it from a screen or from the card.",
        ),
    )
