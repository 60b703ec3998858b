"""What non-negative values probably lie behind noised ones: nonparametric empirical Bayes (Kiefer and Wolfowitz 1956).

Most parents of a large city are hills and fields, some are full of towers. No bell curve describes that, and cutting
negative values off would invent customers in every empty field. So the distribution of true values is itself estimated,
as weights on a grid, by expectation maximisation.
"""

from __future__ import annotations

import numpy as np

from privacy.release.tree import Floats

_GRID = 96
_ROUNDS = 200


def _make_grid(most: float) -> Floats:
    """Return ascending points from 0 to `most`, denser near 0."""
    return most * np.linspace(0.0, 1.0, _GRID) ** 2


def estimate_non_negative(noised: Floats, *, variances: Floats) -> tuple[Floats, Floats]:
    """Return posterior means and variances of non-negative values seen through normal noise; float64[n] all.

    Their sum stays near that of the noised values; noise around nothing comes out as almost nothing.
    """
    grid = _make_grid(max(float(noised.max()), 1.0))
    distance = (noised[:, None] - grid) ** 2 / (2 * variances[:, None])
    likelihood = np.exp(-(distance - distance.min(axis=1, keepdims=True)))
    weights = np.full(_GRID, 1 / _GRID)
    for _ in range(_ROUNDS):
        weights = weights * np.mean(likelihood / (likelihood @ weights)[:, None], axis=0)
    posterior = likelihood * weights
    posterior /= posterior.sum(axis=1, keepdims=True)
    means = posterior @ grid
    return means, np.maximum(posterior @ grid**2 - means**2, 0.0)
