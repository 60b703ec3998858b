"""The command line, as the role that may write places: real databases, files from scratch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from geo.commands import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.test_services import TestServices

# An invented city in the Taklamakan, so that no other test knows it.
DISTRICT = {
    "type": "Feature",
    "properties": {
        "district_adcode": 659901, "district_name": "沙区", "city_adcode": 659900, "city_name": "沙市"
    },
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[80.0, 39.0], [80.1, 39.0], [80.1, 39.1], [80.0, 39.1], [80.0, 39.0]]],
    },
}  # fmt: skip


@pytest.fixture
def environment(services: TestServices, serving_engine: Engine) -> Iterator[dict[str, str]]:
    yield {"SERVING_URL": services.url("serving", role="field_operator")}
    with serving_engine.begin() as connection:
        connection.execute(text("DELETE FROM places.leaves WHERE city_code = 659900"))
        connection.execute(text("DELETE FROM places.communities WHERE district_adcode = 659901"))
        connection.execute(text("DELETE FROM places.districts WHERE city_code = 659900"))
        connection.execute(text("DELETE FROM places.imports"))


def test_districts_then_communities(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "d.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [DISTRICT]}))
    (tmp_path / "census.csv").write_text("adcode,name,population,mean_household_size\n659901,沙区,1000,2.5\n")
    (tmp_path / "c.csv").write_text(
        "小区名,经度,纬度\n胡杨花园,80.05,39.05\n胡杨花园小区,80.0501,39.05\n红柳社区,80.05,39.05\n"
    )
    runner = CliRunner(env=environment)
    first = runner.invoke(places, ["districts", str(tmp_path / "d.geojson"), "--census", str(tmp_path / "census.csv")])
    assert first.exit_code == 0, first.output
    assert "1 districts, 1 with census" in first.output
    second = runner.invoke(places, ["import", str(tmp_path / "c.csv"), "--datum", "wgs84", "--map", "name=小区名"])
    assert second.exit_code == 0, second.output
    assert "3 rows read: 2 taken, 1 merged, 0 rejected" in second.output
    assert "communities: 2 new" in second.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "FILE", "--datum", "wgs84", "--map", "colour=x"], "expected field=column"),
        (["import", "FILE", "--datum", "wgs84", "--map", "name=nothing"], "no column nothing for name"),
        (["import", "FILE", "--datum", "itrf"], "'itrf' is not one of"),
        (["import", "FILE"], "Missing option '--datum'"),
        (["districts", "FILE"], "not JSON"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    environment: dict[str, str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    path = tmp_path / "c.csv"
    path.write_text("name,lon,lat\n")
    (tmp_path / "d.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [DISTRICT]}))
    runner = CliRunner(env=environment)
    runner.invoke(places, ["districts", str(tmp_path / "d.geojson")])
    result = runner.invoke(places, [str(path) if part == "FILE" else part for part in arguments])
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output


def test_without_a_database_it_refuses_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVING_URL", raising=False)
    path = tmp_path / "c.csv"
    path.write_text("name,lon,lat\n")
    result = CliRunner().invoke(places, ["import", str(path), "--datum", "wgs84"])
    assert result.exit_code != 0
