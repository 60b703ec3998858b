"""Broken requests: each gets the right problem, in the right form, and leaves both databases as they were."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from api.problems import PROBLEMS
from tests.api.conftest import bearer

if TYPE_CHECKING:
    from flask.testing import FlaskClient

COMMUNITIES = "/v1/yingxiaobao/communities"
HEATMAP = "/v1/yingxiaobao/heatmap"
BROADCASTS = "/v1/yingxiaobao/broadcasts"
HERE = "lon=120.37&lat=36.07&datum=wgs84"
CODES = [f"370202{row}{column}" for row in range(2) for column in range(8)]
AREA: dict[str, Any] = {"community_codes": CODES, "category": "freezer", "body": "秋季家电清洗服务开始了"}
GOOD: dict[str, Any] = {**AREA, "quota": 50}
KEY = {"Idempotency-Key": "a-key-for-broken-requests"}


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken request and the problem that it must get."""

    name: str
    path: str
    status: int
    slug: str
    pointer: str = ""
    method: str = "GET"
    login: str | None = "sales"
    request: dict[str, Any] = field(default_factory=dict)


def _query(name: str, path: str, pointer: str) -> Broken:
    return Broken(name, path, 422, "invalid-arguments", pointer)


def _send(name: str, body: object, pointer: str = "", *, status: int = 422, slug: str = "invalid-arguments") -> Broken:
    return Broken(name, BROADCASTS, status, slug, pointer, "POST", request={"json": body, "headers": KEY})


def _raw(name: str, data: bytes, *, status: int, slug: str, kind: str = "application/json") -> Broken:
    request = {"data": data, "content_type": kind, "headers": KEY}
    return Broken(name, BROADCASTS, status, slug, method="POST", request=request)


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


NOBODY = UUID(int=0)
CASES = (
    _query("no longitude", f"{COMMUNITIES}?lat=36.07", "/lon"),
    _query("latitude beyond the pole", f"{COMMUNITIES}?lon=120.3&lat=90.5", "/lat"),
    _query("longitude not a number", f"{COMMUNITIES}?lon=nan&lat=36", "/lon"),
    _query("longitude infinite", f"{COMMUNITIES}?lon=1e999&lat=36", "/lon"),
    _query("longitude with an underscore", f"{COMMUNITIES}?lon=1_20&lat=36", "/lon"),
    _query("longitude in full-width digits", f"{COMMUNITIES}?lon=１２０&lat=36", "/lon"),
    _query("longitude twice", f"{COMMUNITIES}?{HERE}&lon=1", "/lon"),
    _query("unknown argument", f"{COMMUNITIES}?{HERE}&radius=3", "/radius"),
    _query("unknown datum", f"{COMMUNITIES}?lon=120&lat=36&datum=tokyo", "/datum"),
    _query("unknown category", f"{COMMUNITIES}?{HERE}&category=toaster", "/category"),
    _query("limit of nothing", f"{COMMUNITIES}?{HERE}&limit=0", "/limit"),
    _query("limit over the cap", f"{COMMUNITIES}?{HERE}&limit=101", "/limit"),
    _query("limit not whole", f"{COMMUNITIES}?{HERE}&limit=1.5", "/limit"),
    _query("heat map without category", f"{HEATMAP}?{HERE}", "/category"),
    _query("radius too small", f"{HEATMAP}?{HERE}&category=freezer&radius_m=499", "/radius_m"),
    _query("radius too large", f"{HEATMAP}?{HERE}&category=freezer&radius_m=5001", "/radius_m"),
    _query("argument where none is taken", "/v1/yingxiaobao/territory?x=1", "/x"),
    _query("broken cursor", f"{BROADCASTS}?cursor=bm90LWEtY3Vyc29y", "/cursor"),
    _query("cursor with foreign characters", f"{BROADCASTS}?cursor=%00", "/cursor"),
    _query("districts of no city", "/v1/districts?city_code=12", "/city_code"),
    Broken("tile that does not exist", "/v1/yingxiaobao/tiles/2/9/1.mvt?category=freezer", 404, "not-found"),
    Broken("unknown address", "/v1/nothing", 404, "not-found"),
    Broken("broadcast of nobody", f"{BROADCASTS}/{NOBODY}", 404, "not-found"),
    Broken("broadcast id that is none", f"{BROADCASTS}/17", 404, "not-found"),
    Broken("pause of nothing", f"{BROADCASTS}/{NOBODY}/pause", 404, "not-found", method="POST"),
    Broken("wrong method", COMMUNITIES, 405, "method-not-allowed", method="DELETE"),
    Broken("not signed in", f"{COMMUNITIES}?{HERE}", 401, "unauthenticated", login=None),
    Broken("wrong role", f"{COMMUNITIES}?{HERE}", 403, "role-refused", login="planner"),
    Broken(
        "another scheme", "/v1/me", 401, "unauthenticated", login=None,
        request={"headers": {"Authorization": "Basic eDp5"}},
    ),
    Broken(
        "broken token", "/v1/me", 401, "unauthenticated", login=None,
        request={"headers": {"Authorization": "Bearer a.b.c"}},
    ),
    _raw("no JSON", b"{", status=400, slug="malformed-request"),
    _raw("not even UTF-8", b'{"body": "\xff"}', status=400, slug="malformed-request"),
    _raw("NaN in JSON", b'{"quota": NaN}', status=400, slug="malformed-request"),
    _raw("half a surrogate", b'{"body": "\\ud800"}', status=400, slug="malformed-request"),
    _raw("nested a thousand times", b"[" * 5000 + b"]" * 5000, status=400, slug="malformed-request"),
    _raw("form instead of JSON", b"quota=50", status=415, slug="unsupported-media-type", kind="text/plain"),
    _raw("too large", b'{"body": "' + b"x" * 70_000 + b'"}', status=413, slug="payload-too-large"),
    _send("list instead of object", [GOOD]),
    _raw("null instead of object", b"null", status=422, slug="invalid-arguments"),
    _send("unknown field", {**GOOD, "phone": "x"}, "/phone"),
    _send("no quota", _without("quota"), "/quota"),
    _send("quota as text", {**GOOD, "quota": "50"}, "/quota"),
    _send("quota true", {**GOOD, "quota": True}, "/quota"),
    _send("quota broken", {**GOOD, "quota": 50.5}, "/quota"),
    _send("quota negative", {**GOOD, "quota": -50}, "/quota"),
    _send("body null", {**GOOD, "body": None}, "/body"),
    _send("body a number", {**GOOD, "body": 5}, "/body"),
    _send("body too long to look at", {**GOOD, "body": "好" * 2001}, "/body"),
    _send("no place", _without("community_codes"), "/community_codes"),
    _send("empty places", {**GOOD, "community_codes": []}, "/community_codes"),
    _send("two kinds of places", {**GOOD, "cells": ["8830e1d8d7fffff"]}, "/cells"),
    _send("place twice", {**GOOD, "community_codes": ["37020211", "37020211"]}, "/community_codes"),
    _send("too many places", {**GOOD, "community_codes": [str(n) for n in range(201)]}, "/community_codes"),
    _send("place that is none", {**GOOD, "community_codes": ["37020211", "x"]}, "/community_codes/1"),
    _send("place with a quote", {**GOOD, "community_codes": ["'; --"]}, "/community_codes/0"),
    _send("cell of another resolution", {**_without("community_codes"), "cells": ["8730e1d8dffffff"]}, "/cells/0"),
    _send("cell that is none", {**_without("community_codes"), "cells": ["88ffffffffffff0"]}, "/cells/0"),
    _send(
        "place outside the territory",
        {**GOOD, "community_codes": ["37020211", "37020311"]},
        "/community_codes/1",
        status=403,
        slug="outside-territory",
    ),
    _send("phone number in the text", {**GOOD, "body": "请拨打13800000000预约"}, "/body", slug="text-refused"),
    _send("quota above the need", {**GOOD, "quota": 1000}, "/quota", slug="quota-not-allowed"),
    _send("quota between the allowed ones", {**GOOD, "quota": 51}, "/quota", slug="quota-not-allowed"),
    _send("area with too little need", {**GOOD, "community_codes": CODES[:2]}, slug="audience-too-small"),
    Broken(
        "no idempotency key", BROADCASTS, 400, "missing-idempotency-key", method="POST", request={"json": GOOD}
    ),
    Broken(
        "idempotency key too short", BROADCASTS, 400, "missing-idempotency-key", method="POST",
        request={"json": GOOD, "headers": {"Idempotency-Key": "short"}},
    ),
    Broken(
        "log-in without password", "/v1/auth/token", 422, "invalid-arguments", "/password", "POST", None,
        {"json": {"login": "sales"}},
    ),
    Broken(
        "login with a zero byte", "/v1/auth/token", 422, "invalid-arguments", "/login", "POST", None,
        {"json": {"login": "sa\u0000les", "password": "x"}},
    ),
    Broken(
        "unknown refresh token", "/v1/auth/refresh", 401, "refresh-refused", "", "POST", None,
        {"json": {"refresh_token": "x" * 43}},
    ),
)  # fmt: skip


