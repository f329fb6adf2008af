"""The cast hangs together: slugs are unique, countries known, officers belong to somebody."""

from __future__ import annotations

import re

from azukari.testing.cast import BODIES, COUNTRIES, FIRMS, OFFICERS, PARTIES


def test_slugs_are_unique_and_ascii() -> None:
    slugs = [party.slug for party in BODIES + FIRMS] + [officer.slug for officer in OFFICERS]
    assert all(re.fullmatch("[a-z]+", slug) for slug in slugs)
    assert len(PARTIES) == len(BODIES + FIRMS)
    assert len({officer.slug for officer in OFFICERS}) == len(OFFICERS)


def test_countries_other_than_japan_are_codes_left_to_users() -> None:
    assert all(code == "JP" or re.fullmatch("X[A-Z]", code) for code in COUNTRIES)
    assert {party.country for party in PARTIES.values()} == set(COUNTRIES)


def test_officers_belong_to_parties() -> None:
    assert all(officer.party in PARTIES for officer in OFFICERS)
