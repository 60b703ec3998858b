"""Pours invented places and one release of each of their cities into a serving database, signed as publishing signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import psycopg
import shapely
from psycopg.types.json import Jsonb

from benchmarks.binary_copy import Column, copy_in, encode_points
from benchmarks.invented_places import Places, find_parents, get_city_codes
from geo.cells import get_cells, get_centres
from geo.values import FloatArray, IntArray
from privacy.release.figures import CityTotals, LeafTable, ParentTable, ReleasedFigures, compute_digest
from privacy.release.signing import get_public_key, make_signer, write_public_key

SEED = bytes(range(32))
TRUSTED = write_public_key(get_public_key(SEED))
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
MONTH = date(2026, 11, 1)
_SPARED = "idx_leaves_position", "ix_places_leaves_district_adcode", "ix_places_leaves_parent7", "leaves_remainder"
"""Indexes of leaves that no read of the web process uses: pouring two million rows is quicker without."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """All leaves by city, the communities of each city before its remainders; ids count from 1 in this order."""

    ids: IntArray
    cities: IntArray
    districts: IntArray
    cells: IntArray
    parents: IntArray
    lon: FloatArray
    lat: FloatArray
    codes: IntArray
    """0 for a remainder."""

    @classmethod
    def of(cls, places: Places) -> Leaves:
        """Lay out communities and remainders."""
        cell_lon, cell_lat = get_centres(places.cells)
        districts = np.concatenate((places.districts, places.cell_districts))
        codes = np.concatenate((places.codes, np.zeros(len(places.cells), dtype=np.int64)))
        cells = np.concatenate((get_cells(places.lon, places.lat), places.cells))
        lon, lat = np.concatenate((places.lon, cell_lon)), np.concatenate((places.lat, cell_lat))
        cities = get_city_codes(districts)
        order = np.lexsort((codes == 0, cities))
        ids = np.arange(1, len(order) + 1, dtype=np.int64)
        columns: tuple[Any, ...] = (cities, districts, cells, find_parents(cells), lon, lat, codes)
        return cls(ids, *(column[order] for column in columns))


def pour(connection: psycopg.Connection[Any], places: Places, *, has_areas: bool, households: int) -> None:
    """Fill an empty serving database. `has_areas` gives each community a cell of about 300 m, as maps need one."""
    leaves = Leaves.of(places)
    with connection.transaction():
        _pour_districts(connection, leaves)
        _pour_communities(connection, places, has_areas=has_areas)
        for name in _SPARED:
            connection.execute(f"DROP INDEX places.{name}")
        _pour_leaves(connection, leaves)
        connection.execute("SET LOCAL session_replication_role = replica")
        for city_code in np.unique(leaves.cities).tolist():
            chosen = leaves.cities == city_code
            _pour_release(connection, leaves, chosen, city_code=city_code, share=households * chosen.mean())
    connection.execute("ANALYZE")


def _pour_districts(connection: psycopg.Connection[Any], leaves: Leaves) -> None:
    with connection.cursor().copy(
        "COPY places.districts (adcode, name, city_code, city_name, outline) FROM STDIN"
    ) as copy:
        for adcode in np.unique(leaves.districts).tolist():
            own = leaves.districts == adcode
            west, east = leaves.lon[own].min() - 0.01, leaves.lon[own].max() + 0.01
            south, north = leaves.lat[own].min() - 0.01, leaves.lat[own].max() + 0.01
            outline = shapely.set_srid(shapely.MultiPolygon([shapely.box(west, south, east, north)]), 4326)
            shape = shapely.to_wkb(outline, hex=True, include_srid=True)
            copy.write_row((adcode, f"{adcode}区", adcode // 100 * 100, f"{adcode // 100}市", shape))


def _pour_communities(connection: psycopg.Connection[Any], places: Places, *, has_areas: bool) -> None:
    points: Any = shapely.to_wkb(
        shapely.set_srid(shapely.points(places.lon, places.lat), 4326), hex=True, include_srid=True
    )
    areas = _draw_areas(places) if has_areas else [None] * len(places.codes)
    columns = "community_code, name, district_adcode, position, cell, source, imported_at"
    with connection.cursor().copy(f"COPY places.communities ({columns}) FROM STDIN") as copy:
        rows = zip(places.codes.tolist(), places.names, places.districts.tolist(), points.tolist(), areas, strict=True)
        for code, name, district, point, area in rows:
            copy.write_row((code, name, district, point, area, "bench", AS_OF))


def _draw_areas(places: Places) -> list[str]:
    """Return a polygon of nine corners around each community, as irregular as Voronoi's."""
    rng = np.random.default_rng(3)
    count, corners = len(places.codes), 9
    angles = np.sort(rng.uniform(0.0, 2.0 * np.pi, (count, corners)), axis=1)
    reach = rng.uniform(0.002, 0.004, (count, corners))
    rings = np.stack(
        (places.lon[:, None] + reach * np.cos(angles), places.lat[:, None] + reach * np.sin(angles)), axis=2
    )
    closed = np.concatenate((rings, rings[:, :1]), axis=1)
    polygons: Any = shapely.polygons(closed)
    shapes: Any = shapely.multipolygons(polygons, indices=np.arange(count))
    written: Any = shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)
    hexadecimal: list[str] = written.tolist()
    return hexadecimal


