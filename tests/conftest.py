"""What every test may ask for: real databases, real Redis, sessions that leave nothing behind, and a clock."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from stack.test_services import TestServices, run_services

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
SOFTWARE_RENDERING = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="session")
def services() -> Iterator[TestServices]:
    """Real PostGIS, PostgreSQL and Redis, with a database pair for this run."""
    with run_services() as running:
        yield running


@pytest.fixture(scope="session")
def serving_engine(services: TestServices) -> Iterator[Engine]:
    """Engine on the serving database as superuser. Use a role's own URL where rights matter."""
    engine = create_engine(services.url("serving"), hide_parameters=True)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def people_engine(services: TestServices) -> Iterator[Engine]:
    """Engine on the people database as superuser. Use a role's own URL where rights matter."""
    engine = create_engine(services.url("people"), hide_parameters=True)
    yield engine
    engine.dispose()


def _rolled_back(engine: Engine) -> Iterator[sessionmaker[Session]]:
    with engine.connect() as connection:
        outer = connection.begin()
        yield sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        outer.rollback()


@pytest.fixture
def serving_sessions(serving_engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions on the serving database whose commits are savepoints, rolled back after the test."""
    yield from _rolled_back(serving_engine)


@pytest.fixture
def people_sessions(people_engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions on the people database whose commits are savepoints, rolled back after the test."""
    yield from _rolled_back(people_engine)


@dataclass(slots=True)
class FakeClock:
    """A clock that stands still until it is told to move. Noon of a working day in Qingdao."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 18, 4, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        """Return the time, aware, UTC."""
        return self.now

    def advance(self, **parts: float) -> None:
        """Move the clock forward."""
        self.now += timedelta(**parts)


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that the test moves."""
    return FakeClock()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Give the one Chromium of the run, drawing in software. Two at a time Playwright does not allow."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_RENDERING)
        yield browser
        browser.close()
