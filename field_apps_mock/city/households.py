"""Where households live: around a community, or a few away from any; and who holds an account for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

from field_apps_mock.city.datum import wgs84_to_gcj02
from field_apps_mock.city.fields import METRES_PER_DEGREE
from field_apps_mock.city.values import CHUNK_HOUSEHOLDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from field_apps_mock.city.places import Places

SCATTER_M = 600.0
AWAY_SHARE = 0.05
UNCODED_SHARE = 0.05
"""Share of the households near a community whose record carries a position but no community code."""

AWAY_DISTANCE_M = 900.0
AWAY_SPOTS = 8_000
SECOND_ACCOUNT_SHARE = 0.004
"""Households where a second customer holds an account with the same phone."""


@dataclass(frozen=True, slots=True)
class Spots:
    """Places (m), GCJ-02 degrees, away from every community, where farms and lone houses stand."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Homes:
    """Households (n) of one chunk.

    `index` counts through the city, `community` is -1 away from any, `has_code` tells whether the record names the
    community, positions are GCJ-02 degrees. `area` is the community whose building age and leanings the home has: its
    own, or any where it has none.
    """

    index: NDArray[np.int64]
    community: NDArray[np.int64]
    area: NDArray[np.int64]
    has_code: NDArray[np.bool_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def _to_plane(lon: NDArray[np.float64], lat: NDArray[np.float64], middle_lat: float) -> NDArray[np.float64]:
    return np.stack([lon * np.cos(np.radians(middle_lat)), lat], axis=1) * METRES_PER_DEGREE


def find_spots(places: Places, *, rng: np.random.Generator) -> Spots:
    """Draw places in the districts, by census weight, at least AWAY_DISTANCE_M from every community."""
    middle_lat = float(places.lat.mean())
    tree = KDTree(_to_plane(places.lon, places.lat, middle_lat))
    found: list[NDArray[np.float64]] = []
    drawn = np.maximum(1, (places.district_weight * AWAY_SPOTS).astype(np.int64))
    for outline, wanted in zip(places.district_outlines, drawn, strict=True):
        west, south, east, north = outline.bounds
        candidates = rng.uniform((west, south), (east, north), (int(wanted) * 12, 2))
        lon, lat = wgs84_to_gcj02(candidates[:, 0], candidates[:, 1])
        distance_m, _ = tree.query(_to_plane(lon, lat, middle_lat))
        lonely = (distance_m > AWAY_DISTANCE_M) & places.is_inside(lon, lat)
        found.append(np.stack([lon, lat], axis=1)[lonely][: int(wanted)])
    spots = np.concatenate(found)
    return Spots(lon=spots[:, 0], lat=spots[:, 1])


def _scatter(
    lon: NDArray[np.float64], lat: NDArray[np.float64], *, reach_m: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move positions by up to reach_m, more densely towards the middle."""
    distance_m = reach_m * rng.random(len(lon)) ** 0.75
    bearing = rng.uniform(0.0, 2.0 * np.pi, len(lon))
    step = distance_m / METRES_PER_DEGREE
    return lon + step * np.sin(bearing) / np.cos(np.radians(lat)), lat + step * np.cos(bearing)


def place_homes(places: Places, spots: Spots, *, first: int, total: int, rng: np.random.Generator) -> Homes:
    """Place the households of the chunk that starts at `first`. Homes without a code surely lie in a district."""
    count = min(CHUNK_HOUSEHOLDS, total - first)
    area = rng.choice(len(places.codes), size=count, p=places.weight)
    spot = rng.integers(len(spots.lon), size=count)
    is_away = rng.random(count) < AWAY_SHARE
    lon, lat = _scatter(
        np.where(is_away, spots.lon[spot], places.lon[area]),
        np.where(is_away, spots.lat[spot], places.lat[area]),
        reach_m=SCATTER_M,
        rng=rng,
    )
    # A lone house stays exactly on its spot, which is known to be on land of the city.
    lon, lat = np.where(is_away, spots.lon[spot], lon), np.where(is_away, spots.lat[spot], lat)
    has_code = ~is_away & (rng.random(count) >= UNCODED_SHARE)
    uncoded = np.flatnonzero(~has_code)
    has_code[uncoded] = ~places.is_inside(lon[uncoded], lat[uncoded])
    return Homes(
        index=np.arange(first, first + count),
        community=np.where(is_away, -1, area),
        area=area,
        has_code=has_code,
        lon=lon,
        lat=lat,
    )


def find_second_accounts(homes: Homes, *, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the rows of `homes` where a second customer uses the same phone."""
    return np.flatnonzero(rng.random(len(homes.index)) < SECOND_ACCOUNT_SHARE)
