"""How good released figures are for those who use them, against the truth: sums, rankings, and what a choice holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.stats import rankdata

_NEAREST = 30
_CHOSEN = 5
_RADIUS_KM = 5.0
_STRAY_KM = 0.5

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """What users look at: the communities within 5 km of some of them, and the 30 nearest to others, intp[v, 30]."""

    circles: tuple[Places, ...]
    nearest: Places


class Errors(NamedTuple):
    """Relative errors in per cent: half of them are below `median`, 95 of 100 below `p95`."""

    median: float
    p95: float


def choose_views(positions: Floats, *, customers: NDArray[np.int64], count: int, seed: int) -> Views:
    """Stand where customers live for circles, and anywhere among communities for the nearest."""
    rng = np.random.default_rng(seed)
    tree = KDTree(positions)
    centres = positions[rng.choice(len(positions), count, p=customers / customers.sum())]
    standing = positions[rng.choice(len(positions), count)] + rng.normal(0, _STRAY_KM, (count, 2))
    circles = tuple(np.array(each, dtype=np.intp) for each in tree.query_ball_point(centres, _RADIUS_KM))
    return Views(circles=circles, nearest=np.asarray(tree.query(standing, _NEAREST)[1], dtype=np.intp))


def _summarise(true: Floats, estimated: Floats) -> Errors:
    errors = 100 * np.abs(estimated - true) / np.maximum(true, 1)
    return Errors(median=float(np.median(errors)), p95=float(np.percentile(errors, 95)))


def add_up(values: Floats, *, groups: Sequence[Places]) -> Floats:
    """Return sums float64[g, w] of float64[n, w] over groups of places."""
    return np.stack([values[each].sum(axis=0) for each in groups])


def measure_circles(true: Floats, estimated: Floats, *, views: Views) -> Errors:
    """Compare sums of needs float64[n, 8] over circles, category by category."""
    return _summarise(add_up(true, groups=views.circles), add_up(estimated, groups=views.circles))


def measure_nearest(true: Floats, estimated: Floats, *, views: Views) -> Errors:
    """Compare sums of needs over the 30 nearest, category by category."""
    return _summarise(true[views.nearest].sum(axis=1), estimated[views.nearest].sum(axis=1))


def measure_ranking(true: Floats, estimated: Floats, *, views: Views) -> float:
    """Return the median Spearman correlation of the 30 nearest over views and categories."""
    ranks = [rankdata(each[views.nearest], axis=1) for each in (true, estimated)]
    one, other = (each - each.mean(axis=1, keepdims=True) for each in ranks)
    spread = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return float(
        np.nanmedian(np.where(spread > 0, (one * other).sum(axis=1) / np.where(spread > 0, spread, 1), np.nan))
    )


def measure_choice(true: Floats, estimated: Floats, *, views: Views) -> float:
    """Return the share of the need in the best five of 30 that the five with the highest estimates hold, per cent."""
    real, seen = true[views.nearest], estimated[views.nearest]
    chosen = np.take_along_axis(real, np.argsort(-seen, axis=1, kind="stable")[:, :_CHOSEN], axis=1).sum(axis=1)
    best = -np.sort(-real, axis=1)[:, :_CHOSEN]
    return float(100 * np.mean(chosen / np.maximum(best.sum(axis=1), 1)))


def measure_rmse(true: Floats, estimated: Floats) -> float:
    """Return the root of the mean squared error of a leaf's need."""
    return float(np.sqrt(np.mean((estimated - true) ** 2)))


def measure_coverage(error: Floats, *, sd: Floats) -> float:
    """Return how often the truth lies within the 95 % margin, per cent."""
    return float(100 * np.mean(np.abs(error) <= 1.96 * sd))
