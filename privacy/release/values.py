"""Public vocabulary of the release: categories, products and their shares of the yearly budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from privacy.release.errors import PublicKeysError

Clock: TypeAlias = Callable[[], datetime]

LOCAL = ZoneInfo("Asia/Shanghai")
"""The time by which a calendar month begins."""


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

    @classmethod
    def parse(cls, written: str) -> ReleaseId:
        """Read the written form back. Raises ValueError for anything else."""
        year, month, city_code = written.split("-")
        return cls(date(int(year), int(month), 1), int(city_code))


@dataclass(frozen=True, slots=True, eq=False)
class PublicKeys:
    """What a city's release has a figure for: known from maps, never found in data.

    `leaf_ids` is int64[n], strictly ascending; `parents` is int64[n], the H3 res-7 index that each leaf lies in;
    `districts` is int64[n], the adcode of each leaf's district.
    """

    city_code: int
    leaf_ids: NDArray[np.int64]
    parents: NDArray[np.int64]
    districts: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse keys that a release could not be kept in the order of. Raises PublicKeysError."""
        fits = self.leaf_ids.ndim == 1 and self.leaf_ids.size > 0
        fits = fits and self.leaf_ids.shape == self.parents.shape == self.districts.shape
        if not fits or not bool(np.all(np.diff(self.leaf_ids) > 0)):
            raise PublicKeysError(city_code=self.city_code)

    @property
    def district_adcodes(self) -> NDArray[np.int64]:
        """Return the districts of the city, int64[d], ascending: the keys of every district product."""
        return np.unique(self.districts)


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """What is known of one stored release, besides its figures.

    `signature` is Ed25519 over `figures_sha256`, 64 bytes; None from before releases were signed.
    """

    release_id: str
    month: date
    city_code: int
    as_of: datetime
    published_at: datetime
    figures_sha256: bytes
    signature: bytes | None


class Step(StrEnum):
    """Where a publication has come to, for whoever watches it."""

    CHECK = "check"
    CHARGE = "charge"
    COUNT = "count"
    DRAW = "draw"
    SIGN = "sign"
    PUBLISH = "publish"


Progress: TypeAlias = Callable[[Step, int, int], None]
"""Called with the step, the parts of it that are done, and all its parts."""
