"""A small stand-in for the HTTP API, so that the browser's stories run without the whole system behind them.

It keeps the shapes of the real API and forgets everything when it stops.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely
from flask import Flask, Response, jsonify, request
from flask_cors import CORS

from tests.browser import stub_figures as figures
from tests.browser.stub_content import SIGNATURE, SUFFIX, find_findings, frame_text, make_problem
from tests.browser.stub_operations import PumpState, add_operations
from tests.browser.stub_outcomes import add_outcomes, add_territory
from tests.browser.stub_planner import TalkState, add_planner
from tests.browser.stub_radars import vocabulary

LOGIN, PASSWORD = "li.qingqing", "correct horse battery staple"
TERRITORY = (370202, 370203, 370212)
QUOTAS = (50, 100, 200, 500)
# Whose password is the same: login, name, role.
ACCOUNTS = {
    LOGIN: ("李青青", "salesperson"),
    "wang.qihua": ("王企华", "planner"),
    "zhao.shen": ("赵审", "reviewer"),
    "sun.yunwei": ("孙运", "operator"),
}


@dataclass(slots=True)
class StubState:
    """What the stub remembers. `sent` counts the broadcasts made, whatever was answered."""

    access: dict[str, str] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    broadcasts: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    previews: int = 0
    talk: TalkState = field(default_factory=TalkState)
    pump: PumpState = field(default_factory=PumpState)

    @property
    def sent(self) -> int:
        """Return how many broadcasts were made."""
        return len(self.broadcasts)


def _tokens(state: StubState, login: str) -> Response:
    access, refresh = uuid.uuid4().hex, uuid.uuid4().hex
    state.access[access] = state.refresh[refresh] = login
    return jsonify(access_token=access, token_type="Bearer", expires_in=900, refresh_token=refresh)  # noqa: S106 - the kind of token


def _add_login(app: Flask, state: StubState) -> None:
    @app.post("/v1/auth/token")
    def token() -> Response:
        asked = request.json or {}
        if asked["login"] not in ACCOUNTS or asked["password"] != PASSWORD:
            return make_problem(401, "login-refused", "账号或密码不正确，或账号暂时锁定。")
        return _tokens(state, asked["login"])

    @app.post("/v1/auth/refresh")
    def refresh() -> Response:
        given = str((request.json or {}).get("refresh_token"))
        if given not in state.refresh:
            return make_problem(401, "refresh-refused", "请重新登录。")
        return _tokens(state, state.refresh.pop(given))

    @app.post("/v1/auth/logout")
    def logout() -> Response:
        state.refresh.clear()
        state.access.clear()
        return Response(status=204)

    @app.before_request
    def check_token() -> Response | None:
        if request.method == "OPTIONS" or request.path.startswith("/v1/auth/"):
            return None
        return None if _bearer() in state.access else make_problem(401, "unauthenticated", "请重新登录。")


def _bearer() -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _territory() -> list[dict[str, Any]]:
    features = figures.districts()["features"]
    return [feature["properties"] for feature in features if feature["properties"]["adcode"] in TERRITORY]


def _add_catalog(app: Flask, state: StubState) -> None:
    @app.get("/v1/me")
    def me() -> Response:
        login = state.access[_bearer()]
        name, role = ACCOUNTS[login]
        territory = _territory() if role == "salesperson" else []
        account_id = uuid.uuid5(uuid.NAMESPACE_OID, login)
        return jsonify(account_id=str(account_id), territory=territory, login=login, display_name=name, role=role)

    @app.get("/v1/catalog")
    def catalog() -> Response:
        names = [{"code": code, "name_zh": zh, "name_en": en} for code, (zh, en) in figures.CATEGORIES.items()]
        window = {"opens": "00:00", "closes": "24:00", "timezone": "Asia/Shanghai"}
        messaging = {"signature": SIGNATURE, "suffix": SUFFIX, "window": window, "done_slots": [], "demo": True}
        return jsonify(
            categories=names,
            districts=_territory(),
            quotas=QUOTAS,
            rules_version="2026-11",
            messaging=messaging,
            vocabulary=vocabulary(),
            releases=[{**figures.RELEASE, "month": "2026-11", "city_code": 370200}],
            map={"center": {"lon": 120.3897, "lat": 36.0772}, "bounds": [120.3, 36.0, 120.7, 36.4]},
        )

    @app.get("/v1/districts")
    def districts() -> Response:
        return jsonify(figures.districts())


def _nearest(lon: float, lat: float, category: str) -> list[dict[str, Any]]:
    order = sorted(figures.communities(), key=lambda one: (one.lon - lon) ** 2 * 0.65 + (one.lat - lat) ** 2)[:30]
    ranks = {one.code: rank for rank, one in enumerate(sorted(order, key=lambda one: -one.needs[category]), 1)}
    total = sum(one.needs[category] for one in order)
    return [
        {
            "community_code": one.code,
            "name": one.name,
            "district": {"adcode": one.adcode, "name": one.district},
            "distance_m": figures.distance_m(lon, lat, one.lon, one.lat),
            "position": {"lon": one.lon, "lat": one.lat},
            "users": {"value": one.users, "moe95": 8.0},
            "needs": {category: figures.need_of(one.needs[category])},
            "level": "parent" if one.users < 60 else "community",
            "share": one.needs[category] / total,
            "rank": ranks[one.code],
            "outline": json.loads(shapely.to_geojson(one.outline)),
        }
        for one in order
    ]


def _add_figures(app: Flask) -> None:
    @app.get("/v1/yingxiaobao/communities")
    def communities() -> Response:
        category = request.args["category"]
        rows = _nearest(float(request.args["lon"]), float(request.args["lat"]), category)
        return jsonify(datum=request.args["datum"], category=category, communities=rows, **figures.RELEASE)

    @app.get("/v1/yingxiaobao/heatmap")
    def heatmap() -> Response:
        lon, lat, radius_m = (float(request.args[name]) for name in ("lon", "lat", "radius_m"))
        category = request.args["category"]
        cells = figures.hexagons(lon, lat, radius_m=radius_m, category=category)
        inside = [one for one in figures.communities() if figures.distance_m(lon, lat, one.lon, one.lat) <= radius_m]
        need = {"value": sum(one.needs[category] for one in inside), "moe95": 96.0}
        total = {"need": need, "users": {"value": sum(one.users for one in inside), "moe95": 70.0}}
        return jsonify(
            type="FeatureCollection",
            datum="wgs84",
            category=category,
            center={"lon": lon, "lat": lat},
            radius_m=radius_m,
            total=total,
            features=cells,
            **figures.RELEASE,
        )


def _preview(asked: dict[str, Any]) -> dict[str, Any]:
    chosen = [one for one in figures.communities() if one.code in asked["community_codes"]]
    need = figures.need_of(sum(one.needs[asked["category"]] for one in chosen), cells=len(chosen))
    findings = find_findings(asked["body"])
    final_text = frame_text(asked["body"])
    return {
        "final_text": final_text,
        "segments": 1 if len(final_text) <= 70 else -(-len(final_text) // 67),
        "encoding": "ucs2",
        "units": len(final_text),
        "verdict": "refuse" if findings else "accept",
        "findings": findings,
        "need": None if need["few"] else {"value": need["value"], "moe95": need["moe95"]},
        "allowed_quotas": [quota for quota in QUOTAS if quota <= (need["value"] or 0)],
        "remaining": {"broadcasts": 3, "recipients": 1000},
    }


def _make_broadcast(asked: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "broadcast_id": str(uuid.uuid4()),
        "state": "accepted",
        "quota": asked["quota"],
        "category": asked["category"],
        "final_text": frame_text(asked["body"]),
        "created_at": now.isoformat(),
        "starts_at": now.isoformat(),
        "done_at": (now + timedelta(minutes=2)).isoformat(),
    }


def _add_broadcasts(app: Flask, state: StubState) -> None:
    @app.post("/v1/yingxiaobao/broadcasts/preview")
    def preview() -> Response:
        state.previews += 1
        return jsonify(_preview(request.json or {}))

    @app.post("/v1/yingxiaobao/broadcasts")
    def send() -> Response:
        key = request.headers["Idempotency-Key"]
        if key not in state.keys:
            state.keys[key] = _make_broadcast(request.json or {})
            state.broadcasts.insert(0, state.keys[key])
        response = jsonify(state.keys[key])
        response.status_code = 202
        return response

    @app.get("/v1/yingxiaobao/broadcasts")
    def broadcasts() -> Response:
        return jsonify(items=state.broadcasts, next_cursor=None)

    @app.post("/v1/yingxiaobao/broadcasts/<broadcast_id>/<action>")
    def change(broadcast_id: str, action: str) -> Response:
        states = {"pause": "paused", "resume": "accepted", "cancel": "cancelled"}
        found = next(one for one in state.broadcasts if one["broadcast_id"] == broadcast_id)
        found["state"] = states[action]
        return jsonify(found)


def make_stub(state: StubState, *, origins: str) -> Flask:
    """Return the stub over a state that the test can look into; `origins` is the app's own address."""
    app = Flask(__name__)
    _add_login(app, state)
    _add_catalog(app, state)
    _add_figures(app)
    _add_broadcasts(app, state)
    add_outcomes(app)
    add_territory(app)
    add_planner(app, state.talk)
    add_operations(app, state)
    CORS(app, origins=origins)
    return app
