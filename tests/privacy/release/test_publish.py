"""One draw, one release, whatever is called how often, and by how many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from privacy.release.errors import (
    ContributionBoundError,
    LedgerBehindError,
    MonthNotBegunError,
    MonthOrderError,
    ReleaseNotFoundError,
)
from privacy.release.ledger_queries import find_charges, find_draws
from privacy.release.mechanism import NoiseSource, OpenDpNoise
from privacy.release.plan import DRAWN_MONTHLY
from privacy.release.postprocess import estimate_figures
from privacy.release.publish import Press, publish_month
from privacy.release.queries import find_newest_releases, find_releases, get_figures, get_head, get_parameters
from privacy.release.slots import DISTRICT_PRODUCTS, get_slot_names
from privacy.release.values import CATEGORIES, Category, Product, PublishedRelease, ReleaseId, Step
from tests.conftest import FakeClock
from tests.privacy.release.worlds import CITY, KEYS, RECORDER, Dwelling, RecordingNoise, make_dwellings, store_dwellings
from tests.released import SIGN

NOVEMBER = date(2026, 11, 18)
AS_OF = datetime(2026, 11, 3, tzinfo=UTC)


def _ignore(step: Step, done: int, total: int) -> None:
    assert 0 <= done <= total, step


def _publish(
    people: sessionmaker[Session],
    serving: sessionmaker[Session],
    *,
    noise: NoiseSource,
    clock: FakeClock,
    month: date = NOVEMBER,
) -> PublishedRelease:
    return publish_month(
        Press(people, serving, noise=noise, sign=SIGN, recorder=RECORDER, clock=clock, progress=_ignore),
        keys=KEYS,
        month=month,
        as_of=AS_OF,
    )


@pytest.fixture
def dwellings(people_owner: Engine) -> list[Dwelling]:
    """Two hundred households of a small city."""
    made = make_dwellings(np.random.default_rng(2), count=200, leaf_ids=KEYS.leaf_ids.tolist())
    store_dwellings(people_owner, made)
    return made


@pytest.mark.usefixtures("dwellings")
def test_what_is_published_is_what_was_drawn(
    people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock
) -> None:
    published = _publish(people, serving, noise=OpenDpNoise(), clock=clock)
    with people() as session:
        draws = find_draws(session, city_code=CITY, month=date(2026, 11, 1))
    expected = estimate_figures(draws, keys=KEYS)
    with serving() as session:
        stored = get_figures(session, release_id="2026-11-370200")
        parameters = get_parameters(session, release_id="2026-11-370200")
    assert published.release_id == "2026-11-370200"
    assert (published.month, published.as_of, published.published_at) == (date(2026, 11, 1), AS_OF, clock.now)
    assert np.array_equal(stored.leaves.leaf_ids, KEYS.leaf_ids)
    for one, other in ((stored.leaves, expected.leaves), (stored.parents, expected.parents)):
        assert one.needs.tobytes() == other.needs.tobytes()
        assert one.needs_sd.tobytes() == other.needs_sd.tobytes()
    assert stored.leaves.customers.tobytes() == expected.leaves.customers.tobytes()
    assert stored.city.needs.tobytes() == expected.city.needs.tobytes()
    assert set(stored.districts) == set(DISTRICT_PRODUCTS)
    assert parameters["promise"] == {
        "epsilon": 4.0,
        "delta": 1e-9,
        "unit": "household",
        "period": "twelve calendar months",
    }
    assert set(parameters["sigmas"]) == set(DRAWN_MONTHLY)


def test_the_noise_is_given_the_exact_counts_of_each_product_once(
    people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock, dwellings: list[Dwelling]
) -> None:
    noise = RecordingNoise()
    _publish(people, serving, noise=noise, clock=clock)
    width = len(CATEGORIES)
    assert [call[0].size for call in noise.calls] == [
        *(6 * width, 3 * width, width, 6, 6),
        *(3 * len(get_slot_names(product)) for product in DISTRICT_PRODUCTS),
    ]
    assert noise.calls[2][0].sum() == sum(len(each.needs) for each in dwellings)
    assert noise.calls[4][0].sum() == len(dwellings)


@pytest.mark.usefixtures("dwellings")
def test_a_second_call_returns_the_stored_release_and_draws_nothing(
    people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock
) -> None:
    first = _publish(people, serving, noise=RecordingNoise(), clock=clock)
    clock.advance(days=2)
    noise = RecordingNoise()
    assert _publish(people, serving, noise=noise, clock=clock) == first
    assert noise.calls == []


@pytest.mark.usefixtures("dwellings")
def test_many_publishers_at_once_draw_once(
    people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock
) -> None:
    noise = RecordingNoise()
    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(_publish, people, serving, noise=noise, clock=clock) for _ in range(6)]
        results = {call.result().figures_sha256 for call in calls}
    assert len(results) == 1
    assert len(noise.calls) == len(DRAWN_MONTHLY)


@pytest.mark.usefixtures("dwellings")
def test_months_go_forward_only(
    people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock
) -> None:
    _publish(people, serving, noise=RecordingNoise(), clock=clock)
    with pytest.raises(MonthNotBegunError):
        _publish(people, serving, noise=RecordingNoise(), clock=clock, month=date(2026, 12, 1))
    clock.advance(days=20)
    december = _publish(people, serving, noise=RecordingNoise(), clock=clock, month=date(2026, 12, 1))
    with pytest.raises(MonthOrderError) as caught:
        _publish(people, serving, noise=RecordingNoise(), clock=clock, month=date(2026, 10, 1))
    assert caught.value.last_month == date(2026, 12, 1)
    with serving() as session:
        assert [str(each.month) for each in find_releases(session, city_code=CITY)] == ["2026-12-01", "2026-11-01"]
        assert find_newest_releases(session) == [december]
        assert find_releases(session, city_code=110000) == []


def test_broken_bounds_are_found_before_anything_is_charged(
    people_owner: Engine, people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock
) -> None:
    store_dwellings(people_owner, [Dwelling(1, 11, frozenset({0, 1, 2}), frozenset({0, 1, 2}))])
    with pytest.raises(ContributionBoundError):
        _publish(people, serving, noise=RecordingNoise(), clock=clock)
    with people() as session:
        assert find_charges(session) == []


@pytest.mark.usefixtures("dwellings")
@pytest.mark.parametrize("other", ["city_code = 110000", "month = '2026-10-01'"])
def test_a_ledger_from_before_a_release_charges_nothing_until_the_newest_is_restored(
    serving_owner: Engine,
    people: sessionmaker[Session],
    serving: sessionmaker[Session],
    clock: FakeClock,
    other: str,
) -> None:
    _publish(people, serving, noise=RecordingNoise(), clock=clock)
    with serving_owner.begin() as connection:
        connection.execute(text(f"UPDATE released.releases SET {other}"))  # noqa: S608 - from above
    clock.advance(days=20)
    with pytest.raises(LedgerBehindError, match="restore its newest dump"):
        _publish(people, serving, noise=RecordingNoise(), clock=clock, month=date(2026, 12, 1))
    with people() as session:
        assert {each.month for each in find_charges(session)} == {date(2026, 11, 1)}
    with serving_owner.begin() as connection:
        connection.execute(text("UPDATE released.releases SET city_code = 370200, month = '2026-11-01'"))
    december = _publish(people, serving, noise=RecordingNoise(), clock=clock, month=date(2026, 12, 1))
    assert december.release_id == "2026-12-370200"


@pytest.mark.usefixtures("dwellings")
def test_figures_are_never_newer_than_their_draw(
    people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock
) -> None:
    published = publish_month(
        Press(people, serving, noise=RecordingNoise(), sign=SIGN, recorder=RECORDER, clock=clock, progress=_ignore),
        keys=KEYS,
        month=NOVEMBER,
        as_of=clock.now + timedelta(days=9),
    )
    assert published.as_of == clock.now


@pytest.mark.usefixtures("dwellings")
def test_publishing_works_inside_sessions_that_are_rolled_back(
    people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock
) -> None:
    """Other packages test with savepoints on one connection."""
    with people() as one, serving() as two:
        bound = [
            sessionmaker(each.connection(), join_transaction_mode="create_savepoint", expire_on_commit=False)
            for each in (one, two)
        ]
        first = _publish(bound[0], bound[1], noise=RecordingNoise(), clock=clock)
        assert _publish(bound[0], bound[1], noise=RecordingNoise(), clock=clock) == first
        clock.advance(days=20)
        later = _publish(bound[0], bound[1], noise=RecordingNoise(), clock=clock, month=date(2026, 12, 1))
        assert later.release_id == "2026-12-370200"


@pytest.mark.usefixtures("dwellings")
@pytest.mark.parametrize(
    "statement", ["UPDATE released.leaf_figures SET customers = 0", "DELETE FROM released.releases"]
)
def test_the_role_that_publishes_cannot_change_a_release(
    people: sessionmaker[Session], serving: sessionmaker[Session], clock: FakeClock, statement: str
) -> None:
    _publish(people, serving, noise=RecordingNoise(), clock=clock)
    with pytest.raises(DBAPIError, match="permission denied"), serving.begin() as session:
        session.execute(text(statement))


def test_an_unknown_release_is_not_found(serving: sessionmaker[Session]) -> None:
    with serving() as session, pytest.raises(ReleaseNotFoundError):
        get_head(session, release_id="2026-11-999999")


def test_names_of_releases_are_read_back() -> None:
    assert ReleaseId.parse("2026-11-370200") == ReleaseId(date(2026, 11, 1), CITY)
    assert Category.FREEZER.column == 7
    assert str(Product.NEED_LEAF) == "need_leaf"
