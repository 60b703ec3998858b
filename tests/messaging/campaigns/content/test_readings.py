"""A digit that may be a unit's is read both ways: as one of a number, and as nothing."""

from __future__ import annotations

import sys
from itertools import pairwise
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.readings import list_readings
from messaging.campaigns.content.values import Verdict
from tests.messaging.campaigns.examples import RULES

_SIGNS = [
    char for char in map(chr, range(0x80, sys.maxunicode + 1))
    if any(map(str.isdecimal, normalize("NFKC", char))) and not char.isdecimal()
]  # fmt: skip
_NUMBERS = st.from_regex(r"1[3-9][0-9]{9}|400[0-9]{7}|0532[2-8][0-9]{7}", fullmatch=True)
_PARTS = st.sampled_from([*_SIGNS, "㎡", "²", "³", "m²", "cm³", "米²", "m2", "㎡ ", "℃"])
_RAISED = str.maketrans("123", "¹²³")


@given(number=_NUMBERS, part=_PARTS, cuts=st.sampled_from([(3, 7), (4, 8), (5,), (6,), tuple(range(1, 12))]))
@settings(max_examples=400, deadline=None)
def test_no_sign_with_a_digit_in_it_carries_a_number_through(number: str, part: str, cuts: tuple[int, ...]) -> None:
    places = [0, *(cut for cut in cuts if cut < len(number)), len(number)]
    pieces = [number[start:end] for start, end in pairwise(places)]
    assert check_text(f"空调{part.join(pieces)}到店", rules=RULES).verdict is not Verdict.ACCEPT


@given(number=_NUMBERS, places=st.sets(st.integers(0, 11)))
@settings(max_examples=100, deadline=None)
def test_a_number_with_digits_written_small_is_a_number(number: str, places: set[int]) -> None:
    typed = "".join(char.translate(_RAISED) if place in places else char for place, char in enumerate(number))
    assert check_text(f"空调{typed}到店", rules=RULES).verdict is Verdict.REFUSE


@given(text=st.text(st.one_of(st.characters(), st.sampled_from([*_SIGNS, "m", "2"])), max_size=40))
@settings(max_examples=200, deadline=None)
def test_every_reading_has_each_character_at_its_place(text: str) -> None:
    readings = list_readings(text)
    assert readings[0] == text
    assert {len(reading) for reading in readings} == {len(text)}
    assert len(set(readings)) == len(readings)


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("三房138平", ("三房138平",)),
        ("138㎡12", ("138㎡12",)),
        ("8m²1", ("8m²1", "8m°1")),
        ("8m21", ("8m21", "8m°1")),
        ("8²1m³", ("8²1m³", "8²1m°", "8°1m°")),
    ],
)
def test_most_texts_have_one_reading(text: str, readings: tuple[str, ...]) -> None:
    assert list_readings(text) == readings
