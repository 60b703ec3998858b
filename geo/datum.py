"""Conversion between WGS84, GCJ-02 and BD-09, both ways to better than 1e-6 degrees, for scalars and arrays.

GCJ-02 is the obfuscated datum that Chinese law prescribes for maps; BD-09 is Baidu's on top of it. One direction
of each is taken as its definition, as the converters in use have it (WGS84 to GCJ-02 on the Krasovsky 1940
ellipsoid, BD-09 to GCJ-02); the other is found by fixed-point iteration, so that a position always returns to itself.
Outside the rectangle around China GCJ-02 equals WGS84.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

import numpy as np

from geo.values import BoolArray, Datum, FloatArray, LonLat

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_PI = np.pi * 3000.0 / 180.0
_BAIDU_SHIFT_LON = 0.0065
_BAIDU_SHIFT_LAT = 0.006
_CHINA_LON = (72.004, 137.8347)
_CHINA_LAT = (0.8293, 55.8271)
_ITERATIONS = 6

_Pair = tuple[FloatArray, FloatArray]


def is_in_china(lon: FloatArray, lat: FloatArray) -> BoolArray:
    """Say which positions lie in the rectangle where GCJ-02 differs from WGS84, shape (n,)."""
    return (lon >= _CHINA_LON[0]) & (lon <= _CHINA_LON[1]) & (lat >= _CHINA_LAT[0]) & (lat <= _CHINA_LAT[1])


def _waves(value: FloatArray, first: float, second: float, third: float) -> FloatArray:
    pi = np.pi
    return (
        (20.0 * np.sin(value * pi) + 40.0 * np.sin(value / 3.0 * pi)) * 2.0 / 3.0
        + (first * np.sin(value / 12.0 * pi) + second * np.sin(value / 30.0 * pi)) * third
    )  # fmt: skip


def _get_shift_m(x: FloatArray, y: FloatArray) -> _Pair:
    common = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    root = np.sqrt(np.abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common + _waves(x, 150.0, 300.0, 2.0 / 3.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north = north + _waves(y, 160.0, 320.0, 2.0 / 3.0)
    return east, north


def _wgs84_to_gcj02(lon: FloatArray, lat: FloatArray) -> _Pair:
    east_m, north_m = _get_shift_m(lon - 105.0, lat - 35.0)
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic))
    parallel_m = _SEMI_MAJOR_M / np.sqrt(magic) * np.cos(phi)
    inside = is_in_china(lon, lat)
    shifted_lon = lon + np.degrees(east_m / parallel_m)
    shifted_lat = lat + np.degrees(north_m / meridian_m)
    return np.where(inside, shifted_lon, lon), np.where(inside, shifted_lat, lat)


def _bd09_to_gcj02(lon: FloatArray, lat: FloatArray) -> _Pair:
    x, y = lon - _BAIDU_SHIFT_LON, lat - _BAIDU_SHIFT_LAT
    radius = np.hypot(x, y) - 0.00002 * np.sin(y * _BAIDU_PI)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * _BAIDU_PI)
    return radius * np.cos(angle), radius * np.sin(angle)


def _invert(forward: Callable[[FloatArray, FloatArray], _Pair], lon: FloatArray, lat: FloatArray) -> _Pair:
    guess_lon, guess_lat = lon, lat
    for _ in range(_ITERATIONS):
        reached_lon, reached_lat = forward(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - reached_lon), guess_lat + (lat - reached_lat)
    return guess_lon, guess_lat


def _gcj02_to_wgs84(lon: FloatArray, lat: FloatArray) -> _Pair:
    inside = is_in_china(lon, lat)
    plain_lon, plain_lat = _invert(_wgs84_to_gcj02, lon, lat)
    return np.where(inside, plain_lon, lon), np.where(inside, plain_lat, lat)


def _gcj02_to_bd09(lon: FloatArray, lat: FloatArray) -> _Pair:
    return _invert(_bd09_to_gcj02, lon, lat)


def _convert(
    lon: float | FloatArray, lat: float | FloatArray, steps: tuple[Callable[[FloatArray, FloatArray], _Pair], ...]
) -> tuple[float, float] | _Pair:
    pair = (np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    for step in steps:
        pair = step(*pair)
    if isinstance(lon, np.ndarray):
        return pair
    return float(pair[0]), float(pair[1])


@overload
def to_wgs84(lon: float, lat: float, *, datum: Datum) -> tuple[float, float]: ...
@overload
def to_wgs84(lon: FloatArray, lat: FloatArray, *, datum: Datum) -> _Pair: ...
def to_wgs84(lon: float | FloatArray, lat: float | FloatArray, *, datum: Datum) -> tuple[float, float] | _Pair:
    """Convert positions from `datum` to WGS84: two floats to two floats, two arrays of shape (n,) to two of them."""
    steps = {
        Datum.WGS84: (),
        Datum.GCJ02: (_gcj02_to_wgs84,),
        Datum.BD09: (_bd09_to_gcj02, _gcj02_to_wgs84),
    }
    return _convert(lon, lat, steps[datum])


@overload
def from_wgs84(lon: float, lat: float, *, datum: Datum) -> tuple[float, float]: ...
@overload
def from_wgs84(lon: FloatArray, lat: FloatArray, *, datum: Datum) -> _Pair: ...
def from_wgs84(lon: float | FloatArray, lat: float | FloatArray, *, datum: Datum) -> tuple[float, float] | _Pair:
    """Convert WGS84 positions to `datum`: two floats to two floats, two arrays of shape (n,) to two of them."""
    steps = {
        Datum.WGS84: (),
        Datum.GCJ02: (_wgs84_to_gcj02,),
        Datum.BD09: (_wgs84_to_gcj02, _gcj02_to_bd09),
    }
    return _convert(lon, lat, steps[datum])


def read_position(lon: float, lat: float, *, datum: Datum) -> LonLat:
    """Read a position given in `datum`; raises `PositionOutOfRangeError` for what is not on the globe."""
    given = LonLat(lon, lat)
    plain_lon, plain_lat = to_wgs84(given.lon, given.lat, datum=datum)
    return LonLat(min(max(plain_lon, -180.0), 180.0), min(max(plain_lat, -90.0), 90.0))
