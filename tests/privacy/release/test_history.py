"""A month is estimated with the stored draws of the months before it, as far as they are there."""

from __future__ import annotations

from datetime import UTC, date, datetime

import grimp
import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from privacy.release.drawing import find_history
from privacy.release.ledger import charge
from privacy.release.ledger_queries import find_draws
from privacy.release.mechanism import OpenDpNoise
from privacy.release.plan import DRAWN_MONTHLY, count_months
from privacy.release.postprocess import estimate_figures
from privacy.release.provenance import _CODE
from privacy.release.publish import Press, publish_month
from privacy.release.queries import get_figures, get_parameters
from privacy.release.values import PublicKeys, PublishedRelease
from tests.conftest import FakeClock
from tests.privacy.release.worlds import CITY, KEYS, RECORDER, RecordingNoise, make_dwellings, store_dwellings
from tests.released import SIGN

NOVEMBER, DECEMBER, JANUARY, FEBRUARY = (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1))


@pytest.fixture(autouse=True)
def _households(people_owner: Engine) -> None:
    store_dwellings(people_owner, make_dwellings(np.random.default_rng(4), count=150, leaf_ids=KEYS.leaf_ids.tolist()))


def _clock(month: date) -> FakeClock:
    return FakeClock(datetime(month.year, month.month, 18, 4, tzinfo=UTC))


def _publish(
    people: sessionmaker[Session], serving: sessionmaker[Session], *, month: date, keys: PublicKeys = KEYS
) -> PublishedRelease:
    return publish_month(
        Press(
            people,
            serving,
            noise=OpenDpNoise(),
            sign=SIGN,
            recorder=RECORDER,
            clock=_clock(month),
            progress=lambda _step, _done, _total: None,
        ),
        keys=keys,
        month=month,
        as_of=datetime(2026, 11, 3, tzinfo=UTC),
    )


def test_a_later_month_is_estimated_with_the_earlier_draws_and_says_so(
    people: sessionmaker[Session], serving: sessionmaker[Session]
) -> None:
    for month in (NOVEMBER, DECEMBER):
        _publish(people, serving, month=month)
    with people() as session:
        draws = find_draws(session, city_code=CITY, month=DECEMBER)
    alone, followed = (
        estimate_figures(draws, keys=KEYS, earlier=earlier)
        for earlier in ((), find_history(people, city_code=CITY, month=DECEMBER))
    )
    with serving() as session:
        stored = get_figures(session, release_id="2026-12-370200")
        parameters = [
            get_parameters(session, release_id=name)["months_replayed"] for name in ("2026-11-370200", "2026-12-370200")
        ]
    assert stored.leaves.needs.tobytes() == followed.leaves.needs.tobytes() != alone.leaves.needs.tobytes()
    assert stored.leaves.customers_sd.tobytes() == followed.leaves.customers_sd.tobytes()
    assert (stored.leaves.customers_sd < alone.leaves.customers_sd).all()
    assert parameters == [[], [1]]


def test_a_lost_month_is_left_out_and_the_list_of_leaves_may_have_grown(
    people: sessionmaker[Session], serving: sessionmaker[Session]
) -> None:
    _publish(people, serving, month=NOVEMBER)
    charge(
        people,
        products=DRAWN_MONTHLY,
        city_code=CITY,
        month=DECEMBER,
        noise=RecordingNoise(),
        recorder=RECORDER,
        clock=_clock(DECEMBER),
    )
    _publish(people, serving, month=JANUARY)
    more = PublicKeys(
        CITY, np.append(KEYS.leaf_ids, 41), np.append(KEYS.parents, 400), np.append(KEYS.districts, 370203)
    )
    _publish(people, serving, month=FEBRUARY, keys=more)
    history = find_history(people, city_code=CITY, month=FEBRUARY)
    assert [each.months_ago for each in history] == [3, 1]
    assert [each.draws[0].keys.size for each in history] == [6, 6]
    with serving() as session:
        assert get_figures(session, release_id="2027-02-370200").leaves.leaf_ids.size == 7


def test_what_lies_more_than_two_years_back_and_other_cities_are_not_read(
    people: sessionmaker[Session], serving: sessionmaker[Session]
) -> None:
    _publish(people, serving, month=NOVEMBER)
    found = {
        month: [each.months_ago for each in find_history(people, city_code=CITY, month=month)]
        for month in (NOVEMBER, date(2028, 11, 1), date(2028, 12, 1))
    }
    assert found == {NOVEMBER: [], date(2028, 11, 1): [count_months(NOVEMBER, until=date(2028, 11, 1))]} | {
        date(2028, 12, 1): []
    }
    assert find_history(people, city_code=110000, month=DECEMBER) == []


def test_every_module_that_makes_figures_is_in_the_hash_of_the_code() -> None:
    vocabulary = {"errors", "figures", "ledger_models", "ledger_queries", "values"}
    modules = grimp.build_graph("privacy").find_upstream_modules("privacy.release.postprocess")
    names = {each.removeprefix("privacy.release.") for each in modules}
    assert names - vocabulary <= set(_CODE)
    assert "filtering" in names
