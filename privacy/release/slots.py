"""What stands where in the counts of a district product: the public, fixed order of slots, and their names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from itertools import product as combine

from privacy.release.plan import PRODUCTS
from privacy.release.values import CATEGORIES, Product
from privacy.release.vocabularies import get_keys

ACTIVE_FROM = 30
VERY_ACTIVE_FROM = 60
"""Activity scores (0-100) from which a household counts as active, and as very active; below, nobody is counted."""

AGE_BAND_MONTHS = (60, 120)
"""Months since the latest purchase in a category at which its second and third age band begin."""


class AgeBand(StrEnum):
    """How long ago a household bought what it is asked about."""

    UNDER_5_YEARS = "under_5_years"
    FROM_5_TO_10_YEARS = "from_5_to_10_years"
    OVER_10_YEARS = "over_10_years"


class Activity(StrEnum):
    """How much a household has to do with the maker."""

    ACTIVE = "active"
    VERY_ACTIVE = "very_active"


class Outcome(StrEnum):
    """What became of the campaigns of a month, as counts of households."""

    MESSAGED = "messaged"
    REPLIED = "replied"
    BOUGHT = "bought"
    HELD_OUT = "held_out"
    HELD_OUT_BOUGHT = "held_out_bought"


DISTRICT_PRODUCTS: tuple[Product, ...] = (
    Product.ACTIVE_USERS,
    Product.PAIN_POINTS,
    Product.INTERESTS,
    Product.TOPICS,
    Product.CAMPAIGN_OUTCOMES,
)
"""The products that have one row of slots a district."""

SLOTS_PER_HOUSEHOLD: Mapping[Product, int] = {each: PRODUCTS[each].sensitivity_squared for each in DISTRICT_PRODUCTS}
"""In how many slots of each product a household may stand. It stands there once, so its squared L2 norm is the same."""


@cache
def get_slot_names(product: Product) -> tuple[str, ...]:
    """Return the names of a district product's slots in their order.

    Active users: `age band/activity/category`; pain points: `category/tag`; interests and topics: `tag`; outcomes.
    """
    if product is Product.ACTIVE_USERS:
        return tuple("/".join(parts) for parts in combine(AgeBand, Activity, CATEGORIES))
    if product is Product.CAMPAIGN_OUTCOMES:
        return tuple(Outcome)
    return tuple(get_keys(product))
