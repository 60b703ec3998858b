"""Health, readiness, counters, the request id, and the headers of every answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from uuid import RFC_4122, UUID

import pytest
import structlog
from pydantic import SecretStr

from api.app import SilentQueue, create_app, make_resources
from messaging.campaigns.settings import MessagingRules, Mode
from tests.api.conftest import QUICK_HASHER

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from api.settings import WebSettings
    from tests.conftest import FakeClock


def _without_database(settings: WebSettings, clock: FakeClock) -> Flask:
    nowhere = settings.model_copy(update={"serving_url": SecretStr("postgresql+psycopg://127.0.0.1:1/none")})
    rules = MessagingRules(mode=Mode.TEST)
    return create_app(make_resources(nowhere, queue=SilentQueue(), clock=clock, rules=rules, hasher=QUICK_HASHER))


def test_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()) == (200, {"status": "ready", "missing": [], "refused": []})


def test_without_database_alive_but_not_ready(settings: WebSettings, clock: FakeClock) -> None:
    client = _without_database(settings, clock).test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.get_json() == {"status": "not_ready", "missing": ["database", "release"], "refused": []}


def test_without_database_a_log_in_is_503_and_says_when_to_come_back(settings: WebSettings, clock: FakeClock) -> None:
    client = _without_database(settings, clock).test_client()
    answer = client.post("/v1/auth/token", json={"login": "sales", "password": "x"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["type"] == "/problems/database-unavailable"


def test_every_answer_has_its_own_request_id_and_safe_headers(client: FlaskClient) -> None:
    answers = [client.get(path) for path in ("/healthz", "/v1/me", "/nowhere", "/docs", "/openapi.json")]
    ids = {UUID(answer.headers["X-Request-Id"]) for answer in answers}
    assert len(ids) == len(answers)
    assert {(one.version, one.variant) for one in ids} == {(4, RFC_4122)}
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"]


def test_the_log_line_has_the_request_id_and_not_the_query(app: Flask) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = app.test_client().get("/v1/yingxiaobao/communities?lon=120.123456&lat=36.07")
    assert [line["request_id"] for line in lines] == [answer.headers["X-Request-Id"]]
    assert lines[0]["route"] == "/v1/yingxiaobao/communities"
    assert "120.123456" not in str(lines)


def test_a_fault_of_ours_is_logged_without_its_text(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("text of a user 13800000000")

    monkeypatch.setitem(app.view_functions, "health.show_health", fail)
    with structlog.testing.capture_logs() as lines, caplog.at_level(logging.DEBUG):
        answer = app.test_client().get("/healthz")
    assert answer.status_code == 500
    assert answer.get_json()["type"] == "/problems/internal-error"
    assert "RuntimeError" in str(lines)
    assert "13800000000" not in str(lines) + caplog.text + answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/metrics/", "/./metrics", "/METRICS"])
def test_counters_have_one_address(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_counters_name_routes_not_addresses(client: FlaskClient) -> None:
    client.get("/v1/yingxiaobao/communities?lon=120.123456&lat=36.07")
    client.get("/some/where/else")
    page = client.get("/metrics").get_data(as_text=True)
    line = 'fieldreach_http_requests_total{method="GET",route="/v1/yingxiaobao/communities",status="401"} 1.0'
    assert line in page
    assert 'route="unrouted"' in page
    assert "120.123456" not in page
    assert "/some/where" not in page


def test_the_app_in_the_browser_may_call_and_nobody_elses(client: FlaskClient) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization,idempotency-key"
    allowed = client.options("/v1/yingxiaobao/broadcasts", headers=asked)
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "idempotency-key" in allowed.headers["Access-Control-Allow-Headers"].lower()
    foreign = client.options("/v1/yingxiaobao/broadcasts", headers={**asked, "Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in foreign.headers
    error = client.get("/v1/me", headers={"Origin": "https://app.example"})
    assert error.status_code == 401
    assert error.headers["Access-Control-Allow-Origin"] == "https://app.example"
