"""Import of GeoJSON, Parquet and an OSM extract written by osmium itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import osmium
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from osmium.osm import mutable
from sqlalchemy import select

from geo.errors import ImportFileError
from geo.importing.reading import read_places
from geo.importing.rows import RawPlace
from geo.models import Community
from geo.places import import_places
from geo.values import Datum
from tests.geo.conftest import PLACES, get_noon

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

WAYS = {
    11: {"landuse": "residential", "name": "福海花园"},
    12: {"building": "apartments", "name": "均乐公寓"},
    13: {"landuse": "industrial", "name": "某厂"},
    14: {"building": "residential", "name": "10号楼"},
    15: {"landuse": "residential"},
}


def _write_extract(path: Path) -> None:
    with osmium.SimpleWriter(str(path)) as writer:
        for way_id in WAYS:
            west = 121.40 + way_id / 200
            for corner, (x, y) in enumerate(((0, 0), (0.002, 0), (0.002, 0.002), (0, 0.002))):
                writer.add_node(mutable.Node(id=way_id * 10 + corner, location=(west + x, 31.20 + y)))
        for way_id, tags in WAYS.items():
            nodes = [way_id * 10 + corner for corner in (0, 1, 2, 3, 0)]
            writer.add_way(mutable.Way(id=way_id, nodes=nodes, tags=tags))


def test_an_osm_extract_gives_named_residential_areas(shanghai: sessionmaker[Session], tmp_path: Path) -> None:
    path = tmp_path / "shanghai.osm.pbf"
    _write_extract(path)
    report = import_places(shanghai, path=path, datum=Datum.WGS84, clock=get_noon)
    with shanghai() as session:
        found = session.execute(
            select(Community.community_code, Community.name, Community.outline.is_not(None)).where(
                Community.source == path.name
            )
        ).all()
    assert sorted(tuple(row) for row in found) == [("osm-way-11", "福海花园", True), ("osm-way-12", "均乐公寓", True)]
    assert (report.read, report.taken, report.rejected) == (4, 2, 2)
    assert import_places(shanghai, path=path, datum=Datum.WGS84, clock=get_noon).updated == 0


def test_an_osm_extract_in_another_datum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="WGS84"):
        read_places(tmp_path / "a.osm.pbf", datum=Datum.GCJ02, mapping={})


def test_a_numbered_building_stands_for_its_estate() -> None:
    path = PLACES / "residential_haidian_osm_wgs84.geojson"
    rows = [row for row in read_places(path, datum=Datum.WGS84, mapping={}) if isinstance(row, RawPlace)]
    assert len(rows) == 57
    assert "静淑东里" in {row.name for row in rows}


def test_geojson_is_imported_with_outlines(places_sessions: sessionmaker[Session], tmp_path: Path) -> None:
    path = PLACES / "residential_haidian_osm_wgs84.geojson"
    report = import_places(
        places_sessions, path=path, datum=Datum.WGS84, clock=get_noon, rejects_path=tmp_path / "rejects.csv"
    )
    assert report.read == 57
    assert report.reasons["name missing"] + report.reasons["a building number, not a community"] == report.rejected
    with places_sessions() as session:
        estate = session.scalars(select(Community).where(Community.name == "富润家园")).one()
    assert estate.outline is not None
    assert estate.district_adcode == 110108


def test_parquet_is_read_like_a_drop(shanghai: sessionmaker[Session], tmp_path: Path) -> None:
    path = tmp_path / "communities.parquet"
    table = {
        "code": ["A-1"],
        "name": ["福海社区"],
        "district_adcode": [310101],
        "lon": [121.47],
        "lat": [31.237],
        "outline": [None],
    }
    pq.write_table(
        pa.table(
            table,
            schema=pa.schema(
                [
                    ("code", pa.string()),
                    ("name", pa.string()),
                    ("district_adcode", pa.int32()),
                    ("lon", pa.float64()),
                    ("lat", pa.float64()),
                    ("outline", pa.string()),
                ]
            ),
        ),
        path,
    )
    report = import_places(shanghai, path=path, datum=Datum.GCJ02, clock=get_noon)
    assert (report.new, report.rejected) == (1, 0)
