"""What the released needs of chosen leaves come to, where it must carry a decision: how many may be written to."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

COUNTS_FROM_SD = 1.0


def sum_needs(needs: ArrayLike, *, needs_sd: ArrayLike) -> tuple[float, float]:
    """Return the need, in households, that chosen leaves surely have, and its standard deviation; float[n] each.

    Of thousands of leaves where nobody lives some are released with a household or two, by noise alone, and whoever
    chooses just those finds 200 where there are ten. A leaf counts only from one standard deviation on, so that what
    was chosen for its noise does not; those that do not count stay in the deviation.
    """
    each, deviations = np.asarray(needs, dtype=np.float64), np.asarray(needs_sd, dtype=np.float64)
    counted = each[each >= COUNTS_FROM_SD * deviations]
    return max(float(counted.sum()), 0.0), float(np.sqrt((deviations**2).sum()))
