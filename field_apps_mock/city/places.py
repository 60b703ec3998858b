"""The real ground that synthetic households stand on: communities, districts, census. Sources: data/README.md."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import shape

from field_apps_mock.city.datum import gcj02_to_wgs84

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from field_apps_mock.city.values import CityName

DATA = Path(__file__).resolve().parent.parent / "data" / "places"

RENUMBERED_DISTRICTS = {"370282": "370215"}
"""Jimo became a district of Qingdao in 2017; the communities are of 2016, the census and the outlines are later."""

COMMUNITY_SIZE_SPREAD = 0.55
"""Sigma of the lognormal that communities of one district differ by in size."""


@dataclass(frozen=True, slots=True)
class Places:
    """The communities (n) of one city, GCJ-02 degrees, and its districts (d), WGS84 outlines.

    `weight` (n) is the share of the city's households that a community holds, `district_weight` (d) the same for a
    district. Both sum to 1.
    """

    codes: list[str]
    names: list[str]
    adcodes: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    weight: NDArray[np.float64]
    district_adcodes: NDArray[np.int64]
    district_outlines: NDArray[np.object_]
    district_weight: NDArray[np.float64]

    def is_inside(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which GCJ-02 positions (n,) lie in a district of the city."""
        wgs_lon, wgs_lat = gcj02_to_wgs84(lon, lat)
        inside = np.zeros(len(lon), dtype=bool)
        for outline in self.district_outlines:
            inside |= shapely.contains_xy(outline, wgs_lon, wgs_lat)
        return inside


def _read_census() -> dict[str, float]:
    """Read the number of households per district: census population over mean household size, where both are known."""
    with (DATA / "census2020_counties.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["population"] and row["mean_household_size"]]
    return {row["adcode"]: int(row["population"]) / float(row["mean_household_size"]) for row in rows}


def _weigh_communities(
    adcodes: list[str], households: dict[str, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Split each district's households over its communities; sizes differ lognormally."""
    size = rng.lognormal(0.0, COMMUNITY_SIZE_SPREAD, len(adcodes))
    keys, which = np.unique(np.array(adcodes), return_inverse=True)
    district_size = np.bincount(which, weights=size)
    district_households = np.array([households[str(key)] for key in keys])
    weight = size / district_size[which] * district_households[which]
    return np.asarray(weight / weight.sum())


def load_places(city: CityName, *, rng: np.random.Generator) -> Places:
    """Load one city. The generator decides how large each community is within its district."""
    with (DATA / f"communities_{city}_gcj02.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    outlines = json.loads((DATA / f"districts_{city}_wgs84.geojson").read_text(encoding="utf-8"))["features"]
    households = _read_census()
    adcodes = [RENUMBERED_DISTRICTS.get(row["adcode"], row["adcode"]) for row in rows]
    district_adcodes = [str(feature["properties"]["district_adcode"]) for feature in outlines]
    district_households = np.array([households[adcode] for adcode in district_adcodes])
    geometries = np.array([shape(feature["geometry"]) for feature in outlines], dtype=object)
    shapely.prepare(geometries)
    return Places(
        codes=[row["code"] for row in rows],
        names=[row["name"] for row in rows],
        adcodes=np.array(adcodes, dtype=np.int64),
        lon=np.array([float(row["longitude"]) for row in rows]),
        lat=np.array([float(row["latitude"]) for row in rows]),
        weight=_weigh_communities(adcodes, households, rng),
        district_adcodes=np.array(district_adcodes, dtype=np.int64),
        district_outlines=geometries,
        district_weight=district_households / district_households.sum(),
    )
