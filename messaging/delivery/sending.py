"""The call: a claimed message goes to the carrier, unless something says no since. No transaction is open meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, LargeBinary, Uuid, any_, bindparam, exists, literal_column, select

from messaging.delivery.claiming import IS_LIVE, Gate
from messaging.delivery.finishing import Finish, finish
from messaging.delivery.models import Message, MessageState, Run, Valve
from messaging.delivery.ports import Clock, NotSent, NotSentCause, OutgoingSms, SendResult, SmsSender
from messaging.delivery.values import Claim
from privacy.people.consent import says_opted_out, says_push_consent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

LONGEST_VALIDITY_S = 36_000
"""What Twilio takes at most as validity_period."""

_MESSAGES, _RUNS, _VALVE = Message.__table__, Run.__table__, Valve.__table__
# Made once: this stands in the way of every call.
_MAY_STILL_GO = select(
    exists()
    .where(
        _MESSAGES.c.message_id == bindparam("message_id"),
        _MESSAGES.c.attempt == bindparam("attempt"),
        _MESSAGES.c.state == literal_column(f"'{MessageState.SENDING}'"),
        _RUNS.c.campaign_id == _MESSAGES.c.campaign_id,
        IS_LIVE,
    )
    .where(exists().where(_VALVE.c.is_paused.is_(False)))
    .where(says_push_consent(bindparam("household_id", type_=Uuid)))
    .where(~says_opted_out(any_(bindparam("opt_out_hashes", type_=ARRAY(LargeBinary)))))
)


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
    result = call(desk, claimed)
    finish(desk.sessions, claim=claimed, result=result, now=desk.clock(), rules=desk.finish)
    return result


def call(desk: Desk, claimed: Claim) -> SendResult:
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
    """Look once more at the campaign, the valve, the consent and the opt-out: a no just after the claim still counts.

    One look outside of any transaction, so that it costs one question to the database. Behind a pooler it has no limit
    of time but the socket's.
    """
    with desk.sessions() as session:
        connection = session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        known = {
            "message_id": claimed.message_id,
            "attempt": claimed.attempt,
            "household_id": claimed.household_id,
            "opt_out_hashes": list(claimed.opt_out_hashes),
        }
        return bool(connection.scalar(_MAY_STILL_GO, known))
