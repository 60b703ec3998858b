"""Finds the leaf of each of many households: by community code, by the community around it, or by its H3 cell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.cells import get_cells, get_centres
from geo.datum import to_wgs84
from geo.district_index import DistrictIndex
from geo.models import Community, Leaf, LeafKind
from geo.sphere import to_unit_sphere
from geo.values import MOST_LAT, MOST_LON, NOWHERE, BoolArray, Datum, FloatArray, IntArray, LocatedLeaves

_CHUNK = 100_000


@dataclass(frozen=True, slots=True)
class _Areas:
    """Areas of communities and the leaf of each, in the order of leaf ids."""

    tree: shapely.STRtree
    leaf_ids: IntArray

    def find_leaves(self, lon: FloatArray, lat: FloatArray) -> IntArray:
        """Return the first leaf whose area holds each position; -1 where none does."""
        found = np.full(len(lon), np.iinfo(np.int64).max, dtype=np.int64)
        if len(self.leaf_ids) and len(lon):
            rows, hits = self.tree.query(shapely.points(lon, lat), predicate="intersects")
            np.minimum.at(found, rows, self.leaf_ids[hits])
        return np.where(found == np.iinfo(np.int64).max, NOWHERE, found)


@dataclass(frozen=True, slots=True)
class LeafIndex:
    """All leaves of some cities in memory. Safe to use from several threads."""

    districts: DistrictIndex
    by_code: dict[str, int]
    outlines: _Areas
    cells: _Areas
    leaf_ids: IntArray
    leaf_cities: IntArray
    remainder_cells: IntArray
    remainder_ids: IntArray
    remainder_tree: cKDTree

    @classmethod
    def load(cls, session: Session, *, city_codes: Collection[int] | None = None) -> LeafIndex:
        """Load the leaves of some cities, or of all."""
        query = (
            select(
                Leaf.leaf_id,
                Leaf.city_code,
                Leaf.kind,
                Leaf.cell8,
                Leaf.community_code,
                Community.other_codes,
                func.ST_AsBinary(Community.outline),
                func.ST_AsBinary(Community.cell),
            )
            .outerjoin(Community, Community.community_code == Leaf.community_code)
            .order_by(Leaf.leaf_id)
        )
        if city_codes is not None:
            query = query.where(Leaf.city_code.in_(city_codes))
        rows = session.execute(query).all()
        remainder = sorted((row[3], row[0]) for row in rows if row[2] == LeafKind.REMAINDER.value)
        remainder_cells = np.array([cell for cell, _ in remainder], dtype=np.int64)
        return cls(
            DistrictIndex.load(session, city_codes=city_codes),
            {code: row[0] for row in rows if row[4] is not None for code in (row[4], *row[5])},
            _collect([(row[0], row[6]) for row in rows if row[6] is not None]),
            _collect([(row[0], row[7]) for row in rows if row[7] is not None]),
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([row[1] for row in rows], dtype=np.int64),
            remainder_cells,
            np.array([leaf_id for _, leaf_id in remainder], dtype=np.int64),
            cKDTree(to_unit_sphere(*get_centres(remainder_cells))),
        )

    def locate(
        self, lon: FloatArray, lat: FloatArray, community_codes: Sequence[str | None], *, datum: str
    ) -> LocatedLeaves:
        """Locate n households; a known community code wins over the position, which may then be missing.

        -1 in both arrays where a household has neither a known code nor a position in a district.
        """
        leaf_ids = np.fromiter(
            (NOWHERE if code is None else self.by_code.get(code, NOWHERE) for code in community_codes),
            dtype=np.int64,
            count=len(lon),
        )
        open_rows = np.flatnonzero(leaf_ids == NOWHERE)
        for start in range(0, len(open_rows), _CHUNK):
            rows = open_rows[start : start + _CHUNK]
            leaf_ids[rows] = self._locate_positions(lon[rows], lat[rows], datum=Datum(datum))
        return LocatedLeaves(leaf_ids, self._find_cities(leaf_ids))

    def _find_cities(self, leaf_ids: IntArray) -> IntArray:
        if not len(self.leaf_ids):
            return np.full(len(leaf_ids), NOWHERE, dtype=np.int64)
        slots = np.minimum(np.searchsorted(self.leaf_ids, leaf_ids), len(self.leaf_ids) - 1)
        return np.where(self.leaf_ids[slots] == leaf_ids, self.leaf_cities[slots], NOWHERE)

    def _locate_positions(self, lon: FloatArray, lat: FloatArray, *, datum: Datum) -> IntArray:
        usable = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= MOST_LON) & (np.abs(lat) <= MOST_LAT)
        found = np.full(len(lon), NOWHERE, dtype=np.int64)
        x, y = to_wgs84(lon[usable], lat[usable], datum=datum)
        inside = self.districts.locate_near(x, y) != NOWHERE
        x, y = x[inside], y[inside]
        leaves = self.outlines.find_leaves(x, y)
        leaves = self._fill(leaves, self.cells.find_leaves(x[leaves == NOWHERE], y[leaves == NOWHERE]))
        rest = leaves == NOWHERE
        found[np.flatnonzero(usable)[inside]] = self._fill(leaves, self._find_remainder(x[rest], y[rest]))
        return found

    @staticmethod
    def _fill(leaves: IntArray, answers: IntArray) -> IntArray:
        leaves[leaves == NOWHERE] = answers
        return leaves

    def _find_remainder(self, lon: FloatArray, lat: FloatArray) -> IntArray:
        """Return the leaf of the H3 cell; on the rim, where the cell's centre lies outside, the nearest leaf."""
        if not len(self.remainder_cells) or not len(lon):
            return np.full(len(lon), NOWHERE, dtype=np.int64)
        cells = get_cells(lon, lat)
        slots = np.minimum(np.searchsorted(self.remainder_cells, cells), len(self.remainder_cells) - 1)
        missing: BoolArray = self.remainder_cells[slots] != cells
        if missing.any():
            _, nearest = self.remainder_tree.query(to_unit_sphere(lon[missing], lat[missing]))
            slots[missing] = nearest
        found: IntArray = self.remainder_ids[slots]
        return found


def _collect(areas: Sequence[tuple[int, Any]]) -> _Areas:
    shapes = shapely.from_wkb(np.array([bytes(wkb) for _, wkb in areas], dtype=object))
    return _Areas(shapely.STRtree(shapes), np.array([leaf_id for leaf_id, _ in areas], dtype=np.int64))
