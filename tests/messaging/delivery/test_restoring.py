"""After a restore nothing of what was live is sent again, and everything that may have left counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from messaging.delivery import valve
from messaging.delivery.claiming import claim, claim_many
from messaging.delivery.commands import messages
from messaging.delivery.models import MessageState, Run, RunState
from messaging.delivery.reconcile import sweep_leases
from messaging.delivery.values import Passed, Timings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import Person, World


@pytest.fixture
def live(world: World, clock: FakeClock) -> list[Person]:
    """Give four people: one is planned for, one in a worker's hands, one in doubt, one has got a message."""
    people = world.add_households(4)
    campaign_id = world.add_run()
    for person in people[1:]:
        world.add_message(person, campaign_id=campaign_id)
    claim_many(world.sender, gate=world.make_gate(), now=clock(), most=3)
    with world.admin.begin() as session:
        past = "UPDATE delivery.messages SET lease_until = :now, state = :state WHERE household_id = :id"
        ended = {"now": clock() - Timings().call, "state": MessageState.SENDING, "id": people[2].household_id}
        session.execute(text(past), ended)
        session.execute(text(past), ended | {"state": MessageState.DELIVERED, "id": people[3].household_id})
    sweep_leases(world.sender, now=clock(), timings=Timings())
    world.add_message(people[0], campaign_id=campaign_id)
    world.add_run(state=RunState.EXPANDING)
    return people


def settle(world: World, key_file: Path, *, says: str = "y\n") -> Result:
    url = world.services.url("people", role="field_sender")
    runner = CliRunner(env={"MODE": "test", "PEOPLE_URL": url, "KEY_FILE": str(key_file)})
    return runner.invoke(messages, ["after-restore"], input=says)


def stop(world: World) -> None:
    with world.admin.begin() as session:
        valve.pause(session, reason=valve.PauseReason.OPERATOR, now=world.clock())


def test_what_was_live_ends_as_unconfirmed_and_counts(world: World, key_file: Path, live: list[Person]) -> None:
    stop(world)
    told = settle(world, key_file)
    assert (told.exit_code, "End 3 messages as unconfirmed, and 2 campaigns" in told.output) == (0, True)
    assert world.count_states() == {MessageState.UNCONFIRMED: 3, MessageState.DELIVERED: 1}
    with world.admin() as session:
        assert set(session.scalars(select(Run.state))) == {RunState.FINISHED}
        entry = text("SELECT actor, action, details FROM audit.entries ORDER BY number DESC LIMIT 1")
        assert session.execute(entry).one() == ("operator", "restore_settled", {"messages": 3, "count": 2})
    # Each of them holds a slot: another campaign finds nobody who may be written to today.
    assert world.count_slots() == 4
    with world.admin.begin() as session:
        valve.reopen(session)
    for person in live:
        world.add_message(person, campaign_id=world.add_run(text="新的"))
        assert isinstance(claim(world.sender, gate=world.make_gate(), now=world.clock()), Passed)
    assert settle(world, key_file).exit_code == 1  # four more runs are live, and messages may leave


def test_nothing_ends_while_messages_may_leave_or_nobody_says_yes(
    world: World, key_file: Path, live: list[Person]
) -> None:
    del live
    before = world.count_states()
    refused = settle(world, key_file)
    assert (refused.exit_code, "run `send stop` first" in refused.output) == (1, True)
    stop(world)
    assert settle(world, key_file, says="n\n").exit_code == 1
    assert (world.count_states(), world.count_slots()) == (before, 3)
    assert settle(world, key_file).exit_code == 0
    assert settle(world, key_file).output == "nothing was live in this database\n"
