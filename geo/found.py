"""What the snapshot finds around a position: places in arrays of the release; rows for a reader who wants them.

The web process answers from the arrays, as most of a row was written before; making 30 rows costs more than finding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from geo.figures import CellFigures, CommunityFigures, Level, ReleaseMeta
from geo.layer import CityLayer, Shown
from geo.values import FloatArray, IntArray, LonLat
from privacy.release.values import Category


@dataclass(frozen=True, slots=True)
class NearestCommunities:
    """The communities nearest to a position, nearest first: `slots` are their places in the layer's communities.

    With a category `shares` and `ranks` go beside them as `CommunityFigures` describes.
    """

    layer: CityLayer
    slots: IntArray
    distances_m: FloatArray
    shares: list[float] | None
    ranks: list[int] | None

    @property
    def release(self) -> ReleaseMeta:
        """Return the release that the figures come from."""
        return self.layer.release

    def find_around(self, *, limit: int) -> IntArray:
        """Return the slots of the communities around the nearest one: where whoever asks next is likely to stand."""
        communities, slot = self.layer.communities, self.slots[0]
        nearest = LonLat(float(communities.lon[slot]), float(communities.lat[slot]))
        return communities.points.find_nearest(nearest, limit=limit)[0]

    @property
    def rows(self) -> tuple[CommunityFigures, ...]:
        """Return the communities one by one."""
        rows = show_communities(self.layer, self.slots.tolist())
        nothing = [None] * len(rows)
        shares, ranks = self.shares or nothing, self.ranks or nothing
        found = zip(rows, self.distances_m.tolist(), shares, ranks, strict=True)
        return tuple(
            replace(row, distance_m=distance_m, share=share, rank=rank) for row, distance_m, share, rank in found
        )


@dataclass(frozen=True, slots=True)
class CellHeatmap:
    """Cells whose centre lies within a circle, and the sums over them before any is hidden.

    `slots` are their places among the layer's cells, by ascending index of the cell.
    """

    layer: CityLayer
    slots: IntArray
    category: Category
    need: float
    need_moe95: float
    users: float
    users_moe95: float

    @property
    def release(self) -> ReleaseMeta:
        """Return the release that the figures come from."""
        return self.layer.release

    @property
    def cells(self) -> tuple[CellFigures, ...]:
        """Return the cells one by one."""
        return self.show_cells(self.slots.tolist())

    def show_cells(self, slots: list[int]) -> tuple[CellFigures, ...]:
        """Return some cells of the layer."""
        shown, column = Shown.of(self.layer.sum_cells(slots)), self.category.column
        columns = zip(
            self.layer.cells.cells[slots].tolist(),
            shown.users.tolist(),
            shown.users_moe95.tolist(),
            shown.needs[:, column].tolist(),
            shown.needs_moe95[:, column].tolist(),
            shown.few[:, column].tolist(),
            strict=True,
        )
        return tuple(CellFigures(*row) for row in columns)


def show_communities(layer: CityLayer, slots: list[int]) -> list[CommunityFigures]:
    """Return some communities of a layer, by themselves: without distance, share and rank."""
    shown = layer.show_communities(slots)
    return [_show_community(layer, slot, shown, at) for at, slot in enumerate(slots)]


def _show_community(layer: CityLayer, slot: int, shown: Shown, at: int) -> CommunityFigures:
    communities = layer.communities
    leaf_row = communities.rows[slot]
    adcode = int(layer.districts[layer.leaves.districts[leaf_row]])
    return CommunityFigures(
        community_code=communities.codes[slot],
        leaf_id=int(layer.leaves.leaf_ids[leaf_row]),
        name=communities.names[slot],
        district_adcode=adcode,
        district_name=layer.district_names[adcode],
        distance_m=0.0,
        position=LonLat(float(communities.lon[slot]), float(communities.lat[slot])),
        users=float(shown.users[at]),
        users_moe95=float(shown.users_moe95[at]),
        needs=tuple(shown.needs[at].tolist()),
        needs_moe95=tuple(shown.needs_moe95[at].tolist()),
        few=tuple(shown.few[at].tolist()),
        level=Level.PARENT if communities.parents[slot] >= 0 else Level.COMMUNITY,
        share=None,
        rank=None,
    )
