"""Invented communities and cells: one city, or as many as the whole country has, as arrays."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import h3.api.basic_int as h3
import numpy as np

from geo.cells import get_cells, get_centres, get_parents
from geo.datum import to_wgs84
from geo.values import Datum, FloatArray, IntArray

PLACES = Path(__file__).parents[1] / "field_apps_mock/data/places"
_NAMES = tuple(sorted(PLACES.glob("communities_*.csv")))
_CENSUS = PLACES / "census2020_counties.csv"
_WEST, _EAST, _SOUTH, _NORTH = 98.0, 122.0, 23.0, 42.0


@dataclass(frozen=True, slots=True)
class Places:
    """Communities, shape (n,), and the cells in which a remainder leaf stands, shape (m,); WGS84.

    `codes` have twelve characters; the district of a community or cell is an adcode of six digits.
    """

    codes: IntArray
    names: tuple[str, ...]
    lon: FloatArray
    lat: FloatArray
    districts: IntArray
    cells: IntArray
    cell_districts: IntArray


def get_city_codes(districts: IntArray) -> IntArray:
    """Return the city of each district: the first four digits and 00."""
    return districts // 100 * 100


def _open(path: Path) -> list[dict[str, str]]:
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def _surround(lon: FloatArray, lat: FloatArray, districts: IntArray, *, count: int) -> tuple[IntArray, IntArray]:
    """Return about `count` cells around positions of districts, and the district of each, by ascending cell."""
    rings = 0
    while True:
        disks = [h3.grid_disk(cell, rings) for cell in get_cells(lon, lat).tolist()]
        cells = np.array([cell for disk in disks for cell in disk], dtype=np.int64)
        own = np.repeat(districts, [len(disk) for disk in disks])
        cells, first = np.unique(cells, return_index=True)
        if len(cells) >= count:
            # By district, so that what is too much is missing at one place and not everywhere.
            kept = np.sort(np.argsort(own[first], kind="stable")[:count])
            return cells[kept], own[first][kept]
        rings += 1


def invent_country(*, communities: int, cells: int, seed: int = 7) -> Places:
    """Spread communities over the real list of counties by their population, each county around a point of its own."""
    rng = np.random.default_rng(seed)
    census = [row for row in _open(_CENSUS) if row["population"].isdigit()]
    adcodes = np.array([int(row["adcode"]) for row in census], dtype=np.int64)
    order = np.argsort(adcodes)
    adcodes = adcodes[order]
    population = np.array([int(row["population"]) for row in census], dtype=np.float64)[order]
    across = int(np.ceil(np.sqrt(len(adcodes))))
    at = np.arange(len(adcodes))
    centre_lon = _WEST + (at % across + 0.5) * (_EAST - _WEST) / across
    centre_lat = _SOUTH + (at // across + 0.5) * (_NORTH - _SOUTH) / across
    counties = np.sort(rng.choice(len(adcodes), size=communities, p=population / population.sum()))
    return _name(
        centre_lon[counties] + rng.normal(0.0, 0.05, communities),
        centre_lat[counties] + rng.normal(0.0, 0.05, communities),
        adcodes[counties],
        *_surround(centre_lon, centre_lat, adcodes, count=cells),
    )


def invent_city(*, communities: int, cells: int, seed: int = 7) -> Places:
    """Spread communities over ten districts of one city, dense in the middle, over about 40 by 40 kilometres."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.normal(120.4, 0.12, communities), rng.normal(36.2, 0.1, communities)
    districts = 370202 + np.digitize(lon, np.linspace(120.1, 120.7, 9)).astype(np.int64)
    centre = np.array([120.4]), np.array([36.2])
    found, _ = _surround(*centre, np.array([370202], dtype=np.int64), count=cells)
    cell_lon, _ = get_centres(found)
    own = 370202 + np.digitize(cell_lon, np.linspace(120.1, 120.7, 9)).astype(np.int64)
    return _name(lon, lat, districts, found, own)


def read_country(path: Path, *, cells: int) -> Places:
    """Read real communities (code, name, longitude, latitude in GCJ-02, adcode), each once by its code."""
    rows = list({row["code"]: row for row in _open(path) if len(row["code"]) == 12}.values())  # noqa: PLR2004
    rows.sort(key=lambda row: (row["adcode"], row["code"]))
    lon, lat = to_wgs84(
        np.array([float(row["longitude"]) for row in rows]),
        np.array([float(row["latitude"]) for row in rows]),
        datum=Datum.GCJ02,
    )
    districts = np.array([int(row["adcode"]) for row in rows], dtype=np.int64)
    codes = np.array([int(row["code"]) for row in rows], dtype=np.int64)
    names = tuple(row["name"] for row in rows)
    return Places(codes, names, lon, lat, districts, *_surround(lon, lat, districts, count=cells))


def _name(lon: FloatArray, lat: FloatArray, districts: IntArray, cells: IntArray, cell_districts: IntArray) -> Places:
    """Give communities codes by district and number, and names of real ones."""
    order = np.argsort(districts, kind="stable")
    own = districts[order]
    first = np.searchsorted(own, own)
    codes = own * 1_000_000 + np.arange(len(own)) - first
    real = [row["name"] for path in _NAMES for row in _open(path)]
    names = tuple(f"{real[at % len(real)]}{at // len(real) or ''}" for at in range(len(own)))
    return Places(codes, names, lon[order], lat[order], own, cells, cell_districts)


def find_parents(cells: IntArray) -> IntArray:
    """Return the res-7 parent of each cell, computed once a cell."""
    distinct, slots = np.unique(cells, return_inverse=True)
    return get_parents(distinct)[slots]
