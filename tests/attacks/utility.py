"""What the released figures are worth to a salesperson: the goals of privacy.md section 2, on a city of known truth.

Everything is the release's own code: the plan's sigmas, OpenDP's noise, the bound of two needs a household, and the
estimates with the replay of all months before. Only the households are invented (utility_city.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np

from privacy.release.figures import ReleasedFigures
from privacy.release.ledger_queries import EarlierDraws, StoredDraw
from privacy.release.mechanism import NoiseSource, OpenDpNoise
from privacy.release.plan import get_month_share, get_sigma
from privacy.release.postprocess import estimate_figures
from tests.attacks.utility_city import Truth, UtilityCity, make_utility_city, to_exact_counts
from tests.attacks.utility_metrics import (
    Floats,
    Places,
    Views,
    add_up,
    choose_views,
    measure_choice,
    measure_circles,
    measure_coverage,
    measure_nearest,
    measure_ranking,
    measure_rmse,
)

_VIEWS = 400
_DRAWN_AT = datetime(2026, 11, 1, tzinfo=UTC)

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the months that are done and all of them."""

Values: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class UtilityRow:
    """One line of the table: what was aimed at, and what a first and a twelfth month reached, in words of numbers.

    Empty where a month was not measured. What nobody promised has no goal and is met.
    """

    name: str
    goal: str
    month_1: str
    month_12: str
    is_met: bool


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredMonth:
    """A month of the city: the truth, what was released of it, where users look, and each leaf's parent."""

    truth: Truth
    figures: ReleasedFigures
    views: Views
    parents: Sequence[Places]

    @property
    def needs(self) -> Floats:
        """Return the true needs of leaves, float64[n, 8]."""
        return self.truth.needs.astype(np.float64)

    @property
    def shown(self) -> Floats:
        """Return the released needs, as an app shows them: never below zero."""
        return np.maximum(self.figures.leaves.needs, 0.0)


@dataclass(frozen=True, slots=True)
class _Figure:
    """A line before it is measured: its limits by month, lower and upper, for each of its values."""

    name: str
    unit: str
    measure: Callable[[MeasuredMonth], Values]
    goal: str = ""
    least: Mapping[int, Values] | None = None
    most: Mapping[int, Values] | None = None

    def is_met(self, values: Values, *, month: int) -> bool:
        """Say whether all values of a month are within their limits."""
        least, most = ((limits or {}).get(month) for limits in (self.least, self.most))
        return all(value >= limit for value, limit in zip(values, least or values, strict=True)) and all(
            value <= limit for value, limit in zip(values, most or values, strict=True)
        )


def _cover(month: MeasuredMonth, *, groups: Sequence[Places]) -> float:
    """Return how often margins of sums hold, made as the apps make them: from the leaves' variances."""
    error = add_up(month.figures.leaves.needs - month.needs, groups=groups)
    return measure_coverage(error, sd=np.sqrt(add_up(month.figures.leaves.needs_sd**2, groups=groups)))


def _cover_places(month: MeasuredMonth) -> Values:
    leaves, parents = month.figures.leaves, month.figures.parents
    true_parents = add_up(month.needs, groups=month.parents)
    return (
        measure_coverage(leaves.needs - month.needs, sd=leaves.needs_sd),
        measure_coverage(parents.needs - true_parents, sd=parents.needs_sd),
        measure_coverage(leaves.customers - month.truth.customers, sd=leaves.customers_sd),
    )


def _rank_by_customers(month: MeasuredMonth) -> Values:
    customers = np.broadcast_to(month.truth.customers[:, None], month.needs.shape).astype(np.float64)
    return _rate_ranking(month, estimated=customers)


def _rank_by_redraw(month: MeasuredMonth) -> Values:
    return _rate_ranking(month, estimated=np.random.default_rng(2).poisson(month.needs).astype(np.float64))


def _rate_ranking(month: MeasuredMonth, *, estimated: Floats) -> Values:
    ranking = measure_ranking(month.needs, estimated, views=month.views)
    return ranking, measure_choice(month.needs, estimated, views=month.views)


