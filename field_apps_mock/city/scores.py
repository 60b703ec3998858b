"""The demand model's stand-in: 0-100 per customer and category, fitted once so that needs have their prevalence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from field_apps_mock.city.appliances import LIFE_YEARS, draw_appliances
from field_apps_mock.city.values import CATEGORIES, FROZEN_ON, NEED_THRESHOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from field_apps_mock.city.fields import Areas

WEAR_LOADING = 1.7
AREA_LOADING = 0.35
TASTE_LOADING = 0.75
MONTH_LOADING = 0.30
"""How much a score changes from month to month for no reason of the household's own."""

FIT_HOUSEHOLDS = 60_000
REPORTED_BELOW = 0.12
"""Share of the scores below the threshold that the data platform hands over."""

MODEL_VERSION = "demand-2026.1"


@dataclass(frozen=True, slots=True)
class DemandModel:
    """Per category, the signals (8, k) that the scores `SCORE_STEPS` (k) stand for; between them it is linear."""

    signals: NDArray[np.float64]

    def score(self, signal: NDArray[np.float64], is_owned: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Turn signals (n, 8) into whole scores (n, 8); who owns none needs no replacement and scores 0."""
        columns = [np.interp(signal[:, i], self.signals[i], SCORE_STEPS) for i in range(len(CATEGORIES))]
        return np.asarray(np.where(is_owned, np.floor(np.stack(columns, axis=1)), 0.0), dtype=np.int64)


SCORE_STEPS = np.array([0.0, 8.0, 24.0, 44.0, NEED_THRESHOLD, 84.0, 100.0])
"""At the least signal, at 30, 60 and 85 % of the owners, at the need, at a tenth of the needs, at the most."""


@dataclass(frozen=True, slots=True)
class Tastes:
    """What sets a customer (n, 8) apart for good, and whether the data platform reports a low score (n, 8)."""

    lasting: NDArray[np.float64]
    is_reported: NDArray[np.bool_]


def draw_tastes(count: int, *, rng: np.random.Generator) -> Tastes:
    """Draw the lasting part of customers' demand."""
    shape = (count, len(CATEGORIES))
    return Tastes(lasting=rng.normal(0.0, 1.0, shape), is_reported=rng.random(shape) < REPORTED_BELOW)


def compute_signal(
    ages_years: NDArray[np.float64],
    leaning: NDArray[np.float64],
    tastes: Tastes,
    *,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Add up wear, area, lasting taste and this month's chance (n, 8); the generator belongs to the month."""
    chance = rng.normal(0.0, 1.0, ages_years.shape)
    wear = ages_years / LIFE_YEARS
    return np.asarray(
        WEAR_LOADING * wear + AREA_LOADING * leaning + TASTE_LOADING * tastes.lasting + MONTH_LOADING * chance
    )


def fit_model(areas: Areas, weight: NDArray[np.float64], *, rng: np.random.Generator) -> DemandModel:
    """Fit on a sample of the city as it was on FROZEN_ON, so that the share of needs is the category's prevalence."""
    community = rng.choice(len(weight), size=FIT_HOUSEHOLDS, p=weight)
    appliances = draw_appliances(areas.building_age_years[community], rng=rng)
    tastes = draw_tastes(FIT_HOUSEHOLDS, rng=rng)
    signal = compute_signal(appliances.find_ages(FROZEN_ON), areas.leaning[community], tastes, rng=rng)
    return DemandModel(signals=np.stack([_find_steps(signal[:, i], i) for i in range(len(CATEGORIES))]))


def _find_steps(signal: NDArray[np.float64], category: int) -> NDArray[np.float64]:
    traits = CATEGORIES[category]
    need_share = traits.prevalence / traits.ownership
    return np.quantile(signal, [0.0, 0.3, 0.6, 0.85, 1.0 - need_share, 1.0 - need_share / 10.0, 1.0])
