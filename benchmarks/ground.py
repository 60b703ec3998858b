"""The bench's city: as many communities as asked for in Qingdao's districts, and households that live in them.

Qingdao's own 511 communities are too few for the goals, which are told of 6,000. The others are invented around them,
as dense as the city is there. A household has a leaf, a position near it and needs as frequent as in the demo city.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from field_apps_mock.city import CityName
from field_apps_mock.city.places import Places, load_places
from field_apps_mock.city.values import CATEGORIES

CHUNK = 250_000
_SEED = 20261127
_REACH_M = 2_500.0
_METRES_PER_DEGREE = 111_320.0
_SIZE_SPREAD = 0.55
_HOME_REACH_M = 500.0
_AWAY_SHARE = 0.05
_SYLLABLES = "锦江滨海翠湖云山景泰和平康宁福瑞安馨怡嘉德盛世春晖绿洲阳光明珠凤凰金桂银杏紫荆丁香玉兰梧桐枫林竹溪"


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves of the city (n), by ascending id. Positions are WGS84 degrees."""

    ids: NDArray[np.int64]
    cells: NDArray[np.int64]
    is_community: NDArray[np.bool_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Households:
    """Some households (n): the row of their leaf, WGS84 degrees, needs (n, 8)."""

    first: int
    rows: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    needs: NDArray[np.bool_]


def write_communities(path: Path, *, count: int) -> None:
    """Write `count` communities as a file that `places import` takes, GCJ-02: the real ones and invented neighbours."""
    rng = np.random.default_rng(_SEED)
    places = load_places(CityName.QINGDAO, rng=rng)
    lon, lat = _scatter_around(places, count=max(count - len(places.codes), 0), rng=rng)
    names = _invent_names(len(lon), rng=rng)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "name", "longitude", "latitude"])
        writer.writerows(zip(places.codes, places.names, places.lon.tolist(), places.lat.tolist(), strict=True))
        rows = zip(names, np.round(lon, 6).tolist(), np.round(lat, 6).tolist(), strict=True)
        writer.writerows([f"bench-{number}", *row] for number, row in enumerate(rows))


def _scatter_around(
    places: Places, *, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found_lon, found_lat = np.empty(0), np.empty(0)
    while len(found_lon) < count:
        near = rng.choice(len(places.codes), size=count, p=places.weight)
        lon, lat = _move(places.lon[near], places.lat[near], reach_m=_REACH_M, rng=rng)
        inside = places.is_inside(lon, lat)
        found_lon, found_lat = np.append(found_lon, lon[inside]), np.append(found_lat, lat[inside])
    return found_lon[:count], found_lat[:count]


def _move(
    lon: NDArray[np.float64], lat: NDArray[np.float64], *, reach_m: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move positions by up to `reach_m`, evenly over the circle."""
    step = reach_m * np.sqrt(rng.random(len(lon))) / _METRES_PER_DEGREE
    bearing = rng.uniform(0.0, 2.0 * np.pi, len(lon))
    return lon + step * np.sin(bearing) / np.cos(np.radians(lat)), lat + step * np.cos(bearing)


def _invent_names(count: int, *, rng: np.random.Generator) -> list[str]:
    """Invent names that the import takes for different places."""
    letters = rng.choice(list(_SYLLABLES), (count, 5))
    return ["".join(row) + "花园" for row in letters.tolist()]


def draw_households(leaves: Leaves, *, count: int) -> Iterator[Households]:
    """Draw `count` households chunk by chunk, the same at every call; a twentieth live away from any community."""
    communities, away = np.flatnonzero(leaves.is_community), np.flatnonzero(~leaves.is_community)
    sizes = np.random.default_rng(_SEED).lognormal(0.0, _SIZE_SPREAD, len(communities))
    prevalence = np.array([traits.prevalence for traits in CATEGORIES])
    for first in range(0, count, CHUNK):
        rng = np.random.default_rng([_SEED, first])
        number = min(CHUNK, count - first)
        rows = rng.choice(communities, size=number, p=sizes / sizes.sum())
        rows = np.where(rng.random(number) < _AWAY_SHARE, rng.choice(away, size=number), rows)
        lon, lat = _move(leaves.lon[rows], leaves.lat[rows], reach_m=_HOME_REACH_M, rng=rng)
        yield Households(first, rows, lon, lat, rng.random((number, len(CATEGORIES))) < prevalence)