_FIGURES = (
    _Figure(
        "5-km need total, error, median / p95",
        " %",
        lambda month: measure_circles(month.needs, month.figures.leaves.needs, views=month.views),
        "<= 1 / 5 %",
        most={1: (1, 5), 12: (1, 5)},
    ),
    _Figure(
        "sum over the 30 nearest, error, median / p95",
        " %",
        lambda month: measure_nearest(month.needs, month.figures.leaves.needs, views=month.views),
        "<= 3 / 10 %, month 12: <= 3 / 9 %",
        most={1: (3, 10), 12: (3, 9)},
    ),
    _Figure(
        "Spearman of the 30 nearest",
        "",
        lambda month: (measure_ranking(month.needs, month.shown, views=month.views),),
        ">= 0.875, month 12: >= 0.91",
        least={1: (0.875,), 12: (0.91,)},
    ),
    _Figure(
        "need held by the chosen top 5, of that in the true top 5",
        " %",
        lambda month: (measure_choice(month.needs, month.shown, views=month.views),),
        ">= 97 %, month 12: >= 98 %",
        least={1: (97,), 12: (98,)},
    ),
    _Figure(
        "95 % margins that hold: leaf / parent / customers of a leaf",
        " %",
        _cover_places,
        "93 - 98 %; customers >= 93 %",
        least=dict.fromkeys((1, 12), (93, 93, 93)),
        most=dict.fromkeys((1, 12), (98, 98, 100)),
    ),
    _Figure(
        "95 % margins of sums that hold: 30 nearest / 5 km",
        " %",
        lambda month: (_cover(month, groups=tuple(month.views.nearest)), _cover(month, groups=month.views.circles)),
        ">= 93 %",
        least=dict.fromkeys((1, 12), (93, 93)),
    ),
    _Figure(
        "RMSE of a leaf's need",
        "",
        lambda month: (measure_rmse(month.needs, month.figures.leaves.needs),),
    ),
    _Figure(
        "RMSE of a leaf's customers",
        "",
        lambda month: (measure_rmse(month.truth.customers.astype(np.float64), month.figures.leaves.customers),),
    ),
    _Figure("for comparison: ranked by true customers, Spearman / top 5 %", "", _rank_by_customers),
    _Figure("for comparison: true needs drawn anew by chance, Spearman / top 5 %", "", _rank_by_redraw),
)


def _draw(city: UtilityCity, *, truth: Truth, number: int, noise: NoiseSource) -> list[StoredDraw]:
    share = get_month_share(months_since_start=number)
    draws = []
    for exact in to_exact_counts(truth, keys=city.keys):
        sigma = get_sigma(exact.product, month_share=share)
        values = noise.add(exact.counts.reshape(-1), sigma=sigma).reshape(exact.counts.shape)
        draws.append(StoredDraw(exact.product, sigma, exact.keys, values, _DRAWN_AT))
    return draws


def _release(city: UtilityCity, *, drawn: Sequence[list[StoredDraw]]) -> ReleasedFigures:
    earlier = [EarlierDraws(len(drawn) - 1 - number, tuple(draws)) for number, draws in enumerate(drawn[:-1])]
    return estimate_figures(drawn[-1], keys=city.keys, earlier=earlier)


def measure_months(
    city: UtilityCity, *, months: Sequence[int], seed: int, progress: Progress
) -> dict[int, MeasuredMonth]:
    """Let the city live and be released until the last of `months`; return those, counted from 1."""
    noise, measured, drawn = OpenDpNoise(), {}, []
    truth = city.count()
    views = choose_views(city.positions, customers=truth.customers, count=_VIEWS, seed=seed)
    position = np.unique(city.keys.parents, return_inverse=True)[1]
    parents = np.split(np.argsort(position, kind="stable"), np.cumsum(np.bincount(position))[:-1])
    for number in range(max(months)):
        if number:
            city.advance()
            truth = city.count()
        drawn.append(_draw(city, truth=truth, number=number, noise=noise))
        if number + 1 in months:
            measured[number + 1] = MeasuredMonth(truth, _release(city, drawn=drawn), views, parents)
        progress(number + 1, max(months))
    return measured


def _write(values: Values, *, unit: str) -> str:
    return " / ".join(f"{value:.3f}" if value < 1 and not unit else f"{value:.2f}" for value in values) + unit


def measure_utility(*, seed: int, months: tuple[int, ...] = (1, 12), progress: Progress) -> list[UtilityRow]:
    """Make a city of 2 M customers, release it month by month, and measure what its figures are worth."""
    measured = measure_months(make_utility_city(seed), months=months, seed=seed, progress=progress)
    rows = []
    for figure in _FIGURES:
        values = {number: figure.measure(month) for number, month in measured.items()}
        month_1, month_12 = (_write(values[each], unit=figure.unit) if each in values else "" for each in (1, 12))
        is_met = all(figure.is_met(each, month=number) for number, each in values.items())
        rows.append(UtilityRow(figure.name, figure.goal, month_1, month_12, is_met))
    return rows
