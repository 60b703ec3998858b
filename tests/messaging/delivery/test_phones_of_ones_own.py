"""What somebody learns who owns phones in an audience: not whether the audience was smaller than the quota."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import select

from messaging.campaigns.models import BroadcastState
from messaging.delivery.expansion import Draw, expand, is_held_out
from messaging.delivery.models import Message, RunState
from messaging.delivery.orders import follow_orders
from tests.messaging.delivery.world import RULES

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World


def find_planned(world: World, campaign_id: UUID) -> dict[UUID, datetime]:
    """Return who was drawn, and when the message may leave."""
    query = select(Message.household_id, Message.not_before).where(Message.campaign_id == campaign_id)
    with world.admin() as session:
        return {row.household_id: row.not_before for row in session.execute(query)}


def make_even_draw(*, steps: int) -> Draw:
    """Return a draw whose numbers climb from 0 in equal steps."""
    numbers = count()
    return Draw(batch=500, rules=RULES, draw_jitter=lambda: next(numbers) % steps / steps)


def test_some_are_held_out_also_where_fewer_are_there_than_wanted(world: World) -> None:
    people = [world.add_household() for _ in range(40)]
    campaign_id = world.add_run(state=RunState.EXPANDING, quota=50)
    draw = replace(world.make_draw(batch=7), rules=RULES.model_copy(update={"held_out_share": 0.25}))
    while expand(world.sender, campaign_id=campaign_id, draw=draw, now=world.clock()):
        pass
    reached = {
        one.household_id
        for one in people
        if not is_held_out(campaign_id, lookup_hash=world.vault.lookup_hash(one.phone), share=0.25)
    }
    assert set(find_planned(world, campaign_id)) == reached
    assert 0 < len(reached) < 40


def test_messages_are_spread_over_the_time_of_the_whole_quota_however_few_they_are(world: World) -> None:
    for _ in range(4):
        world.add_household()
    campaign_id = world.add_run(state=RunState.EXPANDING, quota=50)
    expand(world.sender, campaign_id=campaign_id, draw=make_even_draw(steps=4), now=world.clock())
    after = {(at - world.clock()).total_seconds() for at in find_planned(world, campaign_id).values()}
    # 50 messages at 10 a second take 5 s.
    assert after == {0.0, 1.25, 2.5, 3.75}


def test_what_fell_due_in_a_pause_is_spread_anew_and_the_rest_stays_where_it_was(
    world: World, clock: FakeClock
) -> None:
    for _ in range(30):
        world.add_household()
    campaign_id = world.add_broadcast(quota=50)
    follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=clock())
    expand(world.sender, campaign_id=campaign_id, draw=make_even_draw(steps=30), now=clock())
    before = find_planned(world, campaign_id)
    world.set_broadcast(campaign_id, BroadcastState.PAUSED)
    follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=clock())
    clock.advance(seconds=4)
    world.set_broadcast(campaign_id, BroadcastState.ACCEPTED)
    follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=clock())
    after = find_planned(world, campaign_id)
    overdue = {one for one, at in before.items() if at <= clock()}
    assert 0 < len(overdue) < 30
    assert all(after[one] == before[one] for one in before if one not in overdue)
    assert all(clock() <= after[one] < clock() + timedelta(seconds=5) for one in overdue)
    assert len({after[one] for one in overdue}) == len(overdue)
