"""What an operator sees and turns, and the clock that all processes share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from messaging.delivery import valve
from messaging.delivery.clock import DatabaseClock
from messaging.delivery.commands import messages, send
from messaging.delivery.models import MessageState, SkipReason
from messaging.delivery.status import get_status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World


@pytest.fixture
def runner(world: World, key_file: Path) -> CliRunner:
    """Run commands as the sender's role."""
    people_url = world.services.url("people", role="field_sender")
    return CliRunner(env={"MODE": "test", "PEOPLE_URL": people_url, "KEY_FILE": str(key_file), "COLUMNS": "120"})


def test_status_counts_states_reasons_and_ages(world: World, clock: FakeClock) -> None:
    campaign_id = world.add_run()
    for _ in range(2):
        world.add_message(world.add_household(), campaign_id=campaign_id)
    world.add_message(world.add_household(), campaign_id=campaign_id, state=MessageState.SKIPPED, reason=SkipReason.CAP)
    clock.advance(minutes=5)
    with world.sender() as session:
        status = get_status(session, now=clock())
    assert [(row.state, row.reason, row.messages, row.oldest_age_s) for row in status.states] == [
        ("planned", None, 2, 300),
        ("skipped", "cap", 1, 300),
    ]
    assert (status.runs, status.slots_held, status.valve.is_paused) == ((("running", 1),), 0, False)


def test_status_shows_numbers_and_no_number_of_anybody(world: World, runner: CliRunner) -> None:
    person = world.add_household()
    world.add_message(person)
    shown = runner.invoke(messages, ["status"], catch_exceptions=False).output
    assert "planned" in shown
    assert "valve: open" in shown
    assert person.phone.removeprefix("+86") not in shown


def test_an_operator_stops_and_resumes_everything(world: World, runner: CliRunner) -> None:
    assert runner.invoke(send, ["stop"], catch_exceptions=False).exit_code == 0
    with world.sender() as session:
        assert not valve.is_open(session)
    assert "closed (operator" in runner.invoke(messages, ["status"], catch_exceptions=False).output
    assert runner.invoke(send, ["resume"], catch_exceptions=False).exit_code == 0
    with world.sender() as session:
        assert valve.is_open(session)


def test_a_worker_without_its_settings_does_not_start(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert runner.invoke(send, ["worker"]).exit_code == 1


def test_the_clock_is_the_databases(world: World) -> None:
    engine = create_engine(world.services.url("people", role="field_sender"))
    clock = DatabaseClock(engine, refresh_s=0)
    first, second = clock(), clock()
    engine.dispose()
    assert first <= second < first + timedelta(seconds=5)
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_clock_goes_on_without_its_database_once_it_was_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(world.services.url("people", role="field_sender"))
    clock = DatabaseClock(engine, refresh_s=0)
    before = clock()

    def refuse() -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(engine, "connect", refuse)
    assert before <= clock() <= clock() < before + timedelta(seconds=5)
    with pytest.raises(OperationalError):
        DatabaseClock(engine)()
    engine.dispose()