def _fingerprint(engine: Engine) -> dict[str, tuple[int, int]]:
    found = {}
    with engine.connect() as connection:
        tables = connection.execute(
            text("SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_catalog|information_schema)$'")
        )
        for schema, table in tables.all():
            count, total = connection.execute(
                text(f'SELECT count(*), coalesce(sum(hashtext(t::text)), 0) FROM "{schema}"."{table}" t')  # noqa: S608 - names from the catalog
            ).one()
            found[f"{schema}.{table}"] = (int(count), int(total))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_request_gets_its_problem_and_changes_nothing(
    case: Broken, client: FlaskClient, serving_engine: Engine, people_engine: Engine
) -> None:
    request = dict(case.request)
    headers = request.pop("headers", {}) | (bearer(client, case.login) if case.login else {})
    before = _fingerprint(serving_engine), _fingerprint(people_engine)

    answer = client.open(case.path, method=case.method, headers=headers, **request)

    assert answer.content_type == "application/problem+json", answer.get_data(as_text=True)
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["type"]) == (case.status, f"/problems/{case.slug}"), problem
    assert problem["status"] == case.status
    assert problem["title"] == PROBLEMS[case.slug].title.zh
    assert problem["instance"] == answer.headers["X-Request-Id"]
    assert set(problem) == {"type", "title", "status", "instance", "errors"}
    assert all(entry["detail"] for entry in problem["errors"])
    if case.pointer:
        assert [entry["pointer"] for entry in problem["errors"]] == [case.pointer]
    assert (_fingerprint(serving_engine), _fingerprint(people_engine)) == before


def test_there_are_at_least_thirty_kinds() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 30


def test_problems_speak_english_when_asked(client: FlaskClient) -> None:
    answer = client.get("/v1/me", headers={"Accept-Language": "en-GB,zh;q=0.5"})
    assert answer.headers["Content-Language"] == "en"
    assert answer.get_json()["title"] == "Not signed in"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    assert set(client.delete("/v1/auth/token").headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_each_wrong_argument_is_named(client: FlaskClient) -> None:
    answer = client.get(f"{COMMUNITIES}?lon=200&lat=x&color=red", headers=bearer(client))
    assert {entry["pointer"] for entry in answer.get_json()["errors"]} == {"/lon", "/lat", "/color"}
