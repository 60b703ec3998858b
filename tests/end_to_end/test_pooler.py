"""PgBouncer by transaction in front of both databases: a drop, a broadcast over the web, kills, receipts, a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import create_engine

from api.app import SilentQueue, create_app, make_resources
from api.settings import WebSettings
from messaging.campaigns.settings import MessagingRules, Mode
from messaging.delivery.commands import messages
from messaging.delivery.models import MessageState
from monthly import intake
from stack.paths import get_run_dir, remove_run_dir
from stack.pgbouncer import PgBouncer
from stack.test_services import TestServices, run_services
from tests.api import world as places
from tests.api.conftest import QUICK_HASHER, bearer
from tests.end_to_end.test_outcomes import CODES, CUSTOMERS, QUOTA, make_drop
from tests.faults.opening import open_house
from tests.privacy.people.drops import DropWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

    from api.resources import Resources
    from migrations.roles import Database
    from tests.faults.house import House

READS = (
    "/v1/catalog",
    "/v1/me",
    "/v1/yingxiaobao/territory",
    "/v1/yingxiaobao/broadcasts",
    "/v1/districts?city_code=370200",
)


@dataclass(frozen=True)
class PooledServices(TestServices):
    """Test services to which every role but the superuser goes through a pooler."""

    pooler: PgBouncer

    def url(self, database: Database, *, role: str = "postgres") -> str:
        """Return the way through the pooler, the straight one for the superuser."""
        straight = TestServices.url(self, database, role=role)
        return straight if role == "postgres" else self.pooler.lead(straight)


@dataclass(frozen=True, slots=True)
class Town:
    """Everything that runs, and the straight way for an intake."""

    house: House
    app: FlaskClient
    services: PooledServices
    pooler: PgBouncer
    folder: Path

    def take_in(self, *, direct: bool) -> str:
        """Take a drop in as the command does; returns what it says."""
        month = f"{datetime.now(UTC):%Y-%m}"
        writer = DropWriter(self.folder / f"drop-{direct}", drop_id=f"qd-{month}", month=month, datum="wgs84")
        writer.write(make_drop([]))
        environment = {
            "MODE": "test",
            "SERVING_URL": self.services.url("serving", role="field_intake"),
            "PEOPLE_URL": self.services.url("people", role="field_intake"),
            "KEY_FILE": str(self.house.key_file),
        }
        if direct:
            straight = TestServices.url(self.services, "people", role="field_intake")
            environment["PEOPLE_DIRECT_URL"] = self.pooler.lead(straight, by_session=True)
        return CliRunner(env=environment).invoke(intake, [str(writer.folder)]).output


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    name = f"pooler-{uuid4().hex[:8]}"
    pooler = PgBouncer.at(get_run_dir(name))
    with run_services() as straight:
        its = (straight.serving, straight.people, straight.redis, straight.names, straight.passwords)
        pooled = PooledServices(*its, pooler)
        ports = {pooled.names["serving"]: pooled.serving.port, pooled.names["people"]: pooled.people.port}
        serving = create_engine(straight.url("serving"), hide_parameters=True)
        places.build(serving, hasher=QUICK_HASHER)
        try:
            pooler.start(databases=ports, passwords=straight.passwords)
            with open_house(tmp_path, services=pooled, clock=lambda: datetime.now(UTC)) as house:
                web = _open_web(pooled, house)
                yield Town(house, create_app(web).test_client(), pooled, pooler, tmp_path)
                web.sessions.kw["bind"].dispose()
                places.empty(serving)
        finally:
            serving.dispose()
            pooler.stop()
            remove_run_dir(name)


def _open_web(services: TestServices, house: House) -> Resources:
    settings = WebSettings(
        mode=Mode.TEST, serving_url=SecretStr(services.url("serving", role="field_web")),
        redis_url=SecretStr(house.redis_url), jwt_secret=SecretStr("a signing key only for tests, 32 bytes"),
    )  # fmt: skip
    rules = MessagingRules.model_validate(
        {
            "mode": "test",
            "held_out_share": 0,
            "sending_opens": "00:00",
            "sending_closes": "24:00",
            "send_rate_per_s": 40,
        }
    )
    return make_resources(settings, queue=SilentQueue(), rules=rules, hasher=QUICK_HASHER)


def test_a_broadcast_through_a_pooler_survives_kills_and_reaches_everybody_once(town: Town) -> None:
    house = town.house
    assert "PEOPLE_DIRECT_URL" in town.take_in(direct=False)
    assert "taken in" in town.take_in(direct=True)
    headers = bearer(town.app)
    assert {town.app.get(path, headers=headers).status_code for path in READS * 8} == {200}
    asked = {"community_codes": CODES, "category": "freezer", "body": "秋季冷柜换新开始了", "quota": QUOTA}
    keyed = headers | {"Idempotency-Key": "key-number-one"}
    answers = [town.app.post("/v1/yingxiaobao/broadcasts", json=asked, headers=keyed) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.get_json()["broadcast_id"] for answer in answers}) == 1

    worker, pumps = house.start("worker"), [house.start("pump"), house.start("pump")]
    for accepted, pump in zip((10, 50), pumps, strict=True):
        house.wait_until(lambda accepted=accepted: house.get_stats()["accepted"] >= accepted)  # type: ignore[misc]
        house.kill(worker)
        house.kill(pump)
        worker = house.start("worker")
        house.start("pump")
    house.wait_until(lambda: house.world.count_states() == {MessageState.DELIVERED: QUOTA})
    assert (house.get_stats()["accepted"], house.get_stats()["duplicates"]) == (QUOTA, 0)
    assert house.world.count_slots() == QUOTA <= CUSTOMERS

    house.reply("退订")
    house.wait_until(lambda: house.world.count_opt_outs() == 1)
    environment = {"MODE": "test", "PEOPLE_URL": town.services.url("people", role="field_sender")}
    shown = CliRunner(env=environment).invoke(messages, ["status"]).output
    assert f"{QUOTA}" in shown
    assert "valve: open" in shown
