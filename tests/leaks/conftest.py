"""Databases and an application of their own: the plays commit on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import create_engine

from api.app import create_app, make_resources
from api.settings import WebSettings
from messaging.campaigns.settings import MessagingRules, Mode
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.vault import Vault
from stack.test_services import TestServices, run_services
from tests.api import world as places
from tests.conftest import FakeClock
from tests.leaks.theatre import Stage
from tests.messaging.delivery.world import World, make_recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# As in production, but that one sender may send all day.
RULES = MessagingRules(
    mode=Mode.TEST,
    actor_broadcasts_per_day=1000,
    actor_recipients_per_day=1_000_000,
    organisation_messages_per_day=1_000_000,
)


@pytest.fixture(scope="package")
def stage_services() -> Iterator[TestServices]:
    """Give a pair of databases that no other area's tests touch."""
    with run_services() as running:
        yield running


@pytest.fixture(scope="package")
def stage(stage_services: TestServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give both sides with the rights of their roles, and places with a release."""
    key_file = tmp_path_factory.mktemp("keys") / "keys.json"
    create_key_file(key_file)
    engine = create_engine(stage_services.url("serving"), hide_parameters=True)
    places.build(engine, hasher=QUICK_HASHER)
    clock = FakeClock()
    keys = FileKeyStore(key_file)
    world = World(stage_services, vault=Vault(keys), recorder=make_recorder(keys), clock=clock)
    settings = WebSettings(
        mode=Mode.TEST,
        serving_url=SecretStr(stage_services.url("serving", role="field_web")),
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        jwt_secret=SecretStr("a signing key only for tests, 32 bytes or more"),
        logins_per_minute=10_000,
    )
    resources = make_resources(settings, queue=SilentQueue(), clock=clock, rules=RULES, hasher=QUICK_HASHER)
    yield Stage(create_app(resources), world, clock, RULES)
    resources.sessions.kw["bind"].dispose()
    places.empty(engine)
    world.close()
    engine.dispose()


class SilentQueue:
    """Wakes nobody: the plays say when the people side moves."""

    def wake(self, *, campaign_id: object) -> None:
        """Do nothing."""
