"""One message after another: slot, claim, call, finish. No transaction is open while the carrier is asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import select

from messaging.delivery import valve
from messaging.delivery.claiming import LIVE_RUNS, Gate, claim, has_due
from messaging.delivery.finishing import Finish, finish
from messaging.delivery.models import Message, MessageState, Run
from messaging.delivery.ports import Clock, NotSent, NotSentCause, OutgoingSms, SendResult, SmsSender
from messaging.delivery.values import Claim
from privacy.people.consent import has_push_consent, is_opted_out

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

LONGEST_VALIDITY_S = 36_000
"""What Twilio takes at most as validity_period."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything one worker needs to send. `sessions` belong to the people database."""

    sessions: sessionmaker[Session]
    sender: SmsSender
    clock: Clock
    gate: Gate
    finish: Finish


def deliver(desk: Desk, *, claimed: Claim) -> SendResult:
    """Call the carrier for one claim and write down the end."""
    result = _call(desk, claimed)
    finish(desk.sessions, claim=claimed, result=result, now=desk.clock(), rules=desk.finish)
    return result


def _call(desk: Desk, claimed: Claim) -> SendResult:
    """Ask the carrier, unless the lease might not outlive the call, or somebody said no since the claim."""
    if not _may_still_go(desk, claimed):
        return NotSent(NotSentCause.WITHDRAWN)
    now = desk.clock()
    timings = desk.gate.timings
    left = claimed.window_closes_at - now
    if claimed.lease_until - now < timings.call or left < timings.minimum_validity:
        return NotSent(NotSentCause.LEASE_TOO_SHORT)
    validity_s = min(LONGEST_VALIDITY_S, int(left.total_seconds()))
    return desk.sender.send(OutgoingSms(claimed.phone, claimed.text, claimed.token, validity_s))


def _may_still_go(desk: Desk, claimed: Claim) -> bool:
    """Look once more at the campaign, the consent and the opt-out: a revocation just after the claim still counts."""
    with desk.sessions() as session:
        run_state = session.scalar(
            select(Run.state)
            .join(Message, Message.campaign_id == Run.campaign_id)
            .where(
                Message.message_id == claimed.message_id,
                Message.attempt == claimed.attempt,
                Message.state == MessageState.SENDING,
            )
        )
        return (
            run_state in LIVE_RUNS
            and valve.is_open(session)
            and has_push_consent(session, household_id=claimed.household_id)
            and not is_opted_out(session, opt_out_hashes=claimed.opt_out_hashes)
        )


def drain(desk: Desk, *, connections: int, stop: Event, is_late: Callable[[], bool] = lambda: False) -> int:
    """Send until nothing is due, the valve is closed, `stop` is set or `is_late`; returns the calls made.

    Each of the threads holds one message at a time. Once `stop` is set every call in hand is finished.
    """

    def is_over() -> bool:
        return stop.is_set() or is_late()

    with ThreadPoolExecutor(max_workers=connections, thread_name_prefix="send") as pool:
        lines = [pool.submit(_drain_line, desk, stop, is_over) for _ in range(connections)]
        try:
            return sum(line.result() for line in lines)
        except BaseException:
            stop.set()
            raise


def _drain_line(desk: Desk, stop: Event, is_over: Callable[[], bool]) -> int:
    """Send one message after another. A slot of the rate is kept until it is used: skipping costs none."""
    calls, has_slot = 0, False
    while not is_over():
        has_slot = has_slot or _wait_for_slot(desk, stop, now=desk.clock())
        if not has_slot or is_over():
            break
        claimed = claim(desk.sessions, gate=desk.gate, now=desk.clock())
        if claimed is None:
            break
        if isinstance(claimed, Claim):
            deliver(desk, claimed=claimed)
            calls, has_slot = calls + 1, False
    return calls


def _wait_for_slot(desk: Desk, stop: Event, *, now: datetime) -> bool:
    """Take the next slot and wait for it. False when nothing is due, the valve is closed, or the worker stops."""
    with desk.sessions.begin() as session:
        if not has_due(session, now=now):
            return False
        wait_s = valve.take_slot(session, now=now, limits=desk.finish.valve)
    return wait_s is not None and not stop.wait(wait_s)
