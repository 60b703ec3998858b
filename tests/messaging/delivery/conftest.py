"""Databases of delivery's own: its tests commit, so that locks and races are real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from redis import Redis

from messaging.delivery.everywhere import GatewayParts
from messaging.delivery.gateway import make_gateway
from messaging.delivery.values import Timings
from privacy.people.keys import FileKeyStore, create_key_file
from privacy.people.vault import Vault
from stack.test_services import TestServices, run_services
from tests.messaging.delivery.callbacks import make_settings
from tests.messaging.delivery.talk import Talk
from tests.messaging.delivery.world import World, make_recorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

    from tests.conftest import FakeClock


@pytest.fixture(scope="session")
def own_services() -> Iterator[TestServices]:
    """Give a pair of databases that no other area's tests touch."""
    with run_services() as running:
        yield running


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with fresh keys."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    create_key_file(path)
    return path


@pytest.fixture
def client(world: World) -> FlaskClient:
    """Give a client of the gateway as its own role."""
    parts = GatewayParts(world.gateway, world.vault, world.clock, Timings())
    return make_gateway(make_settings(), parts=parts).test_client()


@pytest.fixture
def world(own_services: TestServices, key_file: Path, clock: FakeClock) -> Iterator[World]:
    """Give an empty people database with its roles; it is emptied again afterwards."""
    keys = FileKeyStore(key_file)
    made = World(own_services, vault=Vault(keys), recorder=make_recorder(keys), clock=clock)
    yield made
    made.close()


@pytest.fixture
def redis(world: World) -> Iterator[Redis]:
    """Give a Redis database of its own, empty."""
    with Redis.from_url(world.services.redis.url.removesuffix("/0") + "/8") as connection:
        connection.flushdb()
        yield connection
        connection.flushdb()


@pytest.fixture
def talk(world: World) -> Talk:
    """Give an invitation that reached somebody."""
    return Talk(world)
