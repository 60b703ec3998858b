"""What intake lets count of a household that has many of everything, month after month."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from privacy.release.values import CATEGORIES, Product
from privacy.release.vocabularies import get_vocabulary
from tests.privacy.people.drops import Columns, add_row, make_tables

if TYPE_CHECKING:
    from tests.privacy.people.conftest import Intake

FULL = "K00007"
PAINS = [(str(tag.category), tag.code) for tag in get_vocabulary(Product.PAIN_POINTS)]
NOVEMBER, DECEMBER, NEXT_YEAR = "2026-11", "2026-12", "2027-01"
COUNTED = {
    "needs": "SELECT category FROM core.needs WHERE counted AND household_id = :id",
    "persona": "SELECT persona_category FROM core.households WHERE household_id = :id",
    "pain points": "SELECT category, tag FROM core.pain_points WHERE counted AND household_id = :id",
    "interests": "SELECT tag FROM core.interests WHERE counted AND household_id = :id",
    "topics": "SELECT DISTINCT topic FROM core.topics WHERE counted AND household_id = :id",
}


def _make_full(*, ticket_on: str = "2026-02-03") -> dict[str, Columns]:
    """Make a drop in which one customer has everything there is, and something that no list knows."""
    tables, own = make_tables(20), {"customer_id": FULL}
    for category in map(str, CATEGORIES):
        add_row(tables["scores"], **own, category=category, score=90.0, model_version="m1")
        add_row(tables["purchases"], **own, category=category, model="X", bought_at="2015-06-30")
    for category, tag in [*PAINS, ("freezer", "haunted")]:
        add_row(tables["tickets"], **own, category=category, fault_tag=tag, free_text="", opened_at=ticket_on)
    for tag in [*(each.code for each in get_vocabulary(Product.INTERESTS)), "astrology"]:
        if tag != "health":
            add_row(tables["interests"], **own, tag=tag, weight=0.9)
    for topic in [*(each.code for each in get_vocabulary(Product.TOPICS)), "politics"]:
        for platform in ("forum", "short_video"):
            add_row(tables["topics"], **own, topic=topic, platform=platform, stance=1)
    return tables


def _take_in(intake: Intake, month: str, tables: dict[str, Columns]) -> dict[str, set[tuple[Any, ...]]]:
    """Take a month in; return what counts of the full household."""
    intake.clock.now = datetime(int(month[:4]), int(month[5:]), 18, 4, tzinfo=UTC)
    assert intake(intake.writer(month, drop_id=month, month=month).write(tables)).rejected == 0
    return {name: set(intake.ask(query, id=intake.get_household(FULL))) for name, query in COUNTED.items()}


def test_no_more_than_the_bound_counts_and_the_same_all_year(intake: Intake) -> None:
    november = _take_in(intake, NOVEMBER, _make_full())
    assert {name: len(found) for name, found in november.items()} == {
        "needs": 2, "persona": 1, "pain points": 3, "interests": 3, "topics": 3}  # fmt: skip
    assert _take_in(intake, DECEMBER, _make_full()) == november
    # One of 8 * 28 * 1140 * 56 * 56 choices: another year's is another one.
    assert _take_in(intake, NEXT_YEAR, _make_full()) != november


def test_a_topic_that_counts_does_so_on_every_platform(intake: Intake) -> None:
    _take_in(intake, NOVEMBER, _make_full())
    split = "SELECT topic FROM core.topics GROUP BY household_id, topic HAVING bool_or(counted) <> bool_and(counted)"
    assert intake.ask(split) == []


def test_what_no_list_knows_is_kept_but_never_counts(intake: Intake) -> None:
    _take_in(intake, NOVEMBER, _make_full())
    unknown = intake.ask("SELECT counted FROM core.interests WHERE tag = 'astrology'")
    unknown += intake.ask("SELECT counted FROM core.topics WHERE topic = 'politics'")
    assert unknown == [(False,)] * 3
    assert intake.ask("SELECT count(*) FROM core.pain_points WHERE tag = 'haunted'") == [(0,)]


def test_few_items_all_count(intake: Intake) -> None:
    _take_in(intake, NOVEMBER, make_tables(20))
    for table, tag in (("pain_points", "no_picture"), ("interests", "health")):
        counted = intake.ask(f"SELECT count(*) FROM core.{table} WHERE counted AND tag = :tag", tag=tag)  # noqa: S608 - two fixed names
        assert counted == [(20,)]


@pytest.mark.parametrize(
    ("opened_on", "count"),
    [("2025-10-31", 0), ("2025-11-01", 20), ("2026-10-31", 20), ("2026-11-01", 0)],
)
def test_pains_are_those_of_the_twelve_months_before_the_drop(intake: Intake, opened_on: str, count: int) -> None:
    _take_in(intake, NOVEMBER, _make_full(ticket_on=opened_on))
    query = "SELECT count(*) FROM core.pain_points WHERE household_id = :id AND (category, tag) <> (4, 'no_picture')"
    assert intake.ask(query, id=intake.get_household(FULL)) == [(max(count - 1, 0),)]


def test_pains_that_have_passed_count_no_more(intake: Intake) -> None:
    _take_in(intake, NOVEMBER, _make_full(ticket_on="2025-11-20"))
    tables = make_tables(20)
    tables["tickets"] = {name: [] for name in tables["tickets"]}
    assert len(_take_in(intake, DECEMBER, tables)["pain points"]) == 1  # of February's ticket about the television


@pytest.mark.parametrize(
    ("bought_on", "band"),
    [("2026-11-02", 0), ("2021-12-01", 0), ("2021-11-30", 1), ("2016-12-01", 1), ("2016-11-30", 2), ("1999-01-01", 2)],
)
def test_the_age_band_counts_months_since_the_latest_purchase(intake: Intake, bought_on: str, band: int) -> None:
    tables = make_tables(20)
    tables["purchases"]["bought_at"][7] = bought_on
    add_row(tables["purchases"], customer_id=FULL, category="freezer", model="X", bought_at="1998-01-01")
    _take_in(intake, NOVEMBER, tables)
    query = "SELECT persona_category, persona_age_band FROM core.households WHERE household_id = :id"
    assert intake.ask(query, id=intake.get_household(FULL)) == [(7, band)]


def test_who_owns_nothing_is_no_persona(intake: Intake) -> None:
    tables = make_tables(20)
    for cells in tables["purchases"].values():
        del cells[7]
    assert _take_in(intake, NOVEMBER, tables)["persona"] == {(None,)}
