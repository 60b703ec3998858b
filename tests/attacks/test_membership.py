"""The best test is as good as theory says: too little noise is caught, and weaker protections fall."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.attacks import alternatives
from tests.attacks.membership import FIRST_YEAR, ONE_NEED, REGULAR_YEAR, WORST_HOUSEHOLD, Scores, score_months
from tests.attacks.values import Accuracy, Verdict, get_best_accuracy, judge_accuracy, judge_against_bound

TRIALS = 8_000


@dataclass(frozen=True, slots=True)
class NormalNoise:
    """Noise of a share of the promised scale; fast, and the same at each run."""

    scale: float
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(4))

    def add(self, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
        """Return noised counts."""
        return counts + np.rint(self.rng.normal(0, self.scale * sigma, counts.shape)).astype(np.int64)

    def compute_rho(self, *, sigma: float, sensitivity_squared: float) -> float:
        """Return the cost by the textbook."""
        return sensitivity_squared / (2 * sigma**2)


def _attack(scale: float) -> Scores:
    return score_months(WORST_HOUSEHOLD, shares=REGULAR_YEAR, noise=NormalNoise(scale), trials=TRIALS)[1]


def test_noise_of_the_promised_scale_meets_the_goal_and_reaches_the_theory() -> None:
    scores = _attack(1.0)
    row = judge_accuracy("", "", scores.accuracy, at_most=0.63 + 0.01)
    assert row.verdict is Verdict.MET
    assert scores.accuracy.value == pytest.approx(get_best_accuracy(scores.distance), abs=0.01)


def test_noise_of_half_the_promised_scale_misses_the_goal() -> None:
    accuracy = _attack(0.5).accuracy
    assert judge_accuracy("", "", accuracy, at_most=0.63).verdict is Verdict.MISSED
    assert judge_against_bound("", "", accuracy, bound=0.63).verdict is Verdict.MISSED
    assert accuracy.value == pytest.approx(0.74, abs=0.02)


def test_the_first_year_and_a_regular_year_tell_the_same() -> None:
    distances = [
        score_months(WORST_HOUSEHOLD, shares=shares, noise=NormalNoise(1.0), trials=2)[1].distance
        for shares in (FIRST_YEAR, REGULAR_YEAR)
    ]
    assert distances[0] == pytest.approx(distances[1])
    assert get_best_accuracy(distances[0]) == pytest.approx(0.626, abs=0.001)


def test_one_need_tells_less_than_the_whole_household() -> None:
    need, household = (
        score_months(touched, shares=REGULAR_YEAR, noise=NormalNoise(1.0), trials=2)[1].distance
        for touched in (ONE_NEED, WORST_HOUSEHOLD)
    )
    assert need < 0.7 * household


def test_exact_counts_are_solved_every_time_and_the_others_nearly() -> None:
    measured = alternatives.measure_alternatives(seed=1, trials=4_000)
    assert measured[alternatives.EXACT].value == 1
    assert measured[alternatives.ROUNDED].value > 0.99
    assert measured[alternatives.STICKY].value > 0.95
    assert measured[alternatives.FRESH].value > 0.99


def test_judging_a_draw_in_both_worlds_gives_the_same_accuracy_with_a_narrower_interval() -> None:
    rng = np.random.default_rng(8)
    noise, half = rng.normal(size=20_000), 0.3
    pairs = Accuracy.of_pairs(noise, threshold=half)
    coins = rng.random(noise.size) < 0.5
    guesses = (noise + np.where(coins, half, -half) > 0) == coins
    single = Accuracy.of_guesses(guesses)
    assert pairs.value == pytest.approx(single.value, abs=0.01)
    assert pairs.high - pairs.low < 0.6 * (single.high - single.low)


def test_above_the_goal_but_within_chance_is_not_called_met() -> None:
    assert judge_accuracy("", "", Accuracy(0.56, 0.54, 0.58), at_most=0.55).verdict is Verdict.UNSURE
    assert judge_accuracy("", "", Accuracy(0.58, 0.56, 0.60), at_most=0.55).verdict is Verdict.MISSED
