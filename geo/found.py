"""What the snapshot finds around a position: places in arrays of the release; rows for a reader who wants them.

The web process answers from the arrays, as most of a row was written before; making 30 rows costs more than finding.
"""

from __future__ import annotations

from dataclasses import dataclass

from geo.figures import CellFigures, CommunityFigures, Level, ReleaseMeta
from geo.layer import CityLayer
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
        points, slot = self.layer.communities.points, self.slots[0]
        return points.find_nearest(LonLat(float(points.lon[slot]), float(points.lat[slot])), limit=limit)[0]

    @property
    def rows(self) -> tuple[CommunityFigures, ...]:
        """Return the communities one by one."""
        nothing = [None] * len(self.slots)
        columns = zip(
            self.slots.tolist(),
            self.distances_m.tolist(),
            nothing if self.shares is None else self.shares,
            nothing if self.ranks is None else self.ranks,
            strict=True,
        )
        return tuple(show_community(self.layer, *row) for row in columns)


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
        shown, column = self.layer.cell_shown, self.category.column
        columns = zip(
            self.layer.cells[slots].tolist(),
            shown.users[slots].tolist(),
            shown.users_moe95[slots].tolist(),
            shown.needs[slots, column].tolist(),
            shown.needs_moe95[slots, column].tolist(),
            shown.few[slots, column].tolist(),
            strict=True,
        )
        return tuple(CellFigures(*row) for row in columns)


def show_community(
    layer: CityLayer, slot: int, distance_m: float = 0.0, share: float | None = None, rank: int | None = None
) -> CommunityFigures:
    """Return one community of a layer; distance, share and rank are those in the list it was found in."""
    communities, shown = layer.communities, layer.communities.shown
    leaf_row = communities.rows[slot]
    adcode = int(layer.leaves.districts[leaf_row])
    return CommunityFigures(
        community_code=communities.codes[slot],
        leaf_id=int(layer.leaves.leaf_ids[leaf_row]),
        name=communities.names[slot],
        district_adcode=adcode,
        district_name=layer.district_names[adcode],
        distance_m=distance_m,
        position=LonLat(float(communities.points.lon[slot]), float(communities.points.lat[slot])),
        users=float(shown.users[slot]),
        users_moe95=float(shown.users_moe95[slot]),
        needs=tuple(shown.needs[slot].tolist()),
        needs_moe95=tuple(shown.needs_moe95[slot].tolist()),
        few=tuple(shown.few[slot].tolist()),
        level=Level.PARENT if communities.is_parent[slot] else Level.COMMUNITY,
        share=share,
        rank=rank,
    )
