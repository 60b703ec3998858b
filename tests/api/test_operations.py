"""The operator's view by HTTP: what is asked for, what is served and what it cost, and whether the pump is there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.orm import Session

from messaging.campaigns.pump_report import DoubtWord, PumpReport, ValveWord, write_report
from privacy.release.accounting import compute_epsilon
from privacy.release.models import Release
from privacy.release.plan import DELTA, FIRST_MONTH_SHARE, PRODUCTS, RHO_PER_YEAR, get_sigma
from privacy.release.spending import compute_release_rho, find_spending
from tests.api import world
from tests.api.conftest import Headers, bearer
from tests.messaging.campaigns.examples import DOUBTFUL

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from sqlalchemy.orm import sessionmaker

    from api.resources import Resources
    from tests.conftest import FakeClock

PATH = "/v1/operations"
PUMP = "/v1/operations/pump"
BROADCASTS = "/v1/yingxiaobao/broadcasts"
CODES = [f"370202{row}{column}" for row in range(2) for column in range(8)]
# The only reads that are an operator's.
OPEN_TO_OPERATORS = {"/v1/me", "/v1/catalog", "/v1/districts", PATH, PUMP}


@pytest.fixture
def operator(client: FlaskClient) -> Headers:
    return bearer(client, "operator")


def ask(client: FlaskClient, headers: Headers, *, body: str) -> dict[str, Any]:
    area = {"community_codes": CODES, "category": "freezer", "body": body, "quota": 50}
    answer = client.post(BROADCASTS, json=area, headers=headers | {"Idempotency-Key": f"key-{len(body):08}"})
    assert answer.status_code == 202, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def make_release(month: date, city_code: int, sigma: float) -> Release:
    return Release(
        release_id=f"{month:%Y-%m}-{city_code}",
        month=month,
        city_code=city_code,
        as_of=world.AS_OF,
        published_at=world.AS_OF,
        parameters={"sigmas": {"any_need_leaf": sigma}},
        figures_sha256=b"",
    )


def test_campaigns_are_counted_by_state_and_listed_without_text_or_author(
    client: FlaskClient, sales: Headers, operator: Headers, clock: FakeClock
) -> None:
    sent = ask(client, sales, body="秋季家电清洗服务开始了")
    clock.advance(seconds=1)
    ask(client, sales, body=DOUBTFUL)
    shown = client.get(PATH, headers=operator)
    found = shown.get_json()
    assert {(one["kind"], one["state"], one["count"]) for one in found["campaigns"]} == {
        ("broadcast", "accepted", 1),
        ("broadcast", "in_review", 1),
    }
    assert [one["state"] for one in found["live"]] == ["in_review", "accepted"]
    assert found["live"][1]["broadcast_id"] == sent["broadcast_id"]
    assert found["live"][1]["city_name"] == "青岛市"
    assert found["days"][0] == {"day": "2026-11-18", "messages": 100, "broadcasts": 2, "invitations": 0}
    assert len(found["days"]) == 7
    assert "秋季家电" not in shown.get_data(as_text=True)
    assert str(world.get_account_id("sales")) not in shown.get_data(as_text=True)
    clock.advance(days=2)
    later = client.get(PATH, headers=bearer(client, "operator")).get_json()
    assert later["live"] == []
    assert {one["state"] for one in later["campaigns"]} == {"done", "refused"}


def test_releases_say_whether_they_are_served(
    client: FlaskClient, operator: Headers, serving_engine: Engine, resources: Resources
) -> None:
    world.copy_release(serving_engine, "2026-12-370200")
    try:
        resources.snapshots.refresh()
        found = client.get(PATH, headers=operator).get_json()["releases"]
    finally:
        world.remove_release(serving_engine, "2026-12-370200")
    assert [(one["release_id"], one["city_name"], one["state"]) for one in found] == [
        ("2026-12-370200", "青岛市", "refused"),
        ("2026-11-110000", "北京市", "good"),
        ("2026-11-370200", "青岛市", "good"),
    ]


def test_a_release_costs_what_its_own_sigmas_say() -> None:
    sigmas = {str(product): get_sigma(product, month_share=FIRST_MONTH_SHARE) for product in PRODUCTS}
    assert compute_release_rho({"sigmas": sigmas}) == pytest.approx(RHO_PER_YEAR * FIRST_MONTH_SHARE, rel=1e-6)
    assert compute_release_rho({}) is None


def test_a_year_costs_the_dearest_city_of_each_of_its_months(serving_sessions: sessionmaker[Session]) -> None:
    made = ((date(2035, 11, 1), 1, 3.0), (date(2035, 12, 1), 1, 4.0), (date(2036, 11, 1), 1, 5.0))
    with serving_sessions.begin() as session:
        session.add_all(make_release(*each) for each in (*made, (date(2036, 11, 1), 2, 6.0)))
    with serving_sessions() as session:
        newest, *_ = found = find_spending(session, months=2)
    rhos = [1 / (2 * sigma**2) for sigma in (4.0, 5.0)]
    assert [f"{each.month:%Y-%m}" for each in found] == ["2036-11", "2035-12"]
    assert newest.epsilon == pytest.approx(compute_epsilon(rhos[1], delta=DELTA), abs=1e-4)
    assert newest.year_epsilon == pytest.approx(compute_epsilon(sum(rhos), delta=DELTA), abs=1e-4)
    assert [city.city_code for city in newest.cities] == [1, 2]


def test_the_pump_is_silent_until_it_reports_and_again_after_a_minute(
    client: FlaskClient, operator: Headers, serving_engine: Engine, clock: FakeClock
) -> None:
    assert client.get(PUMP, headers=operator).get_json() == {"report": None, "is_silent": True}
    told = PumpReport(clock(), ValveWord.CARRIER, "20003", clock() - timedelta(minutes=3), DoubtWord.LOW)
    with Session(serving_engine) as session, session.begin():
        write_report(session, report=told)
    shown = client.get(PUMP, headers=operator).get_json()
    assert (shown["is_silent"], shown["report"]["valve"], shown["report"]["carrier_code"]) == (
        False,
        "carrier",
        "20003",
    )
    clock.advance(seconds=61)
    assert client.get(PUMP, headers=operator).get_json()["is_silent"] is True


def test_an_operator_reads_nothing_else(app: Flask, client: FlaskClient, operator: Headers) -> None:
    seen = {}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.rule.startswith("/v1/") and not rule.arguments:
            seen[rule.rule] = client.get(rule.rule, headers=operator).status_code
    assert {path for path, status in seen.items() if status != 403} == OPEN_TO_OPERATORS
    assert len(seen) > len(OPEN_TO_OPERATORS) + 8


@pytest.mark.parametrize("login", ["sales", "planner", "reviewer"])
def test_nobody_else_reads_what_operators_do(client: FlaskClient, login: str) -> None:
    headers = bearer(client, login)
    assert [client.get(path, headers=headers).status_code for path in (PATH, PUMP)] == [403, 403]
