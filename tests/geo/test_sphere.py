"""Search by straight line against the geodesic over every point: near and far, ties, and the ends of the globe."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from geo.sphere import PointIndex, from_space, to_space
from geo.values import FloatArray, LonLat

GEOD = Geod(ellps="WGS84")
QINGDAO = LonLat(120.3826, 36.0671)


def _scatter(spread: float, *, count: int = 2_000) -> PointIndex:
    rng = np.random.default_rng(5)
    return PointIndex.build(
        QINGDAO.lon + rng.uniform(-spread, spread, count), QINGDAO.lat + rng.uniform(-spread, spread, count)
    )


def _measure(position: LonLat, index: PointIndex) -> FloatArray:
    lon, lat = from_space(index.points)
    own_lon, own_lat = np.full(len(lon), position.lon), np.full(len(lon), position.lat)
    return np.asarray(GEOD.inv(own_lon, own_lat, lon, lat)[2])


def test_a_point_in_space_leads_back_to_its_position() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(-180.0, 180.0, 5_000), rng.uniform(-90.0, 90.0, 5_000)
    found_lon, found_lat = from_space(to_space(lon, lat))
    assert found_lon == pytest.approx(lon, abs=1e-11)
    assert found_lat == pytest.approx(lat, abs=1e-11)


@pytest.mark.parametrize("spread", [0.05, 0.2, 2.0, 30.0])
@pytest.mark.parametrize("position", [QINGDAO, LonLat(121.5, 36.9), LonLat(-60.0, -36.0), LonLat(0.0, 90.0)])
def test_the_nearest_are_those_of_the_geodesic(position: LonLat, spread: float) -> None:
    index = _scatter(spread)
    metres = _measure(position, index)
    rows, distances = index.find_nearest(position, limit=30)
    assert rows.tolist() == np.lexsort((np.arange(len(metres)), metres))[:30].tolist()
    assert distances == pytest.approx(metres[rows], abs=0.001)


@pytest.mark.parametrize("radius_m", [500.0, 5_000.0, 19_999.0, 60_000.0])
def test_within_a_radius_are_those_of_the_geodesic(radius_m: float) -> None:
    index = _scatter(0.5)
    metres = _measure(QINGDAO, index)
    rows, distances = index.find_within(QINGDAO, radius_m=radius_m)
    assert rows.tolist() == np.flatnonzero(metres <= radius_m).tolist()
    assert distances == pytest.approx(metres[rows], abs=0.001)


@pytest.mark.parametrize("limit", [1, 3, 5, 6, 9])
def test_of_equally_near_ones_the_first_rows_come_first(limit: int) -> None:
    lon, lat = np.array([0.03, 0.01, 0.02, 0.02, 0.02, 0.01]), np.zeros(6)
    index = PointIndex.build(QINGDAO.lon + lon, QINGDAO.lat + lat)
    rows, distances = index.find_nearest(QINGDAO, limit=limit)
    assert rows.tolist() == [1, 5, 2, 3, 4, 0][:limit]
    assert (np.diff(distances) >= 0).all()
