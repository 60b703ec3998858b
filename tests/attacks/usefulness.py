"""How far the answers of each system are from the truth, on one invented city: what protection costs the user.

A sum over the 30 nearest communities is added up from 30 answers, as a salesperson reads them off a list; a circle of
5 km is one question where a system answers circles, and a sum of places where it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privacy.release.postprocess import estimate_figures
from tests.attacks.alternatives import EXACT, FRESH, ROUNDED, STICKY, STICKY_SD, suppress_and_round
from tests.attacks.membership import YEAR
from tests.privacy.release.worlds import City, draw_city, make_city

Floats = NDArray[np.float64]
_NEAREST = 30
_RADIUS_KM = 5.0
_PLACES = 150
_FRESH_SD = 1.36
"""Of discrete Laplace noise at epsilon 1."""


@dataclass(frozen=True, slots=True)
class Usefulness:
    """Median relative errors, 0-1."""

    nearest: float
    circle: float


def measure_usefulness(*, seed: int) -> dict[str, Usefulness]:
    """Return the errors of our first month and of the alternatives, by the names of their attacks."""
    city = make_city(seed, communities=1_500, fields=150, households=500_000)
    rng = np.random.default_rng(seed)
    truth = city.needs.astype(np.float64)
    ours = estimate_figures(draw_city(city, seed=seed), keys=city.keys).leaves.needs
    rounded = suppress_and_round(city.needs).astype(np.float64)
    leaf_answers: Mapping[str, tuple[Floats, float | None]] = {
        YEAR: (ours, None),
        EXACT: (truth, 0.0),
        ROUNDED: (rounded, None),
        STICKY: (truth + rng.normal(0, STICKY_SD, truth.shape), STICKY_SD),
        FRESH: (truth + rng.normal(0, _FRESH_SD, truth.shape), _FRESH_SD),
    }
    places = rng.choice(1_500, _PLACES, replace=False)
    return {
        name: _measure(city, truth=truth, answers=answers, circle_sd=circle_sd, places=places, rng=rng)
        for name, (answers, circle_sd) in leaf_answers.items()
    }


def _measure(
    city: City,
    *,
    truth: Floats,
    answers: Floats,
    circle_sd: float | None,
    places: NDArray[np.int64],
    rng: np.random.Generator,
) -> Usefulness:
    nearest, circles = [], []
    for place in places:
        distances = np.hypot(*(city.positions - city.positions[place]).T)
        near = np.argpartition(distances, _NEAREST)[:_NEAREST]
        nearest.append(_get_errors(answers[near].sum(axis=0), truth[near].sum(axis=0)))
        inside = distances <= _RADIUS_KM
        exact = truth[inside].sum(axis=0)
        told = answers[inside].sum(axis=0) if circle_sd is None else exact + rng.normal(0, circle_sd, exact.shape)
        circles.append(_get_errors(told, exact))
    return Usefulness(float(np.median(np.concatenate(nearest))), float(np.median(np.concatenate(circles))))


def _get_errors(told: Floats, exact: Floats) -> Floats:
    return np.abs(told - exact) / np.maximum(exact, 1.0)
