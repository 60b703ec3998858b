"""Released figures for the stub API: real communities and districts of Qingdao with invented, seeded needs."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import h3
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from geo.datum import to_wgs84
from geo.values import Datum

PLACES = Path(__file__).parents[2] / "field_apps_mock/data/places"
CATEGORIES = {
    "refrigerator": ("冰箱", "Refrigerators"),
    "washing_machine": ("洗衣机", "Washing machines"),
    "air_conditioner": ("空调", "Air conditioners"),
    "water_heater": ("热水器", "Water heaters"),
    "television": ("电视", "Televisions"),
    "range_hood": ("油烟机", "Range hoods"),
    "dishwasher": ("洗碗机", "Dishwashers"),
    "freezer": ("冷柜", "Freezers"),
}
RELEASE = {"release_id": "2026-11-370200", "as_of": "2026-11-01T00:00:00+00:00"}
GEOD = Geod(ellps="WGS84")
NEED_SD = 6.2
OUTLINE_DEG = 0.018


@dataclass(frozen=True, slots=True)
class StubCommunity:
    """One community: WGS84 position, outline as a polygon, users and needs by category."""

    code: str
    name: str
    adcode: int
    district: str
    lon: float
    lat: float
    outline: BaseGeometry
    users: int
    needs: dict[str, float]


@cache
def districts() -> dict[str, Any]:
    """Return the districts of Qingdao as GeoJSON, property names as in the API."""
    raw = json.loads((PLACES / "districts_qingdao_wgs84.geojson").read_text(encoding="utf-8"))
    features = [
        {
            "type": "Feature",
            "id": feature["properties"]["district_adcode"],
            "geometry": feature["geometry"],
            "properties": {
                "adcode": feature["properties"]["district_adcode"],
                "name": feature["properties"]["district_name"],
                "city_code": 370200,
                "city_name": "青岛市",
            },
        }
        for feature in raw["features"]
    ]
    return {"type": "FeatureCollection", "datum": "wgs84", "features": features}


def _cells(positions: list[tuple[float, float]]) -> list[BaseGeometry]:
    points = shapely.MultiPoint(positions)
    cells = list(shapely.voronoi_polygons(points).geoms)
    tree = shapely.STRtree(cells)
    return [cells[int(tree.query(point, predicate="intersects")[0])] for point in points.geoms]


@cache
def communities() -> tuple[StubCommunity, ...]:
    """Return every community of Qingdao with an outline clipped to its district and the figures of one month."""
    rng = random.Random(7)
    with (PLACES / "communities_qingdao_gcj02.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    positions = []
    for row in rows:
        lon, lat = to_wgs84(float(row["longitude"]), float(row["latitude"]), datum=Datum.GCJ02)
        positions.append((float(lon), float(lat)))
    areas = {
        feature["properties"]["adcode"]: shapely.from_geojson(json.dumps(feature["geometry"]))
        for feature in districts()["features"]
    }
    return tuple(
        _community(row, position, cell, areas[adcode_of(row)], rng)
        for row, position, cell in zip(rows, positions, _cells(positions), strict=True)
    )


def adcode_of(row: dict[str, str]) -> int:
    """Return the district of a community: 即墨 became a district of the city after the list was made."""
    return {370282: 370215}.get(int(row["adcode"]), int(row["adcode"]))


def _community(
    row: dict[str, str],
    position: tuple[float, float],
    cell: BaseGeometry,
    district: BaseGeometry,
    rng: random.Random,
) -> StubCommunity:
    around = shapely.Point(position).buffer(OUTLINE_DEG)
    users = max(24, int(rng.lognormvariate(5.6, 0.7)))
    return StubCommunity(
        code=row["code"],
        name=row["name"].removesuffix("居委会"),
        adcode=adcode_of(row),
        district=row["county"],
        lon=position[0],
        lat=position[1],
        outline=shapely.set_precision(cell.intersection(around).intersection(district.buffer(0.002)), 1e-6),
        users=users,
        needs={code: max(0.0, users * rng.uniform(0.02, 0.28) + rng.gauss(0, NEED_SD)) for code in CATEGORIES},
    )


def distance_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the geodesic distance between two WGS84 positions."""
    return float(GEOD.inv(lon, lat, other_lon, other_lat)[2])


def need_of(value: float, *, cells: int = 1) -> dict[str, Any]:
    """Return a released need: suppressed below two standard errors."""
    sd = NEED_SD * cells**0.5
    few = value < 2 * sd
    return {"value": None if few else round(value, 1), "moe95": round(1.96 * sd, 1), "few": few}


def hexagons(lon: float, lat: float, *, radius_m: float, category: str) -> list[dict[str, Any]]:
    """Return the H3 cells whose centre lies within the radius, coloured by the communities inside them."""
    sums: dict[str, list[float]] = {}
    for community in communities():
        cell = h3.latlng_to_cell(community.lat, community.lon, 8)
        total = sums.setdefault(cell, [0.0, 0.0])
        total[0] += community.needs[category]
        total[1] += community.users
    features = []
    for cell in h3.grid_disk(h3.latlng_to_cell(lat, lon, 8), 8):
        centre_lat, centre_lon = h3.cell_to_latlng(cell)
        if distance_m(lon, lat, centre_lon, centre_lat) > radius_m:
            continue
        need, users = sums.get(cell, [0.0, 0.0])
        ring = [[round(corner[1], 6), round(corner[0], 6)] for corner in h3.cell_to_boundary(cell)]
        released = need_of(need)
        properties = {
            "cell": cell,
            "need": released["value"],
            "moe95": released["moe95"],
            "users": users or None,
            "few": released["few"],
        }
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        features.append({"type": "Feature", "id": cell, "geometry": geometry, "properties": properties})
    return features
