"""A household's number may change between the plan, the call and the inquiry: what is known follows the number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from messaging.delivery.claiming import claim
from messaging.delivery.models import MessageState, SkipReason
from messaging.delivery.polling import poll
from messaging.delivery.ports import Accepted, CarrierRecord, CarrierStatus, TakenSms
from messaging.delivery.reconcile import reconcile
from messaging.delivery.sending import deliver
from messaging.delivery.values import Claim, Passed
from privacy.people.consent import is_opted_out
from privacy.people.models import DataKey, Phone
from tests.messaging.delivery.callbacks import Sent, post
from tests.messaging.delivery.fakes import RecordingSmsSender, make_sid

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import Person, World

NEW = "+8615400000001"


def renumber(world: World, person: Person, *, phone: str = NEW) -> None:
    """Give a household another number, as an intake does."""
    sealed = world.vault.seal(person.household_id, phone)
    with world.admin.begin() as session:
        stored = session.get_one(Phone, person.household_id)
        stored.ciphertext = sealed.ciphertext
        for name, value in sealed.hashes._asdict().items():
            setattr(stored, name, value)
        session.get_one(DataKey, person.household_id).wrapped_key = sealed.key.wrapped_key


def test_receipts_and_the_refusal_of_the_new_number_fit_a_message_planned_for_the_old_one(
    world: World, client: FlaskClient
) -> None:
    sent = Sent(world, state=MessageState.PLANNED, attempt=0)
    renumber(world, sent.person)
    taken = claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert isinstance(taken, Claim)
    assert taken.phone == NEW
    assert (sent.message.lookup_hash, sent.message.lookup_version) == (world.vault.lookup_hash(NEW), 1)
    deliver(world.make_desk(RecordingSmsSender(lambda _: Accepted(sent.sid))), claimed=taken)
    assert post(client, sent.path, sent.form("sent", To=NEW)).status_code == 204
    assert post(client, sent.path, sent.form("undelivered", To=NEW, ErrorCode="21610")).status_code == 204
    assert sent.message.state == MessageState.UNDELIVERED
    with world.admin() as session:
        assert is_opted_out(session, opt_out_hashes=world.vault.opt_out_hashes(NEW))


@pytest.mark.parametrize("state", [MessageState.SENT, MessageState.SKIPPED])
def test_a_number_that_the_campaign_has_planned_for_is_not_planned_for_again(world: World, state: MessageState) -> None:
    campaign_id = world.add_run()
    first, second = world.add_household(), world.add_household()
    world.add_message(first, campaign_id=campaign_id, state=state)
    message_id = world.add_message(second, campaign_id=campaign_id)
    world.forget_phone(first)
    renumber(world, second, phone=first.phone)
    assert isinstance(claim(world.sender, gate=world.make_gate(), now=world.clock()), Passed)
    assert world.get_message(message_id).reason == SkipReason.CAP


def test_what_may_have_reached_the_old_number_is_not_sent_to_the_new_one(world: World) -> None:
    person = world.add_household()
    message_id = world.add_message(person, attempt=1, resends=1)
    renumber(world, person)
    assert isinstance(claim(world.sender, gate=world.make_gate(), now=world.clock()), Passed)
    assert world.get_message(message_id).state == MessageState.UNCONFIRMED
    assert world.count_slots() == 0


def test_absent_under_the_new_number_is_no_absence(world: World, clock: FakeClock) -> None:
    person = world.add_household()
    message_id = world.add_message(person, state=MessageState.UNKNOWN, attempt=1, lease_until=clock(), check_at=clock())
    renumber(world, person)
    sender = RecordingSmsSender()
    for _ in range(2):
        reconcile(world.make_inquiry(sender), limit=10)
        clock.advance(hours=23)
    message = world.get_message(message_id)
    assert (message.state, message.absences, sender.inquiries) == (MessageState.UNKNOWN, 0, 0)
    clock.advance(hours=1)
    reconcile(world.make_inquiry(sender), limit=10)
    assert world.get_message(message_id).state == MessageState.UNCONFIRMED


def test_a_carrier_that_goes_by_the_number_is_not_asked_about_the_new_one(world: World, clock: FakeClock) -> None:
    class ByNumber(RecordingSmsSender):
        """Knows a message by its phone only."""

        def find_status(self, taken: TakenSms, /) -> CarrierRecord | None:
            """Ask for the number first."""
            taken.open_phone()
            return CarrierRecord(taken.sid, CarrierStatus.DELIVERED)

    person = world.add_household()
    message_id = world.add_message(
        person, state=MessageState.SENT, attempt=1, sid=make_sid(1), accepted_at=clock(), check_at=clock()
    )
    renumber(world, person)
    poll(world.make_inquiry(ByNumber()), limit=10)
    assert world.get_message(message_id).state == MessageState.SENT
