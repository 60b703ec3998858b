"""The pump: one process at a time, once a second, carries every message on that nobody else carries.

Orders come over, campaigns are drawn, leases that ran out are swept, workers are woken. What needs the carrier (lists,
receipts) and what replaces absent workers run in threads of their own, so that a cancellation never waits for a call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from messaging.delivery import valve
from messaging.delivery.claiming import has_due
from messaging.delivery.expansion import expand, find_expanding
from messaging.delivery.models import Message, MessageState
from messaging.delivery.orders import finish_runs, follow_orders, skip_hopeless
from messaging.delivery.polling import poll
from messaging.delivery.reconcile import reconcile, sweep_leases
from messaging.delivery.sending import drain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from messaging.campaigns.ports import JobQueue
    from messaging.delivery.composition import SenderParts

log = structlog.get_logger(__name__)

PUMP_LOCK = 0x6669656C64
"""Key of the advisory lock that makes a pump the only one."""

_ANY_CAMPAIGN = UUID(int=0)


def tick(parts: SenderParts, *, queue: JobQueue) -> None:
    """Do once what needs no carrier: orders, draws, sweeps, and a wake-up if something is due."""
    now = parts.desk.clock()
    people, timings = parts.stores.people, parts.outbox.timings
    follow_orders(parts.stores, now=now)
    with people() as session:
        expanding = find_expanding(session)
    for campaign_id in expanding:
        expand(people, campaign_id=campaign_id, draw=parts.draw, now=now)
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


def ask_carrier(parts: SenderParts) -> None:
    """Do once what asks the carrier: messages in doubt, overdue receipts."""
    limit = parts.outbox.inquiries_per_tick
    reconcile(parts.inquiry, limit=limit)
    poll(parts.inquiry, limit=limit)


def stand_in(parts: SenderParts, *, stop: Event) -> int:
    """Send in this process what waits although nobody claims: Redis or every worker is away. Returns the calls."""
    now = parts.desk.clock()
    with parts.stores.people() as session:
        if not valve.is_open(session) or not _is_left_alone(session, now=now, parts=parts):
            return 0
    until = time.monotonic() + parts.outbox.drain_for_s
    return drain(
        parts.desk,
        connections=parts.outbox.sender_connections,
        stop=stop,
        is_late=lambda: time.monotonic() > until,
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
    """Be the pump until `stop`, or wait until the one that is goes away."""
    while not stop.is_set():
        try:
            with _hold_lock(parts.engine) as lock:
                if lock is None:
                    stop.wait(parts.outbox.tick_s)
                    continue
                _work(parts, queue=queue, stop=stop, lock=lock)
        except SQLAlchemyError as failure:
            log.warning("database_away", reason=type(failure).__name__)
            stop.wait(parts.outbox.tick_s)


@contextmanager
def _hold_lock(engine: Engine) -> Iterator[Connection | None]:
    """Hold the advisory lock on a connection of its own; it ends with the connection, however this process ends."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = connection.scalar(select(func.pg_try_advisory_lock(PUMP_LOCK)))
        try:
            yield connection if held else None
        finally:
            if held:
                connection.invalidate()


def _work(parts: SenderParts, *, queue: JobQueue, stop: Event, lock: Connection) -> None:
    over = Event()
    threads = [
        _start("inquiry", lambda: ask_carrier(parts), over=over, pause_s=parts.outbox.tick_s),
        _start("stand_in", lambda: stand_in(parts, stop=over), over=over, pause_s=parts.outbox.tick_s),
    ]
    log.info("pump_started")
    try:
        while not stop.is_set():
            began = time.monotonic()
            lock.execute(text("SELECT 1"))
            tick(parts, queue=queue)
            stop.wait(max(0.0, parts.outbox.tick_s - (time.monotonic() - began)))
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _start(name: str, work: Callable[[], object], *, over: Event, pause_s: float) -> Thread:
    def repeat() -> None:
        while not over.is_set():
            try:
                work()
            except SQLAlchemyError as failure:
                log.warning("database_away", reason=type(failure).__name__)
            except Exception as failure:  # noqa: BLE001 - one bad round must not end the others
                log.warning("pump_round_failed", state=name, reason=type(failure).__name__)
            over.wait(pause_s)

    thread = Thread(target=repeat, name=name)
    thread.start()
    return thread
