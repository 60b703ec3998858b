"""Ledgers of several groups: the promise is one for all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, sessionmaker

from privacy.release import ledger
from privacy.release.drops import check_newest_drop
from privacy.release.errors import BudgetExceededError, DropBehindError, MonthOrderError
from privacy.release.joint import JointLedger
from privacy.release.ledger_queries import Charged
from privacy.release.models import AnnouncedCharge
from privacy.release.plan import (
    DRAWN_MONTHLY,
    FIRST_MONTH_SHARE,
    MONTHS_PER_YEAR,
    REGULAR_SHARE,
    RHO_PER_YEAR,
    count_months,
    get_month_share,
    get_sigma,
)
from tests.conftest import FakeClock
from tests.privacy.release.worlds import CITY, RECORDER, RecordingNoise

BEIJING = 110000
HERE = frozenset({CITY})
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


def _charge(people: sessionmaker[Session], serving: sessionmaker[Session], month: date) -> list[Charged]:
    return ledger.charge(
        people,
        products=DRAWN_MONTHLY,
        city_code=CITY,
        month=month,
        noise=RecordingNoise(),
        recorder=RECORDER,
        clock=FakeClock(datetime(month.year, month.month, 20, tzinfo=UTC)),
        joint=JointLedger(serving, HERE),
    )


def _announce(serving: sessionmaker[Session], month: date, *, share: float, at: datetime) -> None:
    with serving.begin() as session:
        session.add(AnnouncedCharge(city_code=BEIJING, month=month, rho=share * RHO_PER_YEAR, charged_at=at))


def test_a_group_that_begins_later_has_no_first_month_of_its_own(
    people: sessionmaker[Session], serving: sessionmaker[Session]
) -> None:
    _announce(serving, NOVEMBER, share=FIRST_MONTH_SHARE, at=datetime(2026, 11, 20, tzinfo=UTC))
    later = get_month_share(months_since_start=count_months(NOVEMBER, until=DECEMBER))
    assert later < FIRST_MONTH_SHARE
    charged = _charge(people, serving, DECEMBER)
    assert {each.sigma for each in charged} == {get_sigma(each.product, month_share=later) for each in charged}
    with pytest.raises(MonthOrderError):
        _charge(people, serving, date(2026, 10, 1))


def test_what_another_group_has_spent_of_the_year_is_spent_here_too(
    people: sessionmaker[Session], serving: sessionmaker[Session]
) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    for number in range(MONTHS_PER_YEAR):
        _announce(serving, date(2025 + (number + 10) // 12, (number + 10) % 12 + 1, 1), share=REGULAR_SHARE, at=at)
    _announce(serving, DECEMBER, share=FIRST_MONTH_SHARE, at=at)
    with pytest.raises(BudgetExceededError):
        _charge(people, serving, date(2027, 1, 1))


def test_a_charge_is_announced_once_also_when_it_is_not_made(
    people: sessionmaker[Session], serving: sessionmaker[Session]
) -> None:
    charged = _charge(people, serving, NOVEMBER)
    with JointLedger(serving, HERE).opened() as board:
        board.announce(charged)
        assert board.others == []
    with JointLedger(serving, frozenset({BEIJING})).opened() as board:
        assert [(each.city_code, each.month) for each in board.others] == [(CITY, NOVEMBER)]
        assert board.others[0].rho == pytest.approx(sum(each.rho for each in charged))
    with serving() as session:
        assert len(session.scalars(select(AnnouncedCharge)).all()) == 1


def test_a_month_waits_for_the_drop_of_the_month_before(people: sessionmaker[Session], people_owner: Engine) -> None:
    with pytest.raises(DropBehindError):
        check_newest_drop(people, month=DECEMBER)
    with people_owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO core.drops (drop_id, manifest_sha256, month, state, progress, rejected, started_at)"
                " VALUES ('a', '', '2026-11-01', 'done', '{}', 0, now())"
            )
        )
    check_newest_drop(people, month=DECEMBER)
    with pytest.raises(DropBehindError):
        check_newest_drop(people, month=date(2027, 1, 1))
