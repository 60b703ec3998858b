"""What is long over goes out of the way, whole, and is still found by everybody who has to find it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from messaging.delivery.commands import messages
from messaging.delivery.errors import ForgedRequestError
from messaging.delivery.models import MessageState, PastMessage, Receipt, Reply, RunState
from messaging.delivery.ports import CarrierRecord, CarrierStatus
from messaging.delivery.receipts import Callback, record_callback
from messaging.delivery.retention import Moved, retain
from messaging.delivery.values import SHORTEST_KEPT, Timings
from privacy.people.drop.errors import IntakeRunningError
from privacy.people.loading import journal
from tests.messaging.delivery.fakes import make_sid
from tests.messaging.delivery.held import count_rows, erase_person, export_person

if TYPE_CHECKING:
    from uuid import UUID

    from tests.messaging.delivery.world import Person, World

KEPT = timedelta(days=180)


def add_old_run(world: World, *, days_ago: float = 181, state: RunState = RunState.FINISHED) -> UUID:
    ended = world.clock() - timedelta(days=days_ago)
    return world.add_run(state=state, starts_at=ended - timedelta(hours=48), expires_at=ended)


def add_old_message(world: World, person: Person, campaign_id: UUID, *, number: int = 1, **changes: Any) -> UUID:  # noqa: ANN401 - any columns
    at = world.get_run(campaign_id).starts_at
    values = {
        "state": MessageState.DELIVERED, "attempt": 1, "sid": make_sid(number), "accepted_at": at, "changed_at": at,
    }  # fmt: skip
    return world.add_message(person, campaign_id=campaign_id, **(values | changes))


def move(world: World, *, kept: timedelta = KEPT) -> Moved:
    return retain(world.migrator, kept=kept, now=world.clock())


def find_past(world: World) -> list[PastMessage]:
    with world.admin() as session:
        return list(session.scalars(select(PastMessage)))


def test_messages_of_a_campaign_long_over_go_with_what_came_back_to_them(world: World) -> None:
    campaign_id = add_old_run(world)
    person, other = world.add_household(), world.add_household()
    message_id = add_old_message(world, person, campaign_id)
    add_old_message(
        world, other, campaign_id, state=MessageState.SKIPPED, reason="cap", sid=None, accepted_at=None, attempt=0
    )
    at = world.get_run(campaign_id).starts_at
    with world.admin.begin() as session:
        session.add(Receipt(message_id=message_id, sid=make_sid(1), status="sent", received_at=at))
        session.add(Reply(message_id=message_id, received_at=at + timedelta(hours=1)))
    before = world.get_message(message_id)
    assert move(world) == Moved(messages=2, campaigns=1)
    assert world.count_states() == {}
    past = {one.message_id: one for one in find_past(world)}[message_id]
    for name in ("campaign_id", "household_id", "lookup_hash", "token", "state", "sid", "accepted_at", "changed_at"):
        assert getattr(past, name) == getattr(before, name)
    assert past.replied_at == at + timedelta(hours=1)
    assert [(one["status"], one["error_code"]) for one in past.receipts] == [("sent", None)]
    assert world.get_run(campaign_id).past_at == world.clock()
    assert move(world) == Moved()


@pytest.mark.parametrize("state", [MessageState.ACCEPTED, MessageState.UNKNOWN, MessageState.PLANNED])
def test_what_is_not_at_its_end_stays_and_its_campaign_is_looked_at_again(world: World, state: MessageState) -> None:
    campaign_id = add_old_run(world)
    add_old_message(world, world.add_household(), campaign_id)
    add_old_message(world, world.add_household(), campaign_id, state=state, number=2)
    assert move(world) == Moved(messages=1, campaigns=0)
    assert world.count_states() == {state: 1}
    assert world.get_run(campaign_id).past_at is None


@pytest.mark.parametrize(("days_ago", "state"), [(179, RunState.FINISHED), (181, RunState.RUNNING)])
def test_a_younger_campaign_and_one_that_goes_on_stay(world: World, days_ago: int, state: RunState) -> None:
    add_old_message(world, world.add_household(), add_old_run(world, days_ago=days_ago, state=state))
    assert (move(world), world.count_states()) == (Moved(), {MessageState.DELIVERED: 1})


def test_nobody_who_sends_or_listens_can_put_anything_away(world: World) -> None:
    add_old_message(world, world.add_household(), add_old_run(world))
    for sessions in (world.sender, world.gateway, world.keeper):
        with pytest.raises(ProgrammingError, match="permission denied"):
            retain(sessions, kept=KEPT, now=world.clock())
    for statement in ("DELETE FROM delivery.messages", "DELETE FROM delivery.past_messages"):
        with world.sender() as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text(statement))
    with pytest.raises(ValueError, match="59 days"):
        move(world, kept=SHORTEST_KEPT - timedelta(days=1))


def test_months_have_tables_of_their_own(world: World) -> None:
    for number, days_ago in enumerate((190, 230)):
        add_old_message(world, world.add_household(), add_old_run(world, days_ago=days_ago), number=number)
    assert move(world).campaigns == 2
    with world.admin() as session:
        parts = session.scalars(text("SELECT DISTINCT tableoid::regclass::text FROM delivery.past_messages")).all()
    months = {f"delivery.past_messages_{one.changed_at:%Y_%m}" for one in find_past(world)}
    assert (set(parts), len(months)) == (months, 2)


def test_nothing_moves_beside_an_intake_which_may_move_households(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SHORT_WAIT", "50ms")
    add_old_message(world, world.add_household(), add_old_run(world))
    with world.admin() as session:
        session.execute(text(f"SELECT pg_advisory_lock({journal.LOCK_KEY})"))
        with pytest.raises(IntakeRunningError):
            move(world)
        session.execute(text("SELECT pg_advisory_unlock_all()"))
    assert move(world) == Moved(1, 1)


def make_callback(world: World, person: Person, token: UUID, **changes: Any) -> Callback:  # noqa: ANN401 - any field
    hashes = world.vault.hash_phone(person.phone)
    record = CarrierRecord(changes.get("sid", make_sid(1)), CarrierStatus.UNDELIVERED, 21610)
    lookup = changes.get("lookup_hash", hashes.lookup_hash)
    return Callback(token, record, (lookup,), hashes.opt_out_hash, hashes.opt_out_version)


@pytest.mark.parametrize(("forged", "reason"), [({"sid": make_sid(2)}, "sid"), ({"lookup_hash": b"x"}, "to")])
def test_a_receipt_for_a_past_message_is_heard_and_checked_like_any(
    world: World, forged: dict[str, Any], reason: str
) -> None:
    person = world.add_household()
    message_id = add_old_message(world, person, add_old_run(world))
    token = world.get_message(message_id).token
    move(world)

    def tell(**changes: Any) -> bool:  # noqa: ANN401 - any field
        callback = make_callback(world, person, token, **changes)
        return record_callback(world.gateway, callback=callback, now=world.clock(), timings=Timings())

    with pytest.raises(ForgedRequestError, match=reason):
        tell(**forged)
    assert world.count_opt_outs() == 0
    assert not tell()
    assert world.count_opt_outs() == 1


def test_past_messages_are_exported_and_erased_with_their_household(world: World) -> None:
    person, other = world.add_household(), world.add_household()
    campaign_id = add_old_run(world)
    for number, one in enumerate((person, other)):
        add_old_message(world, one, campaign_id, number=number)
    move(world)
    held = export_person(world, person)
    assert held is not None
    assert [one["state"] for one in held["texts"]] == ["delivered"]
    [shown] = held["delivery.past_messages"]
    assert shown["receipts"] == []
    assert {"token", "sid", "lookup_hash", "message_id"}.isdisjoint(shown)
    assert erase_person(world, person).messages == 1
    assert count_rows(world, person.household_id)["delivery.past_messages"] == 0
    assert [one.household_id for one in find_past(world)] == [other.household_id]


def test_the_command_moves_what_ended_that_many_days_ago(world: World) -> None:
    campaign_id = world.add_run(state=RunState.FINISHED, expires_at=world.clock() - timedelta(days=900))
    add_old_message(world, world.add_household(), campaign_id)
    runner = CliRunner(env={"MIGRATE_URL": world.services.url("people", role="field_migrator")})
    assert runner.invoke(messages, ["retain", "--days", "59"]).exit_code == 2
    told = runner.invoke(messages, ["retain", "--days", "365"], catch_exceptions=False)
    assert told.output == "moved 1 messages; 1 campaigns more are past\n"
