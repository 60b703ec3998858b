"""Conversion between WGS84, GCJ-02 and BD-09, both ways to better than 1e-6 degrees, for scalars and arrays.

GCJ-02 is the obfuscated datum that Chinese law prescribes for maps; BD-09 is Baidu's on top of it. One direction
of each is taken as its definition, as the converters in use have it (WGS84 to GCJ-02 on the Krasovsky 1940
ellipsoid, BD-09 to GCJ-02); the other is found by fixed-point iteration, so that a position always returns to itself.
Outside the rectangle around China GCJ-02 equals WGS84.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, overload

import numpy as np

from geo.values import Datum, FloatArray, LonLat

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_PI = math.pi * 3000.0 / 180.0
_BAIDU_SHIFT_LON = 0.0065
_BAIDU_SHIFT_LAT = 0.006
_CHINA_LON = (72.004, 137.8347)
_CHINA_LAT = (0.8293, 55.8271)
_ITERATIONS = 6
# Degrees: a tenth of a millimetre. A step leaves a hundredth of what the one before it missed, or less.
_CONVERGED = 1e-9

_Pair = tuple[FloatArray, FloatArray]
_Number = TypeVar("_Number", float, FloatArray)
_Step: TypeAlias = Callable[[Any, Any, "_Mathematics"], tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class _Mathematics:
    """The functions that the formulas need: numpy's for arrays, those of `math` for one position, 20 times as fast."""

    sin: Callable[[Any], Any]
    cos: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    radians: Callable[[Any], Any]
    degrees: Callable[[Any], Any]
    hypot: Callable[[Any, Any], Any]
    atan2: Callable[[Any, Any], Any]
    choose: Callable[[Any, Any, Any], Any]


def _choose_one(condition: bool, yes: float, no: float) -> float:  # noqa: FBT001 - np.where's signature
    return yes if condition else no


_ONE = _Mathematics(
    math.sin, math.cos, math.sqrt, math.radians, math.degrees, math.hypot, math.atan2, _choose_one
)  # fmt: skip
_MANY = _Mathematics(np.sin, np.cos, np.sqrt, np.radians, np.degrees, np.hypot, np.arctan2, np.where)


def _is_in_china(lon: _Number, lat: _Number) -> Any:  # noqa: ANN401 - bool or an array of them
    """Say which positions lie in the rectangle where GCJ-02 differs from WGS84."""
    return (lon >= _CHINA_LON[0]) & (lon <= _CHINA_LON[1]) & (lat >= _CHINA_LAT[0]) & (lat <= _CHINA_LAT[1])


