"""Released figures in the form of the answers: "few" is null, positions are in the caller's datum.

Values are rounded to a tenth: their margins are units wide. What does not change until the next release - the row of a
community, the ring of a cell - is written once and kept as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    CellHeatmap,
    CommunityFigures,
    NearestCommunities,
    ReleaseMeta,
    TerritoryFigures,
    TrendMonth,
)
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


def show_nearest(
    found: NearestCommunities,
    *,
    datum: Datum,
    category: Category | None,
    fragments: Fragments,
    find_outlines: FindOutlines,
) -> Row:
    """Return the nearest communities; share and rank only with a category."""
    _draw_outlines(found, datum=datum, fragments=fragments, find_outlines=find_outlines)

    def write_row(one: CommunityFigures) -> orjson.Fragment:
        key = (one.leaf_id, category, datum)
        kept = fragments.get(key)
        if kept is None:
            kept = fragments.keep(key, orjson.dumps(_show_community(one, datum=datum, category=category))[1:-1])
        head = {"distance_m": round(one.distance_m, 1)}
        if one.share is not None and one.rank is not None:
            head |= {"share": round(one.share, 4), "rank": one.rank}
        outline = fragments.get(_name_outline(one, datum=datum)) or b"null"
        return orjson.Fragment(b"".join((orjson.dumps(head)[:-1], b",", kept, b',"outline":', outline, b"}")))

    return {
        "datum": datum,
        **show_release(found.release),
        "category": category,
        "communities": [write_row(one) for one in found.rows],
    }


def _name_outline(one: CommunityFigures, *, datum: Datum) -> tuple[str, Datum]:
    return one.community_code, datum


def _draw_outlines(
    found: NearestCommunities, *, datum: Datum, fragments: Fragments, find_outlines: FindOutlines
) -> None:
    names = {one.community_code: _name_outline(one, datum=datum) for one in found.rows}
    missing = [code for code, name in names.items() if fragments.get(name) is None]
    outlines = find_outlines(missing) if missing else {}
    for code in missing:
        shape = outlines.get(code)
        geometry = None if shape is None else show_geometry(shapely.geometry.mapping(shape), datum=datum)
        fragments.keep(names[code], orjson.dumps(geometry))


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


def show_heatmap(found: CellHeatmap, *, asked: Row, fragments: Fragments) -> Row:
    """Return the cells as GeoJSON, with the total as a foreign member."""
    datum: Datum = asked["datum"]

    def write_cell(one: CellFigures) -> orjson.Fragment:
        key = (one.cell, datum)
        kept = fragments.get(key) or fragments.keep(key, _write_ring(one.cell, datum=datum))
        return orjson.Fragment(kept + orjson.dumps(_show_cell(one)) + b"}")

    return {
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
        "features": [write_cell(one) for one in found.cells],
    }


def _show_cell(one: CellFigures) -> Row:
    return {
        "cell": to_text(one.cell),
        "need": None if one.few else round(one.need, 1),
        "moe95": round(one.moe95, 1),
        "users": None if one.users < LEAST_CUSTOMERS else round(one.users, 1),
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
            {"month": f"{one.month:%Y-%m}", "needs": show_needs(one.needs, moe95=one.needs_moe95, few=one.few)}
            for one in trend
        ],
    }
