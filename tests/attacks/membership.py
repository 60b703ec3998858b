"""The attacker who knows every record but one, against noise of the real mechanism at the sigmas of the real plan.

Knowing all others, nothing is left of a figure but the target and the noise. The likelihood ratio of normal noise,
which no test beats (Neyman and Pearson 1933), adds up what is left, each figure by 1 / sigma squared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from privacy.release.mechanism import NoiseSource, OpenDpNoise
from privacy.release.plan import MONTHS_PER_YEAR, PRODUCTS, REGULAR_SHARE, get_month_share, get_sigma
from privacy.release.values import Product
from tests.attacks.values import Accuracy, Progress, Row, get_best_accuracy, judge_accuracy, show_accuracy

GROUP = "one household"
YEAR = "membership, all columns, 12 regular months"
_BATCH = 1_000
_WORKERS = 2

Touched = Mapping[Product, int]
WORST_HOUSEHOLD: Touched = {product: plan.sensitivity_squared for product, plan in PRODUCTS.items()}
"""Stands in as many columns of every product as its bounds allow, in each by 1."""
ONE_NEED: Touched = {
    Product.NEED_LEAF: 1,
    Product.NEED_PARENT: 1,
    Product.NEED_CITY: 1,
    Product.ANY_NEED_LEAF: 1,
}
"""What one need adds to a customer who had none."""
SWAPPED_NEED: Touched = {Product.NEED_LEAF: 2, Product.NEED_PARENT: 2, Product.NEED_CITY: 1}
"""What a third need changes where the keyed hash lets it push out one of two: one more here, one less there."""

REGULAR_YEAR = (REGULAR_SHARE,) * MONTHS_PER_YEAR
FIRST_YEAR = tuple(get_month_share(months_since_start=month) for month in range(MONTHS_PER_YEAR))


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the best test sees after some months: its noise float64[n], in units of the distance between the worlds."""

    noise: NDArray[np.float64]
    distance: float

    @property
    def accuracy(self) -> Accuracy:
        """Return how often the test is right, each draw judged in both worlds."""
        return Accuracy.of_pairs(self.noise, threshold=self.distance / 2)


def get_distance(touched: Touched, *, shares: Sequence[float]) -> float:
    """Return how many standard errors the two worlds lie apart for the best test after some months."""
    return math.sqrt(
        sum(
            columns / get_sigma(product, month_share=share) ** 2
            for share in shares
            for product, columns in touched.items()
        )
    )


def score_months(
    touched: Touched, *, shares: Sequence[float], noise: NoiseSource, trials: int
) -> tuple[Scores, Scores]:
    """Draw the noise of every touched column month by month; returns the test after the first and after all months."""
    total = np.zeros(trials)
    after: list[Scores] = []
    for number, share in enumerate(shares, 1):
        for product, columns in touched.items():
            sigma = get_sigma(product, month_share=share)
            drawn = noise.add(np.zeros(trials * columns, dtype=np.int64), sigma=sigma)
            total += drawn.reshape(trials, columns).sum(axis=1) / sigma**2
        distance = get_distance(touched, shares=shares[:number])
        after.append(Scores(total / distance, distance))
    return after[0], after[-1]


def _score_batch(touched: dict[Product, int], shares: Sequence[float], trials: int) -> tuple[Scores, Scores]:
    return score_months(touched, shares=shares, noise=OpenDpNoise(), trials=trials)


def _join(parts: Sequence[Scores]) -> Scores:
    return Scores(np.concatenate([part.noise for part in parts]), parts[0].distance)


def _score_all(
    cases: Sequence[tuple[Touched, Sequence[float], int]], *, progress: Progress
) -> list[tuple[Scores, Scores]]:
    """Score every case of (columns, months, trials) on both cores, batch by batch."""
    sizes = [-(-trials // _BATCH) for _, _, trials in cases]
    with ProcessPoolExecutor(_WORKERS, mp_context=get_context("spawn")) as pool:
        running = [
            [pool.submit(_score_batch, dict(touched), shares, _BATCH) for _ in range(batches)]
            for (touched, shares, _), batches in zip(cases, sizes, strict=True)
        ]
        scored, done = [], 0
        for case in running:
            parts = []
            for batch in case:
                parts.append(batch.result())
                done += 1
                progress(done, sum(sizes))
            scored.append((_join([part[0] for part in parts]), _join([part[1] for part in parts])))
    return scored


def _judge(attack: str, scores: Scores, *, at_most: float | None) -> Row:
    theory = get_best_accuracy(scores.distance)
    if at_most is None:
        return show_accuracy(GROUP, attack, scores.accuracy, theory=theory)
    return judge_accuracy(GROUP, attack, scores.accuracy, at_most=at_most, theory=theory)


def attack_membership(*, member_trials: int, need_trials: int, progress: Progress) -> list[Row]:
    """Return the rows of membership and of one need, in a regular year and in the first."""
    cases: list[tuple[Touched, Sequence[float], int]] = [
        (WORST_HOUSEHOLD, REGULAR_YEAR, member_trials),
        (WORST_HOUSEHOLD, FIRST_YEAR, member_trials),
        (ONE_NEED, REGULAR_YEAR, need_trials),
        (ONE_NEED, FIRST_YEAR, need_trials),
        (SWAPPED_NEED, REGULAR_YEAR, need_trials),
    ]
    member, member_first, need, need_first, swapped = _score_all(cases, progress=progress)
    return [
        _judge("membership, all columns, 1 regular month", member[0], at_most=0.55),
        _judge(YEAR, member[1], at_most=0.63),
        _judge("membership, all columns, the first 12 months", member_first[1], at_most=0.63),
        _judge("membership, month 1 of the ledger (4 shares of 15; the goal 55 % is a regular month's)",
               member_first[0], at_most=None),
        _judge("one need of a known customer, 1 regular month", need[0], at_most=0.535),
        _judge("one need of a known customer, 12 regular months", need[1], at_most=0.585),
        _judge("one need of a known customer, the first 12 months", need_first[1], at_most=0.585),
        _judge("one need, month 1 of the ledger (the goal 53.5 % is a regular month's)", need_first[0], at_most=None),
        _judge("a third need that pushes out another, by an attacker who stole the key of the bounds too, 12 months",
               swapped[1], at_most=None),
    ]  # fmt: skip
