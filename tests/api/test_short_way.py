"""The short way past Flask: the same answer, line and counters as the long way gives, and nothing that it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import structlog
from werkzeug.test import Client, EnvironBuilder, TestResponse

from api.models import Role
from api.released import name_answer
from api.short_way import ShortWay, split_query
from tests.api import world
from tests.api.conftest import Headers, bearer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

    from api.resources import Resources
    from tests.conftest import FakeClock

HERE = "lon=120.373&lat=36.073&datum=wgs84"
COMMUNITIES = f"/v1/yingxiaobao/communities?{HERE}"
HEATMAP = f"/v1/yingxiaobao/heatmap?{HERE}&category=freezer"
TILE = "/v1/yingxiaobao/tiles/12/3417/1601.mvt?category=freezer"
TERRITORY = "/v1/yingxiaobao/territory"
APP = {"Origin": "https://app.example"}
CODED = f"{COMMUNITIES}&category=freezer".replace("freezer", "free%7aer")


class _LongWayTakenError(Exception):
    """Somebody asked Flask."""


def _refuse(environ: dict[str, Any], start_response: object) -> Iterable[bytes]:
    del environ, start_response
    raise _LongWayTakenError


@pytest.fixture
def short(app: Flask) -> ShortWay:
    """Give the application as the server sees it."""
    assert isinstance(app.wsgi_app, ShortWay)
    return app.wsgi_app


@pytest.fixture
def known(client: FlaskClient, sales: Headers) -> Headers:
    """Give the headers of a salesperson whom the process has seen."""
    assert client.get("/v1/yingxiaobao/communities?lon=0&lat=0", headers=sales).status_code == 200
    return sales


def _ask_both(short: ShortWay, path: str, headers: Headers, *, is_warmed: bool) -> tuple[TestResponse, TestResponse]:
    """Ask Flask, then the short way with Flask out of reach."""
    long_way = short._long_way
    if is_warmed:
        Client(long_way).get(path, headers=headers)
    slow = Client(long_way).get(path, headers=headers)
    short._long_way = _refuse
    try:
        return slow, Client(short).get(path, headers=headers)
    finally:
        short._long_way = long_way


def _read(answer: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    return answer.status_code, sorted(pair for pair in answer.headers if pair[0] != "X-Request-Id"), answer.data


@pytest.mark.parametrize("more", [{}, {"Accept-Encoding": "gzip, br"}, APP, {"Accept-Encoding": "br, gzip;q=0.5"}])
@pytest.mark.parametrize("path", [COMMUNITIES, HEATMAP, TILE, TERRITORY])
def test_what_is_kept_comes_the_short_way_as_it_comes_the_long_way(
    short: ShortWay, sales: Headers, path: str, more: Headers
) -> None:
    slow, quick = _ask_both(short, path, {**sales, **more}, is_warmed=True)
    assert slow.status_code == 200
    assert _read(quick) == _read(slow)
    assert quick.headers["X-Request-Id"] != slow.headers["X-Request-Id"]


@pytest.mark.parametrize("more", ["", "&category=freezer", "&category=freezer&limit=7"])
@pytest.mark.parametrize("datum", ["gcj02", "bd09", "wgs84"])
@pytest.mark.parametrize("path", [COMMUNITIES, HEATMAP])
def test_what_is_made_anew_the_short_way_is_what_flask_makes(
    short: ShortWay, sales: Headers, resources: Resources, path: str, datum: str, more: str
) -> None:
    asked = path.replace("wgs84", datum) + (more if path is COMMUNITIES else "&radius_m=1500" if more else "")
    slow = Client(short._long_way).get(asked, headers=sales)
    resources.warm._answers.clear()
    short._long_way = _refuse
    assert slow.status_code == 200
    assert _read(Client(short).get(asked, headers=sales)) == _read(slow)


def test_an_answer_is_a_list_of_its_bytes_which_granian_sends_at_once(short: ShortWay, sales: Headers) -> None:
    answer = Client(short).get(COMMUNITIES, headers=sales)
    environ = EnvironBuilder(COMMUNITIES, headers=list(sales.items())).get_environ()
    assert short(environ, lambda *_: lambda _: None) == [answer.data]


@pytest.mark.parametrize("path", [COMMUNITIES, TERRITORY])
@pytest.mark.parametrize("held", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
def test_who_holds_the_answer_gets_the_same_304(short: ShortWay, sales: Headers, path: str, held: str) -> None:
    tag = Client(short).get(path, headers=sales).headers["ETag"]
    slow, quick = _ask_both(short, path, {**sales, "If-None-Match": held.format(tag=tag)}, is_warmed=False)
    assert (slow.status_code, quick.data) == (304, b"")
    assert _read(quick) == _read(slow)


def test_who_holds_the_answer_need_not_wait_until_it_is_made_again(
    short: ShortWay, known: Headers, resources: Resources
) -> None:
    tag = Client(short).get(COMMUNITIES, headers=known).headers["ETag"]
    resources.warm._answers.clear()
    resources.fragments._current.version = "another"
    again = Client(short).get(COMMUNITIES, headers={**known, "If-None-Match": tag})
    assert again.status_code == 304
    assert resources.fragments._current.version == "another", "a part of an answer was asked for"


def test_a_tag_that_somebody_computed_does_not_answer_a_wrong_question(
    short: ShortWay, known: Headers, resources: Resources
) -> None:
    path, _, query = f"{COMMUNITIES}&radius=3".partition("?")
    snapshot = resources.snapshots.current()
    tag = name_answer((path, query, None), version=snapshot.version)
    answer = Client(short).get(f"{path}?{query}", headers={**known, "If-None-Match": f'"{tag}"'})
    assert answer.status_code == 422


def _left(short: ShortWay, path: str, headers: Headers, method: str = "GET", data: bytes | None = None) -> bool:
    """Say whether a request is left to Flask."""
    long_way = short._long_way
    short._long_way = _refuse
    try:
        Client(short).open(path, method=method, headers=headers, data=data)
    except _LongWayTakenError:
        return True
    finally:
        short._long_way = long_way
    return False


@pytest.mark.parametrize(
    "path",
    [
        f"{COMMUNITIES}&radius=3",
        f"{COMMUNITIES}&lon=1",
        f"{COMMUNITIES}&limit=0",
        f"{COMMUNITIES}&category=toaster",
        COMMUNITIES.replace("120.373", "1e2"),
        CODED,
        f"{COMMUNITIES}&",
        "/v1/yingxiaobao/communities",
        f"{HEATMAP}&radius_m=499",
        f"{TERRITORY}?x=1",
        "/v1/yingxiaobao/tiles/2/9/1.mvt?category=freezer",
        "/v1/catalog",
        "/v1/nothing",
    ],
)
def test_a_question_that_is_not_plainly_right_is_left_to_flask(short: ShortWay, known: Headers, path: str) -> None:
    assert not _left(short, COMMUNITIES, known)
    assert _left(short, path, known)


def test_no_one_gets_in_whom_flask_does_not_know(short: ShortWay, known: Headers, client: FlaskClient) -> None:
    assert not _left(short, COMMUNITIES, known)
    token = known["Authorization"]
    strangers: tuple[Headers, ...] = (
        {},
        {"Authorization": token + "x"},
        {"Authorization": token.replace("Bearer", "Basic")},
    )
    for headers in (*strangers, bearer(client), bearer(client, "planner"), {**known, "Origin": "https://evil.example"}):
        assert _left(short, COMMUNITIES, headers), headers


def test_a_known_token_of_another_role_is_left_to_flask(short: ShortWay, client: FlaskClient) -> None:
    planner = bearer(client, "planner")
    assert client.get("/v1/me", headers=planner).status_code == 200
    assert client.get(COMMUNITIES, headers=bearer(client)).status_code == 200
    assert _left(short, COMMUNITIES, planner)
    assert client.get(COMMUNITIES, headers=planner).status_code == 403


@pytest.mark.parametrize(("method", "data"), [("HEAD", None), ("POST", None), ("GET", b"{}"), ("GET", b"x")])
def test_another_method_or_a_body_is_left_to_flask(
    short: ShortWay, known: Headers, method: str, data: bytes | None
) -> None:
    assert not _left(short, COMMUNITIES, known)
    assert _left(short, COMMUNITIES, known, method, data)


def test_a_log_out_ends_the_short_way_at_once(short: ShortWay, client: FlaskClient, sales: Headers) -> None:
    assert client.get(COMMUNITIES, headers=sales).status_code == 200
    tokens = client.post("/v1/auth/token", json={"login": "sales", "password": world.PASSWORD}).get_json()
    mine = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert client.get(COMMUNITIES, headers=mine).status_code == 200
    assert not _left(short, COMMUNITIES, mine)
    client.post("/v1/auth/logout", json={"refresh_token": tokens["refresh_token"]})
    assert _left(short, COMMUNITIES, mine)
    assert client.get(COMMUNITIES, headers=mine).status_code == 401


def test_a_closed_account_reads_no_longer_than_the_look_at_the_database_counts(
    short: ShortWay, client: FlaskClient, sales: Headers, serving_engine: Engine, clock: FakeClock, resources: Resources
) -> None:
    assert client.get(COMMUNITIES, headers=sales).status_code == 200
    with serving_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE staff.accounts SET is_active = false WHERE login = 'sales'")
    clock.advance(seconds=resources.settings.session_check_s - 1)
    assert not _left(short, COMMUNITIES, sales)
    clock.advance(seconds=1)
    assert _left(short, COMMUNITIES, sales)
    assert client.get(COMMUNITIES, headers=sales).status_code == 401


def test_a_token_is_good_until_it_expires_and_not_longer(
    short: ShortWay, client: FlaskClient, sales: Headers, clock: FakeClock, resources: Resources
) -> None:
    clock.advance(seconds=resources.settings.access_token_s - 1)
    assert client.get(COMMUNITIES, headers=sales).status_code == 200
    assert not _left(short, COMMUNITIES, sales)
    clock.advance(seconds=1)
    assert client.get(COMMUNITIES, headers=sales).status_code == 401


def test_territories_keep_their_own_answers(short: ShortWay, client: FlaskClient, sales: Headers) -> None:
    two = bearer(client, "sales-two")
    for headers in (sales, two):
        client.get(TERRITORY, headers=headers)
    short._long_way = _refuse
    assert [len(client.get(TERRITORY, headers=each).get_json()["districts"]) for each in (sales, two)] == [1, 2]


def test_it_is_counted_and_written_down_as_on_the_long_way(
    short: ShortWay, sales: Headers, client: FlaskClient
) -> None:
    with structlog.testing.capture_logs() as lines:
        slow, quick = _ask_both(short, COMMUNITIES, sales, is_warmed=False)
    known = [{key: value for key, value in line.items() if key != "duration_ms"} for line in lines]
    assert [line.pop("request_id") for line in known] == [slow.headers["X-Request-Id"], quick.headers["X-Request-Id"]]
    assert known[0] == known[1]
    assert "120.373" not in str(lines)
    line = 'fieldreach_http_requests_total{method="GET",route="/v1/yingxiaobao/communities",status="200"} 2.0'
    assert line in client.get("/metrics").get_data(as_text=True)


def test_only_routes_of_released_figures_have_a_short_way_and_each_names_its_roles(short: ShortWay) -> None:
    found = {**short._fixed, **short._open}
    assert {route.rule for route in found.values() if route.reader} == {
        "/v1/yingxiaobao/communities",
        "/v1/yingxiaobao/heatmap",
    }
    assert all(route.roles <= {Role.SALESPERSON, Role.PLANNER} and route.roles for route in found.values())


@pytest.mark.parametrize("query", ["", "a", "a=1&a=2", "a=1&&b=2", "a=1=2", "a=%31", "a=1+2", "a=１", "a=1;b=2", "A=1"])
def test_a_query_with_anything_odd_is_not_split(query: str) -> None:
    assert split_query(query) is None


def test_a_plain_query_is_split() -> None:
    assert split_query("lon=-120.5&datum=wgs84&x=") == {"lon": "-120.5", "datum": "wgs84", "x": ""}
