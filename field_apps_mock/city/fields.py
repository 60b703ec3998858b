"""Smooth random surfaces over a city, so that neighbouring communities resemble each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from field_apps_mock.city.values import CATEGORIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from field_apps_mock.city.places import Places

WAVES = 128
METRES_PER_DEGREE = 111_320.0
AGE_REACH_M = 3_500.0
TASTE_REACH_M = 2_500.0


@dataclass(frozen=True, slots=True)
class Areas:
    """What a community (n) is like: building age in years on FROZEN_ON, and its leaning per category (n, 8)."""

    building_age_years: NDArray[np.float64]
    leaning: NDArray[np.float64]


def draw_surface(
    east_m: NDArray[np.float64], north_m: NDArray[np.float64], *, reach_m: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw a surface with mean 0, variance 1 and correlation exp(-d^2 / 2 reach^2) at points (n,).

    A sum of random cosine waves (random Fourier features of a Gaussian kernel): needs no matrix over all pairs.
    """
    frequency = rng.normal(0.0, 1.0 / reach_m, (2, WAVES))
    phase = rng.uniform(0.0, 2.0 * np.pi, WAVES)
    angle = east_m[:, None] * frequency[0] + north_m[:, None] * frequency[1] + phase
    return np.asarray(np.sqrt(2.0 / WAVES) * np.cos(angle).sum(axis=1))


def to_metres(places: Places) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project communities (n) to metres east and north of the city's middle; flat, good to a few parts in 1,000."""
    middle_lat = float(places.lat.mean())
    east_m = (places.lon - places.lon.mean()) * METRES_PER_DEGREE * np.cos(np.radians(middle_lat))
    return east_m, (places.lat - middle_lat) * METRES_PER_DEGREE


def draw_areas(places: Places, *, rng: np.random.Generator) -> Areas:
    """Give every community its building age and its leanings, both correlated between neighbours."""
    east_m, north_m = to_metres(places)
    age = 15.0 + 7.0 * draw_surface(east_m, north_m, reach_m=AGE_REACH_M, rng=rng)
    age += rng.normal(0.0, 2.0, len(age))
    leaning = np.stack([draw_surface(east_m, north_m, reach_m=TASTE_REACH_M, rng=rng) for _ in CATEGORIES], axis=1)
    return Areas(building_age_years=np.clip(age, 1.0, 45.0), leaning=leaning)
