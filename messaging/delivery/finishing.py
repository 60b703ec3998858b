"""The third step of sending: what the carrier answered becomes a state, a slot of the caps, and a mark on the valve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from messaging.delivery import valve
from messaging.delivery.carrier_codes import is_opt_out
from messaging.delivery.models import Message, MessageState
from messaging.delivery.outbox import move
from messaging.delivery.ports import Accepted, Blocked, InDoubt, NotSent, NotSentCause, Rejected, SendResult
from messaging.delivery.values import Timings
from messaging.delivery.valve import ValveLimits
from privacy.people.caps import give_back
from privacy.people.consent import record_opt_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from messaging.delivery.values import Claim

_MOST_DOUBLINGS = 16

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Finish:
    """The numbers that finishing goes by."""

    timings: Timings
    valve: ValveLimits


def finish(sessions: sessionmaker[Session], *, claim: Claim, result: SendResult, now: datetime, rules: Finish) -> bool:
    """Write down how a call ended. Returns whether this claim still decided; the valve learns of it either way."""
    with sessions.begin() as session:
        has_decided = _apply(session, claim, result, now=now, timings=rules.timings)
        if isinstance(result, Rejected) and is_opt_out(result.code):
            record_opt_out(
                session,
                opt_out_hash=claim.opt_out_hashes[0],
                version=claim.opt_out_version,
                source="carrier",
                at=now,
            )
        if isinstance(result, Blocked) and valve.pause(session, reason=f"carrier:{result.code}", now=now):
            log.error("sending_paused", code=result.code)
        if _tells_of_the_carrier(result):
            is_in_doubt = isinstance(result, InDoubt)
            if valve.record_result(session, is_in_doubt=is_in_doubt, now=now, limits=rules.valve):
                log.error("breaker_opened")
    return has_decided


def _tells_of_the_carrier(result: SendResult) -> bool:
    return not isinstance(result, NotSent) or result.cause is NotSentCause.BUSY


def _apply(session: Session, claim: Claim, result: SendResult, *, now: datetime, timings: Timings) -> bool:
    match result:
        case Accepted(sid):
            return _accept(session, claim, sid=sid, now=now, timings=timings) or _has_sid(session, claim, sid=sid)
        case Rejected(code):
            return _leave(session, claim, target=MessageState.FAILED, now=now, changes={"reason": f"carrier:{code}"})
        case NotSent(_, retry_after_s):
            delay = max(timedelta(seconds=retry_after_s), get_backoff(claim, result, timings=timings))
            return _leave(session, claim, target=MessageState.PLANNED, now=now, changes={"not_before": now + delay})
        case Blocked():
            changes = {"not_before": now + timings.retry}
            return _leave(session, claim, target=MessageState.PLANNED, now=now, changes=changes)
        case InDoubt():
            return _doubt(session, claim, now=now, timings=timings)


def get_backoff(claim: Claim, result: NotSent, *, timings: Timings) -> timedelta:
    """Return how long to wait before the next try: not at all where the carrier was not even asked."""
    if result.cause in (NotSentCause.WITHDRAWN, NotSentCause.LEASE_TOO_SHORT):
        return timedelta()
    doublings = min(claim.attempt - 1, _MOST_DOUBLINGS)
    return min(timings.longest_retry, timings.retry * float(2**doublings))


def _accept(session: Session, claim: Claim, *, sid: str, now: datetime, timings: Timings) -> bool:
    # The answer also settles a message whose lease ran out meanwhile, as long as nobody sent it again.
    return move(
        session,
        message_id=claim.message_id,
        sources=(MessageState.SENDING, MessageState.UNKNOWN),
        target=MessageState.ACCEPTED,
        now=now,
        attempt=claim.attempt,
        changes={"sid": sid, "accepted_at": now, "check_at": now + timings.first_poll, "lease_until": None},
    )


def _has_sid(session: Session, claim: Claim, *, sid: str) -> bool:
    """Say whether a callback or a list was first with the same news; another SID means that a message left twice."""
    known = session.scalar(select(Message.sid).where(Message.message_id == claim.message_id))
    # A list may have named the message after our token.
    is_same = known is not None and (known == sid or str(claim.token) in known)
    if not is_same:
        log.error("accepted_twice", message_id=str(claim.message_id))
    return is_same


def _leave(
    session: Session, claim: Claim, *, target: MessageState, now: datetime, changes: Mapping[str, object]
) -> bool:
    """End a call that surely reached nobody; its slot is free again, unless an earlier attempt is in doubt."""
    has_decided = move(
        session,
        message_id=claim.message_id,
        sources=(MessageState.SENDING,),
        target=target,
        now=now,
        attempt=claim.attempt,
        changes={"lease_until": None, **changes},
    )
    if has_decided and not claim.has_resent:
        give_back(session, message_id=claim.message_id)
    return has_decided


def _doubt(session: Session, claim: Claim, *, now: datetime, timings: Timings) -> bool:
    return move(
        session,
        message_id=claim.message_id,
        sources=(MessageState.SENDING,),
        target=MessageState.UNKNOWN,
        now=now,
        attempt=claim.attempt,
        changes={"check_at": claim.lease_until + timings.first_listing},
    )
