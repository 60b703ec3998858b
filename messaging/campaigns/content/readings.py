"""The ways to read a sign that holds a digit: the ³ of cm³ is its unit's and counts nothing, ¹³⁸ may be a number."""

from __future__ import annotations

import re
from functools import lru_cache

from messaging.campaigns.content.views import fold

_KEPT_CHARACTERS = 16_384
_NOTHING = "°"  # what no rule reads, and what parts no list as a space does
# As it is typed where there is no ²; more than a square or cube there is not.
_TYPED_POWER = re.compile(r"(?<=[0-9][mM])[23]|(?<=[0-9][cdkmCDKM][mM])[23]")


@lru_cache(maxsize=_KEPT_CHARACTERS)
def _find_rest(char: str) -> str | None:
    """Return what a sign leaves without its digits: a letter of it or nothing; None where it is a digit or has none."""
    folded = fold(char).text
    if char.isdecimal() or not any(map(str.isdecimal, folded)):
        return None
    return next(filter(str.isalpha, folded), _NOTHING)


def list_readings(text: str) -> tuple[str, ...]:
    """Return the readings of a text that differ, each as long as it: as typed, without the digits of units, of no sign.

    A sign is a unit's behind a letter. Most texts have one reading.
    """
    rests = {place: rest for place, char in enumerate(text) if (rest := _find_rest(char)) is not None}
    rests |= {match.start(): _NOTHING for match in _TYPED_POWER.finditer(text)}
    units = {place: rest for place, rest in rests.items() if text[place - 1 : place].isalpha()}
    return tuple(dict.fromkeys((text, _replace(text, units), _replace(text, rests)))) if rests else (text,)


def _replace(text: str, rests: dict[int, str]) -> str:
    return "".join(rests.get(place, char) for place, char in enumerate(text))
