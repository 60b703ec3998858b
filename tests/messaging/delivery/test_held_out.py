"""The control group: a fair share of the audience, chosen apart from the order of the draw, and left alone."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from messaging.campaigns.settings import MessagingRules
from messaging.delivery.expansion import expand, is_held_out
from messaging.delivery.models import HeldOut, Message, Run, RunState
from tests.messaging.delivery.test_expansion import draw_all, find_drawn

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World

SHARE = 0.2


def draw(world: World, campaign_id: UUID, *, batch: int = 500) -> None:
    while expand(
        world.sender,
        campaign_id=campaign_id,
        draw=world.make_draw(batch=batch, held_out_share=SHARE),
        now=world.clock(),
    ):
        pass


def test_one_in_twenty_is_held_out_by_a_fair_coin() -> None:
    chance = random.Random(7)
    for campaign in range(3):
        phones = [chance.randbytes(32) for _ in range(20_000)]
        out = sum(is_held_out(UUID(int=campaign), lookup_hash=phone, share=0.05) for phone in phones)
        assert abs(out - 1000) < 4 * (20_000 * 0.05 * 0.95) ** 0.5


def test_whom_one_campaign_holds_out_says_nothing_about_another() -> None:
    phones = [random.Random(number).randbytes(32) for number in range(20_000)]
    both = sum(all(is_held_out(UUID(int=one), lookup_hash=phone, share=0.05) for one in (1, 2)) for phone in phones)
    assert abs(both - 50) < 4 * 50**0.5


def test_the_held_out_come_on_top_of_the_quota_and_get_no_message(world: World) -> None:
    people = {world.add_household().household_id for _ in range(60)}
    campaign_id = world.add_run(state=RunState.EXPANDING, quota=30)
    draw(world, campaign_id, batch=7)
    messaged, held_out = find_drawn(world, campaign_id), world.find_held_out(campaign_id)
    assert len(messaged) == 30
    assert world.get_run(campaign_id).expanded == 30
    assert 0 < len(held_out) < 30
    assert not messaged & held_out
    assert messaged | held_out <= people


def test_the_whole_audience_is_messaged_or_held_out_and_nobody_is_told_the_shortfall(world: World) -> None:
    people = {world.add_household().household_id for _ in range(40)}
    campaign_id = world.add_run(state=RunState.EXPANDING, quota=200)
    draw(world, campaign_id)
    assert find_drawn(world, campaign_id) | world.find_held_out(campaign_id) == people
    assert world.get_run(campaign_id).state == RunState.RUNNING


@pytest.mark.parametrize(("batch", "pumps"), [(3, 1), (4, 4)])
def test_batches_pumps_and_a_resume_decide_by_the_phone_alone(world: World, batch: int, pumps: int) -> None:
    people = [world.add_household() for _ in range(60)]
    campaign_id = world.add_run(state=RunState.EXPANDING, quota=40)
    expand(
        world.sender, campaign_id=campaign_id, draw=world.make_draw(batch=5, held_out_share=SHARE), now=world.clock()
    )
    for state in (RunState.PAUSED, RunState.EXPANDING):
        with world.admin.begin() as session:
            session.execute(update(Run).values(state=state))
    with ThreadPoolExecutor(pumps) as pool:
        list(pool.map(lambda _: draw(world, campaign_id, batch=batch), range(pumps)))
    messaged, held_out = find_drawn(world, campaign_id), world.find_held_out(campaign_id)
    out = {
        person.household_id
        for person in people
        if is_held_out(campaign_id, lookup_hash=world.vault.lookup_hash(person.phone), share=SHARE)
    }
    assert (len(messaged), messaged & out, held_out - out) == (40, set(), set())
    assert world.get_run(campaign_id).cursor is not None


def test_a_crash_in_the_middle_of_a_batch_leaves_neither_group(world: World, clock: FakeClock) -> None:
    for _ in range(30):
        world.add_household()
    clock.advance(hours=10)  # at night each message draws its jitter
    campaign_id = world.add_run(state=RunState.EXPANDING)
    numbers = iter([0.0] * 10)
    broken = replace(world.make_draw(held_out_share=SHARE), draw_jitter=lambda: next(numbers))
    with pytest.raises((StopIteration, RuntimeError)):
        expand(world.sender, campaign_id=campaign_id, draw=broken, now=clock())
    run = world.get_run(campaign_id)
    assert (run.cursor, run.expanded, world.find_held_out(campaign_id), find_drawn(world, campaign_id)) == (
        None, 0, set(), set(),
    )  # fmt: skip


def test_a_control_group_counts_from_when_its_messages_would_have_been_due(world: World, clock: FakeClock) -> None:
    for _ in range(30):
        world.add_household()
    clock.advance(hours=10)
    campaign_id = world.add_run(state=RunState.EXPANDING)
    draw(world, campaign_id)
    with world.admin() as session:
        moments = set(session.scalars(select(HeldOut.drawn_at))) | set(session.scalars(select(Message.not_before)))
    assert moments == {clock() + timedelta(hours=11)}


def test_without_a_share_nobody_is_held_out_and_production_does_not_start(world: World) -> None:
    world.add_household()
    campaign_id = world.add_run(state=RunState.EXPANDING)
    draw_all(world, campaign_id)
    assert world.find_held_out(campaign_id) == set()
    assert MessagingRules.model_validate({}).held_out_share == 0.05
    with pytest.raises(ValidationError):
        MessagingRules.model_validate({"held_out_share": 0})
