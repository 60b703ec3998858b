"""The 30 nearest and the cells within the radius against brute force over every place of the city."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pyproj import Geod
from sqlalchemy import text

from geo.cells import get_centres
from geo.datum import from_wgs84, read_position
from geo.queries import find_nearest_communities
from geo.values import Datum, FloatArray, LonLat
from privacy.release.values import Category

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session, sessionmaker

    from geo.snapshot import Snapshot

GEOD = Geod(a=6378137.0, rf=298.257223563)
# Land and sea around each city, and positions far out.
BOXES = {370200: (119.4, 35.4, 121.1, 37.2), 110000: (115.3, 39.3, 117.6, 41.1)}
CATEGORY = Category.AIR_CONDITIONER
POSITIONS_A_CASE = 167
# A thousandth of what is shown: needs are kept in seven digits, and may all but cancel out.
SINGLE_PRECISION = 1e-4


def _draw(city_code: int, datum: Datum) -> list[tuple[float, float]]:
    west, south, east, north = BOXES[city_code]
    rng = np.random.default_rng([city_code, list(Datum).index(datum)])
    return list(
        zip(rng.uniform(west, east, POSITIONS_A_CASE), rng.uniform(south, north, POSITIONS_A_CASE), strict=True)
    )


def _measure(lon: float, lat: float, places: FloatArray) -> FloatArray:
    count = len(places)
    _, _, metres = GEOD.inv(places[:, 0], places[:, 1], np.full(count, lon), np.full(count, lat))
    return np.asarray(metres)


def _read_communities(connection: Connection, city_code: int) -> tuple[list[str], FloatArray]:
    rows = connection.execute(
        text(
            "SELECT community_code, ST_X(position::geometry), ST_Y(position::geometry) FROM places.communities"
            " JOIN places.districts ON adcode = district_adcode WHERE city_code = :city ORDER BY community_code"
        ),
        {"city": city_code},
    ).all()
    return [row[0] for row in rows], np.array([row[1:] for row in rows], dtype=np.float64)


@pytest.mark.parametrize("datum", Datum)
@pytest.mark.parametrize("city_code", BOXES)
def test_the_30_nearest(places_connection: Connection, snapshot: Snapshot, city_code: int, datum: Datum) -> None:
    codes, places = _read_communities(places_connection, city_code)
    for lon, lat in _draw(city_code, datum):
        asked = from_wgs84(float(lon), float(lat), datum=datum)
        found = snapshot.find_nearest(read_position(*asked, datum=datum), limit=30, category=CATEGORY)
        metres = _measure(lon, lat, places)
        order = np.lexsort((np.array(codes), np.round(metres, 3)))[:30]
        assert found.release.city_code == city_code
        assert [row.community_code for row in found.rows] == [codes[row] for row in order]
        assert [row.distance_m for row in found.rows] == pytest.approx(metres[order].tolist(), abs=0.002)


@pytest.mark.parametrize("city_code", BOXES)
def test_the_30_nearest_of_the_database_are_those_of_the_ellipsoid_where_a_sphere_exchanges_them(
    places_connection: Connection, places_sessions: sessionmaker[Session], city_code: int
) -> None:
    codes, places = _read_communities(places_connection, city_code)
    for lon, lat in _draw(city_code, Datum.WGS84)[:20]:
        metres = dict(zip(codes, _measure(lon, lat, places).tolist(), strict=True))
        with places_sessions() as session:
            found = find_nearest_communities(session, position=LonLat(float(lon), float(lat)), limit=30)
        assert [metres[row.community_code] for row in found] == pytest.approx(sorted(metres.values())[:30], abs=0.002)


@pytest.mark.parametrize("datum", Datum)
@pytest.mark.parametrize("city_code", BOXES)
def test_the_cells_within_the_radius(
    places_connection: Connection, snapshot: Snapshot, city_code: int, datum: Datum
) -> None:
    rows = places_connection.execute(
        text(
            f"SELECT cell8, sum(needs[{CATEGORY.column + 1}]), sum(needs_sd[{CATEGORY.column + 1}] ^ 2),"  # noqa: S608 - a number of ours
            " sum(customers) FROM places.leaves JOIN released.leaf_figures USING (leaf_id)"
            " WHERE city_code = :city GROUP BY cell8 ORDER BY cell8"
        ),
        {"city": city_code},
    ).all()
    table = np.array([row[1:] for row in rows], dtype=np.float64)
    cells = np.array([row[0] for row in rows], dtype=np.int64)
    centres = np.column_stack(get_centres(cells))
    for lon, lat in _draw(city_code, datum):
        position = read_position(*from_wgs84(float(lon), float(lat), datum=datum), datum=datum)
        found = snapshot.find_cells(position, radius_m=5_000.0, category=CATEGORY)
        # A box of 9 km spares the geodesic of 30,000 far cells and loses none.
        inside = (abs(centres[:, 0] - lon) < 0.1) & (abs(centres[:, 1] - lat) < 0.08)
        inside[inside] = _measure(lon, lat, centres[inside]) <= 5_000.0
        need, variance, users = table[inside].sum(axis=0) if inside.any() else (0.0, 0.0, 0.0)
        assert [cell.cell for cell in found.cells] == cells[inside].tolist()
        needs = [cell.need for cell in found.cells]
        assert needs == pytest.approx(np.maximum(table[inside, 0], 0).tolist(), abs=SINGLE_PRECISION)
        assert found.need == pytest.approx(max(need, 0.0))
        assert found.need_moe95 == pytest.approx(1.96 * variance**0.5)
        assert found.users == pytest.approx(max(users, 0.0))