def _get_shift_m(x: _Number, y: _Number, maths: _Mathematics) -> tuple[_Number, _Number]:
    sin, pi = maths.sin, math.pi
    common = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    root = maths.sqrt(abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east = east + (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east = east + (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north = north + (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north = north + (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y / 30.0 * pi)) * 2.0 / 3.0
    return east, north


def _wgs84_to_gcj02(lon: _Number, lat: _Number, maths: _Mathematics) -> tuple[_Number, _Number]:
    east_m, north_m = _get_shift_m(lon - 105.0, lat - 35.0, maths)
    phi = maths.radians(lat)
    magic = 1.0 - _ECCENTRICITY_SQUARED * maths.sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / (magic * maths.sqrt(magic))
    parallel_m = _SEMI_MAJOR_M / maths.sqrt(magic) * maths.cos(phi)
    inside = _is_in_china(lon, lat)
    shifted_lon = lon + maths.degrees(east_m / parallel_m)
    shifted_lat = lat + maths.degrees(north_m / meridian_m)
    return maths.choose(inside, shifted_lon, lon), maths.choose(inside, shifted_lat, lat)


def _bd09_to_gcj02(lon: _Number, lat: _Number, maths: _Mathematics) -> tuple[_Number, _Number]:
    x, y = lon - _BAIDU_SHIFT_LON, lat - _BAIDU_SHIFT_LAT
    radius = maths.hypot(x, y) - 0.00002 * maths.sin(y * _BAIDU_PI)
    angle = maths.atan2(y, x) - 0.000003 * maths.cos(x * _BAIDU_PI)
    return radius * maths.cos(angle), radius * maths.sin(angle)


def _invert(forward: _Step, lon: _Number, lat: _Number, maths: _Mathematics) -> tuple[_Number, _Number]:
    guess_lon, guess_lat = lon, lat
    for _ in range(_ITERATIONS):
        reached_lon, reached_lat = forward(guess_lon, guess_lat, maths)
        missed_lon, missed_lat = lon - reached_lon, lat - reached_lat
        guess_lon, guess_lat = guess_lon + missed_lon, guess_lat + missed_lat
        if maths is _ONE and abs(missed_lon) + abs(missed_lat) < _CONVERGED:
            break
    return guess_lon, guess_lat


def _gcj02_to_wgs84(lon: _Number, lat: _Number, maths: _Mathematics) -> tuple[_Number, _Number]:
    inside = _is_in_china(lon, lat)
    plain_lon, plain_lat = _invert(_wgs84_to_gcj02, lon, lat, maths)
    return maths.choose(inside, plain_lon, lon), maths.choose(inside, plain_lat, lat)


def _gcj02_to_bd09(lon: _Number, lat: _Number, maths: _Mathematics) -> tuple[_Number, _Number]:
    return _invert(_bd09_to_gcj02, lon, lat, maths)


_TO_WGS84: dict[Datum, tuple[_Step, ...]] = {
    Datum.WGS84: (),
    Datum.GCJ02: (_gcj02_to_wgs84,),
    Datum.BD09: (_bd09_to_gcj02, _gcj02_to_wgs84),
}
_FROM_WGS84: dict[Datum, tuple[_Step, ...]] = {
    Datum.WGS84: (),
    Datum.GCJ02: (_wgs84_to_gcj02,),
    Datum.BD09: (_wgs84_to_gcj02, _gcj02_to_bd09),
}


def _convert(lon: float | FloatArray, lat: float | FloatArray, steps: tuple[_Step, ...]) -> tuple[float, float] | _Pair:
    is_many = isinstance(lon, np.ndarray)
    maths = _MANY if is_many else _ONE
    x: Any = lon if is_many else float(lon)
    y: Any = lat if is_many else float(lat)
    for step in steps:
        x, y = step(x, y, maths)
    return x, y


@overload
def to_wgs84(lon: float, lat: float, *, datum: Datum) -> tuple[float, float]: ...
@overload
def to_wgs84(lon: FloatArray, lat: FloatArray, *, datum: Datum) -> _Pair: ...
def to_wgs84(lon: float | FloatArray, lat: float | FloatArray, *, datum: Datum) -> tuple[float, float] | _Pair:
    """Convert positions from `datum` to WGS84: two floats to two floats, two arrays of shape (n,) to two of them."""
    return _convert(lon, lat, _TO_WGS84[datum])


@overload
def from_wgs84(lon: float, lat: float, *, datum: Datum) -> tuple[float, float]: ...
@overload
def from_wgs84(lon: FloatArray, lat: FloatArray, *, datum: Datum) -> _Pair: ...
def from_wgs84(lon: float | FloatArray, lat: float | FloatArray, *, datum: Datum) -> tuple[float, float] | _Pair:
    """Convert WGS84 positions to `datum`: two floats to two floats, two arrays of shape (n,) to two of them."""
    return _convert(lon, lat, _FROM_WGS84[datum])


def read_position(lon: float, lat: float, *, datum: Datum) -> LonLat:
    """Read a position given in `datum`; raises `PositionOutOfRangeError` for what is not on the globe."""
    given = LonLat(lon, lat)
    plain_lon, plain_lat = to_wgs84(given.lon, given.lat, datum=datum)
    return LonLat(min(max(plain_lon, -180.0), 180.0), min(max(plain_lat, -90.0), 90.0))
