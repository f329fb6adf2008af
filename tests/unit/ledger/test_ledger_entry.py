"""The one encoding of everything that is hashed or signed."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import FormatError
from azukari.ledger.entry import canonical, entry_type, parse_canonical

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), TEXT),
    lambda children: st.one_of(st.lists(children, max_size=4), st.dictionaries(TEXT, children, max_size=4)),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXT, PLAIN, max_size=5).map(lambda value: {**value, "type": "t"})


@given(OBJECTS)
def test_canonical_when_written_then_read_back(value: dict[str, Any]) -> None:
    data = canonical(value)
    assert parse_canonical(data, "t") == value and entry_type(data) == "t"
    assert data == canonical(json.loads(data)) == canonical(dict(reversed(value.items())))
    assert b"\n" not in data and json.loads(data) == value


@given(OBJECTS)
def test_canonical_when_spelled_otherwise_then_format(value: dict[str, Any]) -> None:
    data = canonical(value)
    for other in (
        json.dumps(value, sort_keys=True, ensure_ascii=False).encode(),
        json.dumps(value, indent=0).encode(),
        data + b"\n",
        b" " + data,
        b"\xef\xbb\xbf" + data,
        data.replace(b'"t"', b'"\\u0074"'),
        data[:-1] + b',"type":"t"}',
    ):
        if other != data:
            with pytest.raises(FormatError):
                parse_canonical(other, "t")


@given(OBJECTS, st.data())
def test_canonical_when_any_byte_is_changed_then_format_or_other_bytes_of_its_own(
    value: dict[str, Any], data: st.DataObject
) -> None:
    raw = canonical(value)
    place, byte = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 255))
    changed = raw[:place] + bytes([byte]) + raw[place + 1 :]
    with suppress(FormatError):
        assert canonical(parse_canonical(changed, "t")) == changed


@given(st.binary(max_size=60))
def test_parse_when_any_bytes_then_format_or_an_object(data: bytes) -> None:
    for read in (lambda: parse_canonical(data, "t"), lambda: entry_type(data)):
        with suppress(FormatError):
            read()


@pytest.mark.parametrize("value", [1.0, float("nan"), [0.5], {"a": {"b": (1, 2.0)}}, b"x", {1, 2}, object(), "\ud800"])
def test_canonical_when_there_is_no_one_form_then_format(value: Any) -> None:
    with pytest.raises(FormatError):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'"t"',
        b"{}",
        b'{"type":"u"}',
        b'{"type":5}',
        b'{"a":1.5,"type":"t"}',
        b'{"type":"t"}{}',
        b'{"a":NaN,"type":"t"}',
        b'{"a":1e3,"type":"t"}',
        b'{"a":-0,"type":"t"}',
        b'{"a":"\xff","type":"t"}',
        b'{"a":"\\ud800","type":"t"}',
        b'{"a":' + b"9" * 5000 + b',"type":"t"}',
        b'{"b":1,"a":2,"type":"t"}',
    ],
)
def test_parse_when_malformed_then_format(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_canonical(data, "t")


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_parse_when_nested_to_any_depth_then_format_or_read(opening: str) -> None:
    """Around the depth at which Python gives up, reading and writing back must give up alike."""
    closing = "]" if opening == "[" else "}"
    inside = "" if opening == "[" else "1"
    for depth in [*range(850, 1010), 5_000, 100_000]:
        data = f'{{"a":{opening * depth}{inside}{closing * depth},"type":"t"}}'.encode()
        for read in (lambda data=data: parse_canonical(data, "t"), lambda data=data: entry_type(data)):
            with suppress(FormatError):
                read()


def test_entry_type_when_it_is_no_text_then_blank() -> None:
    assert entry_type(b'{"type":5}') == entry_type(b"{}") == ""
    assert entry_type(b'{"type":"azukari/handover/v1"}') == "azukari/handover/v1"


def test_canonical_when_a_value_is_nested_deeper_than_python_goes_then_format() -> None:
    """A newer Python reads such a value without complaint, and would fail only when it is written back."""
    value: object = 1
    for _ in range(200_000):
        value = [value]
    with pytest.raises(FormatError):
        canonical(value)
    while isinstance(value, list):
        value = value.pop()  # by hand: the collector would go as deep
