"""The one parameters file of the promise: a number changed here changes what docs/privacy-promise.md says.

Budget is counted in rho of zero-concentrated differential privacy (Bun and Steinke 2016), which adds up over products
and months. A city's month is a pile of shares: the whole year is 1, a regular month 1/12. In the first year of a
ledger month 1 takes 4 of 15 shares and each later month 1 of 15, so that the first maps are already useful.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from privacy.release.values import CATEGORIES, Product

EPSILON = 4.0
DELTA = 1e-9
RHO_PER_YEAR = 0.2063
"""The largest rho, to four digits, whose conversion at DELTA stays below EPSILON; accounting.py converts."""

MONTHS_PER_YEAR = 12
FIRST_MONTH_SHARE = 4 / 15
FIRST_YEAR_SHARE = 1 / 15
REGULAR_SHARE = 1 / 12

NEEDS_PER_HOUSEHOLD = 2
"""How many needs of a household count in the bounded products; which ones, intake picks by keyed hash."""

TAGS_PER_HOUSEHOLD = 3
"""How many pain points, how many interests and how many topics of a household count, picked in the same way."""

OUTCOMES_PER_HOUSEHOLD = 3
"""Messaged, replied and bought; or held out and bought."""

_SIGMA_MARGIN = 1 + 1e-9
"""Lifts sigma in its tenth digit, so that OpenDP's outward-rounded privacy map never exceeds the share."""


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """A product's share of each month and what one household may change in it (L2 norm, squared)."""

    share: float
    sensitivity_squared: int


PRODUCTS: dict[Product, ProductPlan] = {
    Product.NEED_LEAF: ProductPlan(share=0.50, sensitivity_squared=NEEDS_PER_HOUSEHOLD),
    Product.NEED_PARENT: ProductPlan(share=0.10, sensitivity_squared=NEEDS_PER_HOUSEHOLD),
    Product.NEED_CITY: ProductPlan(share=0.01, sensitivity_squared=len(CATEGORIES)),
    Product.ANY_NEED_LEAF: ProductPlan(share=0.05, sensitivity_squared=1),
    Product.CUSTOMERS_LEAF: ProductPlan(share=0.10, sensitivity_squared=1),
    Product.ACTIVE_USERS: ProductPlan(share=0.04, sensitivity_squared=1),
    Product.PAIN_POINTS: ProductPlan(share=0.05, sensitivity_squared=TAGS_PER_HOUSEHOLD),
    Product.INTERESTS: ProductPlan(share=0.05, sensitivity_squared=TAGS_PER_HOUSEHOLD),
    Product.TOPICS: ProductPlan(share=0.05, sensitivity_squared=TAGS_PER_HOUSEHOLD),
    Product.CAMPAIGN_OUTCOMES: ProductPlan(share=0.05, sensitivity_squared=OUTCOMES_PER_HOUSEHOLD),
}

DRAWN_MONTHLY: tuple[Product, ...] = tuple(PRODUCTS)
"""The products that a publication charges and draws: all of them, in this order."""


def count_months(first: date, *, until: date) -> int:
    """Return how many calendar months `until` lies after `first`; negative when before."""
    return (until.year - first.year) * MONTHS_PER_YEAR + until.month - first.month


def get_month_share(*, months_since_start: int) -> float:
    """Return the part of the yearly rho that a month may take, by its distance from the ledger's first month."""
    if months_since_start == 0:
        return FIRST_MONTH_SHARE
    return FIRST_YEAR_SHARE if months_since_start < MONTHS_PER_YEAR else REGULAR_SHARE


def get_rho(product: Product, *, month_share: float) -> float:
    """Return the rho that one month of a product may cost."""
    return RHO_PER_YEAR * month_share * PRODUCTS[product].share


def get_sigma(product: Product, *, month_share: float) -> float:
    """Return the noise scale whose cost is `get_rho`, from rho = sensitivity squared / (2 sigma squared)."""
    rho = get_rho(product, month_share=month_share)
    return math.sqrt(PRODUCTS[product].sensitivity_squared / (2 * rho)) * _SIGMA_MARGIN
