"""The snapshot: what is shown and hidden, sums, and how a new release replaces it."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import delete, select, text

from geo.errors import MixedCitiesError, NoReleaseError, UnknownDistrictError, UnknownLeafError
from geo.figures import Level
from geo.models import Leaf
from geo.queries import find_cell_leaves
from geo.snapshot import Snapshot, SnapshotStore
from geo.trend import find_trend
from geo.values import LonLat
from privacy.release.models import CityFigures, LeafFigures, ParentFigures, Release
from privacy.release.values import Category
from tests.geo.conftest import add_release, get_noon
from tests.released import PUBLIC_KEYS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

HERE = LonLat(120.3826, 36.0671)
BEIJING = LonLat(116.40, 39.91)
CATEGORY = Category.WATER_HEATER


def test_few_customers_show_the_parent_and_no_estimate_is_negative(
    places_sessions: sessionmaker[Session], snapshot: Snapshot
) -> None:
    rows = snapshot.find_nearest(HERE, limit=100, category=CATEGORY).rows
    with places_sessions() as session:
        figures = {
            row.leaf_id: row
            for row in session.scalars(
                select(LeafFigures).where(LeafFigures.leaf_id.in_([row.leaf_id for row in rows]))
            )
        }
    assert {row.level for row in rows} == {Level.COMMUNITY, Level.PARENT}
    for row in rows:
        own = figures[row.leaf_id]
        assert (row.level is Level.PARENT) == (own.customers < 30)
        needs = own.needs if row.level is Level.COMMUNITY else [40.0 + k for k in range(8)]
        sd = 10.8 if row.level is Level.COMMUNITY else 24.1
        assert row.needs == pytest.approx([max(need, 0.0) for need in needs])
        assert row.few == tuple(need < 2 * sd for need in needs)
        assert row.needs_moe95 == pytest.approx([1.96 * sd] * 8)


def test_rank_and_share_follow_the_need_that_is_shown(snapshot: Snapshot) -> None:
    column = CATEGORY.column
    rows = snapshot.find_nearest(HERE, limit=100, category=CATEGORY).rows
    ranked = sorted(rows, key=lambda row: row.rank or 0)
    hidden = [row.level is Level.PARENT or row.few[column] for row in ranked]
    assert [row.rank for row in ranked] == list(range(1, 101))
    assert hidden == sorted(hidden)
    shown = [row.needs[column] for row, hides in zip(ranked, hidden, strict=True) if not hides]
    assert len(shown) > 5
    assert shown == sorted(shown, reverse=True)
    shares = [row.share or 0.0 for row in ranked]
    assert shares[: len(shown)] == pytest.approx([shares[0] * need / shown[0] for need in shown])
    assert set(shares[len(shown) :]) == {0.0}
    assert 0 < sum(shares) <= 1


def test_without_a_category_there_is_no_rank(snapshot: Snapshot) -> None:
    rows = snapshot.find_nearest(HERE, limit=3).rows
    assert [(row.rank, row.share) for row in rows] == [(None, None)] * 3
    assert rows[0].district_name == "市南区"


def test_a_limit_beyond_all_places_gives_all(snapshot: Snapshot) -> None:
    assert len(snapshot.find_nearest(HERE, limit=10_000).rows) == 511


def test_an_audience_of_cells_is_the_sum_of_its_leaves_that_stand_out_of_their_noise(
    places_sessions: sessionmaker[Session], snapshot: Snapshot
) -> None:
    heatmap = snapshot.find_cells(HERE, radius_m=2_000, category=CATEGORY)
    with places_sessions() as session:
        found = find_cell_leaves(session, cells8=[cell.cell for cell in heatmap.cells])
    leaf_ids = [leaf.leaf_id for leaves in found.values() for leaf in leaves]
    audience = snapshot.audience(leaf_ids=leaf_ids * 2, category=CATEGORY)
    assert (audience.release_id, audience.city_code) == ("2026-11-370200", 370200)
    alone = [snapshot.audience(leaf_ids=[leaf_id], category=CATEGORY) for leaf_id in leaf_ids]
    assert all(one.need == 0 or one.need >= one.need_sd for one in alone)
    assert audience.need == pytest.approx(sum(one.need for one in alone))
    assert 0 < audience.need < heatmap.need
    assert 1.96 * audience.need_sd == pytest.approx(heatmap.need_moe95)


def test_audiences_and_territories_keep_to_one_city(snapshot: Snapshot) -> None:
    here, there = (snapshot.find_nearest(place, limit=1).rows[0].leaf_id for place in (HERE, BEIJING))
    with pytest.raises(MixedCitiesError):
        snapshot.audience(leaf_ids=[here, there], category=CATEGORY)
    with pytest.raises(UnknownLeafError) as unknown:
        snapshot.audience(leaf_ids=[here, 10**12], category=CATEGORY)
    assert unknown.value.leaf_ids == (10**12,)
    with pytest.raises(UnknownLeafError):
        snapshot.audience(leaf_ids=[], category=CATEGORY)
    with pytest.raises(MixedCitiesError):
        snapshot.territory([370202, 110108])
    with pytest.raises(UnknownDistrictError):
        snapshot.territory([370202, 1])


def test_a_territory_is_the_sum_over_its_leaves(places_sessions: sessionmaker[Session], snapshot: Snapshot) -> None:
    found = snapshot.territory([370203, 370202])
    with places_sessions() as session:
        leaves = session.scalars(
            select(LeafFigures).join(Leaf, Leaf.leaf_id == LeafFigures.leaf_id).where(Leaf.district_adcode == 370202)
        ).all()
        trend = find_trend(session, district_adcodes=[370202])
    assert [row.adcode for row in found.districts] == [370202, 370203]
    needs = np.sum([leaf.needs for leaf in leaves], axis=0)
    assert found.districts[0].needs == pytest.approx(np.maximum(needs, 0).tolist())
    assert found.districts[0].needs_moe95[0] == pytest.approx(1.96 * 10.8 * len(leaves) ** 0.5)
    assert [month.month for month in trend] == [date(2026, 11, 1)]
    assert trend[0].needs == pytest.approx(found.districts[0].needs)
    assert trend[0].needs_moe95 == pytest.approx(found.districts[0].needs_moe95)


def test_a_new_release_replaces_the_snapshot_whole(places_sessions: sessionmaker[Session]) -> None:
    store = SnapshotStore(places_sessions, get_noon, public_keys=PUBLIC_KEYS)
    before = store.current()
    assert store.refresh() is False
    assert store.current() is before
    with places_sessions.begin() as session:
        add_release(session, city_code=370200, month=date(2026, 12, 1), seed=9)
    assert store.refresh() is True
    after = store.current()
    assert after.version != before.version
    assert after.find_nearest(HERE, limit=1).release.release_id == "2026-12-370200"
    assert before.find_nearest(HERE, limit=1).release.release_id == "2026-11-370200"
    assert after.find_nearest(BEIJING, limit=1).release.release_id == "2026-11-110000"
    with places_sessions() as session:
        assert [row.month.month for row in find_trend(session, district_adcodes=[370202])] == [11, 12]


def test_before_the_first_release_there_is_none(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions.begin() as session:
        session.execute(delete(LeafFigures))
        session.execute(delete(ParentFigures))
        session.execute(delete(CityFigures))
        session.execute(delete(Release))
    with pytest.raises(NoReleaseError):
        SnapshotStore(places_sessions, get_noon, public_keys=PUBLIC_KEYS).current()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO released.district_figures VALUES ('2026-11-110000', 'unheard_of', 110101, '{1,2}', 3)",
        "INSERT INTO released.district_figures VALUES ('2026-11-110000', 'topics', 110101, '{{1},{2}}', 3)",
        "DELETE FROM released.city_figures WHERE release_id = '2026-11-110000'",
        "UPDATE released.releases SET parameters = '[]' WHERE release_id = '2026-11-110000'",
    ],
)
def test_what_is_altered_in_one_city_keeps_no_other_from_its_figures(
    places_sessions: sessionmaker[Session], statement: str
) -> None:
    with places_sessions.begin() as session:
        session.execute(text(statement))
    store = SnapshotStore(places_sessions, get_noon, public_keys=PUBLIC_KEYS)
    assert [release.release_id for release in store.current().releases] == ["2026-11-370200"]
    assert store.refused == {"2026-11-110000"}


def test_an_import_renews_the_places_of_the_snapshot(places_sessions: sessionmaker[Session]) -> None:
    store = SnapshotStore(places_sessions, get_noon, public_keys=PUBLIC_KEYS)
    code = store.current().find_nearest(HERE, limit=1).rows[0].community_code
    with places_sessions.begin() as session:
        session.execute(
            text("UPDATE places.communities SET name = '新名' WHERE community_code = :code"), {"code": code}
        )
        session.execute(
            text(
                "INSERT INTO places.imports (file_name, file_sha256, datum, report, imported_at)"
                " VALUES ('a', 'b', 'wgs84', '{}', now())"
            )
        )
    assert store.refresh() is True
    assert store.current().find_nearest(HERE, limit=1).rows[0].name == "新名"


def test_the_watcher_picks_up_the_first_release_and_stops(places_sessions: sessionmaker[Session]) -> None:
    store = SnapshotStore(places_sessions, get_noon, public_keys=PUBLIC_KEYS)
    store.start_watching(interval_s=0.05)
    try:
        deadline = threading.Event()
        for _ in range(600):
            if store.refreshed_at is not None:
                break
            deadline.wait(0.05)
    finally:
        store.stop_watching()
        for thread in threading.enumerate():
            if thread.name == "snapshot":
                thread.join(20)
    assert store.refreshed_at == get_noon()
    assert store.current().releases[0].release_id == "2026-11-110000"
