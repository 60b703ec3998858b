"""Where seen cards cannot be counted, none is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from radar.allowance import get_reset, see
from radar.errors import CardsUncountableError
from stack.test_services import TestServices
from tests.conftest import FakeClock


def test_no_card_is_shown_while_the_row_cannot_be_locked(
    services: TestServices, serving_engine: Engine, clock: FakeClock
) -> None:
    planner_id = uuid4()
    web = create_engine(services.url("serving", role="field_web"), hide_parameters=True)
    with Session(web) as session, session.begin():
        assert see(session, planner_id=planner_id, now=clock(), wanted=["a"], limit=5).remaining == 19
    with serving_engine.connect() as other, other.begin():
        other.execute(text("SELECT FROM radar.seen_cards FOR UPDATE"))
        with Session(web) as session, pytest.raises(CardsUncountableError):
            see(session, planner_id=planner_id, now=clock(), wanted=["a"], limit=5, lock_timeout_ms=50)
    web.dispose()
    with serving_engine.begin() as connection:
        connection.execute(text("DELETE FROM radar.seen_cards"))


def test_a_day_ends_at_midnight_in_shanghai() -> None:
    assert get_reset(datetime(2026, 11, 18, 15, 59, tzinfo=UTC)) == datetime(2026, 11, 18, 16, tzinfo=UTC)
    assert get_reset(datetime(2026, 11, 18, 16, 0, tzinfo=UTC)) == datetime(2026, 11, 19, 16, tzinfo=UTC)
