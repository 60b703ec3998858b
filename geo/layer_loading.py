"""Lays one release, read and checked, out over the places of the serving database: a `CityLayer`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import Integer, Select, bindparam, collate, select
from sqlalchemy.orm import Session

from geo.cells import get_centres
from geo.figures import FEW_SD, LEAST_CUSTOMERS, ReleaseMeta
from geo.layer import CellTable, CityLayer, CommunityLayer, LeafTable, Rows, Sums
from geo.models import Community, District, Leaf
from geo.sphere import PointIndex
from geo.texts import Texts
from geo.values import FloatArray, IntArray
from privacy.release.figures import ReleasedFigures
from privacy.release.row_blocks import INT4, INT8, POINT, BlockQuery, RowsQuery, join_texts, join_values, split_blocks

_CITY: Any = bindparam("city_code", type_=Integer)
_PLACE: list[Any] = [Leaf.leaf_id, Leaf.district_adcode, Leaf.cell8, Leaf.parent7, Leaf.position]
_LEAVES = RowsQuery(
    select(*_PLACE).where(Leaf.city_code == _CITY),
    kinds={"leaf_id": INT8, "district": INT4, "cell": INT8, "parent": INT8, "position": POINT},
)
_COMMUNITY_PLACE = {"leaf_id": INT8, "position": POINT}


def _select_communities() -> Select[Any]:
    """Build the query for communities with a leaf in a city: leaf ids, positions, codes, names; each one block.

    Beside that of leaves: in one query, before the first ANALYZE, the two took PostgreSQL a minute. Only a leaf of a
    community has a code; asked for the kind besides, PostgreSQL would look through all communities of the country.
    """
    code: Any = collate(Community.community_code, "C")
    rows = (
        select(Leaf.leaf_id, Community.position, code.label("code"), Community.name)
        .join(Community, Community.community_code == Leaf.community_code)
        .where(Leaf.city_code == _CITY, Leaf.community_code.is_not(None))
        .order_by(code)
        .subquery()
    ).c
    places = (join_values(rows[name], kind=kind) for name, kind in _COMMUNITY_PLACE.items())
    return select(*places, join_texts(rows.code), join_texts(rows.name))


_COMMUNITIES = BlockQuery(_select_communities())

_Index: TypeAlias = IntArray | slice


@dataclass(frozen=True, slots=True)
class _Leaves:
    """The leaves of a city that have released figures, by ascending id, and these figures.

    A remainder leaf stands at the centre of its cell.
    """

    leaf_ids: IntArray
    districts: IntArray
    cells: IntArray
    parents: IntArray
    lon: FloatArray
    lat: FloatArray
    sums: Sums


@dataclass(frozen=True, slots=True)
class _Communities:
    """The communities of a city by ascending code, and their leaves."""

    leaf_ids: IntArray
    codes: Texts
    names: Texts
    lon: FloatArray
    lat: FloatArray


def _match(leaf_ids: IntArray, *, released: IntArray) -> tuple[_Index, _Index]:
    """Return the rows of the leaves that have released figures, by ascending id, and the rows of these figures."""
    if np.array_equal(leaf_ids, released):
        return slice(None), slice(None)  # as it mostly is
    known = np.argsort(leaf_ids, kind="stable")
    if not len(released):
        return known[:0], known[:0]
    rows = np.minimum(np.searchsorted(released, leaf_ids[known]), len(released) - 1)
    is_released = released[rows] == leaf_ids[known]
    return known[is_released], rows[is_released]


def _load_leaves(session: Session, *, city_code: int, figures: ReleasedFigures) -> _Leaves:
    """Load the leaves of a city; one that is no place any more, or is newer than the release, is left out."""
    found = _LEAVES.read(session, city_code=city_code)
    own, leaf_ids = figures.leaves, found["leaf_id"]
    known, rows = _match(leaf_ids, released=own.leaf_ids)
    sums = Sums(own.customers[rows], np.square(own.customers_sd[rows]), own.needs[rows], np.square(own.needs_sd[rows]))
    position = found["position"][known]
    return _Leaves(
        leaf_ids[known],
        found["district"][known].astype(np.int64),
        found["cell"][known],
        found["parent"][known],
        position["lon"].astype(np.float64),
        position["lat"].astype(np.float64),
        sums,
    )


def _load_communities(session: Session, *, city_code: int) -> _Communities:
    """Load the communities that have a leaf in a city."""
    *places, codes, names = _COMMUNITIES.fetch(session, city_code=city_code)
    found = split_blocks(places, kinds=_COMMUNITY_PLACE)
    position = found["position"]
    lon, lat = position["lon"].copy(), position["lat"].copy()
    return _Communities(found["leaf_id"], Texts.of(codes), Texts.of(names), lon, lat)


def _lay_out_communities(found: _Communities, *, leaves: _Leaves, figures: ReleasedFigures) -> CommunityLayer:
    """Lay the communities with released figures out, and say whose figures each shows."""
    rows = np.searchsorted(leaves.leaf_ids, found.leaf_ids)
    rows = np.minimum(rows, max(len(leaves.leaf_ids) - 1, 0))
    kept = np.flatnonzero(leaves.leaf_ids[rows] == found.leaf_ids) if len(leaves.leaf_ids) else rows[:0]
    rows, lon, lat = rows[kept], found.lon[kept], found.lat[kept]
    codes, names = found.codes, found.names
    if len(kept) < len(found.leaf_ids):
        codes, names = codes.take(kept.tolist()), names.take(kept.tolist())
    parents, parent_sums = _find_parents(rows, leaves=leaves, figures=figures)
    own = leaves.sums.take(rows)
    few = own.needs < FEW_SD * np.sqrt(own.needs_var)
    return CommunityLayer(
        rows.astype(np.int32),
        codes,
        names,
        lon,
        lat,
        PointIndex.build(lon, lat),
        parents,
        parent_sums.narrow(),
        few | (parents >= 0)[:, None],
    )


def _find_parents(rows: IntArray, *, leaves: _Leaves, figures: ReleasedFigures) -> tuple[Rows, Sums]:
    """Return which parent stands in place of each community, -1 for none, and the figures of those parents.

    One does for a community with fewer than 30 released customers, where there is a parent.
    """
    known = figures.parents
    few = leaves.sums.users[rows] < LEAST_CUSTOMERS
    few &= np.isin(leaves.parents[rows], known.parents)
    chosen, slots = np.unique(leaves.parents[rows[few]], return_inverse=True)
    parents = np.full(len(rows), -1, dtype=np.int32)
    parents[few] = slots
    below = np.isin(leaves.parents, chosen)
    own = np.searchsorted(chosen, leaves.parents[below])
    users, users_var = (
        np.bincount(own, weights=column[below], minlength=len(chosen)).astype(np.float64)
        for column in (leaves.sums.users, leaves.sums.users_var)
    )
    at = np.searchsorted(known.parents, chosen)
    return parents, Sums(users, users_var, known.needs[at], np.square(known.needs_sd[at]))


def _lay_out_cells(leaves: _Leaves, *, named: Rows) -> CellTable:
    """Put the leaves in order of their cells; what is not `named`, a row of a community, is a remainder."""
    are_remainders = np.ones(len(leaves.leaf_ids), dtype=np.bool_)
    are_remainders[named] = False
    # In each cell its remainder first, as it stands where the cell's centre is.
    rows = np.lexsort((~are_remainders, leaves.cells)).astype(np.int32)
    ordered = leaves.cells[rows]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(rows) else rows
    cells, heads = ordered[first], rows[first]
    lon, lat = leaves.lon[heads], leaves.lat[heads]
    alone = ~are_remainders[heads]
    lon[alone], lat[alone] = get_centres(cells[alone])
    return CellTable(cells, PointIndex.build(lon, lat), np.append(first, len(rows)).astype(np.int32), rows)


def find_district_names(session: Session) -> dict[int, str]:
    """Return the names of all districts by adcode."""
    return dict(session.execute(select(District.adcode, District.name)).all())


def load_city(
    session: Session, *, release: ReleaseMeta, figures: ReleasedFigures, district_names: Mapping[int, str]
) -> CityLayer:
    """Lay one city's release out over its places; names that were read before are asked for again if one is new."""
    leaves = _load_leaves(session, city_code=release.city_code, figures=figures)
    districts, slots = np.unique(leaves.districts, return_inverse=True)
    own = districts.tolist()
    names = district_names if district_names.keys() >= set(own) else find_district_names(session)
    found = _load_communities(session, city_code=release.city_code)
    communities = _lay_out_communities(found, leaves=leaves, figures=figures)
    return CityLayer(
        release,
        LeafTable(leaves.leaf_ids, slots.astype(np.int16), leaves.sums.narrow()),
        communities,
        _lay_out_cells(leaves, named=communities.rows),
        districts,
        {adcode: names[adcode] for adcode in own},
        leaves.sums.group(slots, count=len(districts)),
    )
