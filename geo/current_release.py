"""The current release of every city in memory: immutable, asked without a database.

An answer comes from one release, that of the city in which the nearest community lies: so a release id says which
figures an answer holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.errors import MixedCitiesError, NoReleaseError, UnknownDistrictError, UnknownLeafError
from geo.figures import (
    Z95,
    AudienceFigures,
    CellFigures,
    CellHeatmap,
    CommunityFigures,
    DistrictFigures,
    Level,
    NearestCommunities,
    ReleaseMeta,
    ShownNeed,
    TerritoryFigures,
)
from geo.layer import CityLayer, Shown
from geo.sphere import PointIndex
from geo.values import FloatArray, IntArray, LonLat
from privacy.release.values import Category


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Released figures of some cities. `version` names exactly this state of figures and places."""

    version: str
    layers: tuple[CityLayer, ...]
    points: PointIndex
    layer_slots: IntArray

    @classmethod
    def build(cls, layers: Sequence[CityLayer], *, version: str) -> Snapshot:
        """Put cities together; raises `NoReleaseError` when none of them has a community."""
        if not any(len(layer.communities.codes) for layer in layers):
            raise NoReleaseError
        return cls(
            version,
            tuple(layers),
            PointIndex.build(
                np.concatenate([layer.communities.points.lon for layer in layers]),
                np.concatenate([layer.communities.points.lat for layer in layers]),
            ),
            np.repeat(np.arange(len(layers)), [len(layer.communities.codes) for layer in layers]).astype(np.int64),
        )

    @property
    def releases(self) -> tuple[ReleaseMeta, ...]:
        """Return the releases that the figures come from, one a city."""
        return tuple(layer.release for layer in self.layers)

    def get_layer(self, position: LonLat) -> CityLayer:
        """Return the city of the nearest community."""
        rows, _ = self.points.find_nearest(position, limit=1)
        return self.layers[int(self.layer_slots[rows[0]])]

    def find_nearest(
        self, position: LonLat, *, limit: int = 30, category: Category | None = None
    ) -> NearestCommunities:
        """Return the nearest communities of a city by geodesic distance, nearest first, ties by code."""
        layer = self.get_layer(position)
        rows, distances = layer.communities.points.find_nearest(position, limit=limit)
        shares, ranks = _rank(layer, rows, category=category)
        figures = _show_communities(layer, rows, distances=distances, shares=shares, ranks=ranks)
        return NearestCommunities(layer.release, figures)

    def find_cells(self, position: LonLat, *, radius_m: float, category: Category) -> CellHeatmap:
        """Return the H3 res-8 cells whose centre lies within `radius_m` (geodesic) and the sums over them."""
        layer = self.get_layer(position)
        rows, _ = layer.cell_points.find_within(position, radius_m=radius_m)
        sums, column = layer.cell_sums.take(rows), category.column
        shown = Shown.of(sums)
        figures = zip(
            layer.cells[rows].tolist(),
            shown.users.tolist(),
            shown.users_moe95.tolist(),
            shown.needs[:, column].tolist(),
            shown.needs_moe95[:, column].tolist(),
            shown.few[:, column].tolist(),
            strict=True,
        )
        return CellHeatmap(
            layer.release,
            tuple(CellFigures(*row) for row in figures),
            max(float(sums.needs[:, column].sum()), 0.0),
            Z95 * float(np.sqrt(sums.needs_var[:, column].sum())),
            max(float(sums.users.sum()), 0.0),
            Z95 * float(np.sqrt(sums.users_var.sum())),
        )

    def show_communities(self, codes: Sequence[str], *, category: Category) -> list[ShownNeed]:
        """Return what a map shows of some communities, those without released figures left out."""
        found = []
        for code in codes:
            for layer in self.layers:
                slot = layer.communities.slots.get(code)
                if slot is not None:
                    shown, column = layer.communities.shown, category.column
                    few = bool(shown.few[slot, column])
                    need = None if few else float(shown.needs[slot, column])
                    found.append(ShownNeed(code, need, float(shown.users[slot]), few))
        return found

    def show_districts(self, *, category: Category) -> list[ShownNeed]:
        """Return what a map shows of every district with released figures, by adcode."""
        found = []
        for layer in self.layers:
            shown, column = Shown.of(layer.district_sums), category.column
            for slot, adcode in enumerate(layer.districts.tolist()):
                few = bool(shown.few[slot, column])
                need = None if few else float(shown.needs[slot, column])
                found.append(ShownNeed(str(adcode), need, float(shown.users[slot]), few))
        return found

    def audience(self, *, leaf_ids: Sequence[int], category: Category) -> AudienceFigures:
        """Return the need of some leaves of one city, each counted once.

        Raises `UnknownLeafError` for leaves without released figures and `MixedCitiesError` for more than one city.
        """
        asked = np.unique(np.array(leaf_ids, dtype=np.int64))
        hits = [
            (layer, rows[known]) for layer in self.layers for rows, known in [layer.find_rows(asked)] if known.any()
        ]
        found = np.concatenate([layer.leaves.leaf_ids[rows] for layer, rows in hits]) if hits else asked[:0]
        missing = np.setdiff1d(asked, found)
        if len(missing) or not hits:
            raise UnknownLeafError(leaf_ids=tuple(missing.tolist()))
        if len(hits) > 1:
            raise MixedCitiesError(city_codes=tuple(layer.release.city_code for layer, _ in hits))
        layer, rows = hits[0]
        sums, column = layer.leaves.sums.take(rows), category.column
        need, variance = float(sums.needs[:, column].sum()), float(sums.needs_var[:, column].sum())
        return AudienceFigures(layer.release.release_id, layer.release.city_code, max(need, 0.0), variance**0.5)

    def territory(self, district_adcodes: Sequence[int]) -> TerritoryFigures:
        """Return the sums of some districts of one city, by ascending adcode.

        Raises `UnknownDistrictError` for districts without released figures, or for none, and `MixedCitiesError`.
        """
        asked = np.unique(np.array(district_adcodes, dtype=np.int64))
        layers = [layer for layer in self.layers if np.isin(asked, layer.districts).any()]
        missing = [code for code in asked.tolist() if not any(code in layer.districts for layer in layers)]
        if missing or not layers:
            raise UnknownDistrictError(adcodes=tuple(missing))
        if len(layers) > 1:
            raise MixedCitiesError(city_codes=tuple(layer.release.city_code for layer in layers))
        layer = layers[0]
        slots = np.searchsorted(layer.districts, asked)
        shown = Shown.of(layer.district_sums.take(slots))
        districts = tuple(_show_district(layer, adcode, shown, slot) for slot, adcode in enumerate(asked.tolist()))
        return TerritoryFigures(layer.release, districts)


