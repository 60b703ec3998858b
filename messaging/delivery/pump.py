"""The pump: one process at a time, once a second, carries every message on that nobody else carries.

Campaigns are drawn, leases that ran out are swept, workers are woken: this needs the people database alone. What needs
the serving database (orders), or the carrier (lists, receipts, what phones wrote), and what replaces absent workers run
in threads of their own, so that none of it waits for what another one has lost.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import func, select, text

from messaging.delivery import valve
from messaging.delivery.carrying import carry
from messaging.delivery.claiming import has_due
from messaging.delivery.draining import drain
from messaging.delivery.expansion import expand, find_expanding
from messaging.delivery.inbound import listen
from messaging.delivery.invitation_orders import follow_invitations
from messaging.delivery.models import Message, MessageState
from messaging.delivery.orders import finish_runs, follow_orders, skip_hopeless
from messaging.delivery.polling import poll
from messaging.delivery.reconcile import reconcile, sweep_leases
from messaging.delivery.reporting import report
from messaging.delivery.rounds import Round, Turn, attempt, start_round

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from threading import Thread

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from messaging.campaigns.ports import JobQueue
    from messaging.delivery.composition import SenderParts

log = structlog.get_logger(__name__)

PUMP_LOCK = 0x6669656C64
"""Key of the advisory lock that makes a pump the only one."""

_ANY_CAMPAIGN = UUID(int=0)
_REPORT_PAUSE_S = 10.0
_LONGEST_FAREWELL_S = 5.0


def follow(parts: SenderParts) -> None:
    """Do once what needs the serving database: bring its orders over."""
    gate, now = parts.desk.gate, parts.desk.clock()
    follow_orders(parts.stores, rules=parts.draw.rules, recorder=gate.recorder, now=now)
    follow_invitations(parts.stores, gate=gate, draw=parts.draw, now=now)


def talk(parts: SenderParts) -> None:
    """Do once what carries conversations across."""
    carry(parts.stores, handles=parts.handles, rules=parts.draw.rules, now=parts.desk.clock())


def tell(parts: SenderParts) -> None:
    """Do once what operators read in front: that this pump lives, and how the valve stands."""
    report(parts.stores, limits=parts.desk.finish.valve, now=parts.desk.clock())


def tick(parts: SenderParts, *, queue: JobQueue) -> None:
    """Do once what needs the people database alone: draws, sweeps, and a wake-up if something is due."""
    now = parts.desk.clock()
    people, timings = parts.stores.people, parts.outbox.timings
    _expand_all(parts, now=now)
    skip_hopeless(people, now=now)
    if swept := sweep_leases(people, now=now, timings=timings):
        log.warning("leases_swept", count=swept)
    finish_runs(people, now=now)
    with people.begin() as session:
        if valve.probe(session, now=now, limits=parts.desk.finish.valve):
            log.warning("breaker_probes")
        is_due = has_due(session, now=now) and valve.is_open(session)
    if is_due:
        queue.wake(campaign_id=_ANY_CAMPAIGN)


def _expand_all(parts: SenderParts, *, now: datetime) -> None:
    with parts.stores.people() as session:
        expanding = find_expanding(session)
    for campaign_id in expanding:
        # A campaign that cannot be drawn must not keep the others, or the sweeps, back.
        attempt("expansion", partial(expand, parts.stores.people, campaign_id=campaign_id, draw=parts.draw, now=now))


def ask_carrier(parts: SenderParts) -> None:
    """Do once what asks the carrier: messages in doubt, overdue receipts."""
    limit = parts.outbox.inquiries_per_tick
    reconcile(parts.inquiry, limit=limit)
    poll(parts.inquiry, limit=limit)


def stand_in(parts: SenderParts, *, is_over: Callable[[], bool]) -> int:
    """Send in this process what waits although nobody claims: Redis or every worker is away. Returns the calls."""
    now = parts.desk.clock()
    with parts.stores.people() as session:
        if not valve.is_open(session) or not _is_left_alone(session, now=now, parts=parts):
            return 0
    until = time.monotonic() + parts.outbox.drain_for_s
    return drain(
        parts.desk,
        connections=parts.outbox.sender_connections,
        # Its own: a drain that fails sets it, and must end nothing else.
        stop=Event(),
        is_late=lambda: is_over() or time.monotonic() > until,
    )


def _is_left_alone(session: Session, *, now: datetime, parts: SenderParts) -> bool:
    patience = timedelta(seconds=parts.outbox.idle_before_own_drain_s)
    if not has_due(session, now=now - patience):
        return False
    claimed_lately = select(func.count()).where(
        Message.state.in_((MessageState.SENDING, MessageState.ACCEPTED)), Message.changed_at > now - patience
    )
    return not session.scalar(claimed_lately)


def run_pump(parts: SenderParts, *, queue: JobQueue, stop: Event) -> None:
    """Be the pump until `stop`, or wait until the one that is goes away.

    A lost lock ends the lead, not the threads: whatever they have in hand is guarded row by row, so that another pump
    may lead meanwhile, and this one goes on the moment that it has the lock again.
    """
    turn = Turn()
    rounds = _get_rounds(parts, turn=turn)
    threads = [start_round(one, turn=turn, watch_s=parts.outbox.tick_s) for one in rounds]
    try:
        while not stop.is_set():
            attempt("lock", lambda: _lead_once(parts, queue=queue, stop=stop, turn=turn))
            stop.wait(parts.outbox.tick_s)
    finally:
        turn.over.set()
        _say_farewell(rounds, threads)


def _get_rounds(parts: SenderParts, *, turn: Turn) -> list[Round]:
    outbox = parts.outbox
    overlap = timedelta(seconds=outbox.inbound_overlap_s)
    rounds = [
        Round("orders", lambda: follow(parts), outbox.tick_s),
        Round("talk", lambda: talk(parts), outbox.tick_s),
        Round("report", lambda: tell(parts), _REPORT_PAUSE_S),
        Round("inquiry", lambda: ask_carrier(parts), outbox.tick_s),
        Round("stand_in", lambda: stand_in(parts, is_over=turn.is_past), outbox.tick_s, is_awaited=True),
    ]
    if parts.draw.rules.carrier_inbound:
        rounds.append(
            Round(
                "inbound",
                lambda: listen(parts.inquiry, overlap=overlap, is_over=turn.is_past),
                outbox.inbound_listing_s,
                outbox.longest_inbound_pause_s,
            )
        )
    return rounds


def _say_farewell(rounds: list[Round], threads: list[Thread]) -> None:
    """Wait for every call in hand that sends; one that only asks may be left behind unanswered."""
    until = time.monotonic() + _LONGEST_FAREWELL_S
    for one, thread in zip(rounds, threads, strict=True):
        thread.join(None if one.is_awaited else max(0.0, until - time.monotonic()))


def _lead_once(parts: SenderParts, *, queue: JobQueue, stop: Event, turn: Turn) -> None:
    with _hold_lock(parts.engine) as lock:
        if lock is None:
            return
        turn.leads.set()
        log.info("pump_started")
        try:
            _lead(parts, queue=queue, stop=stop, lock=lock)
        finally:
            turn.leads.clear()


def _lead(parts: SenderParts, *, queue: JobQueue, stop: Event, lock: Connection) -> None:
    """Tick until `stop`. Raises SQLAlchemyError once the connection that holds the lock is gone, and only then."""
    while not stop.is_set():
        began = time.monotonic()
        lock.execute(text("SELECT 1"))
        attempt("tick", lambda: tick(parts, queue=queue))
        stop.wait(max(0.0, parts.outbox.tick_s - (time.monotonic() - began)))


@contextmanager
def _hold_lock(engine: Engine) -> Iterator[Connection | None]:
    """Hold the advisory lock by a transaction that does nothing else; it ends with it, however this process ends.

    A lock of the transaction, not of the session: behind a pooler a session is not ours.
    """
    with engine.connect() as connection:
        held = connection.scalar(select(func.pg_try_advisory_xact_lock(PUMP_LOCK)))
        try:
            yield connection if held else None
        finally:
            if held:
                connection.invalidate()
