"""Released figures in the form of the answers: "few" is null, positions are in the caller's datum.

Values are rounded to a tenth: their margins are units wide. What does not change until the next release - the row of a
community, the ring of a cell - is written once and kept as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import orjson
import shapely.geometry
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
from geo.found import CellHeatmap, NearestCommunities, show_community
from geo.values import Datum, LonLat
from privacy.release.values import CATEGORIES, Category

Row = dict[str, Any]
FindOutlines = Callable[[Sequence[str]], Mapping[str, BaseGeometry]]
# A tenth of a metre.
DEGREE_DIGITS = 6


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
        points = np.asarray(coordinates, dtype=np.float64)
        lon, lat = from_wgs84(points[:, 0], points[:, 1], datum=datum)
        moved: list[Any] = np.round(np.column_stack((lon, lat)), DEGREE_DIGITS).tolist()
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
        rows = (show_community(found.layer, slot) for slot in missing)
        return [b"," + orjson.dumps(_show_community(one, datum=datum, category=category))[1:-1] for one in rows]

    def write_outlines(missing: list[int]) -> list[bytes]:
        codes = [found.layer.communities.codes[slot] for slot in missing]
        shapes = find_outlines(codes)
        return [_write_outline(shapes.get(code), datum=datum) for code in codes]

    tails = fragments.collect((release_id, category, datum), slots, write=write_tails)
    outlines = fragments.collect((release_id, "outline", datum), slots, write=write_outlines)
    rows = zip(_write_heads(found), tails, outlines, strict=True)
    head = orjson.dumps({"datum": datum, **show_release(found.release), "category": category})
    return _join(head, b"communities", chain.from_iterable(rows))


def _join(head: bytes, name: bytes, parts: Iterable[bytes]) -> bytes:
    """Put a list of members, each beginning with a comma, into an object. One join: every further copy costs."""
    listed = list(parts)
    if listed:
        listed[0] = listed[0][1:]
    return b"".join((head[:-1], b',"', name, b'":[', *listed, b"]}"))


def _write_heads(found: NearestCommunities) -> list[bytes]:
    """Write how each row begins, which depends on where the caller stands."""
    distances = found.distances_m.tolist()
    if found.shares is None or found.ranks is None:
        return [b',{"distance_m":%.1f' % distance_m for distance_m in distances]
    columns = zip(distances, found.shares, found.ranks, strict=True)
    return [b',{"distance_m":%.1f,"share":%.4f,"rank":%d' % row for row in columns]


def _write_outline(shape: BaseGeometry | None, *, datum: Datum) -> bytes:
    geometry = None if shape is None else show_geometry(shapely.geometry.mapping(shape), datum=datum)
    return b',"outline":' + orjson.dumps(geometry) + b"}"


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
        return [b"," + _write_ring(cell, datum=datum) for cell in found.layer.cells[missing].tolist()]

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
    return _join(orjson.dumps(head), b"features", chain.from_iterable(features))


def _show_cell(one: CellFigures) -> Row:
    return {
        "cell": to_text(one.cell),
        "need": None if one.few else round(one.need, 1),
        "moe95": round(one.moe95, 1),
        "users": None if one.users < LEAST_CUSTOMERS else round(one.users, 1),
        "users_moe95": round(one.users_moe95, 1),
        "few": one.few,
    }


def _write_ring(cell: int, *, datum: Datum) -> bytes:
    geometry = show_geometry(
        {"type": "Polygon", "coordinates": [[list(point) for point in get_boundary(cell)]]}, datum=datum
    )
    feature = orjson.dumps({"type": "Feature", "id": to_text(cell), "geometry": geometry})
    return feature[:-1] + b',"properties":'


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
