"""A table to be sealed, and the kinds of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from azukari.web.custody.forms.inputs import field_choices
from azukari.web.ui.words import say


class UploadForm(forms.Form):
    """渡す表。"""

    table = forms.FileField(
        label=say("渡す表（CSV、XLSX）", "Table to hand over: CSV, XLSX"),
        help_text=say(
            "届いたものは暗号化して置かれ、封印のあと消えます。", "It is kept encrypted, and destroyed after sealing."
        ),
    )
    parent = forms.ChoiceField(label=say("上の受渡し", "The hand-over above"))

    def __init__(self, *args: Any, above: list[tuple[str, str]] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if above is None:
            del self.fields["parent"]
        else:
            self.fields["parent"].choices = above  # type: ignore[attr-defined]


class ColumnsForm(forms.Form):
    """列の種類。 One choice for each column of the table, by its position."""

    strict = forms.BooleanField(
        required=False, label=say("表記を変えない（印が弱くなります）", "Change no spelling (weaker marks)")
    )

    def __init__(self, *args: Any, columns: list[dict[str, str]], headers: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stays = [("", say("不明・渡さない", "unknown, stays"))]
        known = field_choices()
        for number, (column, header) in enumerate(zip(columns, headers, strict=True)):
            more = (
                [(column["field"], column["field"])] if column["field"] not in {"", *(key for key, _ in known)} else []
            )
            self.fields[f"column_{number}"] = forms.ChoiceField(
                required=False, choices=stays + known + more, initial=column["field"], label=header
            )
        self.order_fields([f"column_{number}" for number in range(len(columns))])

    unmatched = forms.BooleanField(
        required=False,
        label=say(
            "支援措置の対象者を見分けられない行も渡す（この判断は記録されます）",
            "Hand over also rows in which nobody under protection can be told apart (this decision is kept)",
        ),
    )

    def said(self) -> list[str]:
        """Of each column ``kind/role``, or nothing."""
        return [self.cleaned_data[name] for name in self.fields if name.startswith("column_")]
