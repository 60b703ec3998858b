"""Answers of the snapshot: released figures laid out over places. `moe95` is the 95 % margin, 1.96 standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from geo.values import LonLat

Z95 = 1.96
FEW_SD = 2.0
LEAST_CUSTOMERS = 30.0


class Level(StrEnum):
    """Whose figures a row shows: its own, or, with fewer than 30 released customers, its H3 res-7 parent's."""

    COMMUNITY = "community"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class ReleaseMeta:
    """Which release the figures come from."""

    release_id: str
    month: date
    as_of: datetime
    city_code: int


@dataclass(frozen=True, slots=True)
class CommunityFigures:
    """One community of a list.

    `needs`, `needs_moe95` and `few` have one entry a category, in the order of `Category`. With a category `share`
    (0-1) is the part of the list's whole need that is shown here, 0 where the need is `few` or the parent's, and `rank`
    counts from 1 with those hidden ones last; both are None without a category.
    """

    community_code: str
    leaf_id: int
    name: str
    district_adcode: int
    district_name: str
    distance_m: float
    position: LonLat
    users: float
    users_moe95: float
    needs: tuple[float, ...]
    needs_moe95: tuple[float, ...]
    few: tuple[bool, ...]
    level: Level
    share: float | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class CellFigures:
    """One H3 res-8 cell: the sum over the leaves in it. `few` means a need below two standard errors."""

    cell: int
    users: float
    users_moe95: float
    need: float
    moe95: float
    few: bool


@dataclass(frozen=True, slots=True)
class AudienceFigures:
    """The released need of some leaves in one category, with its standard error."""

    release_id: str
    city_code: int
    need: float
    need_sd: float


@dataclass(frozen=True, slots=True)
class DistrictFigures:
    """Sums over the leaves of one district; arrays have one entry a category."""

    adcode: int
    name: str
    users: float
    users_moe95: float
    needs: tuple[float, ...]
    needs_moe95: tuple[float, ...]
    few: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class TerritoryFigures:
    """Figures of the districts of a territory, by ascending adcode, from one release."""

    release: ReleaseMeta
    districts: tuple[DistrictFigures, ...]


@dataclass(frozen=True, slots=True)
class TrendMonth:
    """The needs of a territory in the release of one month."""

    release_id: str
    month: date
    as_of: datetime
    needs: tuple[float, ...]
    needs_moe95: tuple[float, ...]
    few: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class ShownNeed:
    """What a map shows of one place (community code or adcode) in one category; `need` is None where it is few."""

    release: ReleaseMeta
    code: str
    need: float | None
    moe95: float
    users: float
    users_moe95: float
    few: bool
