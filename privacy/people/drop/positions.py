"""Puts positions right that a platform has mixed up, before anybody looks for their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# China with room for the offset of any datum; no longitude of it can be a latitude of it.
_LON_RANGE = (73.0, 136.0)
_LAT_RANGE = (3.0, 54.0)


@dataclass(frozen=True, slots=True)
class Positions:
    """Positions of n rows; where `is_known` is false, lon and lat are 0."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    is_known: NDArray[np.bool_]


def clean_positions(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Positions:
    """Turn swapped pairs round; zeros, nothing and anything outside China count as no position."""
    is_swapped = _is_within(lat, _LON_RANGE) & _is_within(lon, _LAT_RANGE)
    turned_lon, turned_lat = np.where(is_swapped, lat, lon), np.where(is_swapped, lon, lat)
    is_known = _is_within(turned_lon, _LON_RANGE) & _is_within(turned_lat, _LAT_RANGE)
    return Positions(np.where(is_known, turned_lon, 0.0), np.where(is_known, turned_lat, 0.0), is_known)


def _is_within(values: NDArray[np.float64], bounds: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= bounds[0]) & (values <= bounds[1])
