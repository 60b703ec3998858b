"""Doubt and silence: two listings before any resend, one resend at most, and receipts asked for when none come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from messaging.delivery.models import MessageState
from messaging.delivery.polling import poll
from messaging.delivery.ports import CarrierRecord, CarrierStatus, TakenSms
from messaging.delivery.reconcile import reconcile, sweep_leases
from messaging.delivery.values import Timings
from privacy.people.models import Phone
from tests.messaging.delivery.fakes import RecordingSmsSender, make_sid

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World

FOUND = CarrierRecord(make_sid(1), CarrierStatus.SENT)


def put_in_doubt(world: World, *, resends: int = 0) -> UUID:
    """Leave a message in doubt whose first listing is due now."""
    now = world.clock()
    return world.add_message(
        world.add_household(), state=MessageState.UNKNOWN, attempt=1 + resends, resends=resends,
        lease_until=now - timedelta(seconds=120), check_at=now,
    )  # fmt: skip


def test_a_lease_that_ran_out_is_doubt_and_a_running_one_is_not(world: World, clock: FakeClock) -> None:
    lease_until = clock() + timedelta(seconds=90)
    message_id = world.add_message(
        world.add_household(), state=MessageState.SENDING, attempt=1, lease_until=lease_until
    )
    clock.advance(seconds=90)
    assert sweep_leases(world.sender, now=clock(), timings=Timings()) == 0
    clock.advance(seconds=1)
    assert sweep_leases(world.sender, now=clock(), timings=Timings()) == 1
    message = world.get_message(message_id)
    assert (message.state, message.check_at) == (MessageState.UNKNOWN, lease_until + timedelta(seconds=120))


def test_found_in_the_list_is_accepted_and_brought_up_to_date(world: World) -> None:
    message_id = put_in_doubt(world)
    assert reconcile(world.make_inquiry(RecordingSmsSender(holds=[FOUND])), limit=10) == 1
    message = world.get_message(message_id)
    assert (message.state, message.sid) == (MessageState.SENT, make_sid(1))


def test_a_sid_that_another_message_holds_is_not_found(world: World) -> None:
    world.add_message(world.add_household(), state=MessageState.SENT, attempt=1, sid=FOUND.sid)
    message_id = put_in_doubt(world)
    reconcile(world.make_inquiry(RecordingSmsSender(holds=[FOUND])), limit=10)
    assert (world.get_message(message_id).state, world.get_message(message_id).absences) == (MessageState.UNKNOWN, 1)


def test_absent_twice_a_minute_apart_is_planned_once_more(world: World, clock: FakeClock) -> None:
    message_id = put_in_doubt(world)
    inquiry = world.make_inquiry(sender := RecordingSmsSender())
    assert reconcile(inquiry, limit=10) == 0
    clock.advance(seconds=59)
    assert reconcile(inquiry, limit=10) == 0
    assert sender.inquiries == 1
    clock.advance(seconds=1)
    assert reconcile(inquiry, limit=10) == 1
    message = world.get_message(message_id)
    assert (message.state, message.resends) == (MessageState.PLANNED, 1)


@pytest.mark.parametrize(("resends", "resends_in_doubt"), [(1, 1), (0, 0), (3, 3)])
def test_absent_after_the_last_resend_or_without_one_is_unconfirmed(
    world: World, clock: FakeClock, resends: int, resends_in_doubt: int
) -> None:
    message_id = put_in_doubt(world, resends=resends)
    inquiry = world.make_inquiry(RecordingSmsSender(), resends_in_doubt=resends_in_doubt)
    reconcile(inquiry, limit=10)
    clock.advance(seconds=60)
    assert reconcile(inquiry, limit=10) == 1
    assert world.get_message(message_id).state == MessageState.UNCONFIRMED


def test_an_installation_may_allow_a_second_resend_for_which_it_must_be_absent_twice_again(
    world: World, clock: FakeClock
) -> None:
    message_id = put_in_doubt(world, resends=1)
    inquiry = world.make_inquiry(RecordingSmsSender(), resends_in_doubt=2)
    assert reconcile(inquiry, limit=10) == 0
    clock.advance(seconds=60)
    assert reconcile(inquiry, limit=10) == 1
    message = world.get_message(message_id)
    assert (message.state, message.resends) == (MessageState.PLANNED, 2)


def test_a_list_that_fails_decides_nothing_for_a_day(world: World, clock: FakeClock) -> None:
    message_id = put_in_doubt(world)
    sender = RecordingSmsSender(is_silent=True)
    for _ in range(3):
        reconcile(world.make_inquiry(sender), limit=10)
        clock.advance(hours=7)
    message = world.get_message(message_id)
    assert (message.state, message.absences, sender.inquiries) == (MessageState.UNKNOWN, 0, 3)
    clock.advance(hours=4)
    reconcile(world.make_inquiry(sender), limit=10)
    assert world.get_message(message_id).state == MessageState.UNCONFIRMED


def test_an_erased_phone_is_never_sent_to_again(world: World, clock: FakeClock) -> None:
    message_id = put_in_doubt(world)
    with world.admin.begin() as session:
        session.execute(delete(Phone))
    for _ in range(26):
        reconcile(world.make_inquiry(RecordingSmsSender()), limit=10)
        clock.advance(hours=1)
    assert world.get_message(message_id).state == MessageState.UNCONFIRMED


def test_two_pumps_count_one_absence(world: World, clock: FakeClock) -> None:
    message_id = put_in_doubt(world)
    inquiry = world.make_inquiry(RecordingSmsSender())

    class Meanwhile(RecordingSmsSender):
        """Lets another pump finish its round while this one waits for the list."""

        def find_sent(self, **question: object) -> list[CarrierRecord]:
            """Answer late."""
            del question
            reconcile(inquiry, limit=10)
            return []

    reconcile(world.make_inquiry(Meanwhile()), limit=10)
    message = world.get_message(message_id)
    assert (message.state, message.absences) == (MessageState.UNKNOWN, 1)
    clock.advance(seconds=60)
    reconcile(world.make_inquiry(Meanwhile()), limit=10)
    message = world.get_message(message_id)
    assert (message.state, message.resends) == (MessageState.PLANNED, 1)


def wait_for_receipt(world: World) -> UUID:
    now = world.clock()
    return world.add_message(
        world.add_household(), state=MessageState.ACCEPTED, attempt=1, sid=FOUND.sid, accepted_at=now,
        check_at=now + timedelta(minutes=30),
    )  # fmt: skip


def test_a_missing_receipt_is_fetched(world: World, clock: FakeClock) -> None:
    message_id = wait_for_receipt(world)
    sender = RecordingSmsSender(holds=[CarrierRecord(FOUND.sid, CarrierStatus.UNDELIVERED, 30003)])
    assert poll(world.make_inquiry(sender), limit=10) == 0
    clock.advance(minutes=30)
    assert poll(world.make_inquiry(sender), limit=10) == 1
    message = world.get_message(message_id)
    assert (message.state, message.reason) == (MessageState.UNDELIVERED, "carrier:30003")


@pytest.mark.parametrize(("code", "opt_outs"), [("isv.CUSTOMER_REFUSED", 1), ("MOBILE_NOT_ON_SERVICE", 0)])
def test_a_refusal_heard_by_asking_is_an_opt_out(world: World, clock: FakeClock, code: str, opt_outs: int) -> None:
    wait_for_receipt(world)
    put_in_doubt(world)
    sender = RecordingSmsSender(holds=[CarrierRecord(make_sid(2), CarrierStatus.UNDELIVERED, code)])
    reconcile(world.make_inquiry(sender), limit=10)
    assert world.count_opt_outs() == opt_outs
    sender.holds = [CarrierRecord(FOUND.sid, CarrierStatus.UNDELIVERED, code)]
    clock.advance(minutes=30)
    poll(world.make_inquiry(sender), limit=10)
    assert world.count_opt_outs() == 2 * opt_outs


def test_a_carrier_that_asks_for_the_phone_gets_it_until_it_is_erased(world: World, clock: FakeClock) -> None:
    message_id = wait_for_receipt(world)
    opened: list[str] = []

    class ByPhone(RecordingSmsSender):
        """Knows a message by its phone."""

        def find_status(self, taken: TakenSms, /) -> CarrierRecord | None:
            """Open the number."""
            opened.append(taken.open_phone())
            return None

    clock.advance(minutes=30)
    poll(world.make_inquiry(ByPhone()), limit=10)
    with world.admin.begin() as session:
        session.execute(delete(Phone))
    clock.advance(hours=48)
    poll(world.make_inquiry(ByPhone()), limit=10)
    assert len(opened) == 1
    assert opened[0].startswith("+86")
    assert world.get_message(message_id).state == MessageState.DELIVERY_UNKNOWN


@pytest.mark.parametrize("is_silent", [True, False])
def test_without_an_end_it_is_asked_ever_less_often_and_given_up_after_two_days(
    world: World, clock: FakeClock, *, is_silent: bool
) -> None:
    message_id = wait_for_receipt(world)
    sender = RecordingSmsSender(is_silent=is_silent, holds=[FOUND])
    for _ in range(48 * 4 + 1):
        clock.advance(minutes=15)
        poll(world.make_inquiry(sender), limit=10)
    assert world.get_message(message_id).state == MessageState.DELIVERY_UNKNOWN
    assert sender.inquiries == 8  # after 0.5, 1, 2, 4, 8, 16, 32 and 48 hours
