"""The one door through which counts leave the people database: exact discrete Gaussian noise by OpenDP.

The sampler is exact on integers (no floating-point hole) and seeds itself from the operating system; no seed is kept.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Protocol

import numpy as np
import opendp.prelude as dp
from numpy.typing import NDArray

CHUNK = 16_384
"""Counts noised in one call of the sampler; some 0.15 s of work, after which progress is reported."""


class NoiseSource(Protocol):
    """Whatever adds noise to counts. Production has one implementation; tests have their own."""

    def add(self, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
        """Return int64[n] counts with independent integer noise of scale sigma."""
        ...

    def compute_rho(self, *, sigma: float, sensitivity_squared: float) -> float:
        """Return what one draw at sigma costs, in rho of zCDP, by the mechanism's own privacy map."""
        ...


@cache
def _make_gaussian(sigma: float) -> Any:  # noqa: ANN401 - OpenDP ships no types
    dp.enable_features("contrib")  # the discrete Gaussian is proven but filed under this flag
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T=float)
    return dp.m.make_gaussian(*space, scale=sigma)


class OpenDpNoise:
    """Discrete Gaussian noise from OpenDP."""

    def add(self, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
        """Return int64[n] counts with independent discrete Gaussian noise of scale sigma, about 8 us each."""
        return np.array(_make_gaussian(sigma)(counts.tolist()), dtype=np.int64)

    def compute_rho(self, *, sigma: float, sensitivity_squared: float) -> float:
        """Return OpenDP's own cost, rounded away from the analyst."""
        return float(_make_gaussian(sigma).map(math.sqrt(sensitivity_squared)))
