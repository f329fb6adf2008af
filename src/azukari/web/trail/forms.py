"""What is asked of a new source."""

from __future__ import annotations

from typing import Any

from django import forms

from azukari.errors import FormatError
from azukari.uses.mapping import MAX_BYTES, ColumnMapping
from azukari.web.trail.models import Source
from azukari.web.ui.words import pick, say


class SourceForm(forms.Form):
    """記録元の登録。 Name, form, mapping (a file, of tables only), hours until silence, and whether people may be new."""

    name = forms.CharField(
        max_length=200,
        label=say("名前", "Name"),
        help_text=say("知らせの source と同じ文字列です。", "The same text as the source of what it tells."),
    )
    form = forms.ChoiceField(choices=Source.Form.choices, label=say("形式", "Form"))
    mapping = forms.FileField(required=False, label=say("列の対応（表のとき）", "Mapping of columns (tables)"))
    every_hours = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=8_784,
        label=say("途絶えたとみなすまでの時間", "Hours until it is silent"),
        help_text=say("空のままなら、途絶えたとはみなしません。", "Left empty: it is never silent."),
    )
    adds_people = forms.BooleanField(
        required=False,
        label=say("知らない宛名番号は、新しい人として登録する", "Local ids that are not known are new people"),
    )

    def clean_mapping(self) -> bytes:
        """The bytes of the mapping, read strictly; empty where none was given."""
        file: Any = self.cleaned_data["mapping"]
        if not file:
            return b""
        data: bytes = file.read(MAX_BYTES + 1)
        try:
            ColumnMapping.parse(data)
        except FormatError:
            raise forms.ValidationError(pick("列の対応として読めません。", "This is no mapping of columns.")) from None
        return data

    def clean(self) -> dict[str, Any]:
        """A mapping goes with tables, and with nothing else."""
        given = super().clean() or {}
        if "mapping" in given and (given.get("form") == Source.Form.TABLE) != bool(given["mapping"]):
            raise forms.ValidationError(
                pick("列の対応は、表の記録元にだけ要ります。", "A mapping is needed for tables, and for nothing else.")
            )
        return given
