"""Words that every part of geo shares: datums, positions, leaves. Inside, a position is always WGS84."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from geo.errors import PositionOutOfRangeError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

CELL_RESOLUTION = 8
PARENT_RESOLUTION = 7
NOWHERE = -1
MOST_LON = 180.0
MOST_LAT = 90.0


class Datum(StrEnum):
    """The three datums in use in China. Storage is WGS84; phones report GCJ-02, Baidu's maps BD-09."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@dataclass(frozen=True, slots=True)
class LonLat:
    """A WGS84 position in degrees; refuses what is not on the globe with `PositionOutOfRangeError`."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        """Check the range."""
        if not (math.isfinite(self.lon) and abs(self.lon) <= MOST_LON):
            raise PositionOutOfRangeError(axis="lon")
        if not (math.isfinite(self.lat) and abs(self.lat) <= MOST_LAT):
            raise PositionOutOfRangeError(axis="lat")


@dataclass(frozen=True, slots=True)
class LeafRef:
    """One leaf and where it belongs."""

    leaf_id: int
    city_code: int
    district_adcode: int


@dataclass(frozen=True, slots=True)
class LeafName:
    """What a leaf is called: its district, and its community unless it holds what lies outside any."""

    leaf_id: int
    district_name: str
    community_name: str | None


@dataclass(frozen=True, slots=True)
class LocatedLeaves:
    """The leaf and the city of each asked position, shape (n,); `NOWHERE` (-1) where there is none."""

    leaf_ids: IntArray
    city_codes: IntArray


@dataclass(frozen=True, slots=True)
class DistrictView:
    """A district without its outline."""

    adcode: int
    name: str
    city_code: int
    city_name: str
    population: int | None
    mean_household_size: float | None


@dataclass(frozen=True, slots=True)
class CommunityDistance:
    """A community and its geodesic distance from the asked position."""

    community_code: str
    name: str
    district_adcode: int
    distance_m: float
    position: LonLat
