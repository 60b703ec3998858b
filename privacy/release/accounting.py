"""What a sum of rho means as (epsilon, delta): the conversion of Canonne, Kamath and Steinke (2020), proposition 12."""

from __future__ import annotations

import math

import numpy as np

_ORDERS = 1 + np.geomspace(1e-3, 1e5, 200_000)


def compute_epsilon(rho: float, *, delta: float) -> float:
    """Return the smallest epsilon found for a rho-zCDP mechanism at `delta`; every order tried gives a valid bound."""
    if rho <= 0:
        return 0.0
    bounds = rho * _ORDERS + np.log1p(-1 / _ORDERS) - (math.log(delta) + np.log(_ORDERS)) / (_ORDERS - 1)
    return max(0.0, float(np.min(bounds)))
