"""The stand-in's own datum shifts, against published pairs."""

from __future__ import annotations

import numpy as np
import pytest

from field_apps_mock.city.datum import from_gcj02, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02
from field_apps_mock.city.values import Datum

WGS84 = (np.array([116.407336]), np.array([39.863341]))
GCJ02 = (np.array([116.413573]), np.array([39.864742]))
BD09 = (np.array([116.42]), np.array([39.871014]))


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [(wgs84_to_gcj02(*WGS84), GCJ02), (gcj02_to_wgs84(*GCJ02), WGS84), (gcj02_to_bd09(*GCJ02), BD09)],
)
def test_known_pairs_agree_to_a_micro_degree(seen: tuple[np.ndarray, ...], wanted: tuple[np.ndarray, ...]) -> None:
    np.testing.assert_allclose(np.concatenate(seen), np.concatenate(wanted), atol=1.5e-6)


def test_each_datum_has_its_own_shift() -> None:
    assert from_gcj02(*GCJ02, datum=Datum.GCJ02)[0][0] == GCJ02[0][0]
    assert from_gcj02(*GCJ02, datum=Datum.WGS84)[0][0] < GCJ02[0][0] < from_gcj02(*GCJ02, datum=Datum.BD09)[0][0]
