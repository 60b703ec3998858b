"""H3 over arrays: the cell of each position, the centre of each cell. Indexes are signed 64-bit integers."""

from __future__ import annotations

from collections.abc import Iterable

import h3.api.basic_int as h3
import numpy as np
from shapely.geometry.base import BaseGeometry

from geo.values import CELL_RESOLUTION, PARENT_RESOLUTION, FloatArray, IntArray


def get_cells(lon: FloatArray, lat: FloatArray, *, resolution: int = CELL_RESOLUTION) -> IntArray:
    """Return the cell of each position, shape (n,)."""
    to_cell = h3.latlng_to_cell
    found = (to_cell(y, x, resolution) for x, y in zip(lon.tolist(), lat.tolist(), strict=True))
    return np.fromiter(found, dtype=np.int64, count=len(lon))


def get_parents(cells: IntArray) -> IntArray:
    """Return the res-7 parent of each res-8 cell, shape (n,)."""
    found = (h3.cell_to_parent(cell, PARENT_RESOLUTION) for cell in cells.tolist())
    return np.fromiter(found, dtype=np.int64, count=len(cells))


def get_centres(cells: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return longitudes and latitudes of the centres, each of shape (n,)."""
    lat_lon = np.array([h3.cell_to_latlng(cell) for cell in cells.tolist()], dtype=np.float64).reshape(-1, 2)
    return lat_lon[:, 1].copy(), lat_lon[:, 0].copy()


def find_cells_within(outline: BaseGeometry) -> set[int]:
    """Return the res-8 cells whose centre lies in an outline (polygon or multipolygon)."""
    return set(h3.h3shape_to_cells(h3.geo_to_h3shape(outline.__geo_interface__), CELL_RESOLUTION))


def get_boundary(cell: int) -> list[tuple[float, float]]:
    """Return the ring of a cell as (lon, lat) pairs, closed, counter-clockwise as GeoJSON wants it."""
    ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
    return [*ring, ring[0]]


def to_text(cell: int) -> str:
    """Return the hexadecimal form that H3 libraries exchange."""
    return str(h3.int_to_str(cell))


def from_texts(texts: Iterable[str]) -> list[int]:
    """Return the integers of hexadecimal cells; raises ValueError for what is no res-8 cell."""
    cells = []
    for given in texts:
        cell = int(h3.str_to_int(given))
        if not h3.is_valid_cell(cell) or h3.get_resolution(cell) != CELL_RESOLUTION:
            message = "not an H3 cell of resolution 8"
            raise ValueError(message)
        cells.append(cell)
    return cells
