"""Keeps cells and leaves up to date with districts and communities. A leaf id never changes and never vanishes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from geoalchemy2 import Geometry, WKBElement
from geoalchemy2 import functions as gis
from sqlalchemy import cast, func, insert, select, text, update
from sqlalchemy.orm import Session

from geo.cells import find_cells_within, get_cells, get_centres, get_parents
from geo.district_index import DistrictIndex
from geo.models import Community, Leaf, LeafKind
from geo.values import IntArray
from geo.voronoi import make_cells

_POINT: Any = Geometry("POINT", srid=4326)
_ROWS_A_STATEMENT = 1_000
# Tens of thousands of rows of one shape: arrays in one statement, not one statement a row.
_ADD_REMAINDER = text("""
    INSERT INTO places.leaves (kind, city_code, district_adcode, cell8, parent7, position)
    SELECT 'remainder', :city_code, adcode, cell, parent, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography
    FROM unnest(
        CAST(:cells AS bigint[]), CAST(:parents AS bigint[]), CAST(:adcodes AS integer[]),
        CAST(:lon AS float8[]), CAST(:lat AS float8[])
    ) AS new (cell, parent, adcode, lon, lat)
    ORDER BY cell
""")


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How many cells were drawn anew and how many leaves were added."""

    cells: int
    community_leaves: int


def to_point(lon: float, lat: float) -> WKBElement:
    """Return a WGS84 point as the database takes it."""
    return WKBElement(shapely.to_wkb(shapely.Point(lon, lat)), srid=4326)


def _write_in_parts(session: Session, statement: Any, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401 - insert or update
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        session.execute(statement, rows[start : start + _ROWS_A_STATEMENT])


def draw_cells(session: Session, *, districts: DistrictIndex, adcodes: Collection[int]) -> int:
    """Draw the Voronoi cells of some districts anew and return how many changed."""
    changed = 0
    for adcode in sorted(adcodes):
        point = cast(Community.position, _POINT)
        rows = session.execute(
            select(Community.community_code, func.ST_X(point), func.ST_Y(point), gis.ST_AsBinary(Community.cell))
            .where(Community.district_adcode == adcode)
            .order_by(Community.community_code)
        ).all()
        lon = np.array([row[1] for row in rows], dtype=np.float64)
        lat = np.array([row[2] for row in rows], dtype=np.float64)
        drawn = make_cells(lon, lat, district=districts.get_outline(adcode))
        pairs = ((row[0], row[3], cell) for row, cell in zip(rows, drawn, strict=True))
        changed += _write_cells(session, pairs)
    return changed


def _write_cells(session: Session, pairs: Iterable[tuple[str, bytes | None, Any]]) -> int:
    changes = []
    for code, old, cell in pairs:
        new = None if cell is None else shapely.to_wkb(cell)
        if new != (None if old is None else bytes(old)):
            changes.append({"community_code": code, "cell": None if new is None else WKBElement(new, srid=4326)})
    _write_in_parts(session, update(Community), changes)
    return len(changes)


def place_community_leaves(session: Session, *, districts: DistrictIndex, city_codes: Collection[int]) -> int:
    """Give every community of some cities its leaf, move the leaves of moved ones; return how many are new."""
    point = cast(Community.position, _POINT)
    adcodes = districts.adcodes[np.isin(districts.city_codes, list(city_codes))].tolist()
    rows = session.execute(
        select(
            Community.community_code,
            Community.district_adcode,
            func.ST_X(point),
            func.ST_Y(point),
            Leaf.leaf_id,
            Leaf.cell8,
            Leaf.district_adcode,
        )
        .outerjoin(Leaf, Leaf.community_code == Community.community_code)
        .where(Community.district_adcode.in_(adcodes))
        .order_by(Community.community_code)
    ).all()
    if not rows:
        return 0
    cells = get_cells(np.array([row[2] for row in rows]), np.array([row[3] for row in rows]))
    parents = get_parents(cells).tolist()
    added, moved = [], []
    for (code, adcode, lon, lat, leaf_id, old_cell, old_adcode), cell, parent in zip(
        rows, cells.tolist(), parents, strict=True
    ):
        place = {"district_adcode": adcode, "cell8": cell, "parent7": parent, "position": to_point(lon, lat)}
        if leaf_id is None:
            city = districts.get_city(adcode)
            added.append({"kind": LeafKind.COMMUNITY.value, "community_code": code, "city_code": city, **place})
        elif (old_cell, old_adcode) != (cell, adcode):
            moved.append({"leaf_id": leaf_id, **place})
    _write_in_parts(session, insert(Leaf), added)
    _write_in_parts(session, update(Leaf), moved)
    return len(added)


def place_remainder_leaves(session: Session, *, districts: DistrictIndex, city_codes: Collection[int]) -> int:
    """Give a leaf to every H3 res-8 cell whose centre lies in a district of some cities; return how many are new."""
    found = 0
    for city_code in sorted(city_codes):
        cells, adcodes = find_city_cells(districts, city_code=city_code)
        known = session.scalars(
            select(Leaf.cell8).where(Leaf.kind == LeafKind.REMAINDER.value, Leaf.cell8.in_(cells.tolist()))
        ).all()
        is_new = ~np.isin(cells, np.array(known, dtype=np.int64))
        found += _add_remainder(session, cells=cells[is_new], adcodes=adcodes[is_new], city_code=city_code)
    return found


def find_city_cells(districts: DistrictIndex, *, city_code: int) -> tuple[IntArray, IntArray]:
    """Return the cells whose centre lies in a district of a city, ascending, and the district of each."""
    inner: set[int] = set()
    for slot in np.flatnonzero(districts.city_codes == city_code).tolist():
        inner |= find_cells_within(districts.outlines[slot])
    cells = np.array(sorted(inner), dtype=np.int64)
    adcodes = districts.locate(*get_centres(cells))
    inside = districts.map_cities(adcodes) == city_code
    return cells[inside], adcodes[inside]


def _add_remainder(session: Session, *, cells: IntArray, adcodes: IntArray, city_code: int) -> int:
    lon, lat = get_centres(cells)
    session.execute(
        _ADD_REMAINDER,
        {
            "city_code": city_code,
            "cells": cells.tolist(),
            "parents": get_parents(cells).tolist(),
            "adcodes": adcodes.tolist(),
            "lon": lon.tolist(),
            "lat": lat.tolist(),
        },
    )
    return len(cells)


def bring_up_to_date(session: Session, *, districts: DistrictIndex, adcodes: Collection[int]) -> Upkeep:
    """Bring the cells of some districts and the community leaves of their cities up to date."""
    cities = {districts.get_city(adcode) for adcode in adcodes}
    return Upkeep(
        draw_cells(session, districts=districts, adcodes=adcodes),
        place_community_leaves(session, districts=districts, city_codes=cities),
    )
