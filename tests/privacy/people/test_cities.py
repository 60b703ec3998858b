"""No month counts anybody in two cities, and a household that two cities claim is counted in one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import text

from privacy.people.loading.households import get_arrival
from tests.privacy.people.drops import Columns, make_tables
from tests.privacy.people.locators import GridLocator, Located

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from tests.privacy.people.conftest import Intake

A, B, EAST = 3, 150, 159  # the third lives in the leaf that is the other city's
BEIJING, QINGDAO = 110000, 370200
NEW_PHONE = "+8610099999999"
JANUARY = date(2027, 1, 1)


class _TwoCities(GridLocator):
    """East of 120.385 it is another city."""

    def locate(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], community_codes: Sequence[str | None], *, datum: str
    ) -> Located:
        """Locate."""
        located = super().locate(lon, lat, community_codes, datum=datum)
        return Located(located.leaf_ids, np.where(lon > 120.385, BEIJING, located.city_codes))


def _take(intake: Intake, tables: dict[str, Columns], *, month: str, now: datetime, name: str | None = None) -> None:
    intake.clock.now = now
    name = name or month
    intake(intake.writer(name, drop_id=name, month=month).write(tables))


def _in_beijing(intake: Intake, customer: int) -> UUID | None:
    """Let a household have lived in Beijing until now."""
    household_id = intake.get_household(f"K{customer:05}")
    with intake.people_engine.begin() as connection:
        move = text("UPDATE core.households SET city_code = :city WHERE household_id = :id")
        connection.execute(move, {"city": BEIJING, "id": household_id})
    return household_id


def _find_city(intake: Intake, customer: int) -> tuple[int, date | None]:
    query = "SELECT city_code, city_from FROM core.households WHERE household_id = :id"
    [(city_code, city_from)] = intake.ask(query, id=intake.get_household(f"K{customer:05}"))
    return city_code, city_from


@pytest.mark.parametrize(
    ("month", "now", "arrival"),
    [
        (date(2026, 12, 1), datetime(2026, 12, 18, tzinfo=UTC), JANUARY),
        (date(2026, 11, 1), datetime(2026, 12, 2, tzinfo=UTC), JANUARY),
        (date(2026, 12, 1), datetime(2026, 12, 31, 16, 30, tzinfo=UTC), date(2027, 2, 1)),  # it is January in Shanghai
        (date(2026, 12, 1), datetime(2026, 11, 30, 16, 30, tzinfo=UTC), JANUARY),
    ],
)
def test_whoever_moves_counts_after_the_drop_s_month_and_after_this_one(
    month: date, now: datetime, arrival: date
) -> None:
    assert get_arrival(month, now=now) == arrival


def test_whoever_is_new_where_another_group_may_have_counted_them_waits_and_who_is_known_does_not_wait_again(
    intake: Intake,
) -> None:
    waiting = "SELECT DISTINCT city_from FROM core.households"
    for month, now in (
        ("2026-11", datetime(2026, 11, 18, tzinfo=UTC)),
        ("2026-12", datetime(2026, 12, 18, tzinfo=UTC)),
    ):
        intake.clock.now = now
        intake(intake.writer(month, drop_id=month, month=month).write(make_tables()), newcomers_wait=True)
        assert intake.ask(waiting) == [(date(2026, 12, 1),)]


def test_a_late_drop_of_last_month_moves_nobody_into_this_month(intake: Intake) -> None:
    _take(intake, make_tables(), month="2026-11", now=datetime(2026, 11, 18, tzinfo=UTC))
    _in_beijing(intake, A)
    _take(intake, make_tables(), month="2026-11", now=datetime(2026, 12, 2, tzinfo=UTC), name="corrected")
    assert _find_city(intake, A) == (QINGDAO, JANUARY)
    assert _find_city(intake, B) == (QINGDAO, None)


@pytest.mark.parametrize("host", [None, B])
def test_who_comes_from_another_city_takes_that_along_to_whatever_household(intake: Intake, host: int | None) -> None:
    tables = make_tables()
    tables["households"]["phone"][A + 1] = tables["households"]["phone"][A]
    _take(intake, tables, month="2026-11", now=datetime(2026, 11, 18, tzinfo=UTC))
    shared = _in_beijing(intake, A)
    tables["households"]["phone"][A] = NEW_PHONE if host is None else tables["households"]["phone"][host]
    _take(intake, tables, month="2026-12", now=datetime(2026, 12, 18, tzinfo=UTC))
    assert intake.get_household(f"K{A:05}") != shared
    assert _find_city(intake, A) == _find_city(intake, A + 1) == (QINGDAO, JANUARY)


def test_who_was_erased_and_comes_again_counts_from_the_next_month(intake: Intake) -> None:
    tables = make_tables(20)
    hashes = intake.vault.hash_phone(tables["households"]["phone"][A])
    with intake.people_engine.begin() as connection:
        note = text("INSERT INTO vault.erasures VALUES (:hash, :version, '2026-12-05')")
        connection.execute(note, {"hash": hashes.opt_out_hash, "version": hashes.opt_out_version})
    tables["consents"]["granted"][A], tables["consents"]["at"][A] = True, "2026-12-10T08:00:00Z"
    _take(intake, tables, month="2026-12", now=datetime(2026, 12, 18, tzinfo=UTC))
    assert _find_city(intake, A) == (QINGDAO, JANUARY)
    assert _find_city(intake, A + 1) == (QINGDAO, None)


def test_a_household_registered_in_two_cities_counts_in_one_of_them_every_month(intake: Intake) -> None:
    tables = make_tables()
    tables["households"]["phone"][EAST] = tables["households"]["phone"][A]
    for month, now in (
        ("2026-11", datetime(2026, 11, 18, tzinfo=UTC)),
        ("2026-12", datetime(2026, 12, 18, tzinfo=UTC)),
    ):
        intake.clock.now = now
        intake(intake.writer(month, drop_id=month, month=month).write(tables), locator=_TwoCities())
        assert _find_city(intake, A) == (QINGDAO, None)
        assert _find_city(intake, EAST - 10) == (BEIJING, None)
