"""The sending window and the slots of `done`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.campaigns.clock_time import SHANGHAI, ClockTime
from messaging.campaigns.hours import get_closing, get_done_slot, get_opening, is_open
from messaging.campaigns.settings import MessagingRules, Mode
from tests.messaging.campaigns.examples import RULES

DEMO = MessagingRules(mode=Mode.DEMO, sending_opens=ClockTime(0), sending_closes=ClockTime(1440), done_every_s=60)


def shanghai(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (shanghai(18, 8, 59, 59), False),
        (shanghai(18, 9), True),
        (shanghai(18, 19, 59, 59), True),
        (shanghai(18, 20), False),
    ],
)
def test_the_window_is_half_open(at: datetime, *, expected: bool) -> None:
    assert is_open(at.astimezone(UTC), settings=RULES) is expected


def test_openings_and_closings() -> None:
    assert get_opening(shanghai(18, 12), settings=RULES) == shanghai(18, 12)
    assert get_opening(shanghai(18, 3), settings=RULES) == shanghai(18, 9)
    assert get_opening(shanghai(18, 20), settings=RULES) == shanghai(19, 9)
    assert get_closing(shanghai(18, 12), settings=RULES) == shanghai(18, 20)
    assert get_closing(shanghai(18, 21), settings=RULES) == shanghai(19, 20)
    assert get_opening(shanghai(18, 12), settings=RULES).tzinfo is UTC


def test_round_the_clock_never_closes_at_midnight() -> None:
    late = shanghai(18, 23, 59, 59)
    assert is_open(late, settings=DEMO)
    assert get_closing(late, settings=DEMO) == late + timedelta(days=1)


@pytest.mark.parametrize(
    ("starts_at", "quota", "slot"),
    [
        (shanghai(18, 9), 50, shanghai(18, 15)),  # the jitter of the opening included
        (shanghai(18, 14, 59), 50, shanghai(18, 15)),
        (shanghai(18, 14, 59), 1000, shanghai(19, 9)),
        (shanghai(18, 15), 50, shanghai(19, 9)),
        (shanghai(18, 19, 59), 1000, shanghai(19, 15)),  # the rest leaves after the next opening
    ],
)
def test_done_comes_at_the_fixed_slot_after_the_expected_end(starts_at: datetime, quota: int, slot: datetime) -> None:
    assert get_done_slot(starts_at, quota=quota, settings=RULES) == slot


def test_the_demo_says_done_within_its_slot() -> None:
    assert get_done_slot(shanghai(18, 3, 0, 30), quota=50, settings=DEMO) == shanghai(18, 3, 1)
    assert get_done_slot(shanghai(18, 3, 0, 58), quota=50, settings=DEMO) == shanghai(18, 3, 2)


@given(
    at=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    quota=st.sampled_from(RULES.broadcast_quotas),
)
def test_done_is_always_a_slot_later_than_the_start(at: datetime, quota: int) -> None:
    starts_at = get_opening(at, settings=RULES)
    slot = get_done_slot(starts_at, quota=quota, settings=RULES)
    assert starts_at < slot <= starts_at + timedelta(days=2)
    assert (slot.astimezone(SHANGHAI).hour, slot.minute, slot.second) in {(9, 0, 0), (15, 0, 0)}
    assert is_open(starts_at, settings=RULES)
