"""Released figures in the form of the answers: "few" is null, positions are in the caller's datum.

Values are rounded to a tenth: their margins are units wide. What does not change until the next release - the row of a
community, the ring of a cell - is written once and kept as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from api.fragments import Fragments
from geo.cells import get_boundary, to_text
from geo.datum import from_wgs84
from geo.figures import (
    LEAST_CUSTOMERS,
    CellFigures,
    CommunityFigures,
    ReleaseMeta,
    TerritoryFigures,
    TrendMonth,
)
from geo.found import CellHeatmap, NearestCommunities, show_communities
from geo.values import Datum, FloatArray, LonLat
from privacy.release.values import CATEGORIES, Category

Row = dict[str, Any]
FindOutlines = Callable[[Sequence[str]], Mapping[str, BaseGeometry]]
# A tenth of a metre.
DEGREE_DIGITS = 6
# Twice what an answer usually lists: asking PostGIS for so many takes little longer than for one, and who comes first
# does not wait long for what others may ask for.
_WRITTEN_TOGETHER = 60
# A row depends on where the caller stands in its first figures; the rest is written once a release.
_ROW = b'{"distance_m":%.1f%b%b,'
_RANKED_ROW = b'{"distance_m":%.1f,"share":%.4f,"rank":%d%b%b,'


def show_release(release: ReleaseMeta) -> Row:
    """Return what every answer says about its release."""
    return {"release_id": release.release_id, "as_of": release.as_of}


def show_measure(value: float, *, moe95: float) -> Row:
    """Return a figure with its 95 % margin."""
    return {"value": round(value, 1), "moe95": round(moe95, 1)}


def show_need(value: float, *, moe95: float, few: bool) -> Row:
    """Return a need; null where it is "few"."""
    return {"value": None if few else round(value, 1), "moe95": round(moe95, 1), "few": few}


def show_needs(
    needs: Sequence[float], *, moe95: Sequence[float], few: Sequence[bool], categories: Iterable[Category] = CATEGORIES
) -> Row:
    """Return needs by category; the sequences have one entry a category, in the order of `Category`."""
    columns = ((category.value, category.column) for category in categories)
    return {name: show_need(needs[at], moe95=moe95[at], few=few[at]) for name, at in columns}


def show_position(position: LonLat, *, datum: Datum) -> Row:
    """Return a position in a datum."""
    lon, lat = from_wgs84(position.lon, position.lat, datum=datum)
    return {"lon": round(float(lon), DEGREE_DIGITS), "lat": round(float(lat), DEGREE_DIGITS)}


def show_geometry(geometry: Mapping[str, Any], *, datum: Datum) -> Row:
    """Return a GeoJSON geometry of WGS84 coordinates, of any nesting, in a datum."""
    return {"type": geometry["type"], "coordinates": _move(geometry["coordinates"], datum=datum)}


def _move(coordinates: Sequence[Any], *, datum: Datum) -> list[Any]:
    if isinstance(coordinates[0][0], int | float):
        moved: list[Any] = _move_all(np.asarray(coordinates, dtype=np.float64), datum=datum).tolist()
        return moved
    return [_move(part, datum=datum) for part in coordinates]


def write_nearest(
    found: NearestCommunities,
    *,
    datum: Datum,
    category: Category | None,
    fragments: Fragments,
    find_outlines: FindOutlines,
) -> bytes:
    """Write the nearest communities; share and rank only with a category."""
    slots, release_id = found.slots.tolist(), found.release.release_id

    def write_tails(missing: list[int]) -> list[bytes]:
        rows = show_communities(found.layer, missing)
        return [b"," + orjson.dumps(_show_community(one, datum=datum, category=category))[1:-1] for one in rows]

    def write_outlines(missing: list[int]) -> list[bytes]:
        codes = [found.layer.communities.codes[slot] for slot in missing]
        return [b',"outline":' + shape + b"}" for shape in _write_shapes(codes, find_outlines(codes), datum=datum)]

    def find_near() -> list[int]:
        slots: list[int] = found.find_around(limit=_WRITTEN_TOGETHER).tolist()
        return slots

    tails = fragments.collect((release_id, category, datum), slots, write=write_tails)
    outlines = fragments.collect((release_id, "outline", datum), slots, write=write_outlines, find_near=find_near)
    head = orjson.dumps({"datum": datum, **show_release(found.release), "category": category})
    if found.shares is None or found.ranks is None:
        return _fill_communities(head, _ROW, [found.distances_m.tolist(), tails, outlines])
    return _fill_communities(
        head, _RANKED_ROW, [found.distances_m.tolist(), found.shares, found.ranks, tails, outlines]
    )


def _fill_communities(head: bytes, row: bytes, columns: Sequence[Sequence[Any]]) -> bytes:
    """Put rows of these columns into an object, all by one format: row by row takes half as long again."""
    count, width = len(columns[0]), len(columns)
    cells: list[Any] = [head[:-1]] * (1 + count * width)
    for at, column in enumerate(columns, 1):
        cells[at::width] = column
    return (b'%b,"communities":[' + (row * count)[:-1] + b"]}") % tuple(cells)


def _join_features(head: bytes, parts: Iterable[bytes]) -> bytes:
    """Put the parts of features, each beginning with a comma, into an object. One join: every further copy costs."""
    listed = list(parts)
    if listed:
        listed[0] = listed[0][1:]
    return b"".join((head[:-1], b',"features":[', *listed, b"]}"))


def _write_shapes(codes: Sequence[str], shapes: Mapping[str, BaseGeometry], *, datum: Datum) -> list[bytes]:
    """Write the GeoJSON of some places' shapes, null where there is none."""
    known = [code for code in codes if code in shapes]
    moved: Any = shapely.transform([shapes[code] for code in known], partial(_move_all, datum=datum))
    # GEOS writes some numbers in more digits than they have; orjson writes them as short as they are.
    written = (orjson.dumps(orjson.loads(shape)) for shape in shapely.to_geojson(moved).tolist())
    found = dict(zip(known, written, strict=True))
    return [found.get(code, b"null") for code in codes]


