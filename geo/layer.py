"""The released figures of one city as arrays: leaves, the communities among them, cells, districts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.figures import FEW_SD, LEAST_CUSTOMERS, Z95, ReleaseMeta
from geo.sphere import PointIndex
from geo.values import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Sums:
    """Estimates that add up: users of shape (n,) and needs of shape (n, 8), each with its variance."""

    users: FloatArray
    users_var: FloatArray
    needs: FloatArray
    needs_var: FloatArray

    def group(self, slots: IntArray, *, count: int) -> Sums:
        """Return the sums over rows of equal slot, 0 to count - 1."""
        grouped = Sums(np.zeros(count), np.zeros(count), np.zeros((count, 8)), np.zeros((count, 8)))
        np.add.at(grouped.users, slots, self.users)
        np.add.at(grouped.users_var, slots, self.users_var)
        np.add.at(grouped.needs, slots, self.needs)
        np.add.at(grouped.needs_var, slots, self.needs_var)
        return grouped

    def take(self, rows: IntArray) -> Sums:
        """Return some rows."""
        return Sums(self.users[rows], self.users_var[rows], self.needs[rows], self.needs_var[rows])


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
    """What the database holds for one release, by ascending leaf id. `codes` and `names` are None for remainders."""

    leaf_ids: IntArray
    districts: IntArray
    cells: IntArray
    parents: IntArray
    lon: FloatArray
    lat: FloatArray
    codes: tuple[str | None, ...]
    names: tuple[str | None, ...]
    sums: Sums


@dataclass(frozen=True, slots=True)
class CommunityLayer:
    """Communities by ascending code; `slots` maps a code to its place here.

    `rows` are their rows in the leaf table, `is_parent` says whose figures are shown. `ranked_needs` are the own needs,
    -1 where they are hidden: few, or shown as the parent's.
    """

    rows: IntArray
    codes: tuple[str, ...]
    slots: dict[str, int]
    names: tuple[str, ...]
    points: PointIndex
    shown: Shown
    is_parent: BoolArray
    own_needs: FloatArray
    ranked_needs: FloatArray


@dataclass(frozen=True, slots=True)
class CityLayer:
    """One city's release. `cells` ascend; sums and what is shown of them go beside."""

    release: ReleaseMeta
    leaves: LeafTable
    communities: CommunityLayer
    cells: IntArray
    cell_points: PointIndex
    cell_sums: Sums
    cell_shown: Shown
    districts: IntArray
    district_names: dict[int, str]
    district_sums: Sums

    def find_rows(self, leaf_ids: IntArray) -> tuple[IntArray, BoolArray]:
        """Return the row of each leaf id and whether there is one."""
        known = self.leaves.leaf_ids
        rows = np.minimum(np.searchsorted(known, leaf_ids), max(len(known) - 1, 0))
        return rows, known[rows] == leaf_ids


@dataclass(frozen=True, slots=True)
class ParentTable:
    """Released needs of H3 res-7 parents, by ascending index."""

    parents: IntArray
    needs: FloatArray
    needs_var: FloatArray


def _choose_shown(leaves: LeafTable, rows: IntArray, parents: ParentTable) -> tuple[Shown, BoolArray]:
    """Show the parent in place of a community with fewer than 30 released customers, where there is a parent."""
    slots = np.minimum(np.searchsorted(parents.parents, leaves.parents[rows]), max(len(parents.parents) - 1, 0))
    if not len(parents.parents):
        return Shown.of(leaves.sums.take(rows)), np.zeros(len(rows), dtype=np.bool_)
    own, hides = leaves.sums.take(rows), leaves.sums.users[rows] < LEAST_CUSTOMERS
    hides &= parents.parents[slots] == leaves.parents[rows]
    order, groups = np.unique(leaves.parents, return_inverse=True)
    customers = leaves.sums.group(groups.astype(np.int64), count=len(order))
    places = np.searchsorted(order, leaves.parents[rows])
    chosen = Sums(
        np.where(hides, customers.users[places], own.users),
        np.where(hides, customers.users_var[places], own.users_var),
        np.where(hides[:, None], parents.needs[slots], own.needs),
        np.where(hides[:, None], parents.needs_var[slots], own.needs_var),
    )
    return Shown.of(chosen), hides


def build_communities(leaves: LeafTable, *, parents: ParentTable) -> CommunityLayer:
    """Lay out the communities among the leaves."""
    named = sorted((code, row) for row, code in enumerate(leaves.codes) if code is not None)
    rows = np.array([row for _, row in named], dtype=np.int64)
    shown, is_parent = _choose_shown(leaves, rows, parents)
    own_needs = np.maximum(leaves.sums.needs[rows], 0.0)
    return CommunityLayer(
        rows,
        tuple(code for code, _ in named),
        {code: slot for slot, (code, _) in enumerate(named)},
        tuple(leaves.names[row] or "" for row in rows.tolist()),
        PointIndex.build(leaves.lon[rows], leaves.lat[rows]),
        shown,
        is_parent,
        own_needs,
        np.where(is_parent[:, None] | shown.few, -1.0, own_needs),
    )
