"""Queries on geography: right answers, and the plan says that the index is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import ClauseElement, text
from sqlalchemy.dialects import postgresql

from geo.errors import UnknownDistrictError
from geo.queries import (
    find_districts,
    find_districts_at,
    find_nearest_communities,
    get_bounds,
    get_centre,
    get_district,
    get_public_keys,
    select_communities_touching,
    select_districts_at,
    select_nearest,
)
from geo.tiles import get_envelope
from geo.values import LonLat

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from geo.snapshot import Snapshot

HERE = LonLat(120.3826, 36.0671)


def _explain(session: Session, query: ClauseElement) -> str:
    session.execute(text("ANALYZE places.communities, places.districts, places.leaves"))
    compiled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    return "\n".join(row[0] for row in session.execute(text(f"EXPLAIN {compiled}".replace(":", r"\:"))))


def test_the_nearest_walk_the_index_on_geography_twice(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        plan = _explain(session, select_nearest(HERE, limit=30))
    assert plan.count("Index Scan using idx_communities_position") == 2
    assert "Seq Scan" not in plan


def test_tiles_use_both_indexes_of_areas(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        plan = _explain(session, select_communities_touching(get_envelope(z=14, x=13671, y=6427)))
    assert "idx_communities_outline" in plan
    assert "idx_communities_cell" in plan


def test_districts_of_a_point_use_the_index(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        # 26 districts fit on a few pages: without this the planner reads them all, and rightly so.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = _explain(session, select_districts_at(HERE))
    assert "idx_districts_outline" in plan


def test_the_nearest_agree_with_the_snapshot(places_sessions: sessionmaker[Session], snapshot: Snapshot) -> None:
    with places_sessions() as session:
        stored = find_nearest_communities(session, position=HERE, limit=30)
    held = snapshot.find_nearest(HERE, limit=30).rows
    assert [row.community_code for row in held] == [row.community_code for row in stored]
    assert [row.distance_m for row in held] == pytest.approx([row.distance_m for row in stored], abs=0.01)


def test_districts(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        assert [row.name for row in find_districts_at(session, position=HERE)] == ["市南区"]
        assert find_districts_at(session, position=LonLat(2.35, 48.85)) == []
        assert len(find_districts(session)) == 26
        assert len(find_districts(session, city_code=370200)) == 10
        assert get_district(session, adcode=110108).name == "海淀区"
        west, south, east, north = get_bounds(session, adcodes=[370202])
        with pytest.raises(UnknownDistrictError):
            get_district(session, adcode=1)
    assert west < HERE.lon < east
    assert south < HERE.lat < north


def test_a_map_starts_where_communities_are(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        centre = get_centre(session, adcodes=[370202, 370203, 370212, 370213, 370214])
        assert centre is not None
        nearest = find_nearest_communities(session, position=centre, limit=30)
        assert get_centre(session, adcodes=[1]) is None
    assert nearest[-1].distance_m < 6_000


def test_public_keys_ascend(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        keys = get_public_keys(session, city_code=370200)
    assert len(keys.leaf_ids) > 20_000
    assert (keys.leaf_ids[1:] > keys.leaf_ids[:-1]).all()
