"""Forms of the register. A form says what is missing; what may be is decided by the actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.seal.certificate import Mode, Reporting
from azukari.seal.consignment import Unit
from azukari.web.custody.clauses import CLAUSES
from azukari.web.custody.queries import PartyInfo
from azukari.web.ui.words import language, say

STAGES = {
    "selection": say("選定", "selection"),
    "contract": say("契約", "contract"),
    "performance": say("履行中", "performance"),
    "end": say("終了", "end"),
}

DOCUMENT_KINDS = {
    "contract": say("契約書", "contract"),
    "evidence": say("確認の資料", "evidence"),
    "report": say("報告書", "report"),
    "other": say("その他", "other"),
}


def _days(**named: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **named)


def _fields(choices: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        choices=choices, widget=forms.CheckboxSelectMultiple, label=say("渡してよい項目", "Fields that may leave")
    )


def field_choices(fields: tuple[Field, ...] | None = None) -> list[tuple[str, str]]:
    """``kind/role`` and its label: those given, else every kind for the person, the spouse and two dependants."""
    roles = ("person", "spouse", "dependant-1", "dependant-2")
    known = fields or tuple(Field(kind, role) for role in roles for kind in Kind if kind is not REFERENCE.kind)
    return [(str(field), field.label(language())) for field in known]


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
    starts_on = _days(label=say("開始日", "First day"))
    ends_on = _days(label=say("終了日", "Last day"))
    clauses = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=say("契約書に入っている条項", "Clauses that the contract holds"),
    )

    def __init__(self, *args: Any, parties: list[PartyInfo], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"].choices = [(str(one.id), one.name) for one in parties]  # type: ignore[attr-defined]
        self.fields["fields"] = _fields(field_choices())
        self.fields["clauses"].choices = _clauses()  # type: ignore[attr-defined]


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
        self.fields["clauses"].choices = _clauses()  # type: ignore[attr-defined]


class AskForm(forms.Form):
    """再委託の許諾の申請。 What the contractor asks, typed in by the officer or sent by the contractor."""

    party = forms.ChoiceField(label=say("再委託先", "Sub-contractor"))
    country = forms.CharField(max_length=2, initial="JP", label=say("取り扱う国", "Country where it is handled"))
    people = forms.IntegerField(min_value=1, label=say("人数（最大）", "People, at most"))
    starts_on = _days(label=say("開始日", "First day"))
    ends_on = _days(label=say("終了日", "Last day"))
    safeguards = forms.CharField(
        max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}), label=say("安全管理措置", "Safeguards")
    )

    def __init__(self, *args: Any, parties: list[PartyInfo], fields: tuple[Field, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"].choices = [(str(one.id), one.name) for one in parties]  # type: ignore[attr-defined]
        self.fields["fields"] = _fields(field_choices(fields))


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
    ends_on = _days(
        required=False,
        label=say("期限", "Until"),
        help_text=say("空のままなら、年度末までです。", "Left empty: to the end of the fiscal year."),
    )
    reason = forms.CharField(max_length=2_000, required=False, label=say("理由・条件", "Reason or condition"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in (("mode", Mode), ("report", Reporting)):
            choices = [(one.value, one.label(language())) for one in kind]
            self.fields[name].choices = choices  # type: ignore[attr-defined]


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
    day = _days(label=say("渡す日", "Day"))
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
        self.fields["fields"] = _fields(field_choices(permitted))
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


class ReasonForm(forms.Form):
    """理由。"""

    reason = forms.CharField(max_length=2_000, label=say("理由", "Reason"))


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


class SheetForm(forms.Form):
    """台帳の取込み。"""

    sheet = forms.FileField(
        label=say("委託の一覧（XLSX、CSV）", "Sheet of entrustments: XLSX, CSV"),
        help_text=say(
            "見出しは、書き出した表と同じにします。一行でも誤りがあれば、何も取り込みません。",
            "With the headers of a sheet that was saved here. If one row is wrong, nothing is taken in.",
        ),
    )


class ReceiptForm(forms.Form):
    """受領書。"""

    receipt = forms.FileField(label=say("受領書のファイル（.receipt）", "Receipt file (.receipt)"))


def _clauses() -> list[tuple[str, str]]:
    return [(clause.key, clause.label(language())) for clause in CLAUSES]


class DocumentForm(forms.Form):
    """書類の追加。"""

    file = forms.FileField(label=say("ファイル（50 MB まで）", "File, 50 MB at most"), max_length=None)
    title = forms.CharField(max_length=200, label=say("表題", "Title"))
    kind = forms.ChoiceField(label=say("種別", "Kind"))
    expires_on = _days(required=False, label=say("有効期限（あれば）", "Good until, if it ends"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = list(DOCUMENT_KINDS.items())  # type: ignore[attr-defined]
