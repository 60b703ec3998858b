"""Whoever chooses places for their noise finds no audience there: a city of fields where hardly anybody lives."""

from __future__ import annotations

import numpy as np
import pytest

from messaging.campaigns.quotas import find_allowed_quotas
from messaging.campaigns.settings import MessagingRules, Mode
from privacy.release.audience import sum_needs
from privacy.release.plan import FIRST_YEAR_SHARE
from privacy.release.postprocess import estimate_figures
from privacy.release.values import CATEGORIES
from tests.privacy.release.worlds import draw_city, make_city

RULES = MessagingRules(mode=Mode.TEST)
COMMUNITIES = 3000
SIZES = (3, 10, 20, 50, 100, 200)


def test_the_places_with_the_largest_released_need_hold_as_much_as_their_quota_says() -> None:
    """An attacker knows which leaves are fields, and picks the largest by need or by need over deviation."""
    city = make_city(6, communities=COMMUNITIES, fields=20_000, households=100_000)
    leaves = estimate_figures(draw_city(city, seed=1, month_share=FIRST_YEAR_SHARE), keys=city.keys).leaves
    found, by_plain_sums = [], []
    for column in range(len(CATEGORIES)):
        needs, deviations = leaves.needs[:, column], leaves.needs_sd[:, column]
        for pool in (np.arange(COMMUNITIES), np.arange(COMMUNITIES, len(needs))):
            for merit in (needs[pool], needs[pool] / deviations[pool]):
                for size in SIZES:
                    chosen = pool[np.argsort(-merit)[:size]]
                    truth = int(city.needs[chosen, column].sum())
                    need, need_sd = sum_needs(needs[chosen], needs_sd=deviations[chosen])
                    quotas = find_allowed_quotas(need, need_sd=need_sd, settings=RULES)
                    found += [truth / quota for quota in quotas[-1:]]
                    plain = find_allowed_quotas(float(needs[chosen].sum()), need_sd=need_sd, settings=RULES)
                    by_plain_sums += [truth / quota for quota in plain[-1:]]
    assert len(found) > 50
    assert min(found) > 1.5
    # The alternative that fails: ten households in need where a hundred may be written to.
    assert min(by_plain_sums) < 0.2


@pytest.mark.parametrize(
    ("needs", "deviations", "expected"),
    [
        ([12.0, 8.0], [3.0, 4.0], (20.0, 5.0)),
        ([12.0, 3.9], [3.0, 4.0], (12.0, 5.0)),
        ([-2.0, 4.0], [3.0, 4.0], (4.0, 5.0)),
        ([2.0], [3.0], (0.0, 3.0)),
    ],
)
def test_a_leaf_counts_from_one_deviation_on(
    needs: list[float], deviations: list[float], expected: tuple[float, float]
) -> None:
    assert sum_needs(needs, needs_sd=deviations) == expected
