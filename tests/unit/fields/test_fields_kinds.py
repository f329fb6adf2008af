"""The vocabulary of fields: text form, roles, and what can be worked out from what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import FormatError
from azukari.fields.kinds import REFERENCE, Field, Kind, derivable

ROLES = st.one_of(st.sampled_from(["person", "spouse"]), st.integers(1, 99).map(lambda n: f"dependant-{n}"))
FIELDS = st.builds(Field, st.sampled_from(sorted(Kind)), ROLES)


@given(FIELDS)
def test_field_when_written_then_parse_reads_it_back(field: Field) -> None:
    assert Field.parse(str(field)) == field


@pytest.mark.parametrize("kind", sorted(Kind))
def test_field_when_kind_alone_then_it_is_the_person(kind: Kind) -> None:
    assert Field.parse(kind.value) == Field(kind, "person")


@given(st.text(max_size=30))
def test_field_when_any_text_then_a_field_or_format_error(text: str) -> None:
    try:
        field = Field.parse(text)
    except FormatError:
        return
    assert text in (str(field), field.kind.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "name/",
        "/person",
        "name/person/",
        "name/Person",
        "Name/person",
        "name/dependant-0",
        "name/dependant-100",
        "name/dependant-01",
        "name/dependant-１",
        "name/person\n",
        "my-number/person",
    ],
)
def test_field_when_malformed_then_format_error(text: str) -> None:
    with pytest.raises(FormatError):
        Field.parse(text)


@given(FIELDS, st.frozensets(FIELDS, max_size=6))
def test_derivable_when_held_then_always(field: Field, held: frozenset[Field]) -> None:
    assert derivable(field, held | {field})


@given(FIELDS, st.frozensets(FIELDS, max_size=6), FIELDS)
def test_derivable_when_more_is_held_then_never_less(field: Field, held: frozenset[Field], more: Field) -> None:
    assert derivable(field, held) <= derivable(field, held | {more})


@given(FIELDS, st.frozensets(FIELDS, max_size=6))
def test_derivable_when_only_other_roles_are_held_then_not(field: Field, held: frozenset[Field]) -> None:
    assert not derivable(field, frozenset(other for other in held if other.role != field.role))


@pytest.mark.parametrize(
    ("wanted", "held", "follows"),
    [
        ("kana", "name", True),  # readings are guessed well enough to fake a sample
        ("postal-code", "address", True),  # the list of postal codes is public
        ("name", "kana", False),
        ("address", "postal-code", False),
        ("kana/spouse", "name/person", False),
        ("birth-date", "name", False),
        ("individual-number", "local-id", False),
        ("name", "reference", False),
    ],
)
def test_derivable_when_one_field_is_held_then_as_the_specification_lists(
    wanted: str, held: str, follows: bool
) -> None:
    assert derivable(Field.parse(wanted), frozenset({Field.parse(held), REFERENCE})) is follows
