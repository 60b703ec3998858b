"""Leaves: which are made, and which one a household falls into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from sqlalchemy import func, select, text

from geo.cells import get_cells
from geo.datum import from_wgs84
from geo.districts import import_districts
from geo.leaves import LeafIndex
from geo.models import Community, District, Leaf, LeafKind
from geo.queries import find_community_outlines, find_leaf_ids, get_public_keys
from geo.values import Datum
from tests.geo.conftest import PLACES, get_noon

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

QINGDAO = 370200


@pytest.fixture
def index(places_sessions: sessionmaker[Session]) -> LeafIndex:
    with places_sessions() as session:
        return LeafIndex.load(session, city_codes=[QINGDAO])


def test_every_community_and_every_inner_cell_has_one_leaf(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        communities = session.scalar(select(func.count()).select_from(Community))
        leaves = session.scalar(select(func.count()).where(Leaf.kind == LeafKind.COMMUNITY.value))
        outside = session.scalar(
            text(
                "SELECT count(*) FROM places.leaves l JOIN places.districts d ON d.adcode = l.district_adcode"
                " WHERE kind = 'remainder' AND NOT ST_Covers(d.outline, l.position::geometry)"
            )
        )
    assert communities == leaves
    assert outside == 0


def test_an_import_of_the_same_districts_keeps_every_leaf(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        before = get_public_keys(session, city_code=QINGDAO)
    report = import_districts(places_sessions, path=PLACES / "districts_qingdao_wgs84.geojson", clock=get_noon)
    with places_sessions() as session:
        after = get_public_keys(session, city_code=QINGDAO)
        population = session.scalar(select(District.population).where(District.adcode == 370202))
    assert report.remainder_leaves == 0
    assert after.leaf_ids.tolist() == before.leaf_ids.tolist()
    assert after.parents.tolist() == before.parents.tolist()
    assert population is not None


def test_a_known_code_wins_over_any_position(index: LeafIndex) -> None:
    code = "370202001002"
    found = index.locate(np.array([0.0, np.nan]), np.array([0.0, np.nan]), [code, code], datum="gcj02")
    assert found.leaf_ids.tolist() == [index.by_code[code]] * 2
    assert found.city_codes.tolist() == [QINGDAO] * 2


def test_the_code_of_a_merged_community_finds_the_one_it_was_merged_into(
    places_sessions: sessionmaker[Session], index: LeafIndex
) -> None:
    with places_sessions() as session:
        kept = session.scalars(
            select(Community)
            .where(Community.other_codes != text("'[]'::jsonb"))
            .join(District)
            .where(District.city_code == QINGDAO)
            .limit(1)
        ).one()
    assert index.by_code[kept.other_codes[0]] == index.by_code[kept.community_code]


def test_positions_fall_into_the_area_around_them_or_their_cell(
    places_sessions: sessionmaker[Session], index: LeafIndex
) -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(120.2, 120.6, 400), rng.uniform(36.0, 36.4, 400)
    found = index.locate(*from_wgs84(lon, lat, datum=Datum.BD09), [None] * 400, datum="bd09")
    codes = {leaf: code for code, leaf in index.by_code.items()}
    with places_sessions() as session:
        areas = find_community_outlines(session, community_codes=list(index.by_code))
    inside = 0
    for x, y, leaf, cell in zip(lon, lat, found.leaf_ids.tolist(), get_cells(lon, lat).tolist(), strict=True):
        point = shapely.Point(x, y)
        around = {code for code, area in areas.items() if area.buffer(1e-9).contains(point)}
        if leaf in codes:
            inside += 1
            assert areas[codes[leaf]].distance(point) < 1e-9
        else:
            assert not {code for code in around if areas[code].contains(point)}
        if leaf >= 0 and leaf not in codes and cell in set(index.remainder_cells.tolist()):
            assert index.remainder_ids[np.searchsorted(index.remainder_cells, cell)] == leaf
    assert inside > 100


def test_outside_every_district_there_is_no_leaf(index: LeafIndex) -> None:
    lon, lat = np.array([122.5, 2.35, 0.0, np.nan, 500.0]), np.array([36.0, 48.85, 0.0, np.nan, 500.0])
    found = index.locate(lon, lat, ["unknown", None, None, None, None], datum="wgs84")
    assert found.leaf_ids.tolist() == [-1] * 5
    assert found.city_codes.tolist() == [-1] * 5


def test_every_land_position_has_a_leaf_even_on_the_rim(index: LeafIndex) -> None:
    rng = np.random.default_rng(6)
    lon, lat = rng.uniform(119.5, 121.0, 20_000), rng.uniform(35.6, 37.1, 20_000)
    on_land = index.districts.locate(lon, lat) >= 0
    found = index.locate(lon, lat, [None] * len(lon), datum="wgs84")
    assert (found.leaf_ids[on_land] >= 0).all()
    assert (found.city_codes[on_land] == QINGDAO).all()


def test_leaves_of_communities_and_cells_come_once(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        leaf = session.scalars(select(Leaf).where(Leaf.community_code == "370202001002")).one()
        found = find_leaf_ids(session, community_codes=["370202001002", "nobody"], cells8=[leaf.cell8])
        in_cell = session.scalars(select(Leaf.leaf_id).where(Leaf.cell8 == leaf.cell8).order_by(Leaf.leaf_id)).all()
    assert [one.leaf_id for one in found] == list(in_cell)
    assert {one.city_code for one in found} == {QINGDAO}


def test_cells_of_a_district_do_not_overlap_and_keep_to_it(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        overlap, outside, farthest = session.execute(
            text(
                "WITH c AS (SELECT * FROM places.communities WHERE district_adcode = 370203)"
                " SELECT (SELECT sum(ST_Area(ST_Intersection(a.cell, b.cell)::geography)) FROM c a JOIN c b"
                "  ON a.community_code < b.community_code AND a.cell && b.cell),"
                " (SELECT sum(ST_Area(ST_Difference(c.cell, d.outline)::geography)) FROM c, places.districts d"
                "  WHERE d.adcode = 370203),"
                " (SELECT max(ST_MaxDistance(position::geometry, cell)) FROM c)"
            )
        ).one()
    # Square metres over 66 km2: edges are rounded to a centimetre.
    assert overlap < 500.0
    assert outside < 500.0
    assert farthest < 2_000.0 / 111_000 / 0.8
