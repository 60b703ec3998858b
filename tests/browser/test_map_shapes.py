"""What the app draws itself: areas of communities without outline, the datum of the first view, the heat ramp."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import shapely
from playwright.sync_api import Page

from geo.datum import from_wgs84
from geo.values import Datum
from tests.browser.conftest import Stack

pytestmark = pytest.mark.browser


def _run(page: Page, stack: Stack, *, module: str, expression: str, argument: object) -> Any:  # noqa: ANN401 - any JSON
    page.goto(stack.app_url)
    script = f"async (given) => {{ const module = await import('/app/{module}'); return {expression}; }}"
    return page.evaluate(script, argument)


def test_areas_hold_their_own_position_and_do_not_overlap(phone: Page, stack: Stack) -> None:
    rng = np.random.default_rng(7)
    positions = [{"lon": 120.3 + x, "lat": 36.0 + y} for x, y in rng.uniform(0, 0.05, (30, 2)).tolist()]
    areas = _run(
        phone, stack, module="map/nearest_areas.js", expression="module.nearestAreas(given)", argument=positions
    )
    shapes = [shapely.from_geojson(json.dumps(area)) for area in areas]
    assert len(shapes) == 30
    for shape, position in zip(shapes, positions, strict=True):
        assert shape.is_valid
        assert shape.contains(shapely.Point(position["lon"], position["lat"]))
    overlap = sum(shape.area for shape in shapes) - shapely.union_all(shapes).area
    assert abs(overlap) < 1e-9


@pytest.mark.parametrize("place", [(120.3826, 36.0671), (116.3975, 39.9087), (121.4737, 31.2304)])
def test_the_first_view_is_where_the_territory_is(phone: Page, stack: Stack, place: tuple[float, float]) -> None:
    lon, lat = from_wgs84(*place, datum=Datum.GCJ02)
    given = {"lon": float(lon), "lat": float(lat)}
    found = _run(phone, stack, module="map/datum.js", expression="module.wgs84FromGcj02(given)", argument=given)
    assert abs(found["lon"] - place[0]) < 1e-6
    assert abs(found["lat"] - place[1]) < 1e-6


@pytest.mark.parametrize("values", [[], [0], [5, 5, 5], list(range(0, 600, 7)), [None, 3, 900]])
def test_every_figure_has_a_shade_and_the_legend_rises(phone: Page, stack: Stack, values: list[int | None]) -> None:
    expression = (
        "{ limits: module.limitsOf(given), legend: module.legendOf(module.limitsOf(given)), ramp: module.RAMP }"
    )
    found = _run(phone, stack, module="map/shades.js", expression=expression, argument=values)
    assert found["limits"] == sorted(set(found["limits"]))
    steps = [found["ramp"].index(row["shade"]) for row in found["legend"]]
    assert steps == sorted(set(steps))
