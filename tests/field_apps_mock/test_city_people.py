"""What the synthetic people are like: shares, places, truth, area structure, and what customers type."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyproj import Geod

from field_apps_mock.city import CityName, CityPlan, make_city
from field_apps_mock.city.chunks import City
from field_apps_mock.city.make import found_city
from field_apps_mock.city.values import CATEGORIES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

HOUSEHOLDS = 30_000
PLAN = CityPlan(city=CityName.QINGDAO, households=HOUSEHOLDS, seed=3, month=date(2026, 11, 1))


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    make_city(PLAN, folder=folder)
    return folder


@pytest.fixture(scope="module")
def city() -> City:
    return found_city(PLAN)


def read(folder: Path, name: str) -> pa.Table:
    return pq.read_table(folder / f"{name}.parquet")


def read_truth(folder: Path) -> list[dict[str, str]]:
    with (folder / "truth" / "communities.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_category_is_needed_by_three_to_eight_percent(drop: Path) -> None:
    totals = json.loads((drop / "truth" / "totals.json").read_text(encoding="utf-8"))
    assert totals["households"] == HOUSEHOLDS
    assert set(totals["needs"]) == {traits.code for traits in CATEGORIES}
    for category, count in totals["needs"].items():
        assert 0.03 <= count / HOUSEHOLDS <= 0.08, category


def test_about_sixty_percent_end_with_consent(drop: Path) -> None:
    newest: dict[str, bool] = {}
    for row in sorted(read(drop, "consents").to_pylist(), key=lambda row: row["at"]):
        newest[row["customer_id"]] = row["granted"]
    assert 0.56 < sum(newest.values()) / read(drop, "households").num_rows < 0.64


def test_truth_equals_a_count_over_the_drop_itself(drop: Path) -> None:
    """Households by phone, needs by union over the customers of a phone, where the record names the community."""
    households = {row["customer_id"]: row for row in read(drop, "households").to_pylist()}
    homes = {row["phone"]: row["community_code"] for row in households.values()}
    needs = {
        (households[row["customer_id"]]["phone"], row["category"])
        for row in read(drop, "scores").to_pylist()
        if row["score"] >= 60
    }
    truth = read_truth(drop)
    coded = Counter(homes.values())
    for row in truth:
        if row["community_code"]:
            assert coded[row["community_code"]] == int(row["households"]) - int(row["households_without_code"])
    for traits in CATEGORIES:
        assert sum(int(row[traits.code]) for row in truth) == sum(code == traits.code for _, code in needs)


def test_some_customers_share_a_phone_place_and_code(drop: Path) -> None:
    rows = read(drop, "households").to_pylist()
    by_phone = Counter(row["phone"] for row in rows)
    assert set(by_phone.values()) == {1, 2}
    assert 0.002 < sum(count == 2 for count in by_phone.values()) / HOUSEHOLDS < 0.006
    places = {(row["phone"], row["lon"], row["lat"], row["community_code"]) for row in rows}
    assert len(places) == len(by_phone)


def test_phones_are_possible_but_belong_to_nobody(drop: Path) -> None:
    for phone in read(drop, "households")["phone"].to_pylist()[:2_000]:
        assert re.fullmatch(r"\+861[0-9]{10}", phone)
        number = phonenumbers.parse(phone)
        assert phonenumbers.is_possible_number(number)
        assert not phonenumbers.is_valid_number(number)


def test_coded_homes_lie_within_600_m_of_their_community_and_others_inside_the_city(drop: Path, city: City) -> None:
    places = {row["code"]: row for row in read(drop, "communities").to_pylist()}
    rows = read(drop, "households").to_pylist()
    coded = [row for row in rows if row["community_code"]]
    assert 0.88 < len(coded) / len(rows) < 0.92
    ends = [places[row["community_code"]] for row in coded]
    home_lon, home_lat, end_lon, end_lat = (
        [row[axis] for row in source] for source in (coded, ends) for axis in ("lon", "lat")
    )
    _, _, distance_m = Geod(ellps="WGS84").inv(home_lon, home_lat, end_lon, end_lat)
    assert max(distance_m) < 606  # the flat step is good to 1 %
    bare = [row for row in rows if not row["community_code"]]
    lon, lat = (np.array([row[axis] for row in bare]) for axis in ("lon", "lat"))
    assert city.places.is_inside(lon, lat).all()


def test_one_household_in_twenty_lives_away_from_any_community(drop: Path) -> None:
    away = read_truth(drop)[-1]
    assert away["community_code"] == ""
    assert 0.045 < int(away["households"]) / HOUSEHOLDS < 0.055


def test_districts_hold_their_share_of_the_census(drop: Path, city: City) -> None:
    by_code = {row["community_code"]: int(row["households"]) for row in read_truth(drop)}
    adcodes = city.places.adcodes
    homes = np.array([by_code[code] for code in city.places.codes])
    represented = np.isin(city.places.district_adcodes, adcodes)
    wanted = city.places.district_weight[represented] / city.places.district_weight[represented].sum()
    seen = np.array([homes[adcodes == adcode].sum() for adcode in city.places.district_adcodes[represented]])
    assert np.abs(seen / seen.sum() - wanted).max() < 0.01


def test_neighbouring_communities_resemble_each_other(city: City) -> None:
    values = np.column_stack([city.areas.building_age_years, city.areas.leaning])
    lon, lat = city.places.lon, city.places.lat
    nearest = find_nearest(lon, lat)
    for column in values.T:
        assert np.corrcoef(column, column[nearest])[0, 1] > 0.5
        assert abs(np.corrcoef(column, np.roll(column, len(column) // 2))[0, 1]) < 0.4


def find_nearest(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    squares = (lon[:, None] - lon) ** 2 * 0.65 + (lat[:, None] - lat) ** 2
    np.fill_diagonal(squares, np.inf)
    return np.asarray(squares.argmin(axis=1))


def test_need_rates_differ_between_communities_by_more_than_chance(tmp_path: Path) -> None:
    make_city(CityPlan(city=CityName.QINGDAO, households=100_000, seed=3, month=date(2026, 11, 1)), folder=tmp_path)
    truth = read_truth(tmp_path)[:-1]
    homes = np.array([int(row["households"]) for row in truth])
    for traits in CATEGORIES:
        needs = np.array([int(row[traits.code]) for row in truth])
        expected = homes * needs.sum() / homes.sum()
        assert ((needs - expected) ** 2 / expected).mean() > 1.5, traits.code


def test_some_customers_type_numbers_and_addresses(drop: Path) -> None:
    texts = read(drop, "tickets")["free_text"].to_pylist()
    for pattern in (
        r"154\d{8}",
        r"154-\d{4}-\d{4}",
        r"154 \d{4} \d{4}",
        r"一五四[零一二三四五六七八九]{8}",
        r"号楼\d单元",
        "加微信",
    ):
        assert any(re.search(pattern, text) for text in texts), pattern
    assert 0.04 < sum(bool(re.search(r"154|一五四|号楼|微信|座机", text)) for text in texts) / len(texts) < 0.12


def test_customer_ids_do_not_give_phones_away(drop: Path) -> None:
    rows = read(drop, "households").to_pylist()
    assert not any(row["customer_id"][-5:] == row["phone"][-5:] for row in rows[:5_000:7])
