"""The web application as it runs: the field_web role's own connection, a clock that stands still, a recorded queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import Engine, delete, text

from api.app import create_app, make_resources
from api.settings import WebSettings
from messaging.campaigns.models import Campaigns
from messaging.campaigns.settings import MessagingRules, Mode
from tests.api import world
from tests.conftest import FakeClock
from tests.released import TRUSTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient

    from api.resources import Resources
    from stack.test_services import TestServices

QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
Headers = dict[str, str]


@dataclass(slots=True)
class RecordingQueue:
    """Keeps the ids that it was asked to wake."""

    woken: list[UUID] = field(default_factory=list)

    def wake(self, *, campaign_id: UUID) -> None:
        """Keep the id."""
        self.woken.append(campaign_id)


@pytest.fixture(scope="package")
def _world(serving_engine: Engine) -> Iterator[None]:
    world.build(serving_engine, hasher=QUICK_HASHER)
    yield
    world.empty(serving_engine)


@pytest.fixture
def settings(services: TestServices) -> WebSettings:
    """Give the settings of the web process, with the field_web role's URL."""
    return WebSettings(
        mode=Mode.TEST,
        serving_url=SecretStr(services.url("serving", role="field_web")),
        redis_url=SecretStr(services.redis.url),
        jwt_secret=SecretStr("a signing key only for tests, 32 bytes or more"),
        cors_origins=("https://app.example",),
        logins_per_minute=1000,
        release_public_keys=TRUSTED,
    )


@pytest.fixture
def queue() -> RecordingQueue:
    """Give a queue that records."""
    return RecordingQueue()


@pytest.fixture
def resources(
    _world: None, serving_engine: Engine, settings: WebSettings, clock: FakeClock, queue: RecordingQueue
) -> Iterator[Resources]:
    """Resources of the application under test; what a test wrote is deleted after it."""
    rules = MessagingRules(mode=Mode.TEST)
    made = make_resources(settings, queue=queue, clock=clock, rules=rules, hasher=QUICK_HASHER)
    yield made
    made.sessions.kw["bind"].dispose()
    with serving_engine.begin() as connection:
        for table in Campaigns.metadata.sorted_tables:
            connection.execute(delete(table))
        connection.execute(text("DELETE FROM radar.seen_cards"))
        connection.execute(text("DELETE FROM staff.refresh_tokens"))
        connection.execute(text("DELETE FROM staff.login_attempts"))
        connection.execute(text("UPDATE staff.accounts SET failed_logins=0, locked_until=NULL, is_active=true"))


@pytest.fixture
def app(resources: Resources) -> Flask:
    """Give the application."""
    return create_app(resources)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a client of the application."""
    return app.test_client()


def sign_in(client: FlaskClient, login: str = "sales") -> dict[str, Any]:
    """Return the tokens of a log-in."""
    answer = client.post("/v1/auth/token", json={"login": login, "password": world.PASSWORD})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    tokens: dict[str, Any] = answer.get_json()
    return tokens


def bearer(client: FlaskClient, login: str = "sales") -> Headers:
    """Return the header of a signed-in caller."""
    return {"Authorization": f"Bearer {sign_in(client, login)['access_token']}"}


@pytest.fixture
def planner(client: FlaskClient) -> Headers:
    """Headers of a product planner."""
    return bearer(client, "planner")


@pytest.fixture
def sales(client: FlaskClient) -> Headers:
    """Headers of a salesperson who answers for 370202."""
    return bearer(client)
