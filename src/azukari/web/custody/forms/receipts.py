"""What comes back signed."""

from __future__ import annotations

from django import forms

from azukari.web.ui.words import say


class ReceiptForm(forms.Form):
    """受領書。"""

    receipt = forms.FileField(label=say("受領書のファイル（.receipt）", "Receipt file (.receipt)"))
