"""用户生活圈: what an area talks about, whether that grows, and with whom one might work together.

Platforms and kinds of influencers are public, editorial knowledge of the vocabulary (privacy/release/vocabulary/
topics.csv), not figures: a household counts once a topic, wherever it talked (docs/adr/0017).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from privacy.release.values import Product
from privacy.release.vocabularies import get_vocabulary
from radar.archive import Archive
from radar.evidence import gather
from radar.interests import by_index
from radar.items import list_items
from radar.values import Area, Item, Scan

GROWTH_MONTHS = 3
MOST_SUGGESTIONS = 3
_SAME = 100.0


class Why(StrEnum):
    """What speaks for a topic, beyond its margins."""

    OVER_REPRESENTED = "over_represented"
    GROWING = "growing"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A topic to work together on, best first."""

    item: Item
    why: Why


def scan(session: Session, *, archive: Archive, area: Area, month: date | None) -> Scan:
    """Return the topics of an area, the most over-represented first. Raises MonthNotReleasedError."""
    tags = get_vocabulary(Product.TOPICS)
    slots = list(range(len(tags)))
    evidence = gather(session, archive=archive, product=Product.TOPICS, area=area, month=month, slots=slots)
    items = list_items(evidence, tags=tags, growth_months=GROWTH_MONTHS, is_seasonal=True, weight=by_index)
    return Scan(evidence.now.release, area, evidence.base, items)


def suggest(found: Scan) -> tuple[Suggestion, ...]:
    """Return at most three topics whose index is above 100, or whose share grows, by more than the margin.

    Ranked by what is left of index and growth after their margins, multiplied: noise cannot lead.
    """
    reasons = [(item, _explain(item)) for item in found.items]
    suggestions = [Suggestion(item, why) for item, why in reasons if why is not None]
    return tuple(sorted(suggestions, key=_weigh, reverse=True)[:MOST_SUGGESTIONS])


def _explain(item: Item) -> Why | None:
    index, growth = item.national_index, item.growth
    is_over = index is not None and index.value - index.moe95 > _SAME
    is_growing = growth is not None and growth.is_clear and growth.change.value > 0
    if is_over and is_growing:
        return Why.BOTH
    if is_over:
        return Why.OVER_REPRESENTED
    return Why.GROWING if is_growing else None


def _weigh(suggestion: Suggestion) -> float:
    index, growth = suggestion.item.national_index, suggestion.item.growth
    sure_index = (index.value - index.moe95) / _SAME if index else 1.0
    sure_growth = 1.0 + (growth.change.value - growth.change.moe95) / _SAME if growth and growth.is_clear else 1.0
    return sure_index * sure_growth
