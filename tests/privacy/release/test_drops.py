"""A month is drawn from whole drops only, and says how old they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from privacy.people.loading.journal import LOCK_KEY
from privacy.release.drops import INTAKE_LOCK, find_newest_intake
from privacy.release.errors import DropUnfinishedError, IntakeUnderWayError
from privacy.release.ledger_queries import find_charges
from privacy.release.values import Step
from tests.conftest import FakeClock
from tests.privacy.release.publishing import publish, store_city
from tests.privacy.release.worlds import RecordingNoise

TAKEN_IN = datetime(2026, 11, 2, 3, tzinfo=UTC)


def _add_drop(engine: Engine, drop_id: str, *, state: str, finished_at: datetime | None) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO core.drops (drop_id, manifest_sha256, month, state, progress, rejected, started_at,"
                " finished_at) VALUES (:drop_id, '', '2026-11-01', :state, '{}', 0, :started_at, :finished_at)"
            ),
            {"drop_id": drop_id, "state": state, "started_at": TAKEN_IN, "finished_at": finished_at},
        )


def test_the_lock_is_the_intakes() -> None:
    assert INTAKE_LOCK == LOCK_KEY


def test_nothing_is_charged_while_a_drop_is_half_in(
    people: sessionmaker[Session], serving: sessionmaker[Session], people_owner: Engine, clock: FakeClock
) -> None:
    store_city(people_owner)
    _add_drop(people_owner, "november", state="loading", finished_at=None)
    with pytest.raises(DropUnfinishedError, match="november"):
        publish(people, serving, noise=RecordingNoise(), clock=clock)
    with people() as session:
        assert find_charges(session) == []
    with people_owner.begin() as connection:
        connection.execute(text("UPDATE core.drops SET state = 'done', finished_at = now()"))
    assert publish(people, serving, noise=RecordingNoise(), clock=clock).release_id == "2026-11-370200"


def test_nothing_is_charged_while_an_intake_runs(
    people: sessionmaker[Session], serving: sessionmaker[Session], people_owner: Engine, clock: FakeClock
) -> None:
    store_city(people_owner)
    with people_owner.begin() as intake:
        intake.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        with pytest.raises(IntakeUnderWayError):
            publish(people, serving, noise=RecordingNoise(), clock=clock)
    with people() as session:
        assert find_charges(session) == []


@pytest.mark.parametrize("step", [Step.CHECK, Step.CHARGE, Step.COUNT, Step.DRAW])
def test_no_intake_begins_between_the_check_and_the_draw(
    people: sessionmaker[Session],
    serving: sessionmaker[Session],
    people_owner: Engine,
    clock: FakeClock,
    step: Step,
) -> None:
    store_city(people_owner)
    free: set[bool] = set()

    def try_intake() -> bool:
        with people_owner.begin() as intake:
            return bool(intake.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK_KEY}))

    def watch(at: Step, _done: int, _total: int) -> None:
        if at == step:
            free.add(pool.submit(try_intake).result())

    with ThreadPoolExecutor(1) as pool:
        publish(people, serving, noise=RecordingNoise(), clock=clock, progress=watch)
    assert free == {False}
    assert try_intake()


def test_a_release_is_as_old_as_the_newest_drop_that_is_in(
    people: sessionmaker[Session],
    people_owner: Engine,
) -> None:
    with people() as session:
        assert find_newest_intake(session) is None
    _add_drop(people_owner, "october", state="done", finished_at=datetime(2026, 10, 2, tzinfo=UTC))
    _add_drop(people_owner, "november", state="done", finished_at=TAKEN_IN)
    _add_drop(people_owner, "december", state="loading", finished_at=None)
    with people() as session:
        assert find_newest_intake(session) == TAKEN_IN
