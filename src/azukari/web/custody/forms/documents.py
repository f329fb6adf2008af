"""Documents that are attached."""

from __future__ import annotations

from typing import Any

from django import forms

from azukari.web.custody.forms.inputs import days
from azukari.web.ui.words import say

DOCUMENT_KINDS = {
    "contract": say("契約書", "contract"),
    "evidence": say("確認の資料", "evidence"),
    "report": say("報告書", "report"),
    "other": say("その他", "other"),
}


class DocumentForm(forms.Form):
    """書類の追加。"""

    file = forms.FileField(label=say("ファイル（50 MB まで）", "File, 50 MB at most"), max_length=None)
    title = forms.CharField(max_length=200, label=say("表題", "Title"))
    kind = forms.ChoiceField(label=say("種別", "Kind"))
    expires_on = days(required=False, label=say("有効期限（あれば）", "Good until, if it ends"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = list(DOCUMENT_KINDS.items())  # type: ignore[attr-defined]
