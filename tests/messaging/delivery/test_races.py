"""Consent, caps and hours against what happens at the same time: whole drains, not single claims."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event, Lock
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from messaging.delivery.claiming import claim
from messaging.delivery.draining import drain
from messaging.delivery.models import MessageState, SkipReason
from messaging.delivery.ports import Accepted, NotSent, NotSentCause, OutgoingSms
from messaging.delivery.sending import deliver
from messaging.delivery.values import Claim, Passed
from privacy.people.models import Household
from tests.messaging.delivery.fakes import RecordingSmsSender, make_sid
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import Person, World


def plan_in_turn(world: World, people: list[Person]) -> None:
    """Plan a message each, due one after another, all of them by now."""
    campaign_id = world.add_run()
    for number, person in enumerate(people):
        due = world.clock() - timedelta(seconds=len(people) - number)
        world.add_message(person, campaign_id=campaign_id, not_before=due)


def test_whoever_says_no_during_a_run_gets_nothing_that_was_not_on_its_way(world: World) -> None:
    people = world.add_households(40)
    plan_in_turn(world, people)
    later = people[20:]
    turn, has_revoked = Lock(), Event()

    def answer(sms: OutgoingSms) -> Accepted:
        with turn:
            if not has_revoked.is_set():
                with world.admin.begin() as session:
                    for person in later:
                        world.set_consent(session, person, granted=False)
                has_revoked.set()
        return Accepted(make_sid(int(sms.phone[-4:])))

    sender = RecordingSmsSender(answer)
    drain(world.make_desk(sender), connections=4, stop=Event())
    assert {sms.phone for sms in sender.calls} == {person.phone for person in people[:20]}
    assert world.count_states() == {MessageState.ACCEPTED: 20, MessageState.SKIPPED: 20}
    assert (world.find_skip_reasons(), world.count_slots()) == ({SkipReason.CONSENT}, 20)


def test_overlapping_broadcasts_and_workers_reach_each_household_once(world: World) -> None:
    people = world.add_households(24)
    for number in range(3):
        campaign_id = world.add_run(text=f"第{number}次")
        for person in people:
            world.add_message(person, campaign_id=campaign_id)
    sender = RecordingSmsSender()
    with ThreadPoolExecutor(3) as pool:
        drains = [pool.submit(drain, world.make_desk(sender), connections=4, stop=Event()) for _ in range(3)]
        assert sum(one.result() for one in drains) == 24
    assert sorted(sms.phone for sms in sender.calls) == sorted(person.phone for person in people)
    assert world.count_states() == {MessageState.ACCEPTED: 24, MessageState.SKIPPED: 48}
    assert (world.find_skip_reasons(), world.count_slots()) == ({SkipReason.CAP}, 24)


@pytest.mark.parametrize(("local", "leaves"), [("19:59:54", True), ("19:59:56", False), ("20:00:00", False)])
def test_what_was_claimed_before_the_window_closes_does_not_leave_after(
    world: World, clock: FakeClock, local: str, *, leaves: bool
) -> None:
    message_id = world.add_message(world.add_household())
    clock.now = datetime(2026, 11, 19, 11, 59, 50, tzinfo=UTC)
    taken = claim(world.sender, gate=world.make_gate(), now=clock())
    assert isinstance(taken, Claim)
    clock.now = datetime.fromisoformat(f"2026-11-19T{local}+08:00").astimezone(UTC)
    sender = RecordingSmsSender()
    result = deliver(world.make_desk(sender), claimed=taken)
    if leaves:
        assert [sms.validity_s for sms in sender.calls] == [6]
        return
    assert (result, sender.calls) == (NotSent(NotSentCause.LEASE_TOO_SHORT), [])
    assert isinstance(claim(world.sender, gate=world.make_gate(), now=clock()), Passed)
    message = world.get_message(message_id)
    assert (message.state, world.count_slots()) == (MessageState.PLANNED, 0)
    assert message.not_before == datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def test_a_drain_sends_to_others_first_and_then_waits_for_whom_somebody_holds(world: World) -> None:
    people = world.add_households(6)
    plan_in_turn(world, people)
    sender = RecordingSmsSender()
    with ThreadPoolExecutor(1) as pool, world.admin.begin() as session:
        held = select(Household).where(Household.household_id == people[0].household_id)
        session.execute(held.with_for_update())
        draining = pool.submit(drain, world.make_desk(sender), connections=4, stop=Event())
        wait_until(lambda: {sms.phone for sms in sender.calls} == {person.phone for person in people[1:]})
        assert not draining.done()
        world.set_consent(session, people[0], granted=False)
        session.commit()
        assert draining.result(timeout=60) == 5
    assert world.count_states() == {MessageState.ACCEPTED: 5, MessageState.SKIPPED: 1}