def _move_all(points: FloatArray, *, datum: Datum) -> FloatArray:
    """Return positions of shape (n, 2), WGS84, in a datum."""
    lon, lat = from_wgs84(points[:, 0], points[:, 1], datum=datum)
    return np.column_stack((lon, lat)).round(DEGREE_DIGITS)


def _show_community(one: CommunityFigures, *, datum: Datum, category: Category | None) -> Row:
    categories = CATEGORIES if category is None else (category,)
    return {
        "community_code": one.community_code,
        "name": one.name,
        "district": {"adcode": one.district_adcode, "name": one.district_name},
        "position": show_position(one.position, datum=datum),
        "users": show_measure(one.users, moe95=one.users_moe95),
        "needs": show_needs(one.needs, moe95=one.needs_moe95, few=one.few, categories=categories),
        "level": one.level,
    }


def write_heatmap(found: CellHeatmap, *, asked: Row, fragments: Fragments) -> bytes:
    """Write the cells as GeoJSON, with the total as a foreign member."""
    datum: Datum = asked["datum"]
    slots, release_id = found.slots.tolist(), found.release.release_id

    def write_rings(missing: list[int]) -> list[bytes]:
        return _write_rings(found.layer.cells.cells[missing].tolist(), datum=datum)

    def write_properties(missing: list[int]) -> list[bytes]:
        return [orjson.dumps(_show_cell(one)) + b"}" for one in found.show_cells(missing)]

    rings = fragments.collect((release_id, "ring", datum), slots, write=write_rings)
    properties = fragments.collect((release_id, "cell", found.category), slots, write=write_properties)
    features = zip(rings, properties, strict=True)
    head = {
        "type": "FeatureCollection",
        "datum": datum,
        **show_release(found.release),
        "category": asked["category"],
        "center": {"lon": asked["lon"], "lat": asked["lat"]},
        "radius_m": asked["radius_m"],
        "total": {
            "need": show_measure(found.need, moe95=found.need_moe95),
            "users": show_measure(found.users, moe95=found.users_moe95),
        },
    }
    return _join_features(orjson.dumps(head), chain.from_iterable(features))


def _show_cell(one: CellFigures) -> Row:
    return {
        "cell": to_text(one.cell),
        "need": None if one.few else round(one.need, 1),
        "moe95": round(one.moe95, 1),
        "users": None if one.users < LEAST_CUSTOMERS else round(one.users, 1),
        "users_moe95": round(one.users_moe95, 1),
        "few": one.few,
    }


def _write_rings(cells: list[int], *, datum: Datum) -> list[bytes]:
    """Write how the feature of each cell begins: its id and its hexagon."""
    rings = [get_boundary(cell) for cell in cells]
    moved = _move_all(np.array(list(chain.from_iterable(rings))), datum=datum).tolist()
    written, at = [], 0
    for cell, ring in zip(cells, rings, strict=True):
        geometry = {"type": "Polygon", "coordinates": [moved[at : at + len(ring)]]}
        feature = orjson.dumps({"type": "Feature", "id": to_text(cell), "geometry": geometry})
        written.append(b"," + feature[:-1] + b',"properties":')
        at += len(ring)
    return written


def show_territory(found: TerritoryFigures, *, trend: Iterable[TrendMonth]) -> Row:
    """Return the figures of districts, and their needs month by month, oldest first."""
    return {
        **show_release(found.release),
        "districts": [
            {
                "adcode": one.adcode,
                "name": one.name,
                "users": show_measure(one.users, moe95=one.users_moe95),
                "needs": show_needs(one.needs, moe95=one.needs_moe95, few=one.few),
            }
            for one in found.districts
        ],
        "trend": [
            {
                "release_id": one.release_id,
                "as_of": one.as_of,
                "month": f"{one.month:%Y-%m}",
                "needs": show_needs(one.needs, moe95=one.needs_moe95, few=one.few),
            }
            for one in trend
        ],
    }
