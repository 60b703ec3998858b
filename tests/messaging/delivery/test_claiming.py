"""The claim: every gate, and the races that a gate must win."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from messaging.delivery.claiming import claim
from messaging.delivery.models import MessageState, RunState, SkipReason
from messaging.delivery.values import Claim, Passed
from privacy.people.consent import record_opt_out
from privacy.people.models import Household, Phone

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World


def test_a_claim_takes_the_message_the_lease_and_the_slot(world: World) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    taken = claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert isinstance(taken, Claim)
    assert (taken.message_id, taken.attempt, taken.phone) == (message_id, 1, person.phone)
    message = world.get_message(message_id)
    assert (message.state, message.attempt) == (MessageState.SENDING, 1)
    assert message.lease_until == world.clock() + timedelta(seconds=90)
    assert world.count_slots() == 1
    assert claim(world.sender, gate=world.make_gate(), now=world.clock()) is None


def test_neither_phone_nor_text_shows_in_a_claim(world: World) -> None:
    person = world.add_household()
    world.add_message(person)
    taken = claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert isinstance(taken, Claim)
    assert person.phone not in repr(taken)
    assert taken.text not in repr(taken)


@pytest.mark.parametrize("reason", [SkipReason.CONSENT, SkipReason.OPT_OUT, SkipReason.NUMBER, SkipReason.CAP])
def test_each_gate_skips_with_its_reason_and_reserves_nothing(world: World, reason: SkipReason) -> None:
    person = world.add_household()
    if reason is SkipReason.CAP:
        world.add_message(person)
        assert isinstance(claim(world.sender, gate=world.make_gate(), now=world.clock()), Claim)
    message_id = world.add_message(person)
    with world.admin.begin() as session:
        if reason is SkipReason.CONSENT:
            world.set_consent(session, person, granted=False)
        elif reason is SkipReason.OPT_OUT:
            opted_out = world.vault.opt_out_hash(person.phone)
            record_opt_out(session, opt_out_hash=opted_out, version=1, source="app", at=world.clock())
        elif reason is SkipReason.NUMBER:
            session.execute(delete(Phone))
    slots = world.count_slots()
    assert isinstance(claim(world.sender, gate=world.make_gate(), now=world.clock()), Passed)
    message = world.get_message(message_id)
    assert (message.state, message.reason, world.count_slots()) == (MessageState.SKIPPED, reason, slots)


def test_a_phone_that_does_not_open_is_a_wrong_number(world: World) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    with world.admin.begin() as session:
        session.get_one(Phone, person.household_id).ciphertext = b"\0" * 40
    claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert world.get_message(message_id).reason == SkipReason.NUMBER


def test_an_erased_household_is_skipped(world: World) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    with world.admin.begin() as session:
        session.execute(delete(Household))
    claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert world.get_message(message_id).state == MessageState.SKIPPED


@pytest.mark.parametrize(
    ("local", "leaves"),
    [("08:59:59", False), ("09:00:00", True), ("19:59:50", True), ("19:59:58", False), ("20:00:00", False)],
)
def test_the_window_is_half_open_and_leaves_room_for_the_carrier(
    world: World, clock: FakeClock, local: str, *, leaves: bool
) -> None:
    message_id = world.add_message(world.add_household())
    clock.now = datetime.fromisoformat(f"2026-11-19T{local}+08:00").astimezone(UTC)
    taken = claim(world.sender, gate=world.make_gate(draw_jitter=lambda: 0.5), now=clock())
    assert isinstance(taken, Claim) is leaves
    if not leaves:
        morning = 19 if local.startswith("08") else 20
        opening = datetime(2026, 11, morning, 1, 5, tzinfo=UTC)
        message = world.get_message(message_id)
        assert (message.state, message.not_before) == (MessageState.PLANNED, opening)


def test_a_campaign_that_ended_fires_no_more(world: World, clock: FakeClock) -> None:
    message_id = world.add_message(world.add_household())
    clock.advance(hours=48)
    assert isinstance(claim(world.sender, gate=world.make_gate(), now=clock()), Passed)
    assert world.get_message(message_id).reason == SkipReason.EXPIRED


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.CANCELLED, RunState.FINISHED])
def test_only_live_campaigns_are_claimed(world: World, state: RunState) -> None:
    world.add_message(world.add_household(), campaign_id=world.add_run(state=state))
    assert claim(world.sender, gate=world.make_gate(), now=world.clock()) is None


def test_twenty_workers_take_each_message_once(world: World) -> None:
    campaign_id = world.add_run()
    planned = {world.add_message(world.add_household(), campaign_id=campaign_id) for _ in range(60)}
    gate, now = world.make_gate(), world.clock()

    def take_all(_: int) -> list[Claim]:
        taken = []
        while isinstance(one := claim(world.sender, gate=gate, now=now), Claim):
            taken.append(one)
        return taken

    with ThreadPoolExecutor(20) as pool:
        taken = [one for taken in pool.map(take_all, range(20)) for one in taken]
    assert sorted(one.message_id for one in taken) == sorted(planned)


def test_fifty_campaigns_at_once_reach_a_household_once(world: World) -> None:
    person = world.add_household()
    for number in range(50):
        world.add_message(person, campaign_id=world.add_run(text=f"第{number}次"))
    gate, now = world.make_gate(), world.clock()
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(lambda _: claim(world.sender, gate=gate, now=now), range(50)))
    assert sum(isinstance(outcome, Claim) for outcome in outcomes) == 1
    assert world.count_slots() == 1
    assert world.count_states() == {MessageState.SENDING: 1, MessageState.SKIPPED: 49}


def test_a_revocation_that_commits_while_the_claim_waits_is_seen(world: World) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    with ThreadPoolExecutor(1) as pool, world.admin.begin() as session:
        world.set_consent(session, person, granted=False)
        waiting = pool.submit(claim, world.sender, gate=world.make_gate(), now=world.clock())
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        session.commit()
        assert isinstance(waiting.result(timeout=60), Passed)
    assert world.get_message(message_id).reason == SkipReason.CONSENT
