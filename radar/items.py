"""Turns evidence into the rows of a radar: the same for pains, interests and topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from privacy.release.plan import MONTHS_PER_YEAR, count_months
from privacy.release.vocabularies import Tag
from radar.estimates import (
    Estimates,
    estimate_changes,
    estimate_indexes,
    estimate_seasons,
    estimate_shares,
    show_count,
)
from radar.evidence import Evidence, Month
from radar.values import Growth, Item, NoSeason, Point, Season

Weight = Callable[[Item], float]


def list_items(
    evidence: Evidence, *, tags: Sequence[Tag], growth_months: int, is_seasonal: bool, weight: Weight
) -> tuple[Item, ...]:
    """Return one item a tag, those of the largest weight first; what is few comes last, in the order of the list.

    `growth_months` is how far back the growth looks; a product that counts twelve months at once is not seasonal.
    """
    shares = [estimate_shares(month.own) for month in evidence.months]
    own, city = evidence.now.own, evidence.now.own.add(evidence.rest_of_city)
    columns = {
        "share": shares[0],
        "city_share": estimate_shares(city),
        "national_share": estimate_shares(own.add(evidence.rest_of_nation)),
        "city_index": estimate_indexes(own, rest=evidence.rest_of_city),
        "national_index": estimate_indexes(own, rest=evidence.rest_of_nation),
    }
    seasons = _find_seasons(evidence.months, shares=shares) if is_seasonal else []
    growth = _Growing(evidence.months, shares, growth_months)
    items = [
        Item(
            rank=0,
            tag=tag,
            count=show_count(own, slot),
            **{name: estimates.show(slot) for name, estimates in columns.items()},
            growth=growth.show(slot),
            series=_list_points(evidence.months, shares=shares, slot=slot),
            season=_list_seasons(seasons, slot=slot),
            no_season=_explain(seasons, slot=slot, is_seasonal=is_seasonal),
        )
        for slot, tag in enumerate(tags)
    ]
    return rank(items, weight=weight)


def rank(items: Sequence[Item], *, weight: Weight) -> tuple[Item, ...]:
    """Return items in order, numbered from 1; those whose count is few come last."""
    ordered = sorted(items, key=lambda item: (item.count.few, -weight(item)))
    return tuple(replace(item, rank=place) for place, item in enumerate(ordered, 1))


class _Growing:
    """The change of shares since the month that lies `months` back, or else since the oldest that is younger."""

    def __init__(self, months: Sequence[Month], shares: Sequence[Estimates], back: int) -> None:
        now = months[0].release.month
        ages = [count_months(month.release.month, until=now) for month in months]
        fitting = [at for at, age in enumerate(ages) if 0 < age <= back]
        self._since: date | None = months[fitting[-1]].release.month if fitting else None
        self._changes = estimate_changes(shares[0], before=shares[fitting[-1]]) if fitting else None

    def show(self, slot: int) -> Growth | None:
        """Return the growth of one slot; None where there is no earlier month, or it was few."""
        change = self._changes.show(slot) if self._changes else None
        return Growth(self._since, change) if change and self._since else None


def _list_points(months: Sequence[Month], *, shares: Sequence[Estimates], slot: int) -> tuple[Point, ...]:
    """Return the series of one slot, oldest month first."""
    points = (
        Point(
            month.release.release_id,
            month.release.month,
            month.release.as_of,
            show_count(month.own, slot),
            share.show(slot),
        )
        for month, share in zip(months, shares, strict=True)
    )
    return tuple(reversed(list(points)))


def _find_seasons(months: Sequence[Month], *, shares: Sequence[Estimates]) -> list[tuple[Month, Estimates]]:
    """Return the last twelve months in a row, oldest first, each against their mean; nothing where there are fewer."""
    last = months[:MONTHS_PER_YEAR]
    ages = [count_months(month.release.month, until=months[0].release.month) for month in last]
    if ages != list(range(MONTHS_PER_YEAR)):
        return []
    indexes = estimate_seasons(list(shares[:MONTHS_PER_YEAR]))
    return list(reversed(list(zip(last, indexes, strict=True))))


def _list_seasons(seasons: Sequence[tuple[Month, Estimates]], *, slot: int) -> tuple[Season, ...]:
    shown = [(month.release, index.show(slot)) for month, index in seasons]
    return tuple(Season(release.release_id, release.month, release.as_of, index) for release, index in shown if index)


def _explain(seasons: Sequence[tuple[Month, Estimates]], *, slot: int, is_seasonal: bool) -> NoSeason | None:
    if not is_seasonal:
        return NoSeason.COUNTS_COVER_TWELVE_MONTHS
    if not seasons:
        return NoSeason.FEWER_THAN_TWELVE_MONTHS
    return None if _list_seasons(seasons, slot=slot) else NoSeason.FEW
