"""The draw: who may be drawn, how many, and that it goes on where it stopped; orders and the end of campaigns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from messaging.campaigns.models import BroadcastState
from messaging.delivery.expansion import expand, find_expanding
from messaging.delivery.models import Message, MessageState, RunState, SkipReason
from messaging.delivery.orders import finish_runs, follow_orders, skip_hopeless
from privacy.people.consent import record_opt_out
from tests.messaging.delivery.world import RULES

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import Person, World


def draw_all(world: World, campaign_id: UUID, *, batch: int = 500) -> int:
    rounds = 1
    while expand(world.sender, campaign_id=campaign_id, draw=world.make_draw(batch=batch), now=world.clock()):
        rounds += 1
    return rounds


def find_drawn(world: World, campaign_id: UUID) -> set[UUID]:
    with world.admin() as session:
        return set(session.scalars(select(Message.household_id).where(Message.campaign_id == campaign_id)))


def test_only_those_who_need_it_here_and_agreed_are_drawn(world: World) -> None:
    eligible = world.add_household()
    world.add_household(consent=False)
    world.add_household(leaf_id=8)
    opted_out = world.add_household()
    with world.admin.begin() as session:
        opt_out_hash = world.vault.opt_out_hash(opted_out.phone)
        record_opt_out(session, opt_out_hash=opt_out_hash, version=1, source="app", at=world.clock())
    campaign_id = world.add_run(state=RunState.EXPANDING)
    draw_all(world, campaign_id)
    assert find_drawn(world, campaign_id) == {eligible.household_id}
    other = world.add_run(state=RunState.EXPANDING, category=1)
    draw_all(world, other)
    assert find_drawn(world, other) == set()
    assert (world.get_run(campaign_id).state, world.get_run(other).state) == (RunState.RUNNING, RunState.RUNNING)


def test_what_is_planned_is_of_the_household_that_was_drawn(world: World) -> None:
    people = [world.add_household(leaf_id=leaf_id) for leaf_id in (7, 9, 2**40)]
    world.add_household(leaf_id=8)
    campaign_id = world.add_run(state=RunState.EXPANDING, leaf_ids=[7, 9, 2**40, 11])
    # Wherever the pump stands, a moment is a moment.
    here = world.clock().astimezone(timezone(timedelta(hours=5, minutes=45)))
    expand(world.sender, campaign_id=campaign_id, draw=world.make_draw(), now=here)
    with world.admin() as session:
        planned = list(session.scalars(select(Message).where(Message.campaign_id == campaign_id)))
    assert {(one.household_id, one.lookup_hash, one.lookup_version, one.not_before) for one in planned} == {
        (person.household_id, world.vault.lookup_hash(person.phone), 1, world.clock()) for person in people
    }
    assert len({one.token for one in planned} | {one.message_id for one in planned}) == 2 * len(people)


def test_batches_draw_the_quota_and_nobody_twice(world: World) -> None:
    for _ in range(30):
        world.add_household()
    campaign_id = world.add_run(state=RunState.EXPANDING, quota=20)
    assert draw_all(world, campaign_id, batch=7) == 3
    run = world.get_run(campaign_id)
    assert (run.expanded, run.state, len(find_drawn(world, campaign_id))) == (20, RunState.RUNNING, 20)


def test_two_pumps_draw_the_same_households_once(world: World) -> None:
    for _ in range(40):
        world.add_household()
    campaign_id = world.add_run(state=RunState.EXPANDING, quota=30)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: draw_all(world, campaign_id, batch=4), range(4)))
    assert world.get_run(campaign_id).expanded == len(find_drawn(world, campaign_id)) == 30


def test_each_campaign_draws_others(world: World) -> None:
    people: list[Person] = [world.add_household() for _ in range(40)]
    drawn = []
    for _ in range(2):
        campaign_id = world.add_run(state=RunState.EXPANDING, quota=20)
        draw_all(world, campaign_id)
        drawn.append(find_drawn(world, campaign_id))
    assert drawn[0] != drawn[1]
    assert drawn[0] | drawn[1] <= {person.household_id for person in people}


def test_at_night_messages_wait_for_the_opening_with_jitter(world: World, clock: FakeClock) -> None:
    world.add_household()
    clock.advance(hours=10)
    campaign_id = world.add_run(state=RunState.EXPANDING)
    draw_all(world, campaign_id)
    with world.admin() as session:
        assert session.scalars(select(Message.not_before)).all() == [clock() + timedelta(hours=11)]


def test_an_order_becomes_a_run_and_follows_its_sender(world: World) -> None:
    world.add_household()
    broadcast_id = world.add_broadcast()
    now = world.clock()
    assert follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=now) == 1
    assert follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=now) == 0
    with world.sender() as session:
        assert find_expanding(session) == [broadcast_id]
    draw_all(world, broadcast_id)
    steps = [
        (BroadcastState.PAUSED, RunState.PAUSED),
        (BroadcastState.ACCEPTED, RunState.EXPANDING),
        (BroadcastState.CANCELLED, RunState.CANCELLED),
    ]
    for ordered, state in steps:
        world.set_broadcast(broadcast_id, ordered)
        assert follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=now) == 1
        assert world.get_run(broadcast_id).state == state
    assert world.count_states() == {MessageState.SKIPPED: 1}
    assert finish_runs(world.sender, now=now) == 1
    assert follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=now) == 0


@pytest.mark.parametrize("state", [BroadcastState.IN_REVIEW, BroadcastState.REFUSED, BroadcastState.CANCELLED])
def test_what_was_not_accepted_never_becomes_a_run(world: World, state: BroadcastState) -> None:
    world.add_broadcast(state=state)
    assert follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=world.clock()) == 0


def test_a_resumed_draw_goes_on_from_its_cursor(world: World) -> None:
    for _ in range(20):
        world.add_household()
    broadcast_id = world.add_broadcast()
    follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=world.clock())
    expand(world.sender, campaign_id=broadcast_id, draw=world.make_draw(batch=5), now=world.clock())
    for state in (BroadcastState.PAUSED, BroadcastState.ACCEPTED):
        world.set_broadcast(broadcast_id, state)
        follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=world.clock())
    draw_all(world, broadcast_id, batch=5)
    assert world.count_states() == {MessageState.PLANNED: 20}


def test_expired_messages_are_skipped_even_in_a_pause_and_the_run_closes(world: World, clock: FakeClock) -> None:
    campaign_id = world.add_run(state=RunState.PAUSED)
    message_id = world.add_message(world.add_household(), campaign_id=campaign_id)
    assert (skip_hopeless(world.sender, now=clock()), finish_runs(world.sender, now=clock())) == (0, 0)
    clock.advance(hours=48)
    assert (skip_hopeless(world.sender, now=clock()), finish_runs(world.sender, now=clock())) == (1, 1)
    assert world.get_message(message_id).reason == SkipReason.EXPIRED
    assert world.get_run(campaign_id).state == RunState.FINISHED


@pytest.mark.parametrize("state", [MessageState.PLANNED, MessageState.SENDING, MessageState.UNKNOWN])
def test_a_run_stays_open_while_something_may_still_leave(world: World, state: MessageState) -> None:
    campaign_id = world.add_run()
    world.add_message(world.add_household(), campaign_id=campaign_id, state=state)
    assert finish_runs(world.sender, now=world.clock()) == 0


def test_a_message_planned_again_after_a_cancellation_does_not_leave(world: World) -> None:
    campaign_id = world.add_run(state=RunState.CANCELLED)
    message_id = world.add_message(world.add_household(), campaign_id=campaign_id, resends=1, attempt=1)
    assert skip_hopeless(world.sender, now=world.clock()) == 1
    assert world.get_message(message_id).reason == SkipReason.CANCELLED
