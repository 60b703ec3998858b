"""What 365 days may cost, on whatever days months are published, and with whatever clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy.orm import Session, sessionmaker

from privacy.release import ledger
from privacy.release.accounting import compute_epsilon
from privacy.release.budget import compute_rho_left
from privacy.release.errors import ClockBehindError
from privacy.release.ledger_queries import Charged, find_charges
from privacy.release.plan import DELTA, MONTHS_PER_YEAR, REGULAR_SHARE, RHO_PER_YEAR, get_month_share
from privacy.release.values import LOCAL, Product
from stack.paths import ROOT
from tests.privacy.release.worlds import CITY, RECORDER, RecordingNoise

YEAR = timedelta(days=365)
MOST = RHO_PER_YEAR * (1 + REGULAR_SHARE)


def _get_month(count: int) -> date:
    return date(2026 + count // MONTHS_PER_YEAR, count % MONTHS_PER_YEAR + 1, 1)


def _publish(moments: list[datetime]) -> list[Charged]:
    """Charge one month after another at some moments, until one is refused."""
    charges: list[Charged] = []
    for count, now in enumerate(moments):
        month = _get_month(count)
        rho = RHO_PER_YEAR * get_month_share(months_since_start=count)
        if rho > compute_rho_left(charges, city_code=CITY, month=month, now=now) + 1e-12:
            break
        charges.append(Charged(count, Product.NEED_LEAF, month, CITY, rho, 1.0, now, now))
    return charges


def _find_dearest_year(charges: list[Charged]) -> float:
    return max(
        sum(each.rho for each in charges if timedelta(0) <= each.charged_at - first.charged_at <= YEAR)
        for first in charges
    )


@pytest.mark.parametrize("seed", range(20))
def test_three_years_at_any_days_of_their_months_are_never_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    firsts = [datetime(each.year, each.month, 1, tzinfo=LOCAL) for each in map(_get_month, range(37))]
    minutes = [int((after - first).total_seconds() // 60) for first, after in pairwise(firsts)]
    # Every other history goes to the ends of the months only.
    at = [int(rng.integers(0, most)) if seed % 2 else int(rng.choice([0, most - 1])) for most in minutes]
    moments = [(first + timedelta(minutes=each)).astimezone(UTC) for first, each in zip(firsts, at, strict=False)]
    charges = _publish(moments)
    assert len(charges) == 36
    assert _find_dearest_year(charges) <= MOST * (1 + 1e-9)


def test_two_years_cannot_be_charged_at_the_two_ends_of_one() -> None:
    ends = [datetime(2026, 12, 31, 12, tzinfo=UTC)] * 12, [datetime(2027, 12, 1, 12, tzinfo=UTC)] * 12
    charges = _publish([*ends[0], *ends[1]])
    assert len(charges) == 13
    assert _find_dearest_year(charges) == pytest.approx(MOST)


def test_the_day_after_a_year_the_next_months_may_be_charged() -> None:
    first = datetime(2026, 12, 31, 12, tzinfo=UTC)
    assert len(_publish([*[first] * 12, *[first + YEAR + timedelta(days=1)] * 12])) == 24


def test_a_clock_that_the_ledger_has_been_ahead_of_charges_nothing(people: sessionmaker[Session]) -> None:
    ahead = datetime(2026, 12, 18, tzinfo=UTC)
    _charge(people, date(2026, 11, 1), now=ahead)
    with pytest.raises(ClockBehindError) as caught:
        _charge(people, date(2026, 12, 1), now=ahead - timedelta(seconds=1))
    assert caught.value.last_charge == ahead
    with people() as session:
        assert {each.month for each in find_charges(session)} == {date(2026, 11, 1)}
    assert _charge(people, date(2026, 12, 1), now=ahead)


def _charge(people: sessionmaker[Session], month: date, *, now: datetime) -> list[Charged]:
    return ledger.charge(
        people,
        products=[Product.NEED_LEAF],
        city_code=CITY,
        month=month,
        noise=RecordingNoise(),
        recorder=RECORDER,
        clock=lambda: now,
    )


def test_the_promise_says_what_a_thirteenth_month_costs() -> None:
    cost = f"{compute_epsilon(MOST, delta=DELTA):.2f}"
    english, chinese = (
        (ROOT / "docs" / name).read_text(encoding="utf-8")
        for name in ("privacy-promise.md", "privacy-promise.zh-CN.md")
    )
    assert f"cost epsilon {cost}" in english
    assert f"花费 ε = {cost}" in chinese
