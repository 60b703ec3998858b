"""Rates and lift from noisy counts: how often the margin holds the truth, and when nothing is said."""

from __future__ import annotations

from datetime import date
from math import sqrt

import numpy as np
import pytest

from geo.outcomes import LEAST_DENOMINATOR_SD, derive, get_release_of, get_told_month

SD = 41.8


@pytest.mark.parametrize(
    ("messaged", "held_out", "treated", "control"),
    [(4_000, 210, 0.03, 0.02), (10_000, 526, 0.01, 0.01), (10_000, 526, 0.3, 0.2), (150_000, 7_895, 0.06, 0.05)],
)
def test_nineteen_of_twenty_margins_of_lift_hold_the_truth(
    messaged: int, held_out: int, treated: float, control: float
) -> None:
    rng = np.random.default_rng(11)
    draws = 6_000
    bought, held_out_bought = rng.binomial(messaged, treated, draws), rng.binomial(held_out, control, draws)
    exact = np.column_stack(
        [np.full(draws, messaged), bought, bought, np.full(draws, held_out), held_out_bought]
    )  # fmt: skip
    noisy = exact + np.rint(rng.normal(0, SD, exact.shape))
    lifts = [lift for counts in noisy.tolist() if (lift := derive(counts, sd=SD).lift) is not None]
    assert len(lifts) > draws / 2
    covered = sum(abs(lift.value - (treated - control)) <= lift.moe95 for lift in lifts) / len(lifts)
    assert 0.93 <= covered <= 0.97


def test_rates_and_lift_are_what_they_say() -> None:
    found = derive([10_000, 800, 300, 500, 10], sd=5.0)
    assert found.reply_rate is not None
    assert found.lift is not None
    assert found.reply_rate.value == pytest.approx(0.08)
    assert found.lift.value == pytest.approx(0.03 - 0.02)
    parts = [(0.03, 10_000), (0.02, 500)]
    variance = sum((25 * (1 + rate**2)) / size**2 + rate * (1 - rate) / size for rate, size in parts)
    assert found.lift.sd == pytest.approx(sqrt(variance))


def test_without_a_solid_denominator_there_is_no_rate() -> None:
    least = LEAST_DENOMINATOR_SD * SD
    assert derive([5_000, 0, 0, least - 1, 0], sd=SD).lift is None
    assert derive([least - 1, 0, 0, 5_000, 0], sd=SD).reply_rate is None
    assert derive([least, 0, 0, least, 0], sd=SD).lift is not None
    assert derive([0, 0, 0, 0, 0], sd=0.0).lift is None


def test_few_is_below_two_standard_errors_and_a_loss_is_no_few() -> None:
    found = derive([10_000, 2 * SD - 1, 2 * SD, 10_000, -1_000], sd=SD)
    assert [count.few for count in found.counts] == [False, True, False, False, True]
    gained, lost = derive([10_000, 0, 900, 10_000, 100], sd=SD).lift, derive([10_000, 0, 100, 10_000, 900], sd=SD).lift
    assert gained is not None
    assert lost is not None
    assert (gained.few, lost.few, lost.value) == (False, False, -gained.value)


def test_a_month_is_told_of_by_the_next_months_release() -> None:
    assert str(get_release_of(date(2026, 12, 31), city_code=370200)) == "2027-01-370200"
    assert get_told_month(date(2027, 1, 1)) == date(2026, 12, 1)
