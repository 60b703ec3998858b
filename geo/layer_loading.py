"""Lays one release, read and checked, out over the places of the serving database: a `CityLayer`."""

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
from geo.values import IntArray
from privacy.release.figures import ReleasedFigures

_NO_POINT_TYPE: Any = Geometry("POINT", srid=4326)


def _integers(values: list[Any]) -> IntArray:
    return np.array(values, dtype=np.int64)


def load_leaves(session: Session, *, city_code: int, figures: ReleasedFigures) -> LeafTable:
    """Load the leaves of a city that have released figures, and put these beside them.

    A community's own position goes before its leaf's; a leaf that is no place any more is left out.
    """
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
        )
        .outerjoin(Community, Community.community_code == Leaf.community_code)
        .where(Leaf.city_code == city_code)
        .order_by(Leaf.leaf_id)
    )
    own = figures.leaves
    released = set(own.leaf_ids.tolist())
    found = [row for row in session.execute(query) if row[0] in released]
    columns: list[list[Any]] = [list(column) for column in zip(*found, strict=True)]
    ids, districts, cells, parents, lon, lat, codes, names = columns or [[]] * 8
    rows = np.searchsorted(own.leaf_ids, _integers(ids))
    return LeafTable(
        _integers(ids),
        _integers(districts),
        _integers(cells),
        _integers(parents),
        np.array(lon, dtype=np.float64),
        np.array(lat, dtype=np.float64),
        tuple(codes),
        tuple(names),
        Sums(own.customers[rows], np.square(own.customers_sd[rows]), own.needs[rows], np.square(own.needs_sd[rows])),
    )


def load_city(session: Session, *, release: ReleaseMeta, figures: ReleasedFigures) -> CityLayer:
    """Lay one city's release out over its places."""
    leaves = load_leaves(session, city_code=release.city_code, figures=figures)
    parents = ParentTable(figures.parents.parents, figures.parents.needs, np.square(figures.parents.needs_sd))
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
