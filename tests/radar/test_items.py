"""Rows of a radar over many months: growth, seasons and suggestions from counts whose truth is known."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from geo.figures import ReleaseMeta
from privacy.release.values import Product
from privacy.release.vocabularies import get_vocabulary
from radar.estimates import Slots
from radar.evidence import Evidence, Month
from radar.interests import by_index
from radar.items import list_items
from radar.life_circle import Why, suggest
from radar.values import Area, Item, NoSeason, Scan

TAGS = get_vocabulary(Product.TOPICS)
HERE = Area(370202, "市南区", 370200, "青岛市")
SD = 20.0


def make_release(age: int) -> ReleaseMeta:
    """Return the release of so many months before November 2026."""
    year, month = divmod(2026 * 12 + 10 - age, 12)
    day = date(year, month + 1, 1)
    return ReleaseMeta(f"{day:%Y-%m}-370200", day, datetime(year, month + 1, 2, tzinfo=UTC), 370200)


def make_evidence(firsts: list[float], *, ages: list[int] | None = None) -> Evidence:
    """Return months, newest first, in which only the first tag moves; the nation is flat."""
    months = [
        Month(make_release(age), Slots(np.array([first, *[1000.0] * 7]), SD**2))
        for age, first in zip(ages or range(len(firsts)), firsts, strict=True)
    ]
    flat = Slots(np.full(8, 20_000.0), 4 * SD**2)
    return Evidence(HERE, tuple(months), flat, flat, (months[0].release,))


def list_topics(evidence: Evidence, *, growth_months: int = 3, is_seasonal: bool = True) -> dict[str, Item]:
    """Return the items by tag."""
    items = list_items(evidence, tags=TAGS, growth_months=growth_months, is_seasonal=is_seasonal, weight=by_index)
    return {item.tag.code: item for item in items}


def test_growth_counts_from_so_many_months_back_and_is_clear_or_not() -> None:
    items = list_topics(make_evidence([2000.0, 1900.0, 1500.0, 1000.0, 500.0]))
    grown = items["renovation"].growth
    assert grown is not None
    assert (grown.since, grown.is_clear) == (date(2026, 8, 1), True)
    assert grown.change.value == pytest.approx(100 * ((2000 / 9000) / (1000 / 8000) - 1))
    alone = list_topics(make_evidence([2000.0]))["renovation"]
    assert alone.growth is None


def test_growth_counts_from_the_oldest_month_where_history_is_short_or_has_a_gap() -> None:
    gap = list_topics(make_evidence([2000.0, 1000.0, 500.0], ages=[0, 2, 5]))["renovation"].growth
    assert gap is not None
    assert gap.since == date(2026, 9, 1)


def test_noise_is_no_clear_growth() -> None:
    grown = list_topics(make_evidence([1010.0, 1000.0, 1000.0, 1000.0]))["renovation"].growth
    assert grown is not None
    assert not grown.is_clear


def test_a_season_needs_twelve_months_in_a_row() -> None:
    summer = [1000.0 + 400.0 * (age in {4, 5}) for age in range(12)]
    item = list_topics(make_evidence(summer))["renovation"]
    assert item.no_season is None
    high = {one.month.month for one in item.season if one.index.value - one.index.moe95 > 100}
    assert high == {6, 7}
    short = list_topics(make_evidence(summer[:11]))["renovation"]
    assert (short.season, short.no_season) == ((), NoSeason.FEWER_THAN_TWELVE_MONTHS)
    gap = list_topics(make_evidence(summer, ages=[*range(11), 12]))["renovation"]
    assert gap.no_season is NoSeason.FEWER_THAN_TWELVE_MONTHS


def test_counts_of_twelve_months_at_once_have_no_season() -> None:
    item = list_topics(make_evidence([1000.0] * 12), is_seasonal=False)["renovation"]
    assert (item.season, item.no_season) == ((), NoSeason.COUNTS_COVER_TWELVE_MONTHS)


def test_a_month_that_is_few_leaves_no_season_and_no_share() -> None:
    item = list_topics(make_evidence([1000.0] * 5 + [10.0] + [1000.0] * 6))["renovation"]
    assert item.no_season is NoSeason.FEW
    assert [point.share is None for point in item.series].count(True) == 1


def test_only_what_stands_out_is_suggested_and_says_why() -> None:
    for firsts, why in (
        ([2000.0, 2000.0, 2000.0, 2000.0], Why.OVER_REPRESENTED),
        ([2000.0, 1000.0, 1000.0, 1000.0], Why.BOTH),
        ([900.0, 500.0, 500.0, 500.0], Why.GROWING),
        ([1000.0, 1000.0, 1000.0, 1000.0], None),
    ):
        evidence = make_evidence(firsts)
        items = tuple(list_topics(evidence).values())
        found = suggest(Scan(evidence.now.release, HERE, evidence.base, items))
        assert [one.why for one in found if one.item.tag.code == "renovation"] == ([why] if why else [])
