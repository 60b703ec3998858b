"""The planner's radars by HTTP: what is shown, what is refused, and that answers are those of released figures."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.jiaohubao.export import COLUMNS, guard
from privacy.release.models import Release
from tests.api import world
from tests.api.conftest import bearer
from tests.released import seal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

    from tests.api.conftest import Headers

PAINS = "/v1/jiaohubao/pain-points"
LISTS = (PAINS, "/v1/jiaohubao/interests", "/v1/jiaohubao/life-circle")
HERE = "district=370202"


def ask(client: FlaskClient, planner: Headers, address: str) -> dict[str, Any]:
    """Return what an address answers."""
    answer = client.get(address, headers=planner)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.fixture
def october(serving_engine: Engine) -> Iterator[str]:
    """Give Qingdao a release of the month before, in which the first tag of each list counted 150 less."""
    release_id = "2026-10-370200"
    with Session(serving_engine) as session, session.begin():
        november = session.get_one(Release, "2026-11-370200")
        names = ("city_code", "as_of", "published_at", "parameters", "figures_sha256")
        own = {name: getattr(november, name) for name in names}
        session.add(Release(release_id=release_id, month=date(2026, 10, 1), **own))
        session.flush()
        session.execute(
            text("INSERT INTO released.city_figures SELECT :id, needs, needs_sd FROM released.city_figures LIMIT 1"),
            {"id": release_id},
        )
        for adcode in (370202, 370203):
            world.add_district_figures(session, release_id=release_id, adcode=adcode, grown=-150.0)
        seal(session, release_id=release_id)
    yield release_id
    world.remove_release(serving_engine, release_id)


@pytest.mark.parametrize("address", LISTS)
def test_items_are_ranked_and_what_is_few_says_nothing_else(
    client: FlaskClient, planner: Headers, address: str
) -> None:
    found = ask(client, planner, f"{address}?{HERE}")
    assert (found["release_id"], found["month"], found["area"]["name"]) == ("2026-11-370200", "2026-11", "市南区")
    assert [one["rank"] for one in found["items"]] == list(range(1, len(found["items"]) + 1))
    few = [one["count"]["few"] for one in found["items"]]
    assert few == sorted(few)
    assert 0 < sum(few) < len(few)
    for one in found["items"]:
        if one["count"]["few"]:
            made = [one["count"]["value"], *(one[name] for name in ("share", "index_national", "index_city", "growth"))]
            assert made == [None] * 5


def test_a_category_narrows_pains_and_their_shares_are_of_it(client: FlaskClient, planner: Headers) -> None:
    found = ask(client, planner, f"{PAINS}?{HERE}&category=refrigerator")
    assert {one["tag"]["category"] for one in found["items"]} == {"refrigerator"}
    assert len(found["items"]) == 3
    assert sum(one["share"]["value"] for one in found["items"]) == pytest.approx(100, abs=0.02)
    assert all(one["tag"]["example_zh"] and one["tag"]["example_en"] for one in found["items"])


def test_a_city_is_the_sum_of_its_districts_and_has_no_index_against_itself(
    client: FlaskClient, planner: Headers
) -> None:
    parts = [ask(client, planner, f"{PAINS}?district={adcode}") for adcode in (370202, 370203)]
    city = ask(client, planner, f"{PAINS}?district=370200")
    sums: dict[str, float] = {}
    for part in parts:
        for one in part["items"]:
            sums[one["tag"]["key"]] = sums.get(one["tag"]["key"], 0) + (one["count"]["value"] or 30.0)
    shown = {one["tag"]["key"]: one["count"]["value"] for one in city["items"] if not one["count"]["few"]}
    assert shown == {key: sums[key] for key in shown}
    assert len(shown) > 10
    assert {one["index_city"] is None for one in city["items"]} == {True}
    assert any(one["index_national"] for one in city["items"])


def test_the_nation_is_every_city_that_released_the_month(client: FlaskClient, planner: Headers) -> None:
    base = ask(client, planner, f"{PAINS}?{HERE}")["base"]
    assert [one["release_id"] for one in base] == ["2026-11-110000", "2026-11-370200"]


def test_a_series_has_every_month_with_its_release_and_growth_counts_from_the_oldest(
    client: FlaskClient, planner: Headers, october: str
) -> None:
    found = ask(client, planner, f"{PAINS}?{HERE}")
    for one in found["items"]:
        assert [point["release_id"] for point in one["series"]] == [october, "2026-11-370200"]
        if one["tag"]["key"] == "refrigerator/not_cooling":
            assert one["growth"]["since"] == "2026-10"
            assert one["growth"]["value"] > 0
        assert one["seasonality"] == {"points": [], "missing": "counts_cover_twelve_months"}
    topics = ask(client, planner, f"/v1/jiaohubao/life-circle?{HERE}")["items"]
    assert {one["seasonality"]["missing"] for one in topics} == {"fewer_than_twelve_months"}


def test_a_past_month_is_shown_as_it_was(client: FlaskClient, planner: Headers, october: str) -> None:
    months = ask(client, planner, "/v1/jiaohubao/months")["months"]
    assert [month["month"] for month in months] == ["2026-11", "2026-10"]
    assert [one["release_id"] for one in months[1]["releases"]] == [october]
    found = ask(client, planner, f"{PAINS}?{HERE}&month=2026-10")
    assert (found["release_id"], len(found["items"][0]["series"])) == (october, 1)
    assert [one["release_id"] for one in found["base"]] == [october]


def test_a_release_that_was_tampered_with_is_no_month(
    client: FlaskClient, planner: Headers, serving_engine: Engine, october: str
) -> None:
    with serving_engine.begin() as connection:
        connection.execute(
            text("UPDATE released.district_figures SET sd = sd / 2 WHERE release_id = :id"), {"id": october}
        )
    assert (
        client.get(f"{PAINS}?{HERE}&month=2026-10", headers=planner).get_json()["type"].endswith("month-not-released")
    )
    assert len(ask(client, planner, f"{PAINS}?{HERE}")["items"][0]["series"]) == 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("", "/district"),
        ("district=370299", "/district"),
        ("district=12", "/district"),
        (f"{HERE}&month=2026-13", "/month"),
        (f"{HERE}&month=2026-09", "/month"),
        (f"{HERE}&month=2026-11%0A", "/month"),
        (f"{HERE}&phone=1", "/phone"),
    ],
)
@pytest.mark.parametrize("address", [*LISTS, f"{PAINS}.csv"])
def test_what_is_not_declared_or_not_there_is_refused_with_a_pointer(
    client: FlaskClient, planner: Headers, address: str, query: str, pointer: str
) -> None:
    answer = client.get(f"{address}?{query}", headers=planner)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]


@pytest.mark.parametrize("login", ["sales", "operator"])
def test_radars_are_the_planners(client: FlaskClient, login: str) -> None:
    headers = bearer(client, login)
    for address in (*LISTS, f"{PAINS}.csv", "/v1/jiaohubao/active-users"):
        assert client.get(f"{address}?{HERE}", headers=headers).status_code == 403


def test_an_answer_that_is_held_is_not_sent_again(client: FlaskClient, planner: Headers) -> None:
    first = client.get(f"{PAINS}?{HERE}", headers=planner)
    again = client.get(f"{PAINS}?{HERE}", headers=planner | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_not_released_is_said_and_not_made_up(client: FlaskClient, planner: Headers) -> None:
    assert "预算" in ask(client, planner, f"/v1/jiaohubao/interests?{HERE}")["by_category"]["reason_zh"]
    assert client.get(f"/v1/jiaohubao/interests?{HERE}&category=freezer", headers=planner).status_code == 422


def test_suggestions_stand_out_by_more_than_their_margin(client: FlaskClient, planner: Headers) -> None:
    found = ask(client, planner, f"/v1/jiaohubao/life-circle?{HERE}")
    assert 1 <= len(found["suggestions"]) <= 3
    for one in found["suggestions"]:
        assert one["index_national"]["value"] - one["index_national"]["moe95"] > 100
        assert one["tag"]["platforms"]
        assert one["tag"]["influencers"]


def test_the_catalog_names_every_platform_and_influencer_that_a_topic_names(
    client: FlaskClient, planner: Headers
) -> None:
    words = ask(client, planner, "/v1/catalog")["vocabulary"]
    for kind in ("platforms", "influencers"):
        named = {code for topic in words["topics"] for code in topic[kind]}
        assert named <= {one["code"] for one in words[kind]}
    assert (len(words["age_bands"]), len(words["activities"]), len(words["pain_points"])) == (3, 2, 20)


def test_an_export_holds_the_same_figures_with_margins_and_release(
    client: FlaskClient, planner: Headers, october: str
) -> None:
    answer = client.get(f"{PAINS}.csv?{HERE}&category=refrigerator", headers=planner)
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    assert {row["release_id"] for row in rows} == {october, "2026-11-370200"}
    shown = ask(client, planner, f"{PAINS}?{HERE}&category=refrigerator")["items"]
    newest = {row["tag"]: row for row in rows if row["month"] == "2026-11"}
    for one in shown:
        row = newest[one["tag"]["code"]]
        assert float(row["households"]) == one["count"]["value"]
        assert float(row["households_moe95"]) == one["count"]["moe95"] > 0
        assert float(row["index_national"]) == one["index_national"]["value"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert guard(text) == f"'{text}"
    assert (guard("冰箱"), guard(-1.5), guard(None)) == ("冰箱", -1.5, None)
