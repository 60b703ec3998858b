"""Which appliances a household owns and how worn each is: they come with the move-in and are replaced in cycles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from field_apps_mock.city.values import CATEGORIES, FROZEN_ON

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

LIFE_YEARS = np.array([traits.life_years for traits in CATEGORIES])
OWNERSHIP = np.array([traits.ownership for traits in CATEGORIES])
LIFE_SPREAD = 0.22
OWN_BRAND_SHARE = 0.45
RESOLD_SHARE = 0.35
"""Households that moved in after the building was new."""

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Appliances:
    """Fixed facts of households (n) and their appliances (n, 8).

    `moved_in_years` is the time lived there on FROZEN_ON; an appliance is bought `delay_years` after the move-in and
    every `cycle_years` from then on. `is_ours` marks purchases of the own brand, which the data platform knows.
    """

    moved_in_years: NDArray[np.float64]
    delay_years: NDArray[np.float64]
    cycle_years: NDArray[np.float64]
    is_owned: NDArray[np.bool_]
    is_ours: NDArray[np.bool_]

    def find_ages(self, on: date) -> NDArray[np.float64]:
        """Return the age in years (n, 8) of every appliance on a day; the month decides nothing else."""
        later_years = (on - FROZEN_ON).days / DAYS_PER_YEAR
        lived = self.moved_in_years[:, None] + later_years - self.delay_years
        return np.asarray(np.mod(lived, self.cycle_years))


def draw_appliances(building_age_years: NDArray[np.float64], *, rng: np.random.Generator) -> Appliances:
    """Furnish households (n) given the age of their building: most moved in when it was new."""
    count = len(building_age_years)
    resold = rng.random(count) < RESOLD_SHARE
    moved_in = building_age_years * np.where(resold, rng.random(count), 1.0) + rng.normal(0.0, 0.7, count)
    shape = (count, len(CATEGORIES))
    return Appliances(
        moved_in_years=np.clip(moved_in, 0.1, 45.0),
        delay_years=rng.uniform(-0.3, 0.5, shape),
        cycle_years=LIFE_YEARS * rng.lognormal(0.0, LIFE_SPREAD, shape),
        is_owned=rng.random(shape) < OWNERSHIP,
        is_ours=rng.random(shape) < OWN_BRAND_SHARE,
    )
