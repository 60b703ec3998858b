"""Which district contains each of many positions: all outlines in memory, prepared, asked in bulk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import shapely
from geoalchemy2 import functions as gis
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.models import District
from geo.values import NOWHERE, FloatArray, IntArray

COAST_TOLERANCE_DEG = 0.005
_COARSE_DEG = 0.001


@dataclass(frozen=True, slots=True)
class DistrictIndex:
    """Outlines of districts in WGS84, in the order of `adcodes`; the others go beside them.

    `rims` are coarse outlines grown by a little more than the tolerance of the coast.
    """

    adcodes: IntArray
    city_codes: IntArray
    names: tuple[str, ...]
    city_names: tuple[str, ...]
    outlines: NDArray[np.object_]
    rims: NDArray[np.object_]

    @classmethod
    def load(cls, session: Session, *, city_codes: Collection[int] | None = None) -> DistrictIndex:
        """Load the outlines of some cities, or of all."""
        query = select(
            District.adcode, District.city_code, District.name, District.city_name, gis.ST_AsBinary(District.outline)
        ).order_by(District.adcode)
        if city_codes is not None:
            query = query.where(District.city_code.in_(city_codes))
        rows = session.execute(query).all()
        outlines = shapely.from_wkb(np.array([bytes(row[4]) for row in rows], dtype=object))
        rims = shapely.buffer(shapely.simplify(outlines, _COARSE_DEG), COAST_TOLERANCE_DEG + _COARSE_DEG, quad_segs=4)
        shapely.prepare(outlines)
        shapely.prepare(rims)
        return cls(
            np.array([row[0] for row in rows], dtype=np.int64),
            np.array([row[1] for row in rows], dtype=np.int64),
            tuple(row[2] for row in rows),
            tuple(row[3] for row in rows),
            outlines,
            rims,
        )

    def locate(self, lon: FloatArray, lat: FloatArray) -> IntArray:
        """Return the adcode of the district containing each position, shape (n,); -1 where there is none."""
        return self._locate(self.outlines, lon, lat)

    def _locate(self, outlines: NDArray[np.object_], lon: FloatArray, lat: FloatArray) -> IntArray:
        found = np.full(len(lon), NOWHERE, dtype=np.int64)
        for adcode, outline in zip(self.adcodes.tolist(), outlines, strict=True):
            west, south, east, north = outline.bounds
            candidates = np.flatnonzero(
                (found == NOWHERE) & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
            )
            inside = shapely.contains_xy(outline, lon[candidates], lat[candidates])
            found[candidates[inside]] = adcode
        return found

    def locate_near(self, lon: FloatArray, lat: FloatArray) -> IntArray:
        """Like `locate`, and positions up to some 500 m off every outline (a quay, a coarse coast) get the nearest."""
        found = self.locate(lon, lat)
        off = np.flatnonzero(found == NOWHERE)
        # The rims sort out the open sea, for which the search for the nearest outline would be slow.
        off = off[self._locate(self.rims, lon[off], lat[off]) != NOWHERE]
        if len(off):
            tree = shapely.STRtree(self.outlines)
            points = shapely.points(lon[off], lat[off])
            rows, hits = tree.query_nearest(points, max_distance=COAST_TOLERANCE_DEG, all_matches=False)
            found[off[rows]] = self.adcodes[hits]
        return found

    def get_city(self, adcode: int) -> int:
        """Return the city of a district in the index."""
        return int(self.city_codes[int(np.searchsorted(self.adcodes, adcode))])

    def get_outline(self, adcode: int) -> BaseGeometry:
        """Return the outline of a district in the index."""
        outline: BaseGeometry = self.outlines[int(np.searchsorted(self.adcodes, adcode))]
        return outline

    def map_cities(self, adcodes: IntArray) -> IntArray:
        """Return the city of each adcode of the index, shape (n,); -1 stays -1."""
        if not len(self.adcodes):
            return np.full(len(adcodes), NOWHERE, dtype=np.int64)
        slots = np.minimum(np.searchsorted(self.adcodes, adcodes), len(self.adcodes) - 1)
        return np.where(self.adcodes[slots] == adcodes, self.city_codes[slots], NOWHERE)
