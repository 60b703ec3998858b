"""GCJ-02, WGS84 and BD-09 for arrays of positions inside China; a stand-in shares no code with the backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from field_apps_mock.city.values import Datum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Positions = tuple[NDArray[np.float64], NDArray[np.float64]]

SEMI_MAJOR_M = 6_378_245.0
"""Krasovsky 1940, on which GCJ-02 is defined."""

ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943


def wgs84_to_gcj02(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Positions:
    """Shift WGS84 degrees (n,) to GCJ-02 degrees (n,)."""
    x, y = lon - 105.0, lat - 35.0
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + wave
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + wave
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    w = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / (w * np.sqrt(w))
    parallel_m = SEMI_MAJOR_M / np.sqrt(w) * np.cos(phi)
    return lon + np.degrees(east / parallel_m), lat + np.degrees(north / meridian_m)


def gcj02_to_wgs84(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Positions:
    """Undo wgs84_to_gcj02 to better than 1e-9 degrees, by fixed-point iteration."""
    guess_lon, guess_lat = lon.copy(), lat.copy()
    for _ in range(6):
        shifted_lon, shifted_lat = wgs84_to_gcj02(guess_lon, guess_lat)
        guess_lon += lon - shifted_lon
        guess_lat += lat - shifted_lat
    return guess_lon, guess_lat


def gcj02_to_bd09(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Positions:
    """Shift GCJ-02 degrees (n,) to BD-09 degrees (n,)."""
    turn = np.pi * 3000.0 / 180.0
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * turn)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * turn)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def from_gcj02(lon: NDArray[np.float64], lat: NDArray[np.float64], *, datum: Datum) -> Positions:
    """Return GCJ-02 degrees (n,) in the datum that a drop is written in."""
    if datum is Datum.WGS84:
        return gcj02_to_wgs84(lon, lat)
    if datum is Datum.BD09:
        return gcj02_to_bd09(lon, lat)
    return lon, lat