def _rank(
    layer: CityLayer, rows: IntArray, *, category: Category | None
) -> tuple[Sequence[float | None], Sequence[int | None]]:
    """Return share and rank of each row by need; what is few or the parent's has no share and comes last."""
    if category is None:
        return [None] * len(rows), [None] * len(rows)
    communities = layer.communities
    hidden = communities.is_parent[rows] | communities.shown.few[rows, category.column]
    needs: FloatArray = communities.own_needs[rows, category.column]
    total = float(needs.sum())
    shown = np.where(hidden, 0.0, needs)
    ranks = np.empty(len(rows), dtype=np.int64)
    ranks[np.lexsort((np.arange(len(rows)), -shown, hidden))] = np.arange(1, len(rows) + 1)
    shares = shown / total if total > 0 else shown
    return shares.tolist(), ranks.tolist()


def _show_communities(
    layer: CityLayer,
    rows: IntArray,
    *,
    distances: FloatArray,
    shares: Sequence[float | None],
    ranks: Sequence[int | None],
) -> tuple[CommunityFigures, ...]:
    """Put the rows of a list together, column by column."""
    communities, shown, leaf_rows = layer.communities, layer.communities.shown, layer.communities.rows[rows]
    columns = zip(
        rows.tolist(),
        layer.leaves.leaf_ids[leaf_rows].tolist(),
        layer.leaves.districts[leaf_rows].tolist(),
        distances.tolist(),
        communities.points.lon[rows].tolist(),
        communities.points.lat[rows].tolist(),
        shown.users[rows].tolist(),
        shown.users_moe95[rows].tolist(),
        map(tuple, shown.needs[rows].tolist()),
        map(tuple, shown.needs_moe95[rows].tolist()),
        map(tuple, shown.few[rows].tolist()),
        [Level.PARENT if hides else Level.COMMUNITY for hides in communities.is_parent[rows].tolist()],
        shares,
        ranks,
        strict=True,
    )
    codes, names, districts = communities.codes, communities.names, layer.district_names
    return tuple(
        CommunityFigures(
            codes[row], leaf_id, names[row], adcode, districts[adcode], distance_m, LonLat(lon, lat), *figures
        )
        for row, leaf_id, adcode, distance_m, lon, lat, *figures in columns
    )


def _show_district(layer: CityLayer, adcode: int, shown: Shown, slot: int) -> DistrictFigures:
    return DistrictFigures(
        adcode=adcode,
        name=layer.district_names[adcode],
        users=float(shown.users[slot]),
        users_moe95=float(shown.users_moe95[slot]),
        needs=tuple(shown.needs[slot].tolist()),
        needs_moe95=tuple(shown.needs_moe95[slot].tolist()),
        few=tuple(shown.few[slot].tolist()),
    )
