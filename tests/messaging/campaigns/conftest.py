"""Sessions with the rights of the web process, on tables that are empty at the start of each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from messaging.campaigns.models import Campaigns
from tests.messaging.campaigns.examples import Desk, RecordingJobQueue, make_actor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.test_services import TestServices
    from tests.conftest import FakeClock


@pytest.fixture(scope="session")
def web_engine(services: TestServices) -> Iterator[Engine]:
    """Engine on the serving database with the rights of the web process."""
    engine = create_engine(services.url("serving", role="field_web"), hide_parameters=True, pool_size=25)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def operator_engine(services: TestServices) -> Iterator[Engine]:
    """Engine on the serving database with the rights of an operator."""
    engine = create_engine(services.url("serving", role="field_operator"), hide_parameters=True)
    yield engine
    engine.dispose()


@pytest.fixture
def web_sessions(web_engine: Engine, serving_engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions that really commit, as the web process; the tables of campaigns are emptied before and after."""
    tables = ", ".join(f"campaigns.{table.name}" for table in Campaigns.metadata.sorted_tables)
    for moment in ("before", "after"):
        with serving_engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {tables}"))
        if moment == "before":
            yield sessionmaker(web_engine, expire_on_commit=False)


@pytest.fixture
def desk(web_sessions: sessionmaker[Session], operator_engine: Engine, clock: FakeClock) -> Desk:
    """Give a salesperson who has not asked for anything today."""
    return Desk(web_sessions, clock, RecordingJobQueue(), make_actor(), sessionmaker(operator_engine))
