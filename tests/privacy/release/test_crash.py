"""kill -9 at every step of a publication: never a second draw, never a figure without its charge or its signature."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from privacy.release.errors import DrawLostError
from privacy.release.ledger_queries import find_charges, find_draws
from privacy.release.models import DistrictFigures
from privacy.release.plan import DRAWN_MONTHLY
from privacy.release.postprocess import estimate_figures
from privacy.release.publish import Press, publish_month
from privacy.release.queries import find_releases
from privacy.release.slots import DISTRICT_PRODUCTS
from privacy.release.values import PublishedRelease, Step
from privacy.release.verify import check_release, read_release
from stack.test_services import TestServices
from tests.conftest import FakeClock
from tests.privacy.release.worlds import CITY, KEYS, RECORDER, RecordingNoise, make_dwellings, store_dwellings
from tests.released import PUBLIC_KEYS, SIGN

NOVEMBER = date(2026, 11, 1)
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _households(people_owner: Engine) -> None:
    store_dwellings(people_owner, make_dwellings(np.random.default_rng(3), count=50, leaf_ids=KEYS.leaf_ids.tolist()))


def _publish_and_die(services: TestServices, *, step: Step, part: str) -> None:
    urls = [services.url("people", role="field_release"), services.url("serving", role="field_release")]
    command = [sys.executable, "-m", "tests.privacy.release.crash_child", *urls, step, part]
    died = subprocess.run(command, cwd=ROOT, timeout=60, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()


def _publish(
    people: sessionmaker[Session], serving: sessionmaker[Session], *, noise: RecordingNoise, month: date = NOVEMBER
) -> PublishedRelease:
    return publish_month(
        Press(
            people,
            serving,
            noise=noise,
            sign=SIGN,
            recorder=RECORDER,
            clock=FakeClock(datetime(month.year, month.month, 18, 4, tzinfo=UTC)),
            progress=lambda _step, _done, _total: None,
        ),
        keys=KEYS,
        month=month,
        as_of=datetime(2026, 11, 3, tzinfo=UTC),
    )


@pytest.mark.parametrize(("step", "part"), [(Step.CHECK, "start"), (Step.CHARGE, "start")])
def test_killed_before_the_charge_nothing_is_spent_and_the_month_is_published_later(
    own_services: TestServices, people: sessionmaker[Session], serving: sessionmaker[Session], step: Step, part: str
) -> None:
    _publish_and_die(own_services, step=step, part=part)
    with people() as session:
        assert find_charges(session) == []
    assert _publish(people, serving, noise=RecordingNoise()).release_id == "2026-11-370200"


@pytest.mark.parametrize(
    ("step", "part"),
    [(Step.CHARGE, "end"), (Step.COUNT, "end"), (Step.DRAW, "start"), (Step.DRAW, "end")],
)
def test_killed_between_charge_and_draw_the_month_is_burned_and_the_next_is_not(
    own_services: TestServices, people: sessionmaker[Session], serving: sessionmaker[Session], step: Step, part: str
) -> None:
    _publish_and_die(own_services, step=step, part=part)
    noise = RecordingNoise()
    for _ in range(2):
        with pytest.raises(DrawLostError):
            _publish(people, serving, noise=noise)
    assert noise.calls == []
    with people() as session:
        assert [each.drawn_at for each in find_charges(session)] == [None] * len(DRAWN_MONTHLY)
    with serving() as session:
        assert find_releases(session) == []
    december = _publish(people, serving, noise=noise, month=date(2026, 12, 1))
    assert december.release_id == "2026-12-370200"


@pytest.mark.parametrize(("step", "part"), [(Step.SIGN, "start"), (Step.SIGN, "end"), (Step.PUBLISH, "start")])
def test_killed_between_draw_and_publication_the_same_draw_is_published_and_signed(
    own_services: TestServices, people: sessionmaker[Session], serving: sessionmaker[Session], step: Step, part: str
) -> None:
    _publish_and_die(own_services, step=step, part=part)
    with people() as session:
        draws = find_draws(session, city_code=CITY, month=NOVEMBER)
    with serving() as session:
        assert find_releases(session) == []
        assert session.scalar(select(func.count()).select_from(DistrictFigures)) == 0
    noise = RecordingNoise()
    published = _publish(people, serving, noise=noise)
    assert noise.calls == []
    with serving() as session:
        stored, figures = read_release(session, release_id=published.release_id, public_keys=PUBLIC_KEYS)
    assert stored == published
    for draw in draws:
        if draw.product in DISTRICT_PRODUCTS:
            assert np.array_equal(figures.districts[draw.product].counts, draw.values)
    assert figures.leaves.needs.tobytes() == estimate_figures(draws, keys=KEYS).leaves.needs.tobytes()
    with people() as session:
        after = find_draws(session, city_code=CITY, month=NOVEMBER)
    assert [each.values.tobytes() for each in after] == [each.values.tobytes() for each in draws]


def test_killed_after_publication_the_release_stands(
    own_services: TestServices, people: sessionmaker[Session], serving: sessionmaker[Session]
) -> None:
    _publish_and_die(own_services, step=Step.PUBLISH, part="end")
    with serving() as session:
        (stored,) = find_releases(session)
        assert check_release(session, release_id=stored.release_id, public_keys=PUBLIC_KEYS) == stored
    noise = RecordingNoise()
    assert _publish(people, serving, noise=noise) == stored
    assert noise.calls == []
