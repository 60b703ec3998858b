"""Noise is really drawn, has the promised size, and costs what OpenDP says it costs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from privacy.release.mechanism import OpenDpNoise
from privacy.release.plan import DRAWN_MONTHLY, PRODUCTS, RHO_PER_YEAR, get_rho, get_sigma
from privacy.release.values import Product

# 20,000 draws: the bounds below are five standard errors, so that a right sampler fails once in a million runs.
DRAWS = 20_000


@pytest.mark.parametrize("sigma", [6.03, 24.1, 152.5])
def test_noise_has_the_mean_spread_and_shape_of_its_law(sigma: float) -> None:
    noise = OpenDpNoise().add(np.full(DRAWS, 1_000, dtype=np.int64), sigma=sigma) - 1_000
    assert abs(noise.mean()) < 5 * sigma / math.sqrt(DRAWS)
    assert abs(noise.std() / sigma - 1) < 5 / math.sqrt(2 * DRAWS)
    within = np.mean(np.abs(noise) <= sigma)
    assert within == pytest.approx(math.erf((sigma + 0.5) / sigma / math.sqrt(2)), abs=5 * 0.5 / math.sqrt(DRAWS))


def test_two_draws_of_the_same_counts_differ() -> None:
    counts = np.zeros(100, dtype=np.int64)
    noise = OpenDpNoise()
    assert not np.array_equal(noise.add(counts, sigma=10.8), noise.add(counts, sigma=10.8))


def test_neighbouring_values_are_noised_independently() -> None:
    noise = OpenDpNoise().add(np.zeros(DRAWS, dtype=np.int64), sigma=10.8)
    assert abs(np.corrcoef(noise[:-1], noise[1:])[0, 1]) < 5 / math.sqrt(DRAWS)


def test_noised_counts_are_integers_that_may_be_negative() -> None:
    noised = OpenDpNoise().add(np.zeros(1_000, dtype=np.int64), sigma=10.8)
    assert noised.dtype == np.int64
    assert noised.min() < 0


@pytest.mark.parametrize("product", list(DRAWN_MONTHLY))
@pytest.mark.parametrize("month_share", [4 / 15, 1 / 15, 1 / 12])
def test_opendp_charges_no_more_than_the_share_and_hardly_less(product: Product, month_share: float) -> None:
    sigma = get_sigma(product, month_share=month_share)
    rho = OpenDpNoise().compute_rho(sigma=sigma, sensitivity_squared=PRODUCTS[product].sensitivity_squared)
    asked = get_rho(product, month_share=month_share)
    assert asked * (1 - 1e-8) <= rho <= asked
    assert rho < RHO_PER_YEAR
