"""A release whose digest or signature is wrong is not served: the old one goes on answering, and it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geo.snapshot import RETRY_AFTER
from tests.api import world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from sqlalchemy import Engine

    from api.resources import Resources
    from tests.api.conftest import Headers
    from tests.conftest import FakeClock

DECEMBER = "2026-12-370200"
OTHERS = tuple(f"2026-12-{city_code}" for city_code in (370300, 370400, 370500, 370600))
COMMUNITIES = "/v1/yingxiaobao/communities?lon=120.38&lat=36.07&category=freezer&datum=wgs84"


@pytest.fixture
def _forged(resources: Resources, serving_engine: Engine) -> Iterator[None]:
    """Put a release beside the current one that carries another's signature."""
    resources.snapshots.current()
    world.copy_release(serving_engine, DECEMBER)
    yield
    world.remove_release(serving_engine, DECEMBER)


@pytest.fixture
def _others(serving_engine: Engine) -> Iterator[None]:
    """Put releases of four more cities beside the current ones."""
    for release_id in OTHERS:
        world.copy_release(serving_engine, release_id)
        world.seal_release(serving_engine, release_id)
    yield
    for release_id in OTHERS:
        world.remove_release(serving_engine, release_id)


@pytest.mark.usefixtures("_others")
def test_of_many_cities_that_are_read_at_once_only_the_altered_one_is_left_out(
    resources: Resources, serving_engine: Engine
) -> None:
    world.move_figures(serving_engine, OTHERS[1], by=1.0)
    served = {release.release_id for release in resources.snapshots.current().releases}
    assert resources.snapshots.refused == {OTHERS[1]}
    assert served == {"2026-11-110000", "2026-11-370200", *OTHERS} - {OTHERS[1]}


@pytest.mark.usefixtures("_forged")
def test_a_forged_release_is_refused_counted_and_named(
    client: FlaskClient, sales: Headers, resources: Resources
) -> None:
    before = client.get(COMMUNITIES, headers=sales)
    assert (before.status_code, before.get_json()["release_id"]) == (200, "2026-11-370200")
    for _ in range(2):
        assert resources.snapshots.refresh() is False
    assert client.get(COMMUNITIES, headers=sales).data == before.data
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()) == (200, {"status": "ready", "missing": [], "refused": [DECEMBER]})
    assert "fieldreach_releases_refused_total 1.0" in client.get("/metrics").get_data(as_text=True)


@pytest.mark.usefixtures("_forged")
def test_a_refused_release_is_served_once_it_is_right(
    client: FlaskClient, sales: Headers, resources: Resources, serving_engine: Engine, clock: FakeClock
) -> None:
    resources.snapshots.refresh()
    world.seal_release(serving_engine, DECEMBER)
    clock.now += RETRY_AFTER
    assert resources.snapshots.refresh() is True
    assert client.get(COMMUNITIES, headers=sales).get_json()["release_id"] == DECEMBER
    assert client.get("/readyz").get_json()["refused"] == []


@pytest.mark.usefixtures("_forged")
def test_altered_figures_are_refused_until_they_are_restored(
    resources: Resources, serving_engine: Engine, clock: FakeClock
) -> None:
    """The row of the release is as it was published; the figures are not, and become so without a sign."""
    world.seal_release(serving_engine, DECEMBER)
    world.move_figures(serving_engine, DECEMBER, by=1.0)
    assert resources.snapshots.refresh() is False
    assert resources.snapshots.refused == {DECEMBER}
    world.move_figures(serving_engine, DECEMBER, by=-1.0)
    assert resources.snapshots.refresh() is False
    clock.now += RETRY_AFTER
    assert resources.snapshots.refresh() is True
    assert resources.snapshots.refused == frozenset()
