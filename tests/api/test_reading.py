"""Released figures by HTTP: what is near, how much, in which datum, and how it is kept."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from marshmallow import RAISE, Schema
from openapi_core import Config, OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse

from api.schemas.places import CommunitiesSchema, HeatmapSchema, TerritorySchema
from geo.datum import from_wgs84
from geo.values import Datum
from tests.api import world
from tests.api.conftest import Headers, bearer

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

    from api.resources import Resources

COMMUNITIES = "/v1/yingxiaobao/communities"
HEATMAP = "/v1/yingxiaobao/heatmap"
OTHER_JSON = ("application/problem+json", "application/geo+json")
LON, LAT = 120.373, 36.073
HERE = {"lon": LON, "lat": LAT, "datum": "wgs84"}
FREEZER = {**HERE, "category": "freezer"}


def _get(client: FlaskClient, path: str, headers: Headers, **query: object) -> dict[str, Any]:
    answer = client.get(path, query_string=query, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = json.loads(answer.data)
    return found


def test_the_nearest_communities_come_nearest_first_with_all_needs(client: FlaskClient, sales: Headers) -> None:
    found = _get(client, COMMUNITIES, sales, **HERE)
    distances = [one["distance_m"] for one in found["communities"]]
    assert len(distances) == 30
    assert distances == sorted(distances)
    assert (found["release_id"], found["datum"], found["category"]) == ("2026-11-370200", "wgs84", None)
    assert all(len(one["needs"]) == 8 for one in found["communities"])
    assert all("rank" not in one and "share" not in one for one in found["communities"])


def test_with_a_category_come_its_need_share_and_rank(client: FlaskClient, sales: Headers) -> None:
    found = _get(client, COMMUNITIES, sales, **FREEZER, limit=10)["communities"]
    assert all(list(one["needs"]) == ["freezer"] for one in found)
    assert sorted(one["rank"] for one in found) == list(range(1, 11))
    shown = [one for one in found if one["level"] == "community" and not one["needs"]["freezer"]["few"]]
    by_rank = sorted(shown, key=lambda one: one["rank"])
    values = [one["needs"]["freezer"]["value"] for one in by_rank]
    assert values == sorted(values, reverse=True)
    assert 0.9 < sum(one["share"] for one in found) <= 1.001


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "wgs84"])
def test_question_and_answer_speak_one_datum(client: FlaskClient, sales: Headers, datum: str) -> None:
    lon, lat = (float(value) for value in from_wgs84(LON, LAT, datum=Datum(datum)))
    plain = _get(client, COMMUNITIES, sales, **HERE)["communities"]
    found = _get(client, COMMUNITIES, sales, lon=f"{lon:.9f}", lat=f"{lat:.9f}", datum=datum)
    assert found["datum"] == datum
    codes = [one["community_code"] for one in found["communities"]]
    assert set(codes[:20]) <= {one["community_code"] for one in plain}
    nearest, same = found["communities"][0], plain[0]
    expected = from_wgs84(same["position"]["lon"], same["position"]["lat"], datum=Datum(datum))
    assert nearest["position"]["lon"] == pytest.approx(float(expected[0]), abs=2e-6)
    ring = nearest["outline"]["coordinates"][0][0]
    assert min(lon for lon, _ in ring) < nearest["position"]["lon"] < max(lon for lon, _ in ring)


def test_gcj02_is_the_default(client: FlaskClient, sales: Headers) -> None:
    assert _get(client, COMMUNITIES, sales, lon=LON, lat=LAT)["datum"] == "gcj02"


def test_the_heat_map_holds_the_cells_of_the_circle_and_their_sum(client: FlaskClient, sales: Headers) -> None:
    found = _get(client, HEATMAP, sales, **FREEZER, radius_m=2000)
    features = found["features"]
    assert found["type"] == "FeatureCollection"
    assert 5 < len(features) < 30
    assert all(one["geometry"]["type"] == "Polygon" and len(one["geometry"]["coordinates"][0]) == 7 for one in features)
    assert all((one["properties"]["need"] is None) == one["properties"]["few"] for one in features)
    shown = sum(one["properties"]["need"] or 0 for one in features)
    assert found["total"]["need"]["value"] >= shown - 0.1 * len(features)
    assert found["radius_m"] == 2000


def test_few_is_null_in_a_cell_and_in_a_list(client: FlaskClient, sales: Headers) -> None:
    north = {"lon": 116.32, "lat": 40.009, "datum": "wgs84", "category": "freezer"}
    listed = _get(client, COMMUNITIES, sales, **north, limit=5)
    few = [one["needs"]["freezer"] for one in listed["communities"] if one["needs"]["freezer"]["few"]]
    assert listed["release_id"] == "2026-11-110000"
    assert few
    assert all(one["value"] is None for one in few)
    cells = _get(client, HEATMAP, sales, **north, radius_m=2000)["features"]
    assert {True, False} == {one["properties"]["need"] is None for one in cells}


def test_my_territory_has_its_districts_and_trend(client: FlaskClient) -> None:
    found = _get(client, "/v1/yingxiaobao/territory", bearer(client, "sales-two"))
    assert [one["adcode"] for one in found["districts"]] == [370202, 370203]
    assert [one["month"] for one in found["trend"]] == ["2026-11"]
    whole = sum(one["needs"]["freezer"]["value"] for one in found["districts"])
    assert found["trend"][0]["needs"]["freezer"]["value"] == pytest.approx(whole, abs=0.2)


def test_a_salesperson_without_territory_is_told_so(client: FlaskClient) -> None:
    answer = client.get("/v1/yingxiaobao/territory", headers=bearer(client, "sales-nowhere"))
    assert (answer.status_code, answer.get_json()["type"]) == (403, "/problems/outside-territory")


def test_two_territories_never_share_an_answer(client: FlaskClient) -> None:
    path = "/v1/yingxiaobao/territory"
    one, two = (_get(client, path, bearer(client, login)) for login in ("sales", "sales-two"))
    assert (len(one["districts"]), len(two["districts"])) == (1, 2)


@pytest.mark.parametrize(("path", "query"), [(COMMUNITIES, HERE), (COMMUNITIES, FREEZER), (HEATMAP, FREEZER)])
def test_the_second_answer_is_the_first_byte_for_byte(
    client: FlaskClient, sales: Headers, resources: Resources, path: str, query: dict[str, Any]
) -> None:
    first = client.get(path, query_string=query, headers=sales)
    warm = client.get(path, query_string=query, headers=sales)
    resources.warm._answers.clear()
    resources.fragments._current.version = "another"
    anew = client.get(path, query_string=query, headers=sales)
    assert first.data == warm.data == anew.data
    assert first.headers["ETag"] == anew.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, max-age=300"


def test_who_holds_the_answer_gets_304_without_bytes(client: FlaskClient, sales: Headers) -> None:
    first = client.get(COMMUNITIES, query_string=HERE, headers=sales)
    known = {**sales, "If-None-Match": first.headers["ETag"]}
    again = client.get(COMMUNITIES, query_string=HERE, headers=known)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = client.get(COMMUNITIES, query_string=FREEZER, headers=known)
    assert other.status_code == 200


def test_304_needs_a_good_token_too(client: FlaskClient, sales: Headers) -> None:
    tag = client.get(COMMUNITIES, query_string=HERE, headers=sales).headers["ETag"]
    assert client.get(COMMUNITIES, query_string=HERE, headers={"If-None-Match": tag}).status_code == 401


def test_gzip_when_asked_for_with_a_tag_of_its_own(client: FlaskClient, sales: Headers) -> None:
    plain = client.get(COMMUNITIES, query_string=HERE, headers=sales)
    zipped = client.get(COMMUNITIES, query_string=HERE, headers={**sales, "Accept-Encoding": "br, gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) < len(plain.data) / 2
    assert zipped.headers["ETag"] != plain.headers["ETag"]
    assert zipped.headers["Vary"].startswith("Accept-Encoding, Authorization")
    refused = client.get(COMMUNITIES, query_string=HERE, headers={**sales, "Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers
    known = {**sales, "Accept-Encoding": "gzip", "If-None-Match": zipped.headers["ETag"]}
    assert client.get(COMMUNITIES, query_string=HERE, headers=known).status_code == 304


def test_a_new_release_is_answered_from_after_the_next_look(
    client: FlaskClient, sales: Headers, resources: Resources, serving_engine: Engine
) -> None:
    before = _get(client, COMMUNITIES, sales, **HERE)
    world.copy_release(serving_engine, "2026-12-370200")
    world.seal_release(serving_engine, "2026-12-370200")
    try:
        assert _get(client, COMMUNITIES, sales, **HERE) == before
        assert resources.snapshots.refresh()
        assert _get(client, COMMUNITIES, sales, **HERE)["release_id"] == "2026-12-370200"
    finally:
        world.remove_release(serving_engine, "2026-12-370200")


def test_the_catalog_holds_what_an_app_shows(client: FlaskClient, sales: Headers) -> None:
    found = _get(client, "/v1/catalog", sales)
    assert [one["name_zh"] for one in found["categories"]][:2] == ["冰箱", "洗衣机"]
    assert found["quotas"] == [50, 100, 200, 500, 1000]
    assert {one["city_code"] for one in found["releases"]} == {370200, 110000}
    assert found["messaging"]["window"] == {"opens": "09:00", "closes": "20:00", "timezone": "Asia/Shanghai"}
    west, south, east, north = found["map"]["bounds"]
    assert west < found["map"]["center"]["lon"] < east
    assert south < found["map"]["center"]["lat"] < north
    assert _get(client, "/v1/catalog", bearer(client, "planner"))["map"] is None


def test_district_outlines_are_geojson(client: FlaskClient, sales: Headers) -> None:
    found = _get(client, "/v1/districts", sales, city_code=370200)
    assert found["datum"] == "wgs84"
    assert [one["properties"]["adcode"] for one in found["features"]] == [370202, 370203]
    assert found["features"][0]["geometry"]["coordinates"][0][0][0] == [120.34, 36.04]
    shifted = _get(client, "/v1/districts", sales, city_code=370200, datum="gcj02")
    assert shifted["features"][0]["geometry"]["coordinates"][0][0][0] != [120.34, 36.04]


def test_a_tile_holds_the_communities_in_it(client: FlaskClient, sales: Headers) -> None:
    answer = client.get("/v1/yingxiaobao/tiles/12/3417/1601.mvt?category=freezer", headers=sales)
    assert (answer.status_code, answer.content_type) == (200, "application/vnd.mapbox-vector-tile")
    assert answer.headers["ETag"]


@pytest.mark.parametrize(
    ("path", "query", "schema"),
    [
        (COMMUNITIES, HERE, CommunitiesSchema),
        (COMMUNITIES, FREEZER, CommunitiesSchema),
        (HEATMAP, FREEZER, HeatmapSchema),
        ("/v1/yingxiaobao/territory", {}, TerritorySchema),
    ],
)
def test_released_answers_are_exactly_what_their_schema_declares(
    client: FlaskClient, sales: Headers, path: str, query: dict[str, Any], schema: type[Schema]
) -> None:
    schema().load(_get(client, path, sales, **query), unknown=RAISE)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (COMMUNITIES, FREEZER),
        (HEATMAP, FREEZER),
        ("/v1/districts", {"city_code": 370200}),
        ("/v1/yingxiaobao/territory", {}),
        ("/v1/catalog", {}),
        ("/v1/me", {}),
        ("/v1/yingxiaobao/broadcasts", {}),
        (COMMUNITIES, {**FREEZER, "limit": 0}),
    ],
)
def test_an_independent_reader_of_the_description_agrees(
    app: Flask, client: FlaskClient, sales: Headers, path: str, query: dict[str, Any]
) -> None:
    config = Config(extra_media_type_deserializers=dict.fromkeys(OTHER_JSON, json.loads))
    description = OpenAPI.from_dict(client.get("/openapi.json").get_json(), config=config)
    with app.test_request_context(path, query_string=query, headers=sales) as context:
        answer = client.get(path, query_string=query, headers=sales)
        assert answer.status_code < 500
        description.validate_response(WerkzeugOpenAPIRequest(context.request), WerkzeugOpenAPIResponse(answer))
