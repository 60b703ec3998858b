"""Months in memory: read once, only if they are as published, and again when their seal is another."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from privacy.release.models import CityFigures, DistrictFigures, Release
from privacy.release.slots import get_slot_names
from privacy.release.values import Product
from radar.archive import RETRY_AFTER, Archive
from tests.released import PUBLIC_KEYS, seal

if TYPE_CHECKING:
    from tests.conftest import FakeClock

CITY = 990_100
MOVE = text("UPDATE released.district_figures SET sd = sd + 1")


def publish(session: Session, *, month: date) -> str:
    """Store a signed release of an invented city with one district product."""
    release_id = f"{month:%Y-%m}-{CITY}"
    at = datetime(month.year, month.month, 2, tzinfo=UTC)
    session.add(
        Release(
            release_id=release_id, month=month, city_code=CITY, as_of=at, published_at=at, parameters={},
            figures_sha256=b"",
        )
    )  # fmt: skip
    session.flush()
    session.add(CityFigures(release_id=release_id, needs=[1.0] * 8, needs_sd=[1.0] * 8))
    counts = [100.0] * len(get_slot_names(Product.TOPICS))
    session.add(
        DistrictFigures(release_id=release_id, product=Product.TOPICS, district_adcode=CITY + 1, counts=counts, sd=9.0)
    )
    seal(session, release_id=release_id)
    return release_id


@pytest.fixture
def stored(serving_sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Give a database with October and November of one city."""
    with serving_sessions.begin() as session:
        for number in (10, 11):
            publish(session, month=date(2026, number, 1))
    return serving_sessions


def list_months(archive: Archive, sessions: sessionmaker[Session], *, until: date | None = None) -> list[int]:
    """Return the months that an archive finds."""
    with sessions() as session:
        return [each.release.month.month for each in archive.find_months(session, city_code=CITY, until=until)]


def test_months_come_newest_first_and_none_after_the_one_asked_for(
    stored: sessionmaker[Session], clock: FakeClock
) -> None:
    archive = Archive(public_keys=PUBLIC_KEYS, clock=clock)
    assert list_months(archive, stored) == [11, 10]
    assert list_months(archive, stored, until=date(2026, 10, 1)) == [10]
    with stored() as session:
        assert [each.release.city_code for each in archive.find_newest(session)] == [CITY]


def test_what_was_changed_behind_its_back_is_left_out_until_it_is_right_again(
    stored: sessionmaker[Session], clock: FakeClock
) -> None:
    archive = Archive(public_keys=PUBLIC_KEYS, clock=clock)
    with stored.begin() as session:
        session.execute(MOVE)
    assert list_months(archive, stored) == []
    with stored.begin() as session:
        session.execute(text("UPDATE released.district_figures SET sd = sd - 1"))
    assert list_months(archive, stored) == []
    clock.now += RETRY_AFTER
    assert list_months(archive, stored) == [11, 10]


def test_a_city_whose_newest_month_was_tampered_with_goes_on_with_the_one_before(
    stored: sessionmaker[Session], clock: FakeClock
) -> None:
    with stored.begin() as session:
        session.execute(text("UPDATE released.district_figures SET sd = sd + 1 WHERE release_id LIKE '2026-11%'"))
    with stored() as session:
        for city_code in (CITY, None):
            found = Archive(public_keys=PUBLIC_KEYS, clock=clock).find_newest(session, city_code=city_code)
            assert [each.release.month for each in found] == [date(2026, 10, 1)]
        assert Archive(public_keys=PUBLIC_KEYS, clock=clock).find_cities(session, month=date(2026, 11, 1)) == []


def test_a_signature_of_somebody_else_is_none(stored: sessionmaker[Session], clock: FakeClock) -> None:
    assert list_months(Archive(public_keys=(b"x" * 32,), clock=clock), stored) == []


def test_warming_reads_everything_once(stored: sessionmaker[Session], clock: FakeClock) -> None:
    archive = Archive(public_keys=PUBLIC_KEYS, clock=clock)
    archive.warm(stored)
    with stored.begin() as session:
        session.execute(MOVE)  # what was checked before is not read again
    assert list_months(archive, stored) == [11, 10]


def test_warming_without_a_database_says_so_and_goes_on(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    nowhere = create_engine("postgresql+psycopg://127.0.0.1:1/none")
    Archive(public_keys=(), clock=clock).warm(sessionmaker(nowhere))
    assert "radars not warmed" in caplog.text
