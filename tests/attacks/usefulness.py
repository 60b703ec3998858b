"""How far the answers of each system are from the truth, on the city that usefulness is measured on.

A sum over the 30 nearest communities is added up from 30 answers, as a salesperson reads them off a list. A circle of
5 km is one question where a system answers sums, and a sum of what it shows of places where it does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.attacks.alternatives import EXACT, FRESH, FRESH_SD, ROUNDED, STICKY, STICKY_SD, suppress_and_round
from tests.attacks.membership import YEAR
from tests.attacks.utility import measure_months
from tests.attacks.utility_city import make_utility_city
from tests.attacks.utility_metrics import Errors, Floats, Views, measure_circles, measure_nearest


@dataclass(frozen=True, slots=True)
class Usefulness:
    """Median relative errors in per cent."""

    nearest: float
    circle: float


def measure_usefulness(*, seed: int) -> dict[str, Usefulness]:
    """Return the errors of our first month and of the alternatives, by the names of their attacks."""
    rng = np.random.default_rng(seed)
    month = measure_months(make_utility_city(seed), months=(1,), seed=seed, progress=lambda *_: None)[1]
    truth, views = month.needs, month.views
    rounded = suppress_and_round(month.truth.needs).astype(np.float64)
    found = {YEAR: _measure_sums(month.figures.leaves.needs, truth=truth, views=views)}
    found[EXACT] = _measure_sums(truth, truth=truth, views=views)
    found[ROUNDED] = _measure_sums(rounded, truth=truth, views=views)
    for name, sd in ((STICKY, STICKY_SD), (FRESH, FRESH_SD)):
        shown = truth + rng.normal(0, sd, truth.shape)
        circles = np.stack([truth[at].sum(axis=0) for at in views.circles])
        asked = _summarise(circles, sd=sd, rng=rng)
        found[name] = Usefulness(measure_nearest(truth, shown, views=views).median, asked)
    return found


def _measure_sums(shown: Floats, *, truth: Floats, views: Views) -> Usefulness:
    errors: list[Errors] = [measure(truth, shown, views=views) for measure in (measure_nearest, measure_circles)]
    return Usefulness(errors[0].median, errors[1].median)


def _summarise(exact: Floats, *, sd: float, rng: np.random.Generator) -> float:
    """Return the median error of sums that got one noise each."""
    return float(100 * np.median(np.abs(rng.normal(0, sd, exact.shape)) / np.maximum(exact, 1)))
