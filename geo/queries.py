"""Questions about places that PostGIS answers through its spatial indexes: positions on geography."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import shapely
from geoalchemy2 import Geography, Geometry, WKBElement
from geoalchemy2 import functions as gis
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Select, cast, func, or_, select
from sqlalchemy.orm import Session

from geo.errors import UnknownDistrictError
from geo.models import Community, District, Leaf, LeafKind
from geo.values import CommunityDistance, DistrictView, LeafName, LeafRef, LonLat
from privacy.release.values import PublicKeys

_POINT: Any = Geometry("POINT", srid=4326)
_GEOGRAPHY: Any = Geography("POINT", srid=4326)
_ROUNDING_M = 0.001


def _to_geometry(position: LonLat) -> Any:  # noqa: ANN401 - an SQL expression, GeoAlchemy2 has no type for it
    return func.ST_SetSRID(func.ST_MakePoint(position.lon, position.lat), 4326, type_=_POINT)


def select_nearest(position: LonLat, *, limit: int) -> Select[Any]:
    """Build the query for the nearest communities; both its steps walk the index instead of sorting the table.

    `<->` on geography orders by a sphere, up to 0.6 % off, and so may leave out one that is nearer on the ellipsoid.
    But none of the nearest is farther than the farthest of `limit` others: these are asked for first, and then all
    within its distance.
    """
    point = cast(_to_geometry(position), _GEOGRAPHY)
    stored = cast(Community.position, _POINT)
    distance = gis.ST_Distance(Community.position, point)
    on_sphere = select(distance.label("distance_m")).order_by(Community.position.op("<->")(point)).limit(limit)
    reach_m = select(func.max(on_sphere.subquery().c.distance_m)).scalar_subquery()
    return (
        select(
            Community.community_code,
            Community.name,
            Community.district_adcode,
            distance,
            func.ST_X(stored),
            func.ST_Y(stored),
        )
        .where(gis.ST_DWithin(Community.position, point, reach_m + _ROUNDING_M))
        .order_by(distance, Community.community_code)
        .limit(limit)
    )


def find_nearest_communities(session: Session, *, position: LonLat, limit: int) -> list[CommunityDistance]:
    """Return the nearest communities by geodesic distance in metres, nearest first, released or not."""
    rows = session.execute(select_nearest(position, limit=limit)).all()
    return [CommunityDistance(row[0], row[1], row[2], float(row[3]), LonLat(row[4], row[5])) for row in rows]


def select_districts_at(position: LonLat) -> Select[Any]:
    """Build the query for the districts whose outline covers a position; `ST_Covers` uses the index of outlines."""
    return _select_districts().where(gis.ST_Covers(District.outline, _to_geometry(position)))


def _select_districts() -> Select[Any]:
    columns: list[Any] = [
        District.adcode,
        District.name,
        District.city_code,
        District.city_name,
        District.population,
        District.mean_household_size,
    ]
    return select(*columns).order_by(District.adcode)


def find_districts_at(session: Session, *, position: LonLat) -> list[DistrictView]:
    """Return the districts that contain a position: one, none, or two on a border."""
    return [DistrictView(*row) for row in session.execute(select_districts_at(position)).all()]


def find_districts(
    session: Session, *, city_code: int | None = None, adcodes: Collection[int] | None = None
) -> list[DistrictView]:
    """Return all districts, those of a city, or those of some adcodes, by adcode."""
    query = _select_districts()
    if city_code is not None:
        query = query.where(District.city_code == city_code)
    if adcodes is not None:
        query = query.where(District.adcode.in_(adcodes))
    return [DistrictView(*row) for row in session.execute(query).all()]


def get_district(session: Session, *, adcode: int) -> DistrictView:
    """Return one district; raises `UnknownDistrictError`."""
    found = find_districts(session, adcodes=[adcode])
    if not found:
        raise UnknownDistrictError(adcodes=(adcode,))
    return found[0]


def find_district_outlines(session: Session, *, adcodes: Collection[int]) -> dict[int, BaseGeometry]:
    """Return the outlines of districts, WGS84 multipolygons, by adcode."""
    query = select(District.adcode, gis.ST_AsBinary(District.outline)).where(District.adcode.in_(adcodes))
    rows = session.execute(query)
    return {adcode: shapely.from_wkb(bytes(wkb)) for adcode, wkb in rows}


def get_bounds(session: Session, *, adcodes: Collection[int]) -> tuple[float, float, float, float]:
    """Return west, south, east, north of some districts together, WGS84; raises `UnknownDistrictError`."""
    extent = func.ST_Extent(District.outline)
    row = session.execute(
        select(func.ST_XMin(extent), func.ST_YMin(extent), func.ST_XMax(extent), func.ST_YMax(extent)).where(
            District.adcode.in_(adcodes)
        )
    ).one()
    if row[0] is None:
        raise UnknownDistrictError(adcodes=tuple(adcodes))
    return (float(row[0]), float(row[1]), float(row[2]), float(row[3]))


def get_centre(session: Session, *, adcodes: Collection[int]) -> LonLat | None:
    """Return where most of the communities of some districts are near, WGS84: a map that starts there shows something.

    The geometric median, which empty land at the edge does not pull away; None where no community is known.
    """
    positions = func.ST_Collect(cast(Community.position, _POINT))
    median = func.ST_GeometricMedian(positions)
    row = session.execute(
        select(func.ST_X(median), func.ST_Y(median)).where(Community.district_adcode.in_(adcodes))
    ).one()
    return None if row[0] is None else LonLat(float(row[0]), float(row[1]))


def find_community_outlines(session: Session, *, community_codes: Collection[str]) -> dict[str, BaseGeometry]:
    """Return the outline of each community, or the Voronoi cell that stands in for it, WGS84 multipolygons."""
    area = func.coalesce(Community.outline, Community.cell)
    rows = session.execute(
        select(Community.community_code, func.ST_AsBinary(area)).where(
            Community.community_code.in_(community_codes), area.is_not(None)
        )
    )
    return {code: shapely.from_wkb(bytes(wkb)) for code, wkb in rows}


def select_communities_touching(area: WKBElement | Any) -> Select[Any]:  # noqa: ANN401 - or an SQL expression
    """Build the query for communities whose outline, or else cell, meets the bounding box of `area`."""
    return select(Community.community_code).where(
        or_(
            Community.outline.op("&&")(area),
            Community.outline.is_(None) & Community.cell.op("&&")(area),
        )
    )


def get_public_keys(session: Session, *, city_code: int) -> PublicKeys:
    """Return all leaves of a city, their parents and districts, by leaf id: what its release has figures for."""
    columns = (Leaf.leaf_id, Leaf.parent7, Leaf.district_adcode)
    rows = session.execute(select(*columns).where(Leaf.city_code == city_code).order_by(Leaf.leaf_id)).all()
    table = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, len(columns))
    return PublicKeys(city_code, *(column.copy() for column in table.T))


def find_community_leaves(session: Session, *, community_codes: Collection[str]) -> dict[str, LeafRef]:
    """Return the leaf of each community that is known, by its code."""
    rows = session.execute(
        select(Leaf.community_code, Leaf.leaf_id, Leaf.city_code, Leaf.district_adcode)
        .where(Leaf.kind == LeafKind.COMMUNITY.value, Leaf.community_code.in_(community_codes))
        .order_by(Leaf.leaf_id)
    ).all()
    return {str(row[0]): LeafRef(row[1], row[2], row[3]) for row in rows}


def find_cell_leaves(session: Session, *, cells8: Collection[int]) -> dict[int, list[LeafRef]]:
    """Return all leaves, communities and remainder, in each H3 res-8 cell."""
    rows = session.execute(
        select(Leaf.cell8, Leaf.leaf_id, Leaf.city_code, Leaf.district_adcode)
        .where(Leaf.cell8.in_(cells8))
        .order_by(Leaf.leaf_id)
    ).all()
    found: dict[int, list[LeafRef]] = {}
    for cell, *leaf in rows:
        found.setdefault(cell, []).append(LeafRef(*leaf))
    return found


def find_leaf_names(session: Session, *, leaf_ids: Collection[int]) -> list[LeafName]:
    """Return what leaves are called, by district and name; unknown ones are left out."""
    rows = session.execute(
        select(Leaf.leaf_id, District.name, Community.name)
        .join(District, District.adcode == Leaf.district_adcode)
        .outerjoin(Community, (Community.community_code == Leaf.community_code) & (Leaf.kind == LeafKind.COMMUNITY))
        .where(Leaf.leaf_id.in_(leaf_ids))
        .order_by(District.adcode, Community.name)
    )
    return [LeafName(*row) for row in rows]


def find_leaf_ids(
    session: Session, *, community_codes: Collection[str] = (), cells8: Collection[int] = ()
) -> list[LeafRef]:
    """Return the leaves of some communities and of some cells together, each once, by leaf id."""
    leaves = set(find_community_leaves(session, community_codes=community_codes).values())
    for found in find_cell_leaves(session, cells8=cells8).values():
        leaves.update(found)
    return sorted(leaves, key=lambda leaf: leaf.leaf_id)
