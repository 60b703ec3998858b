"""Vector tiles: the same figures as the lists, in the layers that the map expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geo.errors import TileOutOfRangeError
from geo.tiles import render_tile
from privacy.release.values import Category

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from geo.snapshot import Snapshot

CATEGORY = Category.TELEVISION
QINGDAO_12 = {"z": 12, "x": 3417, "y": 1607}


def test_a_tile_of_the_town_holds_areas_and_points(places_sessions: sessionmaker[Session], snapshot: Snapshot) -> None:
    with places_sessions() as session:
        tile = render_tile(session, snapshot, **QINGDAO_12, category=CATEGORY)
        again = render_tile(session, snapshot, **QINGDAO_12, category=CATEGORY)
    assert tile == again
    for word in ("communities", "points", "need", "users", "few", "闽江路社区居委会"):
        assert word.encode() in tile


def test_a_tile_of_the_country_holds_districts(places_sessions: sessionmaker[Session], snapshot: Snapshot) -> None:
    with places_sessions() as session:
        tile = render_tile(session, snapshot, z=6, x=53, y=25, category=CATEGORY)
    assert b"districts" in tile
    assert "市南区".encode() in tile
    assert "海淀区".encode() not in tile


def test_a_tile_of_the_sea_is_empty(places_sessions: sessionmaker[Session], snapshot: Snapshot) -> None:
    with places_sessions() as session:
        assert render_tile(session, snapshot, z=12, x=0, y=0, category=CATEGORY) == b""
        assert render_tile(session, snapshot, z=0, x=0, y=0, category=CATEGORY) != b""


@pytest.mark.parametrize("address", [(3, 8, 0), (-1, 0, 0), (23, 0, 0), (2, 0, 4)])
def test_a_tile_that_does_not_exist_is_refused(
    places_sessions: sessionmaker[Session], snapshot: Snapshot, address: tuple[int, int, int]
) -> None:
    z, x, y = address
    with places_sessions() as session, pytest.raises(TileOutOfRangeError):
        render_tile(session, snapshot, z=z, x=x, y=y, category=CATEGORY)
