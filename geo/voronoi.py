"""Cells for communities: what of the district lies nearer to one than to any other, at most 2 km off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geo.importing.outlines import to_multipolygon
from geo.values import FloatArray

ShapeArray = NDArray[np.object_]

REACH_M = 2_000.0
_SEGMENTS_A_QUARTER = 16
_APART_M = 1.0
_GRID_M = 0.01


def _get_plane(outline: BaseGeometry) -> tuple[Transformer, Transformer]:
    """Return the way into and out of the azimuthal equidistant plane around a district, metres."""
    centre = outline.envelope.centroid
    plane = f"+proj=aeqd +lat_0={centre.y:.4f} +lon_0={centre.x:.4f} +ellps=WGS84 +units=m"
    return (
        Transformer.from_crs("EPSG:4326", plane, always_xy=True),
        Transformer.from_crs(plane, "EPSG:4326", always_xy=True),
    )


def _project(geometry: BaseGeometry, way: Transformer) -> BaseGeometry:
    projected: BaseGeometry = shapely.transform(geometry, lambda xy: np.column_stack(way.transform(xy[:, 0], xy[:, 1])))
    return projected


def _spread(sites: FloatArray) -> FloatArray:
    """Move places that share one spot a metre apart, around it, so that each gets its part of the cell."""
    _, groups, counts = np.unique(np.round(sites, 1), axis=0, return_inverse=True, return_counts=True)
    spread = sites.copy()
    for group in np.flatnonzero(counts > 1):
        rows = np.flatnonzero(groups == group)
        angles = 2.0 * np.pi * np.arange(len(rows)) / len(rows)
        spread[rows] += _APART_M * np.column_stack((np.cos(angles), np.sin(angles)))
    return spread


def make_cells(lon: FloatArray, lat: FloatArray, *, district: BaseGeometry) -> Sequence[BaseGeometry | None]:
    """Return the cell of each community of a district (WGS84 multipolygons), in order; None where nothing is left.

    The order must be stable: it decides how places on one spot share their cell.
    """
    if not len(lon):
        return []
    inward, outward = _get_plane(district)
    sites = _spread(np.column_stack(inward.transform(lon, lat)))
    area = shapely.make_valid(_project(district, inward))
    shapely.prepare(area)
    points: ShapeArray = np.asarray(shapely.points(sites), dtype=object)
    cells = _split(points) if len(points) > 1 else np.array([shapely.box(*area.bounds)], dtype=object)
    discs = shapely.buffer(points, REACH_M, quad_segs=_SEGMENTS_A_QUARTER)
    clipped = shapely.intersection(shapely.intersection(cells, discs), area)
    return [_finish(cell, outward) for cell in clipped]


def _split(points: ShapeArray) -> ShapeArray:
    together = shapely.multipoints(points)
    reach = shapely.box(*shapely.bounds(together)).buffer(2.0 * REACH_M)
    parts = shapely.get_parts(shapely.voronoi_polygons(together, extend_to=reach, ordered=True))
    return np.asarray(parts, dtype=object)


def _finish(cell: BaseGeometry, outward: Transformer) -> BaseGeometry | None:
    rounded = shapely.set_precision(cell, _GRID_M)
    if rounded.is_empty:
        return None
    return to_multipolygon(_project(rounded, outward))
