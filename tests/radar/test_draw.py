"""The order of a planner's day: large tuples first in proportion to their counts, small ones never, alike all day."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np
import pytest

from geo.figures import ReleaseMeta
from privacy.release.figures import DistrictTable
from privacy.release.slots import get_slot_names
from privacy.release.values import Product
from radar.active_users import draw_order
from radar.archive import MonthTables

PLANNERS, DAY, KEY, SD = 3_000, date(2026, 11, 18), b"k" * 64, 15.0
SLOTS = len(get_slot_names(Product.ACTIVE_USERS))


@pytest.fixture
def month() -> MonthTables:
    """Give a month of two districts with counts of 100 and 300, one at the threshold, and nothing else."""
    counts = np.zeros((2, SLOTS))
    counts[0, 0], counts[1, 7], counts[0, 3], counts[1, 3] = 100.0, 300.0, 50 + 2 * SD, 50 + 2 * SD - 1
    table = DistrictTable(Product.ACTIVE_USERS, np.array([370202, 370203]), counts, SD)
    release = ReleaseMeta("2026-11-370200", date(2026, 11, 1), datetime(2026, 11, 2, tzinfo=UTC), 370200)
    return MonthTables(release, {Product.ACTIVE_USERS: table})


def order(month: MonthTables, planner: int, *, day: date = DAY) -> list[str]:
    """Return the tuples of a planner's day in their order."""
    return [str(one.persona) for one in draw_order([month], planner_id=UUID(int=planner), day=day, key=KEY)]


def test_the_first_card_is_each_tuple_in_proportion_to_its_count(month: MonthTables) -> None:
    firsts = Counter(order(month, planner)[0].split("/")[0] for planner in range(PLANNERS))
    # 300 of 480; three standard deviations of a share of 3,000 are 2.7 %.
    assert abs(firsts["370203"] / PLANNERS - 300 / 480) < 0.027


def test_only_tuples_of_fifty_and_two_deviations_are_drawn(month: MonthTables) -> None:
    names = get_slot_names(Product.ACTIVE_USERS)
    assert set(order(month, 1)) == {f"370202/{names[0]}", f"370203/{names[7]}", f"370202/{names[3]}"}


def test_the_order_is_the_same_all_day_and_another_one_tomorrow_or_for_somebody_else(month: MonthTables) -> None:
    assert order(month, 1) == order(month, 1)
    days = {tuple(order(month, 1, day=date(2026, 11, number))) for number in range(1, 20)}
    planners = {tuple(order(month, number)) for number in range(20)}
    assert min(len(days), len(planners)) > 1
