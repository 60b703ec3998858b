"""Shares, indexes and growth of noised counts, with margins by the delta method.

The counts of an area are independent and unbiased, each with the same known variance v. With C their sum:

- share p_i = c_i / C has the variance v ((1 - p_i)^2 + (n - 1) p_i^2) / C^2;
- the index of an area against a base that holds it is p_i / q_i, where q_i = b_i / B and b = own + the rest. Its
  logarithm is differentiated by every own count and every count of the rest, which are independent of each other;
- the noise of two months is independent, so the variances of the logarithms of their shares add up.

What is few (below two standard errors), or of a total that is, has no share, index or growth: NaN here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.figures import FEW_SD, Z95
from radar.values import Count, Measure

Floats = NDArray[np.float64]
PERCENT = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Counts of n slots, float64[n], each with the variance `variance`."""

    counts: Floats
    variance: float

    @property
    def total(self) -> float:
        """Return the sum over all slots."""
        return float(self.counts.sum())

    @property
    def is_few(self) -> NDArray[np.bool_]:
        """Say of each slot whether it, or the total, does not stand out of its noise."""
        deviation = np.sqrt(self.variance)
        is_total_few = self.total < FEW_SD * deviation * np.sqrt(self.counts.size)
        return np.asarray((self.counts < FEW_SD * deviation) | is_total_few)

    def add(self, other: Slots) -> Slots:
        """Return the sum of two areas that do not overlap."""
        return Slots(self.counts + other.counts, self.variance + other.variance)


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Values with their standard errors, float64[n] each; NaN where there is none."""

    values: Floats
    sds: Floats

    def show(self, slot: int) -> Measure | None:
        """Return one of them in per cent."""
        value, sd = float(self.values[slot]), float(self.sds[slot])
        return None if np.isnan(value) else Measure(PERCENT * value, PERCENT * Z95 * sd)


def show_count(slots: Slots, slot: int) -> Count:
    """Return the count of one slot; None where that slot itself is few."""
    value, deviation = float(slots.counts[slot]), float(np.sqrt(slots.variance))
    return Count(None if value < FEW_SD * deviation else value, Z95 * deviation)


def _hide(values: Floats, sds: Floats, *, where: NDArray[np.bool_]) -> Estimates:
    return Estimates(np.where(where, np.nan, values), np.where(where, np.nan, sds))


@np.errstate(divide="ignore", invalid="ignore")
def estimate_shares(own: Slots) -> Estimates:
    """Return each slot's part of the total, 0-1."""
    shares = own.counts / own.total
    spread = (1 - shares) ** 2 + (own.counts.size - 1) * shares**2
    return _hide(shares, np.sqrt(own.variance * spread) / own.total, where=own.is_few)


@np.errstate(divide="ignore", invalid="ignore")
def estimate_indexes(own: Slots, *, rest: Slots) -> Estimates:
    """Return own share by the base's share, 1 where they are the same. The base is `own` and `rest` together.

    Where there is no rest nothing can be compared, and every index is NaN.
    """
    base = own.add(rest)
    others = own.counts.size - 1
    per_own, per_base = 1 / own.counts, 1 / base.counts
    own_total, base_total = 1 / own.total, 1 / base.total
    by_own = (per_own - own_total - per_base + base_total) ** 2 + others * (base_total - own_total) ** 2
    by_rest = (base_total - per_base) ** 2 + others * base_total**2
    indexes = own.counts * own_total / (base.counts * base_total)
    sds = indexes * np.sqrt(own.variance * by_own + rest.variance * by_rest)
    return _hide(indexes, sds, where=own.is_few | base.is_few | (rest.variance == 0))


@np.errstate(divide="ignore", invalid="ignore")
def estimate_changes(now: Estimates, *, before: Estimates) -> Estimates:
    """Return the relative change of shares between two months, 0 where nothing changed; NaN where either is."""
    ratios = now.values / before.values
    spread = (now.sds / now.values) ** 2 + (before.sds / before.values) ** 2
    return Estimates(ratios - 1, ratios * np.sqrt(spread))


@np.errstate(divide="ignore", invalid="ignore")
def estimate_seasons(months: list[Estimates]) -> list[Estimates]:
    """Return each month's share by the mean share of all these months; NaN where one month is."""
    shares = np.array([month.values for month in months])
    variances = np.array([month.sds**2 for month in months])
    parts = shares / shares.sum(axis=0)
    own = (1 / shares - 1 / shares.sum(axis=0)) ** 2 * variances
    others = (variances.sum(axis=0) - variances) / shares.sum(axis=0) ** 2
    indexes = len(months) * parts
    sds = indexes * np.sqrt(own + others)
    return [Estimates(index, sd) for index, sd in zip(indexes, sds, strict=True)]
