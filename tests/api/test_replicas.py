"""Reads on a real standby: one that is behind, one that goes away and comes back, and what never leaves the primary."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import OperationalError

from api.app import create_app, make_resources
from api.reading import read
from geo.errors import UnknownDistrictError
from messaging.campaigns.settings import MessagingRules, Mode
from stack.cluster import Cluster
from stack.paths import get_run_dir, remove_run_dir
from stack.ports import get_port
from tests.api import world
from tests.api.conftest import QUICK_HASHER, bearer
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

    from api.resources import Resources
    from api.settings import WebSettings
    from stack.test_services import TestServices
    from tests.api.conftest import Headers, RecordingQueue
    from tests.conftest import FakeClock

HERE = "/v1/yingxiaobao/communities?lon=120.36&lat=36.06&datum=wgs84"
DECEMBER = "2026-12-370200"


@dataclass(frozen=True, slots=True)
class Standby:
    """A standby of the serving cluster, and the primary's engine to compare with."""

    cluster: Cluster
    primary: Engine

    def run(self, statement: str) -> object:
        """Run a statement as superuser on the standby."""
        with self.cluster.connect() as connection:
            row = connection.execute(statement).fetchone()
        return row[0] if row else None

    def catch_up(self) -> None:
        """Replay whatever the primary has written by now."""
        with self.primary.begin() as connection:
            written = connection.scalar(text("SELECT pg_current_wal_insert_lsn()::text"))
            # At the end of a page the place for the next record lies behind a header that comes with that record only.
            connection.execute(text("SELECT pg_logical_emit_message(true, 'tests', 'one more record')"))
        self.run("SELECT pg_wal_replay_resume()")
        wait_until(lambda: self.run(f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn") is True)


@pytest.fixture(scope="module")
def standby(services: TestServices, serving_engine: Engine, _world: None) -> Iterator[Standby]:
    name = f"standby-{uuid4().hex[:8]}"
    home = Cluster.at(get_run_dir(name), "serving", durable=False)
    cluster = replace(home, password=services.serving.password)
    try:
        cluster.copy(services.serving)
        cluster.start()
        yield Standby(cluster, serving_engine)
    finally:
        cluster.stop(mode="immediate")
        remove_run_dir(name)


@pytest.fixture
def settings(settings: WebSettings, standby: Standby) -> WebSettings:
    """Give the settings of a web process that reads from a dead host, then from the standby."""
    standby.cluster.start()
    standby.catch_up()
    nobody = get_port(standby.cluster.home.parent, "nobody")
    hosts = [f"127.0.0.1:{nobody}", f"127.0.0.1:{standby.cluster.port}"]
    url = make_url(settings.serving_url.get_secret_value()).set(host=None, port=None)
    replicas = url.update_query_dict({"host": hosts, "target_session_attrs": "standby"})
    return settings.model_copy(update={"serving_read_url": SecretStr(replicas.render_as_string(hide_password=False))})


@pytest.fixture
def december(serving_engine: Engine, standby: Standby) -> Iterator[Callable[[], None]]:
    """Give a way to publish December on the primary; it is taken back after the test."""

    def publish() -> None:
        world.copy_release(serving_engine, DECEMBER)
        world.seal_release(serving_engine, DECEMBER)

    yield publish
    standby.cluster.start()
    world.remove_release(serving_engine, DECEMBER)


def is_standby(session: Session) -> bool:
    return bool(session.scalar(text("SELECT pg_is_in_recovery()")))


def asks_standby(app: Flask) -> bool:
    with app.app_context():
        return read(is_standby)


def get_release(client: FlaskClient, headers: Headers) -> str:
    answer = client.get(HERE, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    release_id: str = answer.get_json()["release_id"]
    return release_id


def count_on_primary(resources: Resources) -> float:
    return resources.metrics.registry.get_sample_value("fieldreach_reads_on_primary_total") or 0.0


def test_a_replica_that_is_behind_is_no_error_and_what_was_written_is_read_at_once(
    app: Flask, client: FlaskClient, resources: Resources, sales: Headers, standby: Standby,
    december: Callable[[], None],
) -> None:  # fmt: skip
    standby.run("SELECT pg_wal_replay_pause()")
    december()
    assert (resources.snapshots.refresh(), get_release(client, sales)) == (True, "2026-11-370200")
    body = {"category": "water_heater", "community_codes": [f"370202{n}0" for n in range(6)], "quota": 50}
    asked = {**body, "body": "本周六社区门口可免费检测热水器"}
    made = client.post("/v1/yingxiaobao/broadcasts", json=asked, headers={**sales, "Idempotency-Key": "key-replica"})
    assert made.status_code == 202, made.get_data(as_text=True)
    mine = client.get("/v1/yingxiaobao/broadcasts", headers=sales).get_json()["items"]
    assert [one["broadcast_id"] for one in mine] == [made.get_json()["broadcast_id"]]
    for path in ("/v1/me", "/v1/catalog", "/v1/yingxiaobao/territory", "/v1/districts?city_code=370200"):
        assert client.get(path, headers=sales).status_code == 200
    assert asks_standby(app)
    assert count_on_primary(resources) == 0
    standby.catch_up()
    assert (resources.snapshots.refresh(), get_release(client, sales)) == (True, DECEMBER)


def test_what_the_replica_does_not_have_yet_is_read_from_the_primary_and_nothing_goes_back(
    app: Flask, client: FlaskClient, resources: Resources, sales: Headers, planner: Headers, standby: Standby,
    december: Callable[[], None],
) -> None:  # fmt: skip
    standby.run("SELECT pg_wal_replay_pause()")
    december()
    month = "/v1/jiaohubao/pain-points?district=370202&month=2026-12"
    assert client.get(month, headers=planner).status_code == 200
    assert client.get(month.replace("12", "10"), headers=planner).status_code == 422
    # This process heard of December while no replica answered; now one does that has not.
    resources.read_sessions._away_until_s = time.monotonic() + 60
    assert resources.snapshots.refresh()
    resources.read_sessions._away_until_s = 0
    assert not resources.snapshots.refresh()
    assert get_release(client, sales) == DECEMBER
    assert client.get("/v1/yingxiaobao/outcomes", headers=sales).status_code == 404
    assert not asks_standby(app)
    standby.catch_up()
    assert asks_standby(app)


def test_a_replica_that_goes_away_fails_no_request_and_is_used_again_when_it_is_back(
    app: Flask, client: FlaskClient, resources: Resources, sales: Headers, standby: Standby
) -> None:
    def answers(count: int) -> set[int]:
        paths = ("/v1/catalog", "/v1/yingxiaobao/tiles/12/3417/1607.mvt?category=water_heater", "/v1/me")
        return {client.get(paths[n % 3], headers=sales).status_code for n in range(count)}

    assert answers(6) == {200}
    assert asks_standby(app)
    standby.cluster.stop(mode="immediate")
    assert answers(12) == {200}
    assert not asks_standby(app)
    assert count_on_primary(resources) > 0
    assert client.get("/readyz").status_code == 200
    standby.cluster.start()
    resources.read_sessions._away_until_s = 0
    assert answers(6) == {200}
    assert asks_standby(app)


def test_a_replica_that_ends_a_question_in_the_middle_is_not_noticed(app: Flask) -> None:
    asked: list[bool] = []

    def look(session: Session) -> int:
        asked.append(is_standby(session))
        if asked[-1]:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return int(session.scalar(text("SELECT 7")) or 0)

    with app.app_context():
        assert read(look) == 7
    assert asked == [True, False]


def test_what_is_too_slow_for_a_replica_is_not_put_upon_the_primary(app: Flask) -> None:
    asked: list[bool] = []

    def look(session: Session) -> None:
        asked.append(is_standby(session))
        session.execute(text("SET LOCAL statement_timeout = 20"))
        session.execute(text("SELECT pg_sleep(1)"))

    with app.app_context(), pytest.raises(OperationalError):
        read(look)
    assert asked == [True]


def test_what_nobody_knows_is_looked_for_once_more_and_is_no_sign_of_replicas_that_are_away(
    app: Flask, resources: Resources
) -> None:
    asked: list[bool] = []

    def look(session: Session) -> None:
        asked.append(is_standby(session))
        raise UnknownDistrictError(adcodes=(1,))

    with app.app_context(), pytest.raises(UnknownDistrictError):
        read(look)
    assert asked == [True, False]
    assert count_on_primary(resources) == 0


def test_with_neither_replica_nor_primary_a_request_says_so(
    settings: WebSettings, clock: FakeClock, queue: RecordingQueue
) -> None:
    nowhere = SecretStr("postgresql+psycopg://127.0.0.1:1/none")
    alone = settings.model_copy(update={"serving_url": nowhere, "serving_read_url": nowhere})
    made = make_resources(alone, queue=queue, clock=clock, rules=MessagingRules(mode=Mode.TEST), hasher=QUICK_HASHER)
    with create_app(made).app_context(), pytest.raises(OperationalError):
        read(is_standby)


def test_a_log_in_is_good_at_once_although_the_replica_has_not_heard_of_it(
    client: FlaskClient, standby: Standby
) -> None:
    standby.run("SELECT pg_wal_replay_pause()")
    assert client.get("/v1/me", headers=bearer(client)).status_code == 200
