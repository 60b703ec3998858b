"""What readers give and what cleaning makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a row, or one field of it, was rejected. Fixed words: a rejects file repeats nothing from the row."""

    UNREADABLE_ROW = "unreadable row"
    NAME_MISSING = "name missing"
    BUILDING_NUMBER = "a building number, not a community"
    CODE_MISSING = "code too long or with odd characters"
    POSITION_MISSING = "position missing"
    POSITION_NOT_A_NUMBER = "position is not a number"
    POSITION_ZERO = "position is zero"
    OUTSIDE_CHINA = "position outside China"
    OUTSIDE_DISTRICTS = "position outside every known district"
    FAR_FROM_DISTRICT = "position far from the stated district"
    CODE_ELSEWHERE = "code already used for a place elsewhere"
    OTHER_CITY = "code already used in another city"
    HOUSEHOLDS_UNREADABLE = "number of households unreadable, left out"
    OUTLINE_UNREADABLE = "outline unreadable, left out"
    OUTLINE_ELSEWHERE = "outline does not belong to the position, left out"


class RawPlace(NamedTuple):
    """One row of a file before cleaning. `outline` is GeoJSON, WKT or WKB in the file's datum, '' or b'' for none."""

    row: int
    code: str
    name: str
    lon: str
    lat: str
    adcode: str = ""
    households: str = ""
    outline: str | bytes = ""


class UnreadableRow(NamedTuple):
    """A row that the reader itself could not make sense of."""

    row: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """One line of the rejects file."""

    row: int
    column: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class CleanPlace:
    """One row in WGS84, in a known district. `outline` is WKB of a multipolygon or None."""

    row: int
    code: str
    name: str
    lon: float
    lat: float
    district_adcode: int
    city_code: int
    households: int | None
    outline: bytes | None
