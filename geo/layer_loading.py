"""Reads one release from the serving database into a `CityLayer`."""

from __future__ import annotations

from typing import Any

import numpy as np
from geoalchemy2 import Geometry
from sqlalchemy import cast, func, select
from sqlalchemy.orm import Session

from geo.cells import get_centres
from geo.figures import ReleaseMeta
from geo.layer import CityLayer, LeafTable, ParentTable, Shown, Sums, build_communities
from geo.models import Community, District, Leaf
from geo.sphere import PointIndex
from geo.values import FloatArray, IntArray
from privacy.release.models import LeafFigures, ParentFigures

_NO_POINT_TYPE: Any = Geometry("POINT", srid=4326)


def _integers(values: list[Any]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _needs(values: list[Any]) -> FloatArray:
    return np.array(values, dtype=np.float64).reshape(-1, 8)


def load_leaves(session: Session, *, release_id: str) -> LeafTable:
    """Load the leaves of a release with their figures; a community's own position goes before its leaf's."""
    point = cast(func.coalesce(Community.position, Leaf.position), _NO_POINT_TYPE)
    query = (
        select(
            Leaf.leaf_id,
            Leaf.district_adcode,
            Leaf.cell8,
            Leaf.parent7,
            func.ST_X(point),
            func.ST_Y(point),
            Leaf.community_code,
            Community.name,
            LeafFigures.customers,
            LeafFigures.customers_sd,
            LeafFigures.needs,
            LeafFigures.needs_sd,
        )
        .join(LeafFigures, LeafFigures.leaf_id == Leaf.leaf_id)
        .outerjoin(Community, Community.community_code == Leaf.community_code)
        .where(LeafFigures.release_id == release_id)
        .order_by(Leaf.leaf_id)
    )
    columns: list[list[Any]] = [list(column) for column in zip(*session.execute(query).all(), strict=True)]
    ids, districts, cells, parents, lon, lat, codes, names, users, users_sd, needs, needs_sd = columns or [[]] * 12
    return LeafTable(
        _integers(ids),
        _integers(districts),
        _integers(cells),
        _integers(parents),
        np.array(lon, dtype=np.float64),
        np.array(lat, dtype=np.float64),
        tuple(codes),
        tuple(names),
        Sums(np.array(users, dtype=np.float64), np.square(users_sd), _needs(needs), np.square(_needs(needs_sd))),
    )


def load_parents(session: Session, *, release_id: str) -> ParentTable:
    """Load the parents of a release."""
    rows = session.execute(
        select(ParentFigures.parent7, ParentFigures.needs, ParentFigures.needs_sd)
        .where(ParentFigures.release_id == release_id)
        .order_by(ParentFigures.parent7)
    ).all()
    return ParentTable(
        _integers([row[0] for row in rows]),
        _needs([row[1] for row in rows]),
        np.square(_needs([row[2] for row in rows])),
    )


def load_city(session: Session, *, release: ReleaseMeta) -> CityLayer:
    """Load one city's release and lay it out."""
    leaves = load_leaves(session, release_id=release.release_id)
    parents = load_parents(session, release_id=release.release_id)
    cells, cell_slots = np.unique(leaves.cells, return_inverse=True)
    districts, district_slots = np.unique(leaves.districts, return_inverse=True)
    lon, lat = get_centres(cells)
    names = session.execute(select(District.adcode, District.name).where(District.adcode.in_(districts.tolist())))
    cell_sums = leaves.sums.group(cell_slots.astype(np.int64), count=len(cells))
    return CityLayer(
        release,
        leaves,
        build_communities(leaves, parents=parents),
        cells,
        PointIndex.build(lon, lat),
        cell_sums,
        Shown.of(cell_sums),
        districts,
        dict(names.all()),
        leaves.sums.group(district_slots.astype(np.int64), count=len(districts)),
    )
