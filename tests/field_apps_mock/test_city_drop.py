"""The drop of a synthetic city: shape, repeatability, and the month after."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from field_apps_mock.city import CityName, CityPlan, Datum, DropFormat, make_city
from field_apps_mock.city.writing import TABLES

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {
    "communities": "code,name,district_adcode,lon,lat,outline",
    "households": "customer_id,phone,lon,lat,community_code,opened_at",
    "consents": "customer_id,purpose,granted,policy_version,source,at",
    "scores": "customer_id,category,score,model_version",
    "activity": "customer_id,score,level,channels",
    "purchases": "customer_id,category,model,bought_at",
    "tickets": "customer_id,category,fault_tag,free_text,opened_at",
    "interests": "customer_id,tag,weight",
    "topics": "customer_id,topic,platform,stance",
}


def make_plan(**changes: Any) -> CityPlan:  # noqa: ANN401 - any field of the plan
    plan: dict[str, Any] = {"city": CityName.QINGDAO, "households": 2_000, "seed": 7, "month": date(2026, 11, 1)}
    return CityPlan(**{**plan, **changes})


def read(folder: Path, name: str) -> pa.Table:
    return pq.read_table(folder / f"{name}.parquet")


@pytest.fixture(scope="module")
def november(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("november")
    make_city(make_plan(), folder=folder)
    return folder


def test_a_drop_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    make_city(make_plan(households=50), folder=folder)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.fixture(scope="module")
def december(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("december")
    make_city(make_plan(month=date(2026, 12, 1)), folder=folder)
    return folder


def test_manifest_names_every_table_with_its_rows_and_hash(november: Path) -> None:
    manifest = json.loads((november / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["month"], manifest["datum"]) == ("2026-11", "gcj02")
    assert sorted(manifest["files"]) == sorted(f"{name}.parquet" for name in TABLES)
    for name, stated in manifest["files"].items():
        assert stated["sha256"] == hashlib.sha256((november / name).read_bytes()).hexdigest()
        assert stated["rows"] == pq.read_metadata(november / name).num_rows


def test_tables_have_exactly_the_columns_of_the_drop(november: Path) -> None:
    assert {name: ",".join(read(november, name).column_names) for name in TABLES} == COLUMNS


def test_same_plan_gives_the_same_drop_and_another_seed_another(november: Path, tmp_path: Path) -> None:
    make_city(make_plan(), folder=tmp_path / "again")
    make_city(make_plan(seed=8), folder=tmp_path / "other")
    for name in TABLES:
        assert read(tmp_path / "again", name).equals(read(november, name)), name
    assert not read(tmp_path / "other", "scores").equals(read(november, "scores"))


def test_next_month_is_the_same_city_with_moved_needs(november: Path, december: Path) -> None:
    assert read(december, "households").equals(read(november, "households"))
    assert read(december, "communities").equals(read(november, "communities"))
    then, now = find_needs(november), find_needs(december)
    kept = len(then & now) / len(then)
    assert 0.5 < kept < 0.95
    assert 0.85 < len(now) / len(then) < 1.15


def test_next_month_remembers_every_earlier_ticket_and_consent(november: Path, december: Path) -> None:
    for name in ("tickets", "consents"):
        earlier = {tuple(row.values()) for row in read(november, name).to_pylist()}
        later = {tuple(row.values()) for row in read(december, name).to_pylist()}
        assert earlier < later, name


def find_needs(folder: Path) -> set[tuple[str, str]]:
    rows = read(folder, "scores").to_pylist()
    return {(row["customer_id"], row["category"]) for row in rows if row["score"] >= 60}


def test_nothing_in_a_drop_is_later_than_its_month(november: Path) -> None:
    for name, column in (("households", "opened_at"), ("purchases", "bought_at"), ("tickets", "opened_at")):
        assert max(read(november, name)[column].to_pylist()) < date(2026, 11, 1), name
    assert max(read(november, "consents")["at"].to_pylist()).date() < date(2026, 11, 1)


def test_csv_holds_what_parquet_holds(november: Path, tmp_path: Path) -> None:
    make_city(make_plan(file_format=DropFormat.CSV), folder=tmp_path)
    for name in TABLES:
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        table = read(november, name)
        assert rows[0] == table.column_names
        assert len(rows) - 1 == table.num_rows
    with (tmp_path / "consents.csv").open(encoding="utf-8", newline="") as file:
        times = [row["at"] for row in csv.DictReader(file)]
    wanted = [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in read(november, "consents")["at"].to_pylist()]
    assert times == wanted


def test_another_datum_shifts_positions_by_hundreds_of_metres(november: Path, tmp_path: Path) -> None:
    make_city(make_plan(datum=Datum.WGS84), folder=tmp_path)
    gcj, wgs = read(november, "households"), read(tmp_path, "households")
    assert gcj.drop(["lon", "lat"]).equals(wgs.drop(["lon", "lat"]))
    east = [a - b for a, b in zip(gcj["lon"].to_pylist(), wgs["lon"].to_pylist(), strict=True)]
    assert 0.003 < min(east) < max(east) < 0.008


def test_chunks_meet_without_gap_or_overlap(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    make_city(make_plan(households=50_100), folder=tmp_path, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(50_000, 50_100), (50_100, 50_100)]
    customers = read(tmp_path, "households")["customer_id"].to_pylist()
    assert len(set(customers)) == len(customers)
    assert len(set(read(tmp_path, "households")["phone"].to_pylist())) == 50_100


def test_a_drop_that_breaks_off_leaves_no_manifest(november: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes((november / "manifest.json").read_bytes())

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_city(make_plan(), folder=tmp_path, on_progress=stop)
    assert not (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize(
    "changes", [{"households": 0}, {"households": 20_000_001}, {"month": date(2026, 11, 2)}, {"seed": -1}]
)
def test_impossible_plans_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|first day"):
        make_plan(**changes)


def test_cities_share_no_phone_and_no_customer(tmp_path: Path) -> None:
    phones: list[set[str]] = []
    for city in CityName:
        make_city(make_plan(city=city), folder=tmp_path / city)
        table = read(tmp_path / city, "households")
        phones.append(set(table["phone"].to_pylist()) | set(table["customer_id"].to_pylist()))
    assert all(left.isdisjoint(right) for left, right in pairwise([*phones, phones[0]]))
