"""What an entry says, in a sentence: plain Japanese, easy Japanese (やさしい日本語), English. Staff by role, never by name.

An event names nobody but body and party (docs/spec/completeness.md, 4), so no sentence can tell of anybody else: where the person
stands as somebody's spouse, it says as what, and not whose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from azukari.completeness.event import Act, Event
from azukari.uses.use import Act as Deed

Register = Literal["ja", "easy", "en"]
"""Plain Japanese, easy Japanese, English."""

_DEEDS: Final[dict[Deed, tuple[str, str, str]]] = {
    Deed.VIEW: ("見ました", "見ました", "looked at"),
    Deed.SEARCH: ("検索しました", "さがしました", "searched for"),
    Deed.PRINT: ("印刷しました", "紙に 出しました", "printed"),
    Deed.EXPORT: ("ファイルに書き出しました", "ファイルに 出しました", "exported"),
    Deed.REGISTER: ("登録しました", "新しく 書きました", "registered"),
    Deed.CHANGE: ("変更しました", "変えました", "changed"),
    Deed.DELETE: ("削除しました", "消しました", "deleted"),
    Deed.PROVIDE: ("ほかの機関に提供しました", "ほかの 役所に わたしました", "provided to another body"),
    Deed.RECEIVE: ("ほかの機関から受け取りました", "ほかの 役所から もらいました", "received from another body"),
    Deed.MATCH: ("突き合わせました", "くらべました", "matched"),
}
_USED: Final = ("利用しました", "使いました", "used")
_LANGUAGES: Final[tuple[Register, ...]] = ("ja", "easy", "en")


def sentence(event: Event, register: Register) -> str:
    """Who did what with the person's data, in one sentence."""
    return _TELLING.get(event.act, _other)(event, register)


def standing(event: Event, register: Register) -> str:
    """As what the person stands in the record, unless it is their own; nothing then."""
    if event.role == "person":
        return ""
    part = role_name(event.role, register)
    return _pick(
        register,
        f"ほかの人の記録に、{part}として載っている分です。",
        f"ほかの 人の 記録に、{part}として あなたが 書いてあります。",
        f"You stand in somebody else's record as {part}.",
    )


def role_name(role: str, register: Register) -> str:
    """配偶者, dependant 2."""
    name, _, number = role.partition("-")
    ja, en = {
        "person": ("本人", "yourself"),
        "spouse": ("配偶者", "the spouse"),
        "dependant": ("扶養親族", "a dependant"),
    }[name]
    return en + (f" ({number})" if number else "") if register == "en" else ja + number


def fields(event: Event, register: Register) -> str:
    """氏名、フリガナ; name, kana; 記録 where an event says none."""
    if not event.fields:
        return _pick(register, "記録", "記録", "record")
    joint = ", " if register == "en" else "、"
    return joint.join(one.label("en" if register == "en" else "ja") for one in event.fields)


def _handed(event: Event, register: Register) -> str:
    what, to = fields(event, register), _party(event, register)
    return _pick(
        register,
        f"{event.body}が、あなたの{what}を、委託先の{to}に渡しました。",
        f"{event.body}は、あなたの {what}を、仕事を たのんだ 会社（{to}）に わたしました。",
        f"{event.body} handed your {what} to its contractor {to}.",
    )


def _passed(event: Event, register: Register) -> str:
    what, to = fields(event, register), _party(event, register)
    return _pick(
        register,
        f"{event.body}の許諾を受けて、あなたの{what}が、再委託先の{to}に渡りました。",
        f"{event.body}が「よい」と いったので、あなたの {what}が、べつの 会社（{to}）にも わたされました。",
        f"With the permission of {event.body}, your {what} went on to the sub-contractor {to}.",
    )


def _used(event: Event, register: Register) -> str:
    """By unit and role; with what system."""
    who, what = " ".join(one for one in (event.body, event.unit) if one), fields(event, register)
    verb = (_DEEDS[Deed(event.deed)] if event.deed in set(Deed) else _USED)[_LANGUAGES.index(register)]
    with_ja, with_easy = (f"{event.system}で、", f"{event.system}で ") if event.system else ("", "")
    with_en = f", using {event.system}" if event.system else ""
    return _pick(
        register,
        f"{who}が、{with_ja}あなたの{what}を{verb}。",
        f"{who}が、{with_easy}あなたの {what}を {verb}。",
        f"{who} {verb} your {what}{with_en}.",
    )


def _other(event: Event, register: Register) -> str:
    what = fields(event, register)
    party = event.party or event.body
    ja, easy, en = _OTHERS[event.act]
    return _pick(register, ja, easy, en).format(body=event.body, party=party, what=what)


_OTHERS: Final[dict[Act, tuple[str, str, str]]] = {
    Act.RETURN: (
        "{party}が、あなたの{what}を{body}に返しました。",
        "{party}は、あなたの {what}を {body}に 返しました。",
        "{party} gave your {what} back to {body}.",
    ),
    Act.DISPOSAL: (
        "{party}が、あなたの{what}を廃棄しました。",
        "{party}は、あなたの {what}を 捨てました。もう ありません。",
        "{party} destroyed your {what}.",
    ),
    Act.CORRECTION: (
        "{body}が、あなたの{what}を訂正しました。",
        "{body}は、あなたの {what}を 正しく 直しました。",
        "{body} corrected your {what}.",
    ),
    Act.DISCLOSURE: (
        "{body}が、あなたの{what}を開示しました。",
        "{body}は、あなたの {what}を 見せました。",
        "{body} disclosed your {what}.",
    ),
    Act.REKEY: (
        "{body}が、この一覧の鍵を取り替えました。",
        "{body}は、この 一覧の かぎを 新しく しました。",
        "{body} replaced the key of this list.",
    ),
    Act.ERASURE: (
        "{body}が、あなたの記録を消去しました。",
        "{body}は、あなたの 記録を 消しました。",
        "{body} erased your record.",
    ),
}
_TELLING: Final[dict[Act, Callable[[Event, Register], str]]] = {
    Act.HAND_OVER: _handed,
    Act.RE_ENTRUSTMENT: _passed,
    Act.USE: _used,
}


def _party(event: Event, register: Register) -> str:
    """A party abroad with its country."""
    if event.country in ("", "JP"):
        return event.party
    return f"{event.party} ({event.country})" if register == "en" else f"{event.party}（{event.country}）"


def _pick(register: Register, ja: str, easy: str, en: str) -> str:
    return {"ja": ja, "easy": easy, "en": en}[register]
