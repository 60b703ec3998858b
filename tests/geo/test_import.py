"""Import of dirty tables: what is taken, merged, rejected and mended, and that a second run changes nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from geo.errors import ImportFileError, NoDistrictsError
from geo.models import Community, Leaf, PlaceImport
from geo.places import import_places
from geo.values import Datum
from tests.geo.conftest import get_noon

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from geo.importing.report import ImportReport

HEADER = "code,name,lon,lat,households"
# row number in the file -> row; positions in WGS84 in Shanghai.
ROWS = {
    2: "310101000001,福海社区居委会,121.4653,31.2387,426户",
    3: "310101000002,福海小区,121.4654,31.2388,暂无数据",
    4: "X-3,福海社區,121.4655,31.2386,",
    5: "X-4,均乐居委会,31.2280,121.4670,约1200户",
    6: "X-5,零点社区,0,0,5",
    7: "X-6,巴黎社区,2.35,48.85,5",
    8: "X-7,暂无数据,121.47,31.23,5",
    9: "X-8,无位置社区,暂无数据,31.23,5",
    10: "X-9,坏数社区,12l.47,31.23,5",
    11: "X-10,远方社区,117.0,30.5,5",
    12: "X-11,10号楼,121.47,31.23,5",
    13: "X-12,户数社区,121.4800,31.2300,很多",
    14: "bad code!,怪码社区,121.4801,31.2400,5",
    15: "310101000001,另一处社区,121.6000,31.2000,5",
    16: "短行",
    17: "X-15,延安新村东,121.4500,31.2300,10",
    18: "X-16,延安新村西,121.4501,31.2300,10",
}
REJECTED = {
    6: ("longitude", "position is zero"),
    7: ("longitude", "position outside China"),
    8: ("name", "name missing"),
    9: ("longitude", "position missing"),
    10: ("longitude", "position is not a number"),
    11: ("longitude", "position outside every known district"),
    12: ("name", "a building number, not a community"),
    13: ("households", "number of households unreadable, left out"),
    14: ("code", "code too long or with odd characters"),
    15: ("code", "code already used for a place elsewhere"),
    16: ("", "unreadable row"),
}


def _write(folder: Path, rows: list[str], *, encoding: str = "utf-8-sig", header: str = HEADER) -> Path:
    path = folder / "dirty.csv"
    path.write_bytes("\r\n".join([header, *rows, ""]).encode(encoding))
    return path


def _import(sessions: sessionmaker[Session], path: Path, *, datum: Datum = Datum.WGS84) -> ImportReport:
    return import_places(sessions, path=path, datum=datum, clock=get_noon)


def _read_rejects(path: Path) -> list[list[str]]:
    with path.with_name(f"{path.name}.rejects.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _dump(sessions: sessionmaker[Session]) -> list[tuple[object, ...]]:
    with sessions() as session:
        rows = session.execute(
            text(
                "SELECT c.*, l.leaf_id, l.cell8, l.position FROM places.communities c"
                " JOIN places.leaves l USING (community_code) ORDER BY community_code"
            )
        ).all()
        return [tuple(row) for row in rows]


def test_dirty_rows_are_mended_merged_or_rejected_by_name(shanghai: sessionmaker[Session], tmp_path: Path) -> None:
    path = _write(tmp_path, list(ROWS.values()))
    report = _import(shanghai, path)
    assert (report.read, report.taken, report.merged, report.rejected) == (17, 5, 2, 10)
    assert report.repaired == {"longitude and latitude swapped back": 1}
    expected = [["dirty.csv", str(row), *reason] for row, reason in REJECTED.items()]
    assert _read_rejects(path) == [["file", "row", "column", "reason"], *expected]
    with shanghai() as session:
        kept = session.get_one(Community, "310101000001")
        swapped = session.execute(
            select(func.ST_X(func.ST_Centroid(Community.cell)), Community.households).where(
                Community.community_code == "X-4"
            )
        ).one()
    assert (kept.name, kept.aliases, kept.other_codes, kept.households) == (
        "福海社区居委会", ["福海小区", "福海社區"], ["310101000002", "X-3"], 426,
    )  # fmt: skip
    assert swapped[0] == pytest.approx(121.467, abs=0.02)
    assert swapped[1] == 1200


def test_a_second_run_changes_nothing(shanghai: sessionmaker[Session], tmp_path: Path) -> None:
    path = _write(tmp_path, list(ROWS.values()))
    _import(shanghai, path)
    before = _dump(shanghai)
    again = _import(shanghai, path)
    assert _dump(shanghai) == before
    assert (again.new, again.updated, again.unchanged, again.community_leaves, again.cells) == (0, 0, 5, 0, 0)
    with shanghai() as session:
        stored = session.scalars(select(PlaceImport).order_by(PlaceImport.import_id.desc()).limit(1)).one()
    assert stored.report == again.to_json()


def test_a_file_without_codes_can_be_imported_again(shanghai: sessionmaker[Session], tmp_path: Path) -> None:
    rows = ["静安花园,121.4500,31.2300", "静安花园小区,121.4502,31.2301"]
    path = _write(tmp_path, rows, header="名称,经度,纬度")
    first, second = _import(shanghai, path), _import(shanghai, path)
    assert (first.new, first.merged, second.new, second.merged, second.updated) == (1, 1, 0, 1, 0)


def test_a_correction_keeps_the_leaf(shanghai: sessionmaker[Session], tmp_path: Path) -> None:
    _import(shanghai, _write(tmp_path, ["A-1,老名社区,121.4653,31.2387,"]))
    with shanghai() as session:
        before = session.execute(select(Leaf.leaf_id, Leaf.cell8).where(Leaf.community_code == "A-1")).one()
    report = _import(shanghai, _write(tmp_path, ["A-1,青年公寓,121.5000,31.2500,30"]))
    with shanghai() as session:
        after = session.execute(select(Leaf.leaf_id, Leaf.cell8).where(Leaf.community_code == "A-1")).one()
        place = session.get_one(Community, "A-1")
    assert report.updated == 1
    assert after.leaf_id == before.leaf_id
    assert after.cell8 != before.cell8
    assert (place.name, place.aliases, place.households) == ("青年公寓", ["老名社区"], 30)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_the_encodings_of_offices(shanghai: sessionmaker[Session], tmp_path: Path, encoding: str) -> None:
    _import(shanghai, _write(tmp_path, ["A-1,福海社区,121.4653,31.2387,"], encoding=encoding))
    with shanghai() as session:
        assert session.get_one(Community, "A-1").name == "福海社区"


def test_the_drop_s_columns_with_an_outline_in_its_datum(shanghai: sessionmaker[Session], tmp_path: Path) -> None:
    square = "POLYGON((121.4690 31.2360,121.4710 31.2360,121.4710 31.2380,121.4690 31.2380,121.4690 31.2360))"
    header = "code;name;district_adcode;lon;lat;outline"
    path = _write(
        tmp_path,
        [f"A-1;福海社区;310101;121.4700;31.2370;{square}", f"A-2;远廓社区;310101;121.48;31.23;{square}"],
        header=header,
    )
    report = _import(shanghai, path, datum=Datum.GCJ02)
    with shanghai() as session:
        west = session.scalar(select(func.ST_XMin(Community.outline)).where(Community.community_code == "A-1"))
    assert report.fields == {"outline does not belong to the position, left out": 1}
    assert west == pytest.approx(121.4690 - 0.0045, abs=0.0005)


def test_a_position_far_from_its_stated_district_is_rejected(shanghai: sessionmaker[Session], tmp_path: Path) -> None:
    path = _write(tmp_path, ["A-1,福海社区,310151,121.4653,31.2000"], header="code,name,adcode,lon,lat")
    assert _import(shanghai, path).reasons == {"position far from the stated district": 1}


def test_real_files_are_taken_whole(places_sessions: sessionmaker[Session]) -> None:
    with places_sessions() as session:
        reports = session.scalars(select(PlaceImport.report).where(PlaceImport.datum == "gcj02")).all()
        uncelled = session.scalar(select(func.count()).where(Community.cell.is_(None)))
    assert [(report["read"], report["rejected"]) for report in reports] == [(524, 0), (2331, 0)]
    assert all(report["taken"] + report["merged"] == report["read"] for report in reports)
    assert uncelled == 0


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"code,title\r\n1,2\r\n", "no column for name"),
        ("a.xlsx", b"", "unknown kind of file"),
        ("a.geojson", b"{", "not JSON"),
        ("a.geojson", b"[]", "not a GeoJSON FeatureCollection"),
        ("a.parquet", b"PAR0", "not a Parquet file"),
        ("a.osm.pbf", b"nothing", "not an OSM extract"),
    ],
)
def test_a_file_that_is_none_changes_nothing(
    shanghai: sessionmaker[Session], tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportFileError, match=reason):
        _import(shanghai, tmp_path / name)


def test_communities_need_districts(places_sessions: sessionmaker[Session], tmp_path: Path) -> None:
    with places_sessions.begin() as session:
        session.execute(text("TRUNCATE places.leaves, places.communities, places.districts"))
    with pytest.raises(NoDistrictsError):
        _import(places_sessions, _write(tmp_path, ["A-1,福海社区,121.4653,31.2387,"]))
