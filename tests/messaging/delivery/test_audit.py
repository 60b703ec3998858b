"""What delivery does with people's data leaves its entry, and without the entry it is not done."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError

from messaging.campaigns.models import BroadcastState
from messaging.delivery.claiming import claim
from messaging.delivery.commands import send
from messaging.delivery.draining import drain
from messaging.delivery.models import MessageState
from messaging.delivery.orders import follow_orders
from messaging.delivery.ports import InDoubt, InDoubtCause
from messaging.delivery.reconcile import reconcile
from messaging.delivery.sending import deliver
from messaging.delivery.values import Claim
from privacy.audit.checking import check_chain
from privacy.audit.models import EntryRow
from privacy.audit.queries import get_head, stream_entries
from privacy.people.models import Phone
from tests.messaging.delivery.fakes import RecordingSmsSender
from tests.messaging.delivery.world import RULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from messaging.delivery.ports import CarrierRecord
    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World

Told = list[tuple[str, str, str, dict[str, object]]]


@pytest.fixture
def tell(world: World) -> Callable[[], Told]:
    """Return actor, action, subject and details of what was written since the test began."""
    with world.admin() as session:
        before = session.scalar(select(func.max(EntryRow.number))) or 0

    def read() -> Told:
        with world.admin() as session:
            rows = list(stream_entries(session))
            check_chain(rows, key=world.recorder.key, head=get_head(session))
        return [(row.actor, row.action, row.subject, dict(row.details)) for row in rows if row.number > before]

    return read


def _read_entry(message_id: UUID, household_id: UUID, purpose: str) -> tuple[str, str, str, dict[str, object]]:
    return "sender", "phone_read", str(household_id), {"message_id": str(message_id), "purpose": purpose}


def test_a_claim_leaves_one_entry_for_the_phone_that_it_read(world: World, tell: Callable[[], Told]) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    assert isinstance(claim(world.sender, gate=world.make_gate(), now=world.clock()), Claim)
    assert tell() == [_read_entry(message_id, person.household_id, "send")]


def test_a_message_that_is_skipped_leaves_an_entry_only_if_its_phone_was_read(
    world: World, tell: Callable[[], Told]
) -> None:
    world.add_message(world.add_household(consent=False))
    claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert tell() == []
    person = world.add_household()
    for _ in range(2):
        world.add_message(person)
        claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert world.count_states() == {MessageState.SENDING: 1, MessageState.SKIPPED: 2}
    assert len(tell()) == 2


def test_without_its_entry_no_message_leaves(world: World) -> None:
    message_id = world.add_message(world.add_household())
    with world.admin.begin() as session:
        ahead = "INSERT INTO audit.entries SELECT number + 1, now(), 'x', 'x', 'x', '{}', mac FROM audit.head"
        session.execute(text(ahead))
    carrier = RecordingSmsSender()
    try:
        with pytest.raises(IntegrityError):
            drain(world.make_desk(carrier), connections=1, stop=Event())
    finally:
        with world.admin.begin() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(delete(EntryRow).where(EntryRow.actor == "x"))
    assert carrier.calls == []
    assert world.get_message(message_id).state == MessageState.PLANNED
    assert world.count_slots() == 0


def test_an_inquiry_is_written_down_before_the_carrier_is_asked(
    world: World, clock: FakeClock, tell: Callable[[], Told]
) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    seen: list[Told] = []

    class Listing(RecordingSmsSender):
        def find_sent(self, **_: object) -> list[CarrierRecord]:
            seen.append(tell())
            return []

    carrier = Listing(answer=lambda _: InDoubt(InDoubtCause.TIMEOUT))
    taken = claim(world.sender, gate=world.make_gate(), now=clock())
    assert isinstance(taken, Claim)
    deliver(world.make_desk(carrier), claimed=taken)
    clock.advance(seconds=90 + 121)
    reconcile(world.make_inquiry(carrier), limit=5)
    expected = [_read_entry(message_id, person.household_id, purpose) for purpose in ("send", "inquire")]
    assert seen == [expected]


def test_a_phone_that_does_not_open_was_tried(world: World, tell: Callable[[], Told]) -> None:
    person = world.add_household()
    message_id = world.add_message(person)
    with world.admin.begin() as session:
        session.get_one(Phone, person.household_id).ciphertext = b"\0" * 40
    claim(world.sender, gate=world.make_gate(), now=world.clock())
    assert tell() == [_read_entry(message_id, person.household_id, "send")]


def test_every_turn_of_a_campaign_is_told_once(world: World, tell: Callable[[], Told]) -> None:
    campaign_id = world.add_broadcast()
    for state in (
        BroadcastState.ACCEPTED,
        BroadcastState.PAUSED,
        BroadcastState.ACCEPTED,
        BroadcastState.CANCELLED,
    ):
        world.set_broadcast(campaign_id, state)
        for _ in range(2):
            follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=world.clock())
    told = [(action, subject) for _, action, subject, _ in tell()]
    turns = ("campaign_adopted", "campaign_paused", "campaign_resumed", "campaign_cancelled")
    assert told == [(turn, str(campaign_id)) for turn in turns]


def test_a_refused_campaign_is_told_with_its_reason(world: World, tell: Callable[[], Told]) -> None:
    campaign_id = world.add_broadcast(quota=51)
    follow_orders(world.stores, rules=RULES, recorder=world.recorder, now=world.clock())
    [(_, action, subject, details)] = tell()
    assert (action, subject, list(details)) == ("campaign_refused", str(campaign_id), ["reason"])


def test_an_operators_turn_of_the_valve_is_told(world: World, key_file: Path, tell: Callable[[], Told]) -> None:
    people_url = world.services.url("people", role="field_sender")
    runner = CliRunner(env={"MODE": "test", "PEOPLE_URL": people_url, "KEY_FILE": str(key_file)})
    for command in ("stop", "resume"):
        assert runner.invoke(send, [command], catch_exceptions=False).exit_code == 0
    assert tell() == [("operator", "valve_turned", "valve", {"state": state}) for state in ("closed", "open")]
