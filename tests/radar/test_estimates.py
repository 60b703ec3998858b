"""Margins hold: with fresh noise each time, the truth lies within them about 95 times in a hundred."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geo.figures import Z95
from radar.estimates import (
    Estimates,
    Slots,
    estimate_changes,
    estimate_indexes,
    estimate_seasons,
    estimate_shares,
    show_count,
)

OWN = np.array([900.0, 500.0, 300.0, 260.0])
REST = np.array([2500.0, 2900.0, 1400.0, 800.0])
OWN_SD, REST_SD, DRAWS = 40.0, 80.0, 4_000


def draw(truth: np.ndarray[tuple[int], np.dtype[np.float64]], *, sd: float, rng: np.random.Generator) -> Slots:
    """Return counts with noise."""
    return Slots(truth + rng.normal(0.0, sd, truth.size), sd**2)


def cover(found: list[Estimates], truth: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float]:
    """Return how often each true value lay within the margin."""
    inside = [np.abs(one.values - truth) <= Z95 * one.sds for one in found]
    return [float(part) for part in np.mean(inside, axis=0)]


@pytest.fixture
def rng() -> np.random.Generator:
    """Give noise that is the same every time."""
    return np.random.default_rng(7)


def test_margins_of_shares_hold(rng: np.random.Generator) -> None:
    found = [estimate_shares(draw(OWN, sd=OWN_SD, rng=rng)) for _ in range(DRAWS)]
    assert all(0.93 < part < 0.97 for part in cover(found, OWN / OWN.sum()))


def test_margins_of_indexes_hold_although_the_base_holds_the_area(rng: np.random.Generator) -> None:
    base = OWN + REST
    truth = (OWN / OWN.sum()) / (base / base.sum())
    found = [
        estimate_indexes(draw(OWN, sd=OWN_SD, rng=rng), rest=draw(REST, sd=REST_SD, rng=rng)) for _ in range(DRAWS)
    ]
    assert all(0.93 < part < 0.97 for part in cover(found, truth))


def test_margins_of_changes_hold(rng: np.random.Generator) -> None:
    later = OWN + np.array([300.0, 0.0, -20.0, 100.0])
    truth = (later / later.sum()) / (OWN / OWN.sum()) - 1
    found = [
        estimate_changes(
            estimate_shares(draw(later, sd=OWN_SD, rng=rng)), before=estimate_shares(draw(OWN, sd=OWN_SD, rng=rng))
        )
        for _ in range(DRAWS)
    ]
    assert all(0.93 < part < 0.97 for part in cover(found, truth))


def test_margins_of_seasons_hold(rng: np.random.Generator) -> None:
    months = [OWN + 150.0 * np.array([math.sin(month / 2), 0.0, 0.0, 0.0]) for month in range(12)]
    shares = np.array([month / month.sum() for month in months])
    truth = shares / shares.mean(axis=0)
    found = [
        estimate_seasons([estimate_shares(draw(month, sd=20.0, rng=rng)) for month in months])
        for _ in range(DRAWS // 4)
    ]
    for month in range(12):
        assert all(0.92 < part < 0.98 for part in cover([one[month] for one in found], truth[month]))


def test_what_is_below_two_deviations_has_a_margin_and_nothing_else() -> None:
    slots = Slots(np.array([900.0, 79.0]), 40.0**2)
    few = show_count(slots, 1)
    assert (few.value, few.few, few.moe95) == (None, True, Z95 * 40.0)
    assert [estimate_shares(slots).show(slot) is None for slot in (0, 1)] == [False, True]
    assert estimate_indexes(slots, rest=Slots(np.array([900.0, 900.0]), 1.0)).show(1) is None


def test_a_total_that_does_not_stand_out_has_no_shares() -> None:
    slots = Slots(np.array([90.0, *[-30.0] * 8]), 40.0**2)
    assert [estimate_shares(slots).show(slot) for slot in range(9)] == [None] * 9


def test_an_area_that_is_all_there_is_has_no_index() -> None:
    alone = estimate_indexes(Slots(OWN, OWN_SD**2), rest=Slots(np.zeros(4), 0.0))
    assert [alone.show(slot) for slot in range(4)] == [None] * 4
