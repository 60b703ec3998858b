"""The nearest communities with their released figures, by SQLAlchemy over PostGIS and the GiST index of positions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from geoalchemy2 import Geography, Geometry
from sqlalchemy import Row as SqlRow
from sqlalchemy import cast, func, select
from sqlalchemy.orm import Session

from api.yingxiaobao.figures import show_geometry, show_measure, show_need, show_position
from geo.figures import FEW_SD, LEAST_CUSTOMERS, Z95
from geo.models import Community, District, Leaf, LeafKind
from geo.values import Datum, LonLat
from privacy.release.models import LeafFigures, ParentFigures, Release
from privacy.release.values import Category

Row = dict[str, Any]
_POINT: Any = Geometry("POINT", srid=4326)
_GEOGRAPHY: Any = Geography("POINT", srid=4326)


def to_point(position: LonLat) -> Any:  # noqa: ANN401 - an SQL expression
    """Return a position as PostGIS takes it."""
    return cast(func.ST_SetSRID(func.ST_MakePoint(position.lon, position.lat), 4326, type_=_POINT), _GEOGRAPHY)


def find_indexed(session: Session, *, position: LonLat, asked: Row) -> Row:
    """Answer as `/v1/yingxiaobao/communities` does, with a category."""
    release = session.scalars(select(Release).order_by(Release.month.desc()).limit(1)).one()
    point, stored = to_point(position), cast(Community.position, _POINT)
    rows = session.execute(
        select(
            Community.community_code,
            Community.name,
            Community.district_adcode,
            District.name.label("district_name"),
            func.ST_Distance(Community.position, point).label("distance_m"),
            func.ST_X(stored).label("lon"),
            func.ST_Y(stored).label("lat"),
            func.ST_AsGeoJSON(func.coalesce(Community.outline, Community.cell), 15).label("outline"),
            Leaf.parent7,
            LeafFigures,
        )
        .join(District, District.adcode == Community.district_adcode)
        .join(Leaf, (Leaf.community_code == Community.community_code) & (Leaf.kind == LeafKind.COMMUNITY.value))
        .join(LeafFigures, (LeafFigures.leaf_id == Leaf.leaf_id) & (LeafFigures.release_id == release.release_id))
        .order_by(Community.position.op("<->")(point))
        .limit(asked["limit"])
    ).all()
    small = {row.parent7 for row in rows if row.LeafFigures.customers < LEAST_CUSTOMERS}
    parents = _find_parents(session, release_id=release.release_id, parents=small)
    shown = [_show(row, parents=parents, category=asked["category"], datum=asked["datum"]) for row in rows]
    return {
        "datum": asked["datum"],
        "release_id": release.release_id,
        "as_of": release.as_of,
        "category": asked["category"],
        "communities": _rank(shown, own=[_get_own(row, category=asked["category"]) for row in rows]),
    }


def _find_parents(session: Session, *, release_id: str, parents: set[int]) -> Mapping[int, tuple[Any, float, float]]:
    """Return figures, customers and variance of customers of the parents that stand in for small communities."""
    if not parents:
        return {}
    customers = (
        select(
            Leaf.parent7,
            func.sum(LeafFigures.customers).label("customers"),
            func.sum(LeafFigures.customers_sd * LeafFigures.customers_sd).label("variance"),
        )
        .join(LeafFigures, LeafFigures.leaf_id == Leaf.leaf_id)
        .where(LeafFigures.release_id == release_id, Leaf.parent7.in_(parents))
        .group_by(Leaf.parent7)
        .subquery()
    )
    found = session.execute(
        select(ParentFigures, customers.c.customers, customers.c.variance)
        .join(customers, customers.c.parent7 == ParentFigures.parent7)
        .where(ParentFigures.release_id == release_id)
    )
    return {figures.parent7: (figures, sum_, variance) for figures, sum_, variance in found}


def _get_own(row: SqlRow[Any], *, category: Category) -> float:
    return max(float(row.LeafFigures.needs[category.column]), 0.0)


def _show(
    row: SqlRow[Any], *, parents: Mapping[int, tuple[Any, float, float]], category: Category, datum: Datum
) -> Row:
    figures, users, users_sd, level = (
        row.LeafFigures,
        row.LeafFigures.customers,
        row.LeafFigures.customers_sd,
        "community",
    )
    if users < LEAST_CUSTOMERS and row.parent7 in parents:
        figures, users, variance = parents[row.parent7]
        users_sd, level = math.sqrt(variance), "parent"
    need, need_sd = figures.needs[category.column], figures.needs_sd[category.column]
    outline = None if row.outline is None else show_geometry(json.loads(row.outline), datum=datum)
    return {
        "community_code": row.community_code,
        "name": row.name,
        "district": {"adcode": row.district_adcode, "name": row.district_name},
        "distance_m": round(row.distance_m, 1),
        "position": show_position(LonLat(row.lon, row.lat), datum=datum),
        "users": show_measure(max(users, 0.0), moe95=Z95 * users_sd),
        "needs": {category.value: show_need(max(need, 0.0), moe95=Z95 * need_sd, few=need < FEW_SD * need_sd)},
        "level": level,
        "outline": outline,
    }


def _rank(shown: list[Row], *, own: Sequence[float]) -> list[Row]:
    """Add share and rank by need; what is few or the parent's has no share and comes last."""
    total = sum(own) or 1.0
    hidden = [row["level"] == "parent" or any(need["few"] for need in row["needs"].values()) for row in shown]
    ranked = np.where(hidden, -1.0, own)
    for rank, at in enumerate(np.argsort(-ranked, kind="stable").tolist(), 1):
        shown[at] |= {"share": round(max(float(ranked[at]), 0.0) / total, 4), "rank": rank}
    return shown
