"""How much true figures move from month to month, learned from what areas did.

The variance of a month's movement is taken to be in proportion to the figure: so many needs are resolved and so many
appear. The proportion is the one, of a grid, under which the series of the parents are most probable (innovations of
the filter, Harvey 1989), with a loose public expectation that decides only where the noise says nothing. Whole areas
decide, so no leaf's own noise has a say in its gain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from privacy.release.filtering import JUMP_SD, know_nothing, predict, update
from privacy.release.series import Seen
from privacy.release.tree import Floats

NEEDS_MOVE = 0.15
CUSTOMERS_MOVE = 0.01
"""Expected variance of a month's movement, as a share of the figure."""

_LOG_SD = np.log(3.0)
_GRID = 2.0 ** np.arange(-5.0, 5.5, 0.5)


def _compute_improbability(series: Sequence[Seen], *, movement: Floats) -> float:
    """Return -2 log likelihood of the months after the first; a jump counts as the largest surprise that is none."""
    level = know_nothing(movement.shape)
    total = 0.0
    for month in series:
        step = update(
            predict(level, movement=movement, months=month.gap),
            seen=month.values,
            noise_variance=month.noise_variance,
            present=month.present,
        )
        known = month.present & np.isfinite(step.surprise_variance)
        variance = np.where(known, step.surprise_variance, 1.0)
        each = np.log(variance) + np.minimum(step.surprise**2 / variance, JUMP_SD**2)
        total += float(each[known].sum())
        level = step.level
    return total


def estimate_movement(series: Sequence[Seen], *, expected: Floats, usual: float) -> float:
    """Return the variance of a month's movement as a share of the `expected` figures of areas.

    `usual` is what comes out where nothing tells, as in the first month.
    """
    if len(series) == 1:
        return usual
    improbable = [
        _compute_improbability(series, movement=usual * each * expected) + (np.log(each) / _LOG_SD) ** 2
        for each in _GRID
    ]
    return float(usual * _GRID[int(np.argmin(improbable))])
