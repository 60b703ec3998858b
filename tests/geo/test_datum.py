"""Datums: published pairs, round trips, China's border."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.datum import from_wgs84, read_position, to_wgs84
from geo.errors import PositionOutOfRangeError
from geo.values import Datum

PAIRS = (
    (Datum.BD09, (116.42, 39.871014), (116.407336, 39.863341)),
    (Datum.GCJ02, (116.413573, 39.864742), (116.407336, 39.863341)),
    (Datum.BD09, (120.443132, 36.105945), (120.431484, 36.099909)),
)


@pytest.mark.parametrize(("datum", "given_pair", "wgs84"), PAIRS)
def test_pairs_on_which_two_independent_converters_agree(
    datum: Datum, given_pair: tuple[float, float], wgs84: tuple[float, float]
) -> None:
    assert to_wgs84(*given_pair, datum=datum) == pytest.approx(wgs84, abs=1e-6)
    assert from_wgs84(*wgs84, datum=datum) == pytest.approx(given_pair, abs=1.5e-6)


@given(lon=st.floats(73, 135), lat=st.floats(4, 54), datum=st.sampled_from(Datum))
def test_there_and_back_is_the_same_place(lon: float, lat: float, datum: Datum) -> None:
    assert to_wgs84(*from_wgs84(lon, lat, datum=datum), datum=datum) == pytest.approx((lon, lat), abs=1e-9)


@given(lon=st.floats(-180, 70), lat=st.floats(-90, 90))
def test_outside_china_gcj02_is_wgs84(lon: float, lat: float) -> None:
    assert to_wgs84(lon, lat, datum=Datum.GCJ02) == (lon, lat)
    assert from_wgs84(lon, lat, datum=Datum.GCJ02) == (lon, lat)


def test_arrays_give_what_scalars_give() -> None:
    lon, lat = np.array([120.38, 116.4, 2.35]), np.array([36.06, 39.9, 48.85])
    for datum in Datum:
        x, y = to_wgs84(lon, lat, datum=datum)
        alone = [to_wgs84(float(a), float(b), datum=datum) for a, b in zip(lon, lat, strict=True)]
        assert np.column_stack((x, y)) == pytest.approx(np.array(alone), abs=1e-9)


@pytest.mark.parametrize(("lon", "lat", "axis"), [(181.0, 0.0, "lon"), (0.0, float("nan"), "lat"), (0.0, -91.0, "lat")])
def test_a_position_off_the_globe_is_refused(lon: float, lat: float, axis: str) -> None:
    with pytest.raises(PositionOutOfRangeError) as refused:
        read_position(lon, lat, datum=Datum.WGS84)
    assert refused.value.axis == axis
