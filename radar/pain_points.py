"""用户痛点雷达: what households complained of, ranked, by category and area.

A pain counts the households with a ticket about it in the twelve months before the release, so a series moves slowly
and shows no season. Pains come from fault tags and from the free text of tickets, tagged at intake.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from privacy.release.values import Category, Product
from privacy.release.vocabularies import get_vocabulary
from radar.archive import Archive
from radar.evidence import gather
from radar.items import list_items
from radar.values import Area, Item, Scan

GROWTH_MONTHS = 12
"""Two windows of twelve months that do not overlap; with a shorter history, the oldest month that there is."""


def scan(session: Session, *, archive: Archive, area: Area, month: date | None, category: Category | None) -> Scan:
    """Return the pains of a category, or of all, in an area, most households first. Raises MonthNotReleasedError.

    Shares are of all pains of the same scope: those of the category, or of all categories.
    """
    every = get_vocabulary(Product.PAIN_POINTS)
    slots = [slot for slot, tag in enumerate(every) if category in {None, tag.category}]
    evidence = gather(session, archive=archive, product=Product.PAIN_POINTS, area=area, month=month, slots=slots)
    items = list_items(
        evidence,
        tags=[every[slot] for slot in slots],
        growth_months=GROWTH_MONTHS,
        is_seasonal=False,
        weight=_by_count,
    )
    return Scan(evidence.now.release, area, evidence.base, items)


def _by_count(item: Item) -> float:
    return item.count.value or 0.0
