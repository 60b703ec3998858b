"""Public vocabulary of the release: categories, products and their shares of the yearly budget."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class Category(StrEnum):
    """The eight product categories, in the order of every array of needs."""

    REFRIGERATOR = "refrigerator"
    WASHING_MACHINE = "washing_machine"
    AIR_CONDITIONER = "air_conditioner"
    WATER_HEATER = "water_heater"
    TELEVISION = "television"
    RANGE_HOOD = "range_hood"
    DISHWASHER = "dishwasher"
    FREEZER = "freezer"

    @property
    def column(self) -> int:
        """Return the position of this category in every array of needs, 0-7."""
        return CATEGORIES.index(self)


CATEGORIES: tuple[Category, ...] = tuple(Category)

CATEGORY_NAMES_ZH: dict[Category, str] = {
    Category.REFRIGERATOR: "冰箱",
    Category.WASHING_MACHINE: "洗衣机",
    Category.AIR_CONDITIONER: "空调",
    Category.WATER_HEATER: "热水器",
    Category.TELEVISION: "电视",
    Category.RANGE_HOOD: "油烟机",
    Category.DISHWASHER: "洗碗机",
    Category.FREEZER: "冷柜",
}


class Product(StrEnum):
    """What a release publishes; each is charged to the yearly ledger on its own."""

    NEED_LEAF = "need_leaf"
    NEED_PARENT = "need_parent"
    NEED_CITY = "need_city"
    ANY_NEED_LEAF = "any_need_leaf"
    CUSTOMERS_LEAF = "customers_leaf"
    ACTIVE_USERS = "active_users"
    PAIN_POINTS = "pain_points"
    INTERESTS = "interests"
    TOPICS = "topics"
    CAMPAIGN_OUTCOMES = "campaign_outcomes"


@dataclass(frozen=True, slots=True)
class ReleaseId:
    """Names one release: a calendar month of one city. Written `2026-11-370200`."""

    month: date
    city_code: int

    def __str__(self) -> str:
        """Return the written form, as stored and as shown in every answer."""
        return f"{self.month:%Y-%m}-{self.city_code:06d}"
