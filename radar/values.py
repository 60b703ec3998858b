"""What radars answer, frozen. Shares and growth are in per cent; an index of 100 is "as in the base".

Every estimate carries `moe95`, the half width of its 95 % interval. A count below two standard errors is "few": its
value is None, and so is everything made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from geo.figures import ReleaseMeta
from privacy.release.vocabularies import Tag


@dataclass(frozen=True, slots=True)
class Area:
    """A district, or a whole city where `adcode` is the city's own code."""

    adcode: int
    name: str
    city_code: int
    city_name: str

    @property
    def is_city(self) -> bool:
        """Say whether the area is a whole city."""
        return self.adcode == self.city_code


@dataclass(frozen=True, slots=True)
class Count:
    """Households, as released; None where few."""

    value: float | None
    moe95: float

    @property
    def few(self) -> bool:
        """Say whether the count does not stand out of its noise."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class Measure:
    """A share or growth in per cent, or an index, with its margin."""

    value: float
    moe95: float


@dataclass(frozen=True, slots=True)
class Point:
    """One tag in the release of one month."""

    release_id: str
    month: date
    as_of: datetime
    count: Count
    share: Measure | None


@dataclass(frozen=True, slots=True)
class Growth:
    """How a share changed since an earlier month; `is_clear` where the margin leaves no doubt about the sign."""

    since: date
    change: Measure

    @property
    def is_clear(self) -> bool:
        """Say whether the change is larger than its margin."""
        return abs(self.change.value) > self.change.moe95


@dataclass(frozen=True, slots=True)
class Season:
    """A month's share against the mean of the twelve months that it belongs to, as an index."""

    release_id: str
    month: date
    as_of: datetime
    index: Measure


class NoSeason(StrEnum):
    """Why no season is told."""

    FEWER_THAN_TWELVE_MONTHS = "fewer_than_twelve_months"
    FEW = "few"
    COUNTS_COVER_TWELVE_MONTHS = "counts_cover_twelve_months"


@dataclass(frozen=True, slots=True)
class Item:
    """One tag in one area and month, beside its city and the nation. `season` is empty where `no_season` says why."""

    rank: int
    tag: Tag
    count: Count
    share: Measure | None
    city_share: Measure | None
    national_share: Measure | None
    city_index: Measure | None
    national_index: Measure | None
    growth: Growth | None
    series: tuple[Point, ...]
    season: tuple[Season, ...]
    no_season: NoSeason | None


@dataclass(frozen=True, slots=True)
class Scan:
    """What a radar sees of an area in a month. `base` are the releases that make up the nation."""

    release: ReleaseMeta
    area: Area
    base: tuple[ReleaseMeta, ...]
    items: tuple[Item, ...]
