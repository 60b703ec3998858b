"""用户兴趣雷达: what an area prefers, against the national base.

By area only: the released product is district x tag. A third dimension, category, would spread the same budget over
eight times as many figures (docs/adr/0017).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from privacy.release.values import Product
from privacy.release.vocabularies import get_vocabulary
from radar.archive import Archive
from radar.evidence import gather
from radar.items import list_items
from radar.values import Area, Item, Scan

GROWTH_MONTHS = 3


def scan(session: Session, *, archive: Archive, area: Area, month: date | None) -> Scan:
    """Return the interests of an area, the most over-represented first. Raises MonthNotReleasedError."""
    tags = get_vocabulary(Product.INTERESTS)
    slots = list(range(len(tags)))
    evidence = gather(session, archive=archive, product=Product.INTERESTS, area=area, month=month, slots=slots)
    items = list_items(evidence, tags=tags, growth_months=GROWTH_MONTHS, is_seasonal=True, weight=by_index)
    return Scan(evidence.now.release, area, evidence.base, items)


def by_index(item: Item) -> float:
    """Return the national index, 0 where there is none: the weight by which items are ranked."""
    return item.national_index.value if item.national_index else 0.0
