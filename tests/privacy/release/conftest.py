"""Databases of their own for tests whose commits must be real: crashes, races, rights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from stack.test_services import TestServices, run_services

_PEOPLE_TABLES = (
    "core.drops, core.households, core.needs, core.purchases, core.pain_points, core.interests, core.topics,"
    " delivery.runs, delivery.messages, delivery.receipts, delivery.held_out, delivery.replies,"
    " delivery.past_messages, ledger.charges, ledger.draws"
)


@pytest.fixture(scope="package")
def own_services() -> Iterator[TestServices]:
    """Give a database pair that no other test sees."""
    with run_services() as running:
        yield running


@pytest.fixture
def people_owner(own_services: TestServices) -> Iterator[Engine]:
    """Superuser on the people database, to prepare rows; everything is emptied afterwards."""
    engine = create_engine(own_services.url("people"), hide_parameters=True)
    yield engine
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {_PEOPLE_TABLES} CASCADE"))
    engine.dispose()


@pytest.fixture
def serving_owner(own_services: TestServices) -> Iterator[Engine]:
    """Superuser on the serving database; releases are emptied afterwards."""
    engine = create_engine(own_services.url("serving"), hide_parameters=True)
    yield engine
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE released.releases, released.announced_charges CASCADE"))
    engine.dispose()


@pytest.fixture
def people(own_services: TestServices, people_owner: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions of the role field_release on the people database."""
    assert people_owner.url.database == own_services.names["people"]
    engine = create_engine(own_services.url("people", role="field_release"), hide_parameters=True)
    yield sessionmaker(engine)
    engine.dispose()


@pytest.fixture
def serving(own_services: TestServices, serving_owner: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions of the role field_release on the serving database."""
    assert serving_owner.url.database == own_services.names["serving"]
    engine = create_engine(own_services.url("serving", role="field_release"), hide_parameters=True)
    yield sessionmaker(engine)
    engine.dispose()
