"""The pump's report says how the valve stands in words, and nothing that counts messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from messaging.campaigns.pump_report import DoubtWord, PumpReport, StoredReport, ValveWord, find_report
from messaging.delivery import valve
from messaging.delivery.reporting import report, summarise
from messaging.delivery.valve import ValveLimits, ValveView

if TYPE_CHECKING:
    from tests.messaging.delivery.world import World

LIMITS = ValveLimits()
NOW = datetime(2026, 11, 18, 4, 0, 17, 123456, tzinfo=UTC)
PAUSED_AT = datetime(2026, 11, 18, 3, 58, 59, 999999, tzinfo=UTC)
TOLD_AT, SINCE = datetime(2026, 11, 18, 4, 0, 10, tzinfo=UTC), datetime(2026, 11, 18, 3, 58, tzinfo=UTC)


def see(
    reason: str | None = None, *, paused_at: datetime | None = None, in_doubt: int = 0, results: int = 50
) -> ValveView:
    return ValveView(paused_at is not None, reason, paused_at, in_doubt, results)


@pytest.mark.parametrize(
    ("seen", "word", "code", "since"),
    [
        (see(), ValveWord.OPEN, None, None),
        (see("probing"), ValveWord.TRIAL, None, None),
        (see("breaker", paused_at=PAUSED_AT), ValveWord.BREAKER, None, SINCE),
        (see("operator", paused_at=PAUSED_AT), ValveWord.OPERATOR, None, SINCE),
        (see("carrier:20003", paused_at=PAUSED_AT), ValveWord.CARRIER, "20003", SINCE),
        (
            see("carrier:isv.OUT_OF_SERVICE", paused_at=PAUSED_AT),
            ValveWord.CARRIER,
            "isv.OUT_OF_SERVICE",
            SINCE,
        ),
        (see("carrier:+8615400001234", paused_at=PAUSED_AT), ValveWord.CARRIER, None, SINCE),
    ],
)
def test_each_state_of_the_valve_has_its_word(
    seen: ValveView, word: ValveWord, code: str | None, since: datetime | None
) -> None:
    assert summarise(seen, limits=LIMITS, now=NOW) == PumpReport(TOLD_AT, word, code, since, DoubtWord.LOW)


@pytest.mark.parametrize(
    ("in_doubt", "word"), [(0, DoubtWord.LOW), (4, DoubtWord.LOW), (5, DoubtWord.RAISED), (9, DoubtWord.RAISED)]
)
def test_doubt_is_raised_from_half_of_what_opens_the_breaker_whatever_it_is_out_of(
    in_doubt: int, word: DoubtWord
) -> None:
    told = {summarise(see(in_doubt=in_doubt, results=of), limits=LIMITS, now=NOW) for of in range(in_doubt, 51)}
    assert told == {PumpReport(TOLD_AT, ValveWord.OPEN, None, None, word)}


def test_a_report_takes_the_place_of_the_one_before_and_the_web_role_reads_it(world: World) -> None:
    report(world.stores, limits=LIMITS, now=NOW)
    with world.sender.begin() as session:
        valve.pause(session, reason="carrier:20003", now=PAUSED_AT)
    report(world.stores, limits=LIMITS, now=NOW)
    with world.web() as session:
        assert find_report(session) == PumpReport(TOLD_AT, ValveWord.CARRIER, "20003", SINCE, DoubtWord.LOW)


def test_of_several_groups_the_worst_is_told_whoever_wrote_last(world: World) -> None:
    with world.sender.begin() as session:
        valve.pause(session, reason="carrier:20003", now=PAUSED_AT)
    report(world.stores, limits=LIMITS, now=NOW)
    with world.sender.begin() as session:
        valve.reopen(session)
    later = NOW + timedelta(minutes=2)
    report(replace(world.stores, number=2), limits=LIMITS, now=later)
    with world.web() as session:
        assert find_report(session) == PumpReport(TOLD_AT, ValveWord.CARRIER, "20003", SINCE, DoubtWord.LOW)
    report(world.stores, limits=LIMITS, now=later)
    with world.web() as session:
        told_at = TOLD_AT + timedelta(minutes=2)
        assert find_report(session) == PumpReport(told_at, ValveWord.OPEN, None, None, DoubtWord.LOW)


@pytest.mark.parametrize(
    "finer",
    [
        {"told_at": NOW},
        {"since": PAUSED_AT},
        {"valve": "open, 37 sent"},
        {"doubt": "3 of 50"},
        {"carrier_code": "15400001234"},
        {"carrier_code": "a1b2c3"},
        {"report_id": 0},
        {"report_id": 33},
    ],
)
def test_the_table_refuses_whatever_says_more(world: World, finer: dict[str, Any]) -> None:
    row = {"report_id": 1, "told_at": TOLD_AT, "valve": "open", "carrier_code": None, "since": None, "doubt": "low"}
    with world.serving.begin() as session:
        session.execute(insert(StoredReport).values(row))
    with world.serving_admin.begin() as session:
        session.execute(delete(StoredReport))
    with world.serving() as session, pytest.raises(IntegrityError, match="check constraint"):
        session.execute(insert(StoredReport).values(row | finer))
