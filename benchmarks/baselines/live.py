"""Users counted at every request: the nearest communities through the ORM, the cells around a position in plain SQL."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Connection, cast, func, select, text
from sqlalchemy.orm import Session

from api.yingxiaobao.figures import show_geometry, show_position
from benchmarks.baselines.entities import User
from benchmarks.baselines.indexed import to_point
from geo.cells import get_boundary, to_text
from geo.models import Community, District, Leaf, LeafKind
from geo.values import LonLat

Row = dict[str, Any]
_POINT: Any = Geometry("POINT", srid=4326)


def find_live(session: Session, *, position: LonLat, asked: Row) -> Row:
    """Answer with the nearest communities and their users and needs of now."""
    stored = cast(Community.position, _POINT)
    distance = func.ST_Distance(Community.position, to_point(position))
    of_leaf = select(func.count()).where(User.leaf_id == Leaf.leaf_id).correlate(Leaf)
    rows = session.execute(
        select(
            Community.community_code,
            Community.name,
            Community.district_adcode,
            District.name.label("district_name"),
            distance.label("distance_m"),
            func.ST_X(stored).label("lon"),
            func.ST_Y(stored).label("lat"),
            of_leaf.scalar_subquery().label("users"),
            of_leaf.where(User.has_need(asked["category"])).scalar_subquery().label("need"),
        )
        .join(District, District.adcode == Community.district_adcode)
        .join(Leaf, (Leaf.community_code == Community.community_code) & (Leaf.kind == LeafKind.COMMUNITY.value))
        .order_by(distance)
        .limit(asked["limit"])
    ).all()
    return {
        "communities": [
            {
                "community_code": row.community_code,
                "name": row.name,
                "district": {"adcode": row.district_adcode, "name": row.district_name},
                "distance_m": round(row.distance_m, 1),
                "position": show_position(LonLat(row.lon, row.lat), datum=asked["datum"]),
                "users": row.users,
                "need": row.need,
            }
            for row in rows
        ]
    }


def count_around(connection: Connection, *, position: LonLat, asked: Row) -> Row:
    """Answer with the cells of the users within the radius, and how many there are and need something."""
    needs = asked["category"].value  # one of eight names
    query = text(f"""
        SELECT cell8, count(*), count(*) FILTER (WHERE {needs})
        FROM bench.users
        WHERE ST_DWithin(position, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :radius_m)
        GROUP BY cell8 ORDER BY cell8
    """)  # noqa: S608 - a column cannot be a parameter, and this one is of eight
    where = {"lon": position.lon, "lat": position.lat, "radius_m": asked["radius_m"]}
    rows = connection.execute(query, where).all()
    return {
        "type": "FeatureCollection",
        "total": {"users": sum(row[1] for row in rows), "need": sum(row[2] for row in rows)},
        "features": [
            {
                "type": "Feature",
                "id": to_text(cell),
                "geometry": show_geometry(
                    {"type": "Polygon", "coordinates": [get_boundary(cell)]}, datum=asked["datum"]
                ),
                "properties": {"cell": to_text(cell), "users": users, "need": need},
            }
            for cell, users, need in rows
        ],
    }
