"""The released figures of one city as arrays: leaves, the communities among them, cells, districts.

All cities of the country stand in every web process, so each figure stands here once, needs and variances in single
precision: seven digits, of which an answer shows a tenth. What adds up is added in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.figures import FEW_SD, Z95, ReleaseMeta
from geo.sphere import PointIndex
from geo.texts import Texts
from geo.values import BoolArray, FloatArray, IntArray

Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Sums:
    """Estimates that add up: users of shape (n,) and needs of shape (n, 8), each with its variance."""

    users: FloatArray
    users_var: FloatArray
    needs: FloatArray
    needs_var: FloatArray

    def group(self, slots: IntArray, *, count: int) -> Sums:
        """Return the sums over rows of equal slot, 0 to count - 1."""

        def add(column: FloatArray) -> FloatArray:
            return np.bincount(slots, weights=column, minlength=count).astype(np.float64)

        def add_each(table: FloatArray) -> FloatArray:
            return np.stack([add(column) for column in table.T], axis=1)

        return Sums(add(self.users), add(self.users_var), add_each(self.needs), add_each(self.needs_var))

    def take(self, rows: IntArray | Rows) -> Sums:
        """Return some rows in double precision."""
        every = (self.users, self.users_var, self.needs, self.needs_var)
        return Sums(*(column[rows].astype(np.float64) for column in every))

    def narrow(self) -> Sums:
        """Return the same as it is kept: needs and variances in single precision."""
        narrow: Any = np.float32  # `take` widens it again
        return Sums(self.users, self.users_var.astype(narrow), self.needs.astype(narrow), self.needs_var.astype(narrow))


@dataclass(frozen=True, slots=True)
class Shown:
    """Figures ready to be shown: no negative, margins at 95 %, and which needs are `few`."""

    users: FloatArray
    users_moe95: FloatArray
    needs: FloatArray
    needs_moe95: FloatArray
    few: BoolArray

    @classmethod
    def of(cls, sums: Sums) -> Shown:
        """Round off what a reader should not see."""
        sd = np.sqrt(sums.needs_var)
        return cls(
            np.maximum(sums.users, 0.0),
            Z95 * np.sqrt(sums.users_var),
            np.maximum(sums.needs, 0.0),
            Z95 * sd,
            sums.needs < FEW_SD * sd,
        )


@dataclass(frozen=True, slots=True)
class LeafTable:
    """All leaves of one release by ascending id; `districts` are their places among the layer's districts."""

    leaf_ids: IntArray
    districts: NDArray[np.int16]
    sums: Sums


@dataclass(frozen=True, slots=True)
class CommunityLayer:
    """Communities by ascending code; `rows` are their rows in the leaf table, `lon` and `lat` where they stand.

    `parents` are the rows of `parent_sums` whose figures are shown in place of their own, -1 where their own are.
    `hides` says which needs neither share nor rank tells: those that are few, and all that are the parent's.
    """

    rows: Rows
    codes: Texts
    names: Texts
    lon: FloatArray
    lat: FloatArray
    points: PointIndex
    parents: Rows
    parent_sums: Sums
    hides: BoolArray

    @property
    def code_range(self) -> tuple[str, str]:
        """Return the first and the last code; of no community, a range that holds none."""
        count = len(self.codes)
        return (self.codes[0], self.codes[count - 1]) if count else ("~", "")


@dataclass(frozen=True, slots=True)
class CellTable:
    """H3 res-8 cells ascending. The leaves of cell k are `rows[starts[k]:starts[k + 1]]`; `points` are the centres."""

    cells: IntArray
    points: PointIndex
    starts: Rows
    rows: Rows

    def find_rows(self, slots: IntArray) -> tuple[Rows, IntArray]:
        """Return the rows of all leaves in some cells, cell by cell, and how many each cell has."""
        first = self.starts[slots]
        counts = (self.starts[slots + 1] - first).astype(np.int64)
        if len(slots) == counts.sum():
            return self.rows[first], counts
        before = np.cumsum(counts) - counts
        at = np.repeat(first - before, counts) + np.arange(counts.sum())
        return self.rows[at], counts


@dataclass(frozen=True, slots=True)
class CityLayer:
    """One city's release."""

    release: ReleaseMeta
    leaves: LeafTable
    communities: CommunityLayer
    cells: CellTable
    districts: IntArray
    district_names: dict[int, str]
    district_sums: Sums

    def find_rows(self, leaf_ids: IntArray) -> tuple[IntArray, BoolArray]:
        """Return the row of each leaf id and whether there is one."""
        known = self.leaves.leaf_ids
        rows = np.minimum(np.searchsorted(known, leaf_ids), max(len(known) - 1, 0))
        return rows, known[rows] == leaf_ids

    def show_communities(self, slots: list[int]) -> Shown:
        """Return what is shown of some communities: the parent in place of one with too few released customers."""
        communities = self.communities
        own, parents = self.leaves.sums.take(communities.rows[slots]), communities.parents[slots]
        for sums, parent_sums in zip(_list(own), _list(communities.parent_sums), strict=True):
            sums[parents >= 0] = parent_sums[parents[parents >= 0]]
        return Shown.of(own)

    def sum_cells(self, slots: list[int]) -> Sums:
        """Return the sums over the leaves of each of some cells."""
        rows, counts = self.cells.find_rows(np.array(slots, dtype=np.int64))
        return self.leaves.sums.take(rows).group(np.repeat(np.arange(len(slots)), counts), count=len(slots))


def _list(sums: Sums) -> tuple[FloatArray, ...]:
    return sums.users, sums.users_var, sums.needs, sums.needs_var
