"""小微播音台 by HTTP: preview, accept once, follow, stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import h3.api.basic_int as h3
import pytest
from sqlalchemy import Engine, text

from tests.api.conftest import Headers, RecordingQueue, bearer

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.conftest import FakeClock

PATH = "/v1/yingxiaobao/broadcasts"
CODES = [f"370202{row}{column}" for row in range(2) for column in range(8)]
BODY = "秋季家电清洗服务开始了"
GOOD: dict[str, Any] = {"community_codes": CODES, "category": "freezer", "body": BODY, "quota": 50}


def _send(client: FlaskClient, headers: Headers, key: str = "key-number-one", **changes: object) -> TestResponse:
    return client.post(PATH, json=GOOD | changes, headers=headers | {"Idempotency-Key": key})


def _preview(client: FlaskClient, headers: Headers, **changes: object) -> dict[str, Any]:
    area = {name: value for name, value in (GOOD | changes).items() if name != "quota" and value is not None}
    answer = client.post(f"{PATH}/preview", json=area, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def _get_cell(lon: float, lat: float) -> str:
    return str(h3.int_to_str(h3.latlng_to_cell(lat, lon, 8)))


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM campaigns.broadcasts")).scalar_one())


def test_a_preview_shows_the_final_text_and_what_is_allowed(
    client: FlaskClient, sales: Headers, serving_engine: Engine
) -> None:
    found = _preview(client, sales)
    assert found["final_text"].startswith("【青禾】" + BODY)
    assert (found["verdict"], found["findings"]) == ("accept", [])
    assert 50 in found["allowed_quotas"]
    assert found["need"]["value"] > 200
    assert found["remaining"] == {"broadcasts": 3, "recipients": 1000}
    assert _count(serving_engine) == 0


def test_a_preview_names_rule_and_span_in_the_callers_language(client: FlaskClient, sales: Headers) -> None:
    found = _preview(client, sales | {"Accept-Language": "en"}, body="请拨打13800000000预约")
    assert found["verdict"] == "refuse"
    spans = {(one["start"], one["end"]) for one in found["findings"]}
    assert (3, 14) in spans
    assert all(one["detail"].isascii() for one in found["findings"])


def test_a_small_need_is_not_told(client: FlaskClient, sales: Headers) -> None:
    found = _preview(client, sales, community_codes=["37020271"])
    assert found["need"] is None
    assert found["allowed_quotas"] == []


def test_a_broadcast_is_accepted_once_and_wakes_the_sender(
    client: FlaskClient, sales: Headers, queue: RecordingQueue, serving_engine: Engine
) -> None:
    first = _send(client, sales)
    assert first.status_code == 202, first.get_data(as_text=True)
    found = first.get_json()
    assert (found["state"], found["quota"], found["category"]) == ("accepted", 50, "freezer")
    assert queue.woken == [UUID(found["broadcast_id"])]

    again = _send(client, sales)
    assert (again.status_code, again.get_json()) == (202, found)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert _count(serving_engine) == 1
    assert len(queue.woken) == 1


def test_the_order_of_fields_does_not_make_another_request(client: FlaskClient, sales: Headers) -> None:
    first = _send(client, sales)
    turned = dict(reversed(GOOD.items()))
    again = client.post(PATH, json=turned, headers=sales | {"Idempotency-Key": "key-number-one"})
    assert again.get_json() == first.get_json()


@pytest.mark.parametrize(
    ("key", "changes", "status", "slug"),
    [
        ("key-number-one", {"quota": 100}, 422, "idempotency-key-reused"),
        ("key-number-two", {}, 409, "duplicate-broadcast"),
        ("key-number-two", {"body": "加我微信 abcdef 领取礼品"}, 422, "text-refused"),
        ("key-number-two", {"body": "冰箱换新\x00到店有礼"}, 422, "text-refused"),
        ("key-number-two", {"quota": 1000, "body": "另一段足够长的文字"}, 422, "quota-not-allowed"),
    ],
)
def test_a_second_request_gets_its_problem(
    client: FlaskClient,
    sales: Headers,
    serving_engine: Engine,
    key: str,
    changes: dict[str, Any],
    status: int,
    slug: str,
) -> None:
    first = _send(client, sales).get_json()
    answer = _send(client, sales, key, **changes)
    assert (answer.status_code, answer.get_json()["type"]) == (status, f"/problems/{slug}")
    assert _count(serving_engine) == 1
    if slug == "duplicate-broadcast":
        assert answer.get_json()["errors"][0]["broadcast_id"] == first["broadcast_id"]


def test_after_three_broadcasts_the_day_is_used_up(client: FlaskClient, sales: Headers) -> None:
    for number in range(3):
        assert _send(client, sales, f"key-number-{number}", body=f"{BODY}第{number}期").status_code == 202
    answer = _send(client, sales, "key-number-3", body=f"{BODY}第三期")
    assert (answer.status_code, answer.get_json()["type"]) == (429, "/problems/quota-exceeded")
    # Noon in Qingdao: the day ends in twelve hours.
    assert answer.headers["Retry-After"] == str(12 * 3600)
    assert answer.headers["RateLimit"] == f'"broadcasts";r=0;t={12 * 3600}'
    assert answer.get_json()["errors"][0]["reset_at"].startswith("2026-11-18T16:00:00")


def test_cells_inside_the_territory_are_an_area_too(client: FlaskClient, sales: Headers) -> None:
    cells = list({_get_cell(120.346 + column * 0.009, 36.046 + row * 0.009) for row in range(3) for column in range(7)})
    area = {"cells": cells, "community_codes": None}
    assert _preview(client, sales, **area)["need"]["value"] > 200
    body = {name: value for name, value in (GOOD | area).items() if value is not None}
    answer = client.post(PATH, json=body, headers=sales | {"Idempotency-Key": "key-number-one"})
    assert answer.status_code == 202


def test_cells_of_another_district_are_refused(client: FlaskClient, sales: Headers) -> None:
    cell = _get_cell(120.471, 36.082)
    answer = client.post(f"{PATH}/preview", json={"cells": [cell], "category": "freezer", "body": BODY}, headers=sales)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (403, "/cells/0")


def test_one_follows_pauses_resumes_and_cancels(client: FlaskClient, sales: Headers) -> None:
    path = f"{PATH}/{_send(client, sales).get_json()['broadcast_id']}"
    for verb, state in (("pause", "paused"), ("resume", "accepted"), ("cancel", "cancelled")):
        assert client.post(f"{path}/{verb}", headers=sales).get_json()["state"] == state
        assert client.get(path, headers=sales).get_json()["state"] == state
    late = client.post(f"{path}/resume", headers=sales)
    assert (late.status_code, late.get_json()["type"]) == (409, "/problems/wrong-state")


def test_done_comes_at_its_slot_and_not_before(client: FlaskClient, sales: Headers, clock: FakeClock) -> None:
    found = _send(client, sales).get_json()
    path = f"{PATH}/{found['broadcast_id']}"
    assert found["done_at"] == "2026-11-18T07:00:00+00:00"
    tokens = bearer(client)
    clock.advance(hours=2, minutes=59)
    assert client.get(path, headers=bearer(client)).get_json()["state"] == "accepted"
    clock.advance(minutes=1)
    assert client.get(path, headers=bearer(client)).get_json()["state"] == "done"
    assert client.get(path, headers=tokens).status_code == 401


def test_the_list_pages_newest_first_and_shows_only_mine(client: FlaskClient, sales: Headers, clock: FakeClock) -> None:
    ids = []
    for number in range(3):
        ids.append(_send(client, sales, f"key-number-{number}", body=f"{BODY}第{number}期").get_json()["broadcast_id"])
        clock.advance(minutes=1)
    first = client.get(f"{PATH}?limit=2", headers=sales).get_json()
    assert [one["broadcast_id"] for one in first["items"]] == ids[:0:-1]
    rest = client.get(f"{PATH}?limit=2&cursor={first['next_cursor']}", headers=sales).get_json()
    assert [one["broadcast_id"] for one in rest["items"]] == ids[:1]
    assert rest["next_cursor"] is None
    other = bearer(client, "sales-two")
    assert client.get(PATH, headers=other).get_json()["items"] == []
    assert client.get(f"{PATH}/{ids[0]}", headers=other).status_code == 404
    assert client.post(f"{PATH}/{ids[0]}/cancel", headers=other).status_code == 404
