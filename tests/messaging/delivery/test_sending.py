"""Claim, call, finish: each end of a call leads to its state, its slot and its mark on the valve."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from messaging.delivery import valve
from messaging.delivery.claiming import claim
from messaging.delivery.draining import drain
from messaging.delivery.finishing import Finish, finish
from messaging.delivery.models import Message, MessageState, RunState
from messaging.delivery.ports import (
    Accepted,
    Blocked,
    InDoubt,
    InDoubtCause,
    NotSent,
    NotSentCause,
    OutgoingSms,
    Rejected,
    SendResult,
)
from messaging.delivery.receipts import adopt
from messaging.delivery.reconcile import sweep_leases
from messaging.delivery.sending import deliver
from messaging.delivery.values import Claim, Timings
from messaging.delivery.valve import ValveLimits
from privacy.people.consent import is_opted_out, record_opt_out
from privacy.people.models import OptOut
from tests.messaging.delivery.fakes import RecordingSmsSender, make_sid
from tests.messaging.delivery.world import QUICK

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World

DOUBT = InDoubt(InDoubtCause.TIMEOUT)


def take(world: World) -> Claim:
    taken = claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert isinstance(taken, Claim)
    return taken


def send_once(world: World, result: SendResult) -> Message:
    message_id = world.add_message(world.add_household())
    deliver(world.make_desk(RecordingSmsSender(lambda _: result)), claimed=take(world))
    return world.get_message(message_id)


@pytest.mark.parametrize(
    ("result", "state", "slots"),
    [
        (Accepted(make_sid(1)), MessageState.ACCEPTED, 1),
        (NotSent(NotSentCause.BUSY, 30), MessageState.PLANNED, 0),
        (NotSent(NotSentCause.NO_CONNECTION), MessageState.PLANNED, 0),
        (Rejected(21211), MessageState.FAILED, 0),
        (Blocked(20003), MessageState.PLANNED, 0),
        (DOUBT, MessageState.UNKNOWN, 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_end_of_a_call_has_its_arrow(world: World, result: SendResult, state: MessageState, slots: int) -> None:
    message = send_once(world, result)
    assert (message.state, world.count_slots()) == (state, slots)


def test_the_call_carries_text_token_and_what_is_left_of_the_window(world: World, clock: FakeClock) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    sender = RecordingSmsSender()
    deliver(world.make_desk(sender), claimed=take(world))
    (sms,) = sender.calls
    assert (sms.phone, sms.token) == (person.phone, world.get_message(message_id).token)
    assert sms.validity_s == 8 * 3600  # from noon to 20:00 in China
    assert clock().hour == 4


def test_busy_waits_as_long_as_the_carrier_asks(world: World) -> None:
    message = send_once(world, NotSent(NotSentCause.BUSY, 30))
    assert message.not_before == world.clock() + timedelta(seconds=30)


def test_doubt_is_looked_into_two_minutes_after_the_lease(world: World) -> None:
    message = send_once(world, DOUBT)
    assert message.check_at == world.clock() + timedelta(seconds=90 + 120)


def test_the_carriers_opt_out_is_ours(world: World) -> None:
    message_id = world.add_message(world.add_household())
    taken = take(world)
    deliver(world.make_desk(RecordingSmsSender(lambda _: Rejected(21610))), claimed=taken)
    with world.admin() as session:
        assert is_opted_out(session, opt_out_hashes=taken.opt_out_hashes)
        assert session.scalars(select(OptOut.source)).all() == ["carrier"]
    assert world.get_message(message_id).reason == "carrier:21610"


def test_a_refused_account_stops_everything_until_an_operator_resumes(world: World) -> None:
    send_once(world, Blocked(20003))
    world.add_message(world.add_household())
    sender = RecordingSmsSender()
    assert drain(world.make_desk(sender), connections=2, stop=Event()) == 0
    with world.sender.begin() as session:
        assert valve.get_view(session).pause_reason == "carrier:20003"
        assert not valve.probe(session, now=world.clock() + timedelta(days=1), limits=QUICK)
        valve.reopen(session)
    assert drain(world.make_desk(sender), connections=2, stop=Event()) == 1


def test_a_short_lease_is_not_used(world: World, clock: FakeClock) -> None:
    message_id = world.add_message(world.add_household())
    taken = take(world)
    clock.advance(seconds=60)
    sender = RecordingSmsSender()
    assert deliver(world.make_desk(sender), claimed=taken) == NotSent(NotSentCause.LEASE_TOO_SHORT)
    assert (sender.calls, world.get_message(message_id).state) == ([], MessageState.PLANNED)


@pytest.mark.parametrize("what", ["consent", "opt_out", "pause", "valve"])
def test_a_no_between_claim_and_call_still_counts(world: World, what: str) -> None:
    person = world.add_household()
    campaign_id = world.add_run()
    message_id = world.add_message(person, campaign_id=campaign_id)
    taken = take(world)
    with world.admin.begin() as session:
        if what == "consent":
            world.set_consent(session, person, granted=False)
        elif what == "opt_out":
            record_opt_out(session, opt_out_hash=taken.opt_out_hashes[0], version=1, source="app", at=world.clock())
        elif what == "valve":
            valve.pause(session, reason="operator", now=world.clock())
        else:
            session.get_one(type(world.get_run(campaign_id)), campaign_id).state = RunState.PAUSED
    sender = RecordingSmsSender()
    assert deliver(world.make_desk(sender), claimed=taken) == NotSent(NotSentCause.WITHDRAWN)
    message = world.get_message(message_id)
    assert (sender.calls, message.state, world.count_slots()) == ([], MessageState.PLANNED, 0)


def test_no_transaction_is_open_during_the_call(world: World) -> None:
    message_id = world.add_message(world.add_household())

    def look(_: OutgoingSms) -> SendResult:
        with world.admin() as session:
            # Would wait for ever if the row were locked.
            row = session.scalar(select(Message).where(Message.message_id == message_id).with_for_update(nowait=True))
            assert row is not None
            assert row.state == MessageState.SENDING
        return Accepted(make_sid(1))

    deliver(world.make_desk(RecordingSmsSender(look)), claimed=take(world))
    assert world.get_message(message_id).state == MessageState.ACCEPTED


def lapse(world: World, clock: FakeClock) -> tuple[UUID, Claim]:
    message_id = world.add_message(world.add_household())
    taken = take(world)
    clock.advance(seconds=91)
    assert sweep_leases(world.sender, now=clock(), timings=Timings()) == 1
    return message_id, taken


def test_a_late_answer_settles_a_message_in_doubt(world: World, clock: FakeClock) -> None:
    message_id, taken = lapse(world, clock)
    rules = Finish(timings=Timings(), valve=QUICK)
    assert finish(world.sender, claim=taken, result=Accepted(make_sid(1)), now=clock(), rules=rules)
    assert world.get_message(message_id).state == MessageState.ACCEPTED


@pytest.mark.parametrize("late", [NotSent(NotSentCause.BUSY), Rejected(21211), DOUBT])
def test_any_other_late_answer_decides_nothing(world: World, clock: FakeClock, late: SendResult) -> None:
    message_id, taken = lapse(world, clock)
    assert not finish(world.sender, claim=taken, result=late, now=clock(), rules=Finish(timings=Timings(), valve=QUICK))
    assert (world.get_message(message_id).state, world.count_slots()) == (MessageState.UNKNOWN, 1)


def test_an_answer_after_its_callback_changes_nothing(world: World) -> None:
    message_id = world.add_message(world.add_household())
    taken = take(world)
    with world.sender.begin() as session:
        adopt(session, message_id=message_id, sid=make_sid(1), now=world.clock(), timings=Timings())
    rules = Finish(timings=Timings(), valve=QUICK)
    assert finish(world.sender, claim=taken, result=Accepted(make_sid(1)), now=world.clock(), rules=rules)
    assert not finish(world.sender, claim=taken, result=Accepted(make_sid(2)), now=world.clock(), rules=rules)
    assert world.get_message(message_id).sid == make_sid(1)


def test_an_answer_after_a_list_that_named_it_by_our_token_is_the_same_news(world: World) -> None:
    message_id = world.add_message(world.add_household())
    taken = take(world)
    sid = f"OutId:{taken.token}"
    with world.sender.begin() as session:
        adopt(session, message_id=message_id, sid=sid, now=world.clock(), timings=Timings())
    rules = Finish(timings=Timings(), valve=QUICK)
    assert finish(world.sender, claim=taken, result=Accepted("9^0"), now=world.clock(), rules=rules)
    assert world.get_message(message_id).sid == sid


def test_a_drain_sends_everything_due_once(world: World) -> None:
    campaign_id = world.add_run()
    for _ in range(40):
        world.add_message(world.add_household(), campaign_id=campaign_id)
    sender = RecordingSmsSender()
    assert drain(world.make_desk(sender), connections=4, stop=Event()) == 40
    assert len({sms.phone for sms in sender.calls}) == 40
    assert world.count_states() == {MessageState.ACCEPTED: 40}


def test_a_drain_gives_back_the_slots_that_it_did_not_need(world: World, clock: FakeClock) -> None:
    world.add_message(world.add_household())
    limits = ValveLimits(rate_per_s=20)
    desk = replace(world.make_desk(RecordingSmsSender()), finish=Finish(timings=Timings(), valve=limits))
    assert drain(desk, connections=8, stop=Event()) == 1
    with world.sender.begin() as session:
        assert valve.take_slots(session, 1, now=clock(), limits=limits) == pytest.approx([0.05])


def test_a_drain_told_to_stop_finishes_the_calls_in_hand_only(world: World) -> None:
    campaign_id = world.add_run()
    for _ in range(20):
        world.add_message(world.add_household(), campaign_id=campaign_id)
    stop = Event()

    def answer(_: OutgoingSms) -> SendResult:
        stop.set()
        return InDoubt(InDoubtCause.CUT)

    calls = drain(world.make_desk(RecordingSmsSender(answer)), connections=2, stop=stop)
    assert 1 <= calls <= 2
    assert world.count_states() == {MessageState.UNKNOWN: calls, MessageState.PLANNED: 20 - calls}


def test_ten_doubts_in_a_row_open_the_breaker(world: World, clock: FakeClock) -> None:
    campaign_id = world.add_run()
    for _ in range(30):
        world.add_message(world.add_household(), campaign_id=campaign_id)
    sender = RecordingSmsSender(lambda _: DOUBT)
    assert drain(world.make_desk(sender), connections=1, stop=Event()) == 10
    with world.sender.begin() as session:
        assert valve.get_view(session).pause_reason == "breaker"
        assert not valve.probe(session, now=clock(), limits=QUICK)
        assert valve.probe(session, now=clock() + timedelta(seconds=61), limits=QUICK)
    assert drain(world.make_desk(sender), connections=1, stop=Event()) == 1
    with world.sender.begin() as session:
        assert valve.probe(session, now=clock() + timedelta(seconds=61), limits=QUICK)
    sender.answer = None
    assert drain(world.make_desk(sender), connections=1, stop=Event()) == 19


def test_a_fifth_in_doubt_opens_the_breaker(world: World) -> None:
    limits = ValveLimits()
    with world.sender.begin() as session:
        opened = [
            valve.record_results(session, [number % 5 == 0], now=world.clock(), limits=limits) for number in range(50)
        ]
    assert opened.index(True) == 45


def test_slots_are_a_tenth_of_a_second_apart_for_all_workers(world: World, clock: FakeClock) -> None:
    limits = ValveLimits(rate_per_s=10)
    with world.sender.begin() as session:
        waits = [valve.take_slots(session, count, now=clock(), limits=limits) for count in (1, 3, 1)]
        assert waits == [pytest.approx(each) for each in ([0], [0.1, 0.2, 0.3], [0.4])]
        clock.advance(seconds=60)
        assert valve.take_slots(session, 1, now=clock(), limits=limits) == pytest.approx([0])
        assert valve.take_slots(session, 1, now=clock(), limits=limits) == pytest.approx([0.1])
        clock.advance(hours=-5)
        assert valve.take_slots(session, 1, now=clock(), limits=limits) == pytest.approx([0])
