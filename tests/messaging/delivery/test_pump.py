"""The pump in one process: what one of its threads loses, the others do not, and nothing is torn down for it."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import sessionmaker

from messaging.delivery import pump
from messaging.delivery.composition import SenderParts
from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.expansion import Draw
from messaging.delivery.models import MessageState, Run, RunState
from messaging.delivery.orders import Stores
from messaging.delivery.ports import Accepted, OutgoingSms, SendResult
from messaging.delivery.pump import run_pump, stand_in
from messaging.delivery.rounds import Outcome, Round, Turn, attempt, start_round
from messaging.delivery.settings import OutboxSettings
from tests.messaging.delivery.fakes import RecordingSmsSender, make_sid
from tests.messaging.delivery.world import RULES
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import TextClause

    from tests.conftest import FakeClock
    from tests.messaging.delivery.world import World


class SilentQueue:
    """A queue whose Redis is away."""

    def wake(self, *, campaign_id: UUID) -> None:
        """Wake nobody."""
        del campaign_id


def make_parts(world: World, sender: RecordingSmsSender, *, inbound: bool = False) -> SenderParts:
    """Put a sender together whose serving database cannot be reached."""
    rules = RULES.model_copy(update={"carrier_inbound": inbound})
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 1})
    outbox = OutboxSettings.model_validate({"mode": "test", "tick_s": 0.05, "inbound_listing_s": 0.05})
    with world.sender() as session:
        engine = session.get_bind()
    return SenderParts(
        outbox=outbox,
        engine=engine,  # type: ignore[arg-type]  # the sessions of a world are bound to engines
        stores=Stores(serving=sessionmaker(nowhere), people=world.sender),
        desk=world.make_desk(sender),
        draw=Draw(batch=10, rules=rules, draw_jitter=lambda: 0.0),
        inquiry=world.make_inquiry(sender),
        handles=world.handles,
    )


@contextmanager
def pumping(parts: SenderParts) -> Iterator[None]:
    """Run a pump in a thread, and see that it ends."""
    stop = Event()
    thread = Thread(target=lambda: run_pump(parts, queue=SilentQueue(), stop=stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def wait_while_time_goes(clock: FakeClock, is_so: Callable[[], bool]) -> None:
    """Wait for something to become true, or fail; the clock goes on by 4 s each time."""
    pause = Event()

    def is_so_by_now() -> bool:
        if is_so():
            return True
        pause.wait(0.1)
        clock.advance(seconds=4)
        return False

    wait_until(is_so_by_now)


def plan(world: World, clock: FakeClock, *, messages: int) -> UUID:
    """Plan messages that have been waiting for a while."""
    # Paused at first: a run without messages would be finished by the next tick.
    campaign_id = world.add_run(state=RunState.PAUSED)
    for _ in range(messages):
        long_ago = clock() - timedelta(seconds=30)
        world.add_message(world.add_household(), campaign_id=campaign_id, not_before=long_ago, changed_at=long_ago)
    with world.admin.begin() as session:
        session.get_one(Run, campaign_id).state = RunState.RUNNING
    return campaign_id


def test_two_minutes_without_the_serving_database_hold_nothing_up(world: World, clock: FakeClock) -> None:
    campaign_id = plan(world, clock, messages=5)
    lost = world.add_message(
        world.add_household(), campaign_id=campaign_id, state=MessageState.SENDING, attempt=1,
        lease_until=clock() - timedelta(seconds=1),
    )  # fmt: skip
    drawn = world.add_run(state=RunState.EXPANDING, leaf_ids=[8], text="另一条")
    world.add_household(leaf_id=8)
    began = clock()
    with pumping(make_parts(world, RecordingSmsSender())):
        wait_until(lambda: world.count_states().get(MessageState.UNKNOWN) == 1)
        wait_while_time_goes(clock, lambda: world.get_message(lost).absences == 2)
        wait_while_time_goes(clock, lambda: world.count_states() == {MessageState.ACCEPTED: 7})
    assert world.get_run(drawn).expanded == 1
    assert clock() - began >= timedelta(minutes=2)


def test_a_drain_that_breaks_ends_no_thread(world: World, clock: FakeClock) -> None:
    plan(world, clock, messages=3)
    calls = Counter[str]()

    def answer(sms: OutgoingSms) -> SendResult:
        calls["all"] += 1
        if calls["all"] == 1:
            raise OperationalError("gone", None, Exception())
        return Accepted(make_sid(int(sms.phone[-9:])))

    with pumping(make_parts(world, RecordingSmsSender(answer))):
        wait_while_time_goes(clock, lambda: world.count_states().get(MessageState.ACCEPTED, 0) >= 2)
        plan(world, clock, messages=2)
        wait_while_time_goes(clock, lambda: world.count_states().get(MessageState.ACCEPTED, 0) >= 4)


def _has_killed(world: World, kill: TextClause) -> bool:
    with world.admin() as session:
        return list(session.scalars(kill)) == [True]


def test_a_lost_lock_is_taken_again_and_the_threads_go_on(world: World, clock: FakeClock) -> None:
    kill = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with pumping(make_parts(world, RecordingSmsSender())):
        for accepted in (1, 2, 3):
            plan(world, clock, messages=1)
            wait_while_time_goes(clock, lambda: MessageState.PLANNED not in world.count_states())
            wait_until(lambda wanted=accepted: world.count_states() == {MessageState.ACCEPTED: wanted})  # type: ignore[misc]
            wait_until(lambda: _has_killed(world, kill))


def test_a_tick_that_fails_keeps_the_lead(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks, leads = Counter[str](), Counter[str]()
    lead_once = pump._lead_once

    def count_lead(*args: object, **named: object) -> None:
        leads["begun"] += 1
        lead_once(*args, **named)  # type: ignore[arg-type]

    def fail(*_: object, **__: object) -> int:
        ticks["begun"] += 1
        raise OperationalError("deadlock", None, Exception())

    monkeypatch.setattr(pump, "_lead_once", count_lead)
    monkeypatch.setattr(pump, "skip_hopeless", fail)
    with pumping(make_parts(world, RecordingSmsSender())):
        wait_until(lambda: ticks["begun"] >= 5)
    assert leads["begun"] == 1


@pytest.mark.parametrize("inbound", [True, False])
def test_the_list_of_what_phones_wrote_is_read_where_the_carrier_has_one(world: World, *, inbound: bool) -> None:
    sender = RecordingSmsSender()
    with pumping(make_parts(world, sender, inbound=inbound)):
        if inbound:
            wait_until(lambda: bool(sender.listings))
        else:
            Event().wait(0.5)
    assert bool(sender.listings) is inbound


def test_a_stand_in_that_is_to_end_sends_nothing(world: World, clock: FakeClock) -> None:
    plan(world, clock, messages=1)
    assert stand_in(make_parts(world, sender := RecordingSmsSender()), is_over=lambda: True) == 0
    assert sender.calls == []


def _raise(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (CarrierUnavailableError(reason="500"), Outcome.FAILED),
        (ValueError("anything"), Outcome.FAILED),
        (OperationalError("gone", None, Exception()), Outcome.DATABASE_AWAY),
        (None, Outcome.DONE),
    ],
)
def test_no_failure_of_a_round_gets_out(error: Exception | None, outcome: Outcome) -> None:
    assert attempt("round", lambda: _raise(error) if error else None) is outcome


def test_the_list_is_read_every_minute_with_ten_minutes_of_overlap() -> None:
    outbox = OutboxSettings.model_validate({})
    assert (outbox.inbound_listing_s, outbox.inbound_overlap_s, outbox.longest_inbound_pause_s) == (60, 600, 900)


def test_failures_double_the_pause_up_to_the_longest() -> None:
    patient = Round("inbound", list, 60, 900)
    assert [patient.get_pause_s(failures=count) for count in (0, 1, 2, 3, 4, 9999)] == [60, 120, 240, 480, 900, 900]
    assert Round("orders", list, 1).get_pause_s(failures=5) == 1


def test_a_round_waits_for_the_lead() -> None:
    turn, rounds = Turn(), Counter[str]()
    thread = start_round(Round("one", lambda: rounds.update(["done"]), 0.01), turn=turn, watch_s=0.01)
    Event().wait(0.1)
    assert rounds["done"] == 0
    turn.leads.set()
    wait_until(lambda: rounds["done"] > 1)
    turn.over.set()
    thread.join(5)
    assert not thread.is_alive()
