"""The current release of every city in memory: immutable, asked without a database.

An answer comes from one release, that of the city in which the nearest community lies: so a release id says which
figures an answer holds.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from geo.errors import MixedCitiesError, NoReleaseError, UnknownDistrictError, UnknownLeafError
from geo.figures import (
    Z95,
    AudienceFigures,
    DistrictFigures,
    ReleaseMeta,
    ShownNeed,
    TerritoryFigures,
)
from geo.found import CellHeatmap, NearestCommunities
from geo.layer import CityLayer, Rows, Shown
from geo.sphere import PointIndex
from geo.values import FloatArray, IntArray, LonLat
from privacy.release.audience import sum_needs
from privacy.release.values import Category


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Released figures of some cities. `version` names exactly this state of figures and places.

    `points` are the communities of all layers one after another; `layer_slots` has the layer of each, `starts` where
    each layer begins. `code_ranges` are the first and last code of each layer.
    """

    version: str
    layers: tuple[CityLayer, ...]
    points: PointIndex
    layer_slots: Rows
    starts: tuple[int, ...]
    code_ranges: tuple[tuple[str, str], ...]

    @classmethod
    def build(cls, layers: Sequence[CityLayer], *, version: str) -> Snapshot:
        """Put cities together; raises `NoReleaseError` when none of them has a community."""
        counts = [len(layer.communities.codes) for layer in layers]
        if not any(counts):
            raise NoReleaseError
        return cls(
            version,
            tuple(layers),
            PointIndex.of(np.concatenate([layer.communities.points.points for layer in layers])),
            np.repeat(np.arange(len(layers), dtype=np.int32), counts),
            (0, *accumulate(counts)),
            tuple(layer.communities.code_range for layer in layers),
        )

    @property
    def releases(self) -> tuple[ReleaseMeta, ...]:
        """Return the releases that the figures come from, one a city."""
        return tuple(layer.release for layer in self.layers)

    def find_nearest(
        self, position: LonLat, *, limit: int = 30, category: Category | None = None
    ) -> NearestCommunities:
        """Return the nearest communities of a city by geodesic distance, nearest first, ties by code."""
        slots, distances = self.points.find_nearest(position, limit=limit)
        layer = self.layers[0]
        if len(self.layers) > 1:
            rows, at = slots, int(self.layer_slots[slots[0]])
            layer, slots = self.layers[at], rows - self.starts[at]
            if not (len(rows) == limit and (self.layer_slots[rows] == at).all()):
                slots, distances = layer.communities.points.find_nearest(position, limit=limit)
        if category is None:
            return NearestCommunities(layer, slots, distances, None, None)
        return NearestCommunities(layer, slots, distances, *_rank(layer, slots, category=category))

    def find_cells(self, position: LonLat, *, radius_m: float, category: Category) -> CellHeatmap:
        """Return the H3 res-8 cells whose centre lies within `radius_m` (geodesic) and the sums over them."""
        layer = self._get_layer(position)
        slots, _ = layer.cells.points.find_within(position, radius_m=radius_m)
        rows, _ = layer.cells.find_rows(slots)
        sums, column = layer.leaves.sums, category.column
        return CellHeatmap(
            layer,
            slots,
            category,
            need=max(_add(sums.needs[rows, column]), 0.0),
            need_moe95=Z95 * math.sqrt(_add(sums.needs_var[rows, column])),
            users=max(_add(sums.users[rows]), 0.0),
            users_moe95=Z95 * math.sqrt(_add(sums.users_var[rows])),
        )

    def _get_layer(self, position: LonLat) -> CityLayer:
        """Return the city of the nearest community."""
        if len(self.layers) == 1:
            return self.layers[0]
        rows, _ = self.points.find_nearest(position, limit=1)
        return self.layers[int(self.layer_slots[rows[0]])]

    def show_communities(self, codes: Sequence[str], *, category: Category) -> list[ShownNeed]:
        """Return what a map shows of some communities, those without released figures left out."""
        found: list[ShownNeed] = []
        least, most = min(codes, default=""), max(codes, default="")
        for layer, (first, last) in zip(self.layers, self.code_ranges, strict=True):
            if last < least or most < first:  # codes begin with their city's
                continue
            slots = {code: slot for code in codes if (slot := layer.communities.codes.find(code)) is not None}
            if slots:
                shown = layer.show_communities(list(slots.values()))
                found += [
                    _show_need(layer, shown, at, code=code, column=category.column) for at, code in enumerate(slots)
                ]
        return found

    def show_districts(self, adcodes: Collection[int], *, category: Category) -> list[ShownNeed]:
        """Return what a map shows of some districts, those without released figures left out."""
        found: list[ShownNeed] = []
        asked = np.array(sorted(adcodes), dtype=np.int64)
        for layer in self.layers:
            slots = np.flatnonzero(np.isin(layer.districts, asked)).tolist()
            if slots:
                shown = Shown.of(layer.district_sums)
                found += [
                    _show_need(layer, shown, slot, code=str(layer.districts[slot]), column=category.column)
                    for slot in slots
                ]
        return found

    def audience(self, *, leaf_ids: Sequence[int], category: Category) -> AudienceFigures:
        """Return the need of some leaves of one city, each counted once and only where it stands out of its noise.

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
        need, need_sd = sum_needs(sums.needs[:, column], needs_sd=np.sqrt(sums.needs_var[:, column]))
        return AudienceFigures(layer.release.release_id, layer.release.city_code, need, need_sd)

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


def _add(column: FloatArray) -> float:
    """Add what is kept in single precision in double."""
    return float(np.add.reduce(column, dtype=np.float64))


def _rank(layer: CityLayer, slots: IntArray, *, category: Category) -> tuple[list[float], list[int]]:
    """Return share and rank of each community by need; what is few or the parent's has no share and comes last."""
    # Lists: for some tens of numbers numpy costs more than it saves.
    communities, column = layer.communities, category.column
    own = np.maximum(layer.leaves.sums.needs[:, column][communities.rows[slots]], 0.0).tolist()
    hides = communities.hides[:, column][slots].tolist()
    needs = [-1.0 if hidden else need for need, hidden in zip(own, hides, strict=True)]
    total = sum(own) or 1.0
    ranks = [0] * len(needs)
    for rank, at in enumerate(sorted(range(len(needs)), key=needs.__getitem__, reverse=True), 1):
        ranks[at] = rank
    return [0.0 if need < 0.0 else need / total for need in needs], ranks


def _show_need(layer: CityLayer, shown: Shown, slot: int, *, code: str, column: int) -> ShownNeed:
    few = bool(shown.few[slot, column])
    return ShownNeed(
        layer.release,
        code,
        need=None if few else float(shown.needs[slot, column]),
        moe95=float(shown.needs_moe95[slot, column]),
        users=float(shown.users[slot]),
        users_moe95=float(shown.users_moe95[slot]),
        few=few,
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
