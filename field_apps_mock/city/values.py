"""What a city is made from and what comes out: plan, categories with their prevalence, written drop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

CHUNK_HOUSEHOLDS = 50_000
"""Households made and written at a time. Part of what a seed means: another chunk is another city."""

MAX_HOUSEHOLDS = 20_000_000
"""The largest city: the invented phone range has room for five of them."""

NEED_THRESHOLD = 60
"""A score from here on is a need."""

FROZEN_ON = date(2026, 1, 1)
"""The day that the demand model was fitted and household histories are anchored to, whatever month is written."""


class CityName(StrEnum):
    """The cities whose real places ship with the project."""

    QINGDAO = "qingdao"
    BEIJING = "beijing"
    SHANGHAI = "shanghai"

    @property
    def adcode(self) -> int:
        """Return the administrative code of the city, six digits."""
        return {CityName.QINGDAO: 370200, CityName.BEIJING: 110000, CityName.SHANGHAI: 310000}[self]

    @property
    def slot(self) -> int:
        """Return the city's place in the ranges of phones and customer ids, so that no two cities share any."""
        return list(CityName).index(self)


class Datum(StrEnum):
    """Datum of the positions written. The source is GCJ-02."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class DropFormat(StrEnum):
    """File format of the tables of a drop."""

    PARQUET = "parquet"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class CategoryTraits:
    """How one appliance lives: need prevalence and ownership as shares of all households, life in years."""

    code: str
    prevalence: float
    ownership: float
    life_years: float
    model_prefix: str


CATEGORIES: tuple[CategoryTraits, ...] = (
    CategoryTraits("refrigerator", 0.060, 0.97, 12.0, "BCD"),
    CategoryTraits("washing_machine", 0.065, 0.96, 10.0, "XQG"),
    CategoryTraits("air_conditioner", 0.073, 0.90, 11.0, "KFR"),
    CategoryTraits("water_heater", 0.068, 0.93, 9.0, "JSQ"),
    CategoryTraits("television", 0.050, 0.88, 9.5, "LU"),
    CategoryTraits("range_hood", 0.055, 0.92, 13.0, "CXW"),
    CategoryTraits("dishwasher", 0.035, 0.34, 10.5, "WQP"),
    CategoryTraits("freezer", 0.036, 0.30, 12.5, "BD"),
)
"""The eight categories, in the order of every array of this package."""


@dataclass(frozen=True, slots=True)
class CityPlan:
    """Everything that decides a drop byte for byte (Parquet: value for value). Raises ValueError when impossible."""

    city: CityName
    households: int
    seed: int
    month: date
    datum: Datum = Datum.GCJ02
    file_format: DropFormat = DropFormat.PARQUET

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        if not 1 <= self.households <= MAX_HOUSEHOLDS:
            message = f"households must be 1 to {MAX_HOUSEHOLDS}"
            raise ValueError(message)
        if self.month.day != 1:
            message = "a month is named by its first day"
            raise ValueError(message)
        if self.seed < 0:
            message = "the seed must not be negative"
            raise ValueError(message)

    @property
    def drop_id(self) -> str:
        """Return the name of the drop, e.g. 370200-2026-11-h200000-s7: another content is another drop."""
        return f"{self.city.adcode}-{self.month:%Y-%m}-h{self.households}-s{self.seed}"

    @property
    def cut_off(self) -> datetime:
        """Return the instant up to which the drop knows the world: the start of its month, UTC."""
        return datetime(self.month.year, self.month.month, 1, tzinfo=UTC)

    @property
    def chunks(self) -> int:
        """Return how many chunks the city is made in."""
        return -(-self.households // CHUNK_HOUSEHOLDS)


@dataclass(frozen=True, slots=True)
class WrittenDrop:
    """A drop on disk: its folder, its id, and the rows of each table."""

    folder: Path
    drop_id: str
    rows: dict[str, int]
