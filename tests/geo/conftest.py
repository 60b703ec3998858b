"""Qingdao and Beijing with one invented release each, imported once for all tests of geo and never committed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, insert
from sqlalchemy.orm import Session, sessionmaker

from geo.districts import import_districts
from geo.places import import_places
from geo.queries import get_public_keys
from geo.snapshot import Snapshot, SnapshotStore
from geo.values import Datum
from privacy.release.models import CityFigures, LeafFigures, ParentFigures, Release
from tests.released import PUBLIC_KEYS, seal

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = Path(__file__).resolve().parents[2] / "field_apps_mock" / "data" / "places"
NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
CITIES = {"qingdao": 370200, "beijing": 110000}


def get_noon() -> datetime:
    """Return the one time of these tests."""
    return NOON


def add_release(session: Session, *, city_code: int, month: date, seed: int = 7) -> None:
    """Release invented figures for every leaf of a city: some negative, some with few customers."""
    release_id = f"{month:%Y-%m}-{city_code}"
    session.execute(
        insert(Release).values(
            release_id=release_id, month=month, city_code=city_code, as_of=NOON, published_at=NOON, parameters={},
            figures_sha256=bytes(32),
        )
    )  # fmt: skip
    rng = np.random.default_rng(seed + city_code)
    keys = get_public_keys(session, city_code=city_code)
    needs = rng.normal(8.0, 12.0, (len(keys.leaf_ids), 8))
    customers = rng.normal(60.0, 80.0, len(keys.leaf_ids))
    session.execute(
        insert(LeafFigures),
        [
            {
                "release_id": release_id, "leaf_id": leaf, "customers": users, "customers_sd": 17.1, "any_need": 1.0,
                "any_need_sd": 24.1, "needs": need, "needs_sd": [10.8] * 8,
            }
            for leaf, users, need in zip(keys.leaf_ids.tolist(), customers.tolist(), needs.tolist(), strict=True)
        ],
    )  # fmt: skip
    session.execute(
        insert(ParentFigures),
        [
            {"release_id": release_id, "parent7": parent, "needs": [40.0 + k for k in range(8)], "needs_sd": [24.1] * 8}
            for parent in np.unique(keys.parents).tolist()
        ],
    )
    session.execute(insert(CityFigures).values(release_id=release_id, needs=[9.0] * 8, needs_sd=[30.0] * 8))
    seal(session, release_id=release_id)


@pytest.fixture(scope="package")
def places_connection(serving_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Give a connection on which both cities are imported and released; it is rolled back after the last test here."""
    with serving_engine.connect() as connection:
        outer = connection.begin()
        sessions = sessionmaker(connection, join_transaction_mode="create_savepoint")
        for name, city_code in CITIES.items():
            import_districts(
                sessions,
                path=PLACES / f"districts_{name}_wgs84.geojson",
                clock=get_noon,
                census_path=PLACES / "census2020_counties.csv",
            )
            import_places(
                sessions,
                path=PLACES / f"communities_{name}_gcj02.csv",
                datum=Datum.GCJ02,
                clock=get_noon,
                rejects_path=tmp_path_factory.mktemp("rejects") / "rejects.csv",
            )
            with sessions.begin() as session:
                add_release(session, city_code=city_code, month=date(2026, 11, 1))
        yield connection
        outer.rollback()


@pytest.fixture
def places_sessions(places_connection: Connection) -> Iterator[sessionmaker[Session]]:
    """Sessions on the imported cities; what a test changes is rolled back."""
    savepoint = places_connection.begin_nested()
    yield sessionmaker(places_connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
    savepoint.rollback()


@pytest.fixture(scope="package")
def snapshot(places_connection: Connection) -> Snapshot:
    """Give the snapshot of both cities."""
    sessions = sessionmaker(places_connection, join_transaction_mode="create_savepoint")
    return SnapshotStore(sessions, get_noon, public_keys=PUBLIC_KEYS).current()


@pytest.fixture
def shanghai(places_sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Sessions on a third city, of which only the districts are known."""
    import_districts(places_sessions, path=PLACES / "districts_shanghai_wgs84.geojson", clock=get_noon)
    return places_sessions