def _pour_leaves(connection: psycopg.Connection[Any], leaves: Leaves) -> None:
    for kind, chosen in (("community", leaves.codes > 0), ("remainder", leaves.codes == 0)):
        columns: dict[str, Column] = {
            "leaf_id": leaves.ids[chosen],
            "kind": np.full(int(chosen.sum()), kind.encode()),
            "city_code": leaves.cities[chosen].astype(np.int32),
            "district_adcode": leaves.districts[chosen].astype(np.int32),
            "cell8": leaves.cells[chosen],
            "parent7": leaves.parents[chosen],
            "position": encode_points(leaves.lon[chosen], leaves.lat[chosen]),
        }
        if kind == "community":
            columns["community_code"] = leaves.codes[chosen].astype("S12")
        copy_in(connection, "places.leaves", columns)


def _invent_figures(leaves: Leaves, chosen: Column, *, city_code: int, share: float) -> ReleasedFigures:
    """Return figures of one city whose customers add up to about `share` households, most of them in communities."""
    rng = np.random.default_rng(city_code)
    ids, named = leaves.ids[chosen], leaves.codes[chosen] > 0
    weights = rng.gamma(1.5, 1.0, len(ids)) * np.where(named, 1.0, 0.01)
    customers = share * weights / weights.sum() + rng.normal(0.0, 17.1, len(ids))
    needs = customers[:, None] * rng.uniform(0.03, 0.12, (1, 8)) + rng.normal(0.0, 6.0, (len(ids), 8))
    needs_sd = rng.uniform(5.0, 11.0, (len(ids), 8))
    parents, slots = np.unique(leaves.parents[chosen], return_inverse=True)
    parent_needs, parent_sd = np.zeros((len(parents), 8)), np.full((len(parents), 8), 24.1)
    np.add.at(parent_needs, slots, needs)
    return ReleasedFigures(
        LeafTable(ids, customers, np.full(len(ids), 17.1), needs.sum(axis=1), np.full(len(ids), 24.1), needs, needs_sd),
        ParentTable(parents, parent_needs, parent_sd),
        CityTotals(parent_needs.sum(axis=0), np.full(8, 30.0)),
    )


def _pour_release(
    connection: psycopg.Connection[Any], leaves: Leaves, chosen: Column, *, city_code: int, share: float
) -> None:
    figures = _invent_figures(leaves, chosen, city_code=city_code, share=share)
    release_id = f"{MONTH:%Y-%m}-{city_code}"
    digest = compute_digest(figures, release_id=release_id, as_of=AS_OF, parameters={})
    connection.execute(
        "INSERT INTO released.releases (release_id, month, city_code, as_of, published_at, parameters, figures_sha256,"
        " signature) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (release_id, MONTH, city_code, AS_OF, AS_OF, Jsonb({}), digest, make_signer(SEED)(digest)),
    )
    own, above, city = figures.leaves, figures.parents, figures.city
    named = np.full(len(own.leaf_ids), release_id.encode())
    copy_in(
        connection,
        "released.leaf_figures",
        {"release_id": named, "leaf_id": own.leaf_ids, "customers": own.customers, "customers_sd": own.customers_sd,
         "any_need": own.any_need, "any_need_sd": own.any_need_sd, "needs": own.needs, "needs_sd": own.needs_sd},
    )  # fmt: skip
    copy_in(
        connection,
        "released.parent_figures",
        {"release_id": named[: len(above.parents)], "parent7": above.parents, "needs": above.needs,
         "needs_sd": above.needs_sd},
    )  # fmt: skip
    copy_in(
        connection,
        "released.city_figures",
        {"release_id": named[:1], "needs": city.needs[None], "needs_sd": city.needs_sd[None]},
    )
