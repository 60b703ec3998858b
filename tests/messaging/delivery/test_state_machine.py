"""The outbox as a whole: any order of claims, answers, lies, callbacks, listings, sweeps and times of day.

The carrier keeps its own truth. Whatever happens, it never takes a message twice, every change of state follows an
arrow of messaging.md, caps hold, and once things are calm nothing is left outstanding.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select

from messaging.delivery import sending
from messaging.delivery.claiming import claim
from messaging.delivery.errors import ImpossibleArrowError
from messaging.delivery.expansion import expand, find_expanding
from messaging.delivery.models import Message, MessageState, Receipt, Run, RunState
from messaging.delivery.orders import finish_runs, skip_hopeless
from messaging.delivery.outbox import ARROWS, OUTSTANDING, check_arrows
from messaging.delivery.polling import poll
from messaging.delivery.ports import (
    Blocked,
    CarrierRecord,
    CarrierStatus,
    InDoubt,
    InDoubtCause,
    NotSent,
    NotSentCause,
    Rejected,
    SendResult,
)
from messaging.delivery.receipts import Callback, record_callback
from messaging.delivery.reconcile import reconcile, sweep_leases
from messaging.delivery.sending import deliver
from messaging.delivery.values import Claim, Timings
from messaging.delivery.valve import reopen
from privacy.people.models import Contact
from tests.messaging.delivery.fakes import RecordingSmsSender, TruthfulCarrier, make_sid

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import Person, World

_DOUBT = InDoubt(InDoubtCause.TIMEOUT)
_ENDS: list[tuple[bool, SendResult | None]] = [
    (True, None),
    (True, None),
    (True, _DOUBT),
    (False, _DOUBT),
    (False, NotSent(NotSentCause.BUSY, 10)),
    (False, NotSent(NotSentCause.NO_CONNECTION)),
    (False, Rejected(21211)),
    (False, Blocked(20003)),
]
# Ids and the draw of households are random, so no choice may depend on what is there: hypothesis could not repeat it.
_WHICH = st.integers(0, 59)
_STARTS = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
_REACHABLE: dict[str, frozenset[str]] = {}


def _find_reachable(source: MessageState) -> frozenset[str]:
    """Return what one step of the machine may lead to: some do two arrows in one transaction."""
    known = {source}
    fresh = set(known)
    while fresh:
        fresh = {target for state in fresh for target in ARROWS[state]} - known
        known |= fresh
    return frozenset(known)


class Outbox(RuleBasedStateMachine):
    """Two broadcasts over four households, with a carrier that may do one thing and say another."""

    world: World
    clock: FakeClock

    @initialize()
    def order(self) -> None:
        """Begin with a clean database, four households and two orders."""
        self.clock.now = _STARTS
        with self.world.admin.begin() as session:
            for table in (Receipt, Message, Run, Contact):
                session.execute(delete(table))
        self.carrier = TruthfulCarrier()
        self.people: list[Person] = [self.world.add_household() for _ in range(4)]
        self.campaigns = [self.world.add_run(state=RunState.EXPANDING, text=text) for text in ("一", "二")]
        self.held: list[Claim] = []
        self.seen: dict[UUID, str] = {}
        self.retried: set[UUID] = set()

    @rule()
    def pump(self) -> None:
        """Do what the pump does without the carrier."""
        now = self.clock()
        with self.world.sender() as session:
            expanding = find_expanding(session)
        for campaign_id in expanding:
            expand(self.world.sender, campaign_id=campaign_id, draw=self.world.make_draw(batch=3), now=now)
        skip_hopeless(self.world.sender, now=now)
        sweep_leases(self.world.sender, now=now, timings=Timings())
        finish_runs(self.world.sender, now=now)

    @rule()
    def take(self) -> None:
        """Let a worker claim; it may never come back."""
        taken = claim(self.world.sender, gate=self.world.make_gate(), now=self.clock())
        if isinstance(taken, Claim):
            self.held.append(taken)

    @rule(which=_WHICH, end=st.sampled_from(_ENDS))
    def call(self, which: int, end: tuple[bool, SendResult | None]) -> None:
        """Let a worker that holds a claim, however old, make its call and write down the end."""
        if not self.held:
            return
        taken = self.held.pop(which % len(self.held))
        self.carrier.plan = end
        deliver(self.world.make_desk(self.carrier), claimed=taken)

    @rule(which=_WHICH)
    def call_and_die(self, which: int) -> None:
        """Let a worker be killed after the carrier took its message: nothing is written down."""
        if not self.held:
            return
        taken = self.held.pop(which % len(self.held))
        self.carrier.plan = (True, None)
        desk = self.world.make_desk(self.carrier)
        sending.call(desk, taken)

    @rule()
    def die(self) -> None:
        """Let a worker be killed before its call."""
        if self.held:
            self.held.pop()

    @rule(which=_WHICH, status=st.sampled_from(["queued", "sent", "delivered", "undelivered", "failed"]))
    def call_back(self, which: int, status: str) -> None:
        """Let the carrier report on something that it took, in any order, any number of times."""
        if not self.carrier.accepted:
            return
        number = which % len(self.carrier.accepted) + 1
        phone, text = self.carrier.accepted[number - 1]
        vault = self.world.vault
        with self.world.admin() as session:
            campaign = select(Run.campaign_id).where(Run.final_text == text)
            token = session.scalars(
                select(Message.token).where(
                    Message.lookup_hash == vault.lookup_hash(phone), Message.campaign_id.in_(campaign)
                )
            ).one()
        record = CarrierRecord(make_sid(number), CarrierStatus(status))
        callback = Callback(token, record, vault.lookup_hashes(phone), vault.opt_out_hash(phone), 1)
        record_callback(self.world.gateway, callback=callback, now=self.clock(), timings=Timings())

    @rule(is_silent=st.booleans())
    def ask(self, *, is_silent: bool) -> None:
        """Let the pump ask the carrier; sometimes it does not answer."""
        carrier = RecordingSmsSender(is_silent=True) if is_silent else self.carrier
        inquiry = self.world.make_inquiry(carrier)
        reconcile(inquiry, limit=10)
        poll(inquiry, limit=10)

    @rule(seconds=st.sampled_from([1, 30, 61, 95, 240, 1800, 14_400]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.clock.advance(seconds=seconds)

    @rule()
    def resume(self) -> None:
        """Let the operator open the valve."""
        with self.world.sender.begin() as session:
            reopen(session)

    @rule(campaign=st.integers(0, 1), state=st.sampled_from([RunState.PAUSED, RunState.EXPANDING, RunState.CANCELLED]))
    def turn(self, campaign: int, state: RunState) -> None:
        """Let the sender of a broadcast pause, resume or cancel it."""
        with self.world.admin.begin() as session:
            run = session.get_one(Run, self.campaigns[campaign])
            if run.state not in (RunState.CANCELLED, RunState.FINISHED):
                run.state = state

    @rule(person=st.integers(0, 3), granted=st.booleans())
    def consent(self, person: int, *, granted: bool) -> None:
        """Let a household change its mind."""
        with self.world.admin.begin() as session:
            self.world.set_consent(session, self.people[person], granted=granted)

    @invariant()
    def nothing_leaves_twice(self) -> None:
        """Check that the carrier took each text for each phone at most once."""
        accepted = getattr(self, "carrier", TruthfulCarrier()).accepted
        assert len(accepted) == len(set(accepted))

    @invariant()
    def caps_hold(self) -> None:
        """Check that no household holds two slots within 24 hours."""
        if not hasattr(self, "carrier"):
            return
        with self.world.admin() as session:
            slots = session.scalars(select(Contact.reserved_at).order_by(Contact.household_id)).all()
            per_household: dict[UUID, list[datetime]] = {}
            for contact in session.scalars(select(Contact)):
                per_household.setdefault(contact.household_id, []).append(contact.reserved_at)
        assert len(slots) == sum(map(len, per_household.values()))
        for times in per_household.values():
            ordered = sorted(times)
            gaps = [later - earlier for earlier, later in pairwise(ordered)]
            assert all(gap >= timedelta(hours=24) for gap in gaps)

    @invariant()
    def arrows_are_followed(self) -> None:
        """Check that every message is where arrows lead from where it was seen last."""
        if not hasattr(self, "seen"):
            return
        with self.world.admin() as session:
            rows = session.execute(select(Message.message_id, Message.state)).all()
        now_seen = {row.message_id: row.state for row in rows}
        for message_id, state in now_seen.items():
            before = self.seen.get(message_id, MessageState.PLANNED)
            reachable = _REACHABLE.setdefault(before, _find_reachable(MessageState(before)))
            assert state in reachable, (before, state)
        self.seen = now_seen

    def teardown(self) -> None:
        """After calm and time nothing is outstanding, and the books agree."""
        if not hasattr(self, "carrier"):
            return
        self.held.clear()
        self.resume()
        for _ in range(52):
            self.pump()
            self.take()
            while self.held:
                self.carrier.plan = (True, None)
                deliver(self.world.make_desk(self.carrier), claimed=self.held.pop())
            self.ask(is_silent=False)
            self.clock.advance(hours=1)
        with self.world.admin() as session:
            messages = session.scalars(select(Message)).all()
            assert not [message for message in messages if message.state in OUTSTANDING]
            with_sid = {message.sid for message in messages if message.sid}
        assert with_sid == {make_sid(number) for number in range(1, len(self.carrier.accepted) + 1)}
        self.nothing_leaves_twice()


@pytest.mark.timeout(240)
def test_the_outbox_holds_whatever_happens(world: World, clock: FakeClock) -> None:
    class Bound(Outbox):
        """The machine over this test's database."""

    Bound.world, Bound.clock = world, clock
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_every_state_has_its_arrows_and_no_final_state_an_exit() -> None:
    assert set(ARROWS) == set(MessageState)
    exits = {state for state, targets in ARROWS.items() if targets}
    assert exits == {
        MessageState.PLANNED, MessageState.SENDING, MessageState.UNKNOWN, MessageState.ACCEPTED, MessageState.SENT,
    }  # fmt: skip
    with pytest.raises(ImpossibleArrowError):
        check_arrows([MessageState.DELIVERED], target=MessageState.PLANNED)
