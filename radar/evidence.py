"""What a radar looks at: one product of an area month by month, of its city, and of the nation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from geo.figures import ReleaseMeta
from privacy.release.figures import DistrictTable
from privacy.release.values import Product
from radar.archive import Archive, MonthTables
from radar.errors import MonthNotReleasedError
from radar.estimates import Slots
from radar.values import Area


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """An area in the release of one month."""

    release: ReleaseMeta
    own: Slots


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """An area's months, newest first, and what is in its city and in the nation besides it in the newest of them.

    `base` are the releases of that month that make up the nation: those of all cities that have published it.
    """

    area: Area
    months: tuple[Month, ...]
    rest_of_city: Slots
    rest_of_nation: Slots
    base: tuple[ReleaseMeta, ...]

    @property
    def now(self) -> Month:
        """Return the month that was asked for."""
        return self.months[0]


def _pick(table: DistrictTable, *, rows: NDArray[np.bool_], slots: Sequence[int]) -> Slots:
    """Return the sum over some districts, bool[d], in some slots."""
    chosen = table.counts[rows]
    return Slots(chosen[:, slots].sum(axis=0), len(chosen) * table.sd**2)


def _find_rows(table: DistrictTable, *, area: Area) -> NDArray[np.bool_]:
    """Say of each district of the area's city whether it lies in the area."""
    return np.full(table.districts.size, fill_value=True) if area.is_city else table.districts == area.adcode


def gather(
    session: Session, *, archive: Archive, product: Product, area: Area, month: date | None, slots: Sequence[int]
) -> Evidence:
    """Collect what is released of an area in some slots of a product. Raises MonthNotReleasedError.

    Months of a release that knew fewer slots, or not the district yet, are left out.
    """
    series = archive.find_months(session, city_code=area.city_code, until=month)
    series = [each for each in series if _is_whole(each, product=product, slots=slots)]
    found = [(each, _find_rows(each.tables[product], area=area)) for each in series]
    found = [(each, rows) for each, rows in found if rows.any()]
    if not found or month not in {None, found[0][0].release.month}:
        raise MonthNotReleasedError(city_code=area.city_code, month=month)
    newest, rows = found[0]
    rest_of_city = _pick(newest.tables[product], rows=~rows, slots=slots)
    cities = archive.find_cities(session, month=newest.release.month)
    cities = [each for each in cities if _is_whole(each, product=product, slots=slots)]
    others = [each.tables[product] for each in cities if each.release.city_code != area.city_code]
    elsewhere = [_pick(table, rows=np.full(table.districts.size, fill_value=True), slots=slots) for table in others]
    return Evidence(
        area,
        tuple(Month(each.release, _pick(each.tables[product], rows=rows, slots=slots)) for each, rows in found),
        rest_of_city,
        reduce(Slots.add, elsewhere, rest_of_city),
        tuple(each.release for each in cities),
    )


def _is_whole(tables: MonthTables, *, product: Product, slots: Sequence[int]) -> bool:
    """Say whether a release has figures for all the slots: older ones may know fewer tags."""
    return product in tables.tables and max(slots) < tables.tables[product].counts.shape[1]
