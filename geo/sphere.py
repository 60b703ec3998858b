"""Nearest and within-radius, exactly: a KD-tree over points of the ellipsoid, searched by straight line through it.

A straight line is never longer than the geodesic, so a search by it misses nothing. Up to 20 km the geodesic follows
from the line to better than a millimetre (the radius of curvature in China varies by 1 % with place and direction);
farther away pyproj measures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pyproj import Geod
from scipy.spatial import cKDTree

from geo.values import FloatArray, IntArray, LonLat

_GEOD = Geod(ellps="WGS84")
_SEMI_MAJOR_M = 6_378_137.0
_ECCENTRICITY_SQUARED = 6.694_379_990_141_3e-3
_CURVATURE_M = 6_371_008.8
_ARC_M2 = 24.0 * _CURVATURE_M**2
_CLOSE_M = 20_000.0
_SAME_M = 0.001

_Point = tuple[float, float, float]


def to_unit_sphere(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Return positions in degrees as points of the unit sphere, shape (n, 3)."""
    x, y = np.radians(lon), np.radians(lat)
    return np.column_stack((np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)))


def to_space(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Return positions in degrees as points of the WGS84 ellipsoid, metres from its centre, shape (n, 3)."""
    x, y = np.radians(lon), np.radians(lat)
    normal_m = _SEMI_MAJOR_M / np.sqrt(1.0 - _ECCENTRICITY_SQUARED * np.sin(y) ** 2)
    flat_m = normal_m * np.cos(y)
    return np.column_stack(
        (flat_m * np.cos(x), flat_m * np.sin(x), normal_m * (1.0 - _ECCENTRICITY_SQUARED) * np.sin(y))
    )


def from_space(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return longitudes and latitudes in degrees of points that lie on the ellipsoid, shape (n, 3)."""
    x, y, z = points.T
    lat = np.arctan2(z, (1.0 - _ECCENTRICITY_SQUARED) * np.hypot(x, y))
    return np.degrees(np.arctan2(y, x)), np.degrees(lat)


def _place(position: LonLat) -> _Point:
    """Do what `to_space` does for one position, without the cost of arrays."""
    x, y = math.radians(position.lon), math.radians(position.lat)
    sine = math.sin(y)
    normal_m = _SEMI_MAJOR_M / math.sqrt(1.0 - _ECCENTRICITY_SQUARED * sine * sine)
    flat_m = normal_m * math.cos(y)
    return flat_m * math.cos(x), flat_m * math.sin(x), normal_m * (1.0 - _ECCENTRICITY_SQUARED) * sine


def _bend(lines_m: FloatArray) -> FloatArray:
    """Return the geodesic of straight lines up to 20 km: the first term of the arc over its chord."""
    bent: FloatArray = lines_m * (1.0 + lines_m * lines_m / _ARC_M2)
    return bent


@dataclass(frozen=True, slots=True)
class PointIndex:
    """Positions, searchable by geodesic distance: `points` of the ellipsoid, metres from its centre, shape (n, 3)."""

    points: FloatArray
    tree: cKDTree

    @classmethod
    def build(cls, lon: FloatArray, lat: FloatArray) -> PointIndex:
        """Index positions."""
        return cls.of(to_space(lon, lat))

    @classmethod
    def of(cls, points: FloatArray) -> PointIndex:
        """Index points of the ellipsoid. They lie too evenly for a balanced tree, or small leaves, to be worth it."""
        return cls(points, cKDTree(points, leafsize=32, balanced_tree=False, compact_nodes=False))

    def find_within(self, position: LonLat, *, radius_m: float) -> tuple[IntArray, FloatArray]:
        """Return the rows within a radius, ascending, and their distances."""
        rows, distances = self._find_candidates(position, radius_m=radius_m)
        inside = distances <= radius_m
        return rows[inside], distances[inside]

    def find_nearest(self, position: LonLat, *, limit: int) -> tuple[IntArray, FloatArray]:
        """Return the rows of the `limit` nearest, nearest first (ties by row), and their distances."""
        count = min(limit, len(self.points))
        if count <= 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
        # One more than asked: infinitely far where there is none, as near as the last where the last are equal.
        lines_m: FloatArray
        rows: IntArray
        lines_m, rows = self.tree.query(_place(position), k=count + 1)  # type: ignore[assignment] # arrays for k > 1
        lengths: list[float] = lines_m.tolist()  # floats: looking at numbers one by one is dear in an array
        *_, last, beyond = lengths
        lines_m, rows = lines_m[:count], rows[:count]
        if last > _CLOSE_M or beyond - last < _SAME_M:
            return self._find_nearest_far(position, near=rows)
        if len(set(lengths)) <= count:
            rows = rows[np.lexsort((rows, lines_m))]
        return rows, _bend(lines_m)

    def _find_nearest_far(self, position: LonLat, *, near: IntArray) -> tuple[IntArray, FloatArray]:
        """Do the same where the straight line does not decide; `near` are as many rows as are wanted."""
        reach_m = float(self._measure(position, near).max())
        rows, distances = self._find_candidates(position, radius_m=reach_m)
        order = np.lexsort((rows, distances))[: len(near)]
        return rows[order], distances[order]

    def _find_candidates(self, position: LonLat, *, radius_m: float) -> tuple[IntArray, FloatArray]:
        """Return all rows within a radius and perhaps some more, ascending, and the distances of all."""
        place = _place(position)
        found = self.tree.query_ball_point(place, radius_m + _SAME_M, return_sorted=True)
        rows: IntArray = np.array(found, dtype=np.int64)
        if radius_m > _CLOSE_M:
            return rows, self._measure(position, rows)
        apart = self.points[rows] - place
        return rows, _bend(np.sqrt(np.einsum("ij,ij->i", apart, apart)))

    def _measure(self, position: LonLat, rows: IntArray) -> FloatArray:
        count = len(rows)
        own_lon, own_lat = np.full(count, position.lon), np.full(count, position.lat)
        _, _, distances = _GEOD.inv(own_lon, own_lat, *from_space(self.points[rows]))
        return np.asarray(distances, dtype=np.float64)
