"""The third step of sending: what the carrier answered becomes a state, a slot of the caps, and a mark on the valve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Uuid, select, text
from sqlalchemy.exc import SQLAlchemyError

from messaging.delivery import valve
from messaging.delivery.carrier_codes import is_opt_out
from messaging.delivery.models import Message, MessageState
from messaging.delivery.outbox import check_arrows, move
from messaging.delivery.ports import Accepted, Blocked, InDoubt, NotSent, NotSentCause, Rejected, SendResult
from messaging.delivery.values import Claim, Timings
from messaging.delivery.valve import ValveLimits
from privacy.people.caps import give_back
from privacy.people.consent import record_opt_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

_MOST_DOUBLINGS = 16
_ACCEPT = text(
    "WITH free AS ("
    "SELECT m.message_id, e.sid FROM delivery.messages AS m"
    " JOIN unnest(CAST(:message_ids AS uuid[]), CAST(:attempts AS int[]), CAST(:sids AS text[]))"
    " AS e (message_id, attempt, sid) USING (message_id)"
    " WHERE m.attempt = e.attempt AND m.state IN ('sending', 'unknown') FOR UPDATE OF m SKIP LOCKED)"
    " UPDATE delivery.messages AS m SET state = 'accepted', sid = free.sid, accepted_at = :now, check_at = :check_at,"
    " lease_until = NULL, changed_at = :now FROM free WHERE m.message_id = free.message_id RETURNING m.message_id"
).columns(message_id=Uuid)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Finish:
    """The numbers that finishing goes by."""

    timings: Timings
    valve: ValveLimits


@dataclass(frozen=True, slots=True)
class Ended:
    """A claim whose call is over, and how it ended."""

    claim: Claim
    result: SendResult


def finish_many(sessions: sessionmaker[Session], ended: Sequence[Ended], /, *, now: datetime, rules: Finish) -> None:
    """Write down how calls ended, in their order: what the carrier took at once, everything else one by one.

    Each is tried whatever becomes of the others; raises the first failure afterwards.
    """
    failures: list[Exception] = []
    for is_taken, run in groupby(ended, key=lambda one: isinstance(one.result, Accepted)):
        group = list(run)
        left = _accept_many(sessions, group, now=now, rules=rules) if is_taken else group
        for one in left:
            try:
                finish(sessions, claim=one.claim, result=one.result, now=now, rules=rules)
            except SQLAlchemyError as failure:
                failures.append(failure)
    if failures:
        raise failures[0]


def _accept_many(
    sessions: sessionmaker[Session], ended: Sequence[Ended], *, now: datetime, rules: Finish
) -> Sequence[Ended]:
    """Accept what is still as it was claimed and in nobody's hands, in one commit; returns the others.

    Waits for no row: whoever holds one may wait for another that is here. A SID that is known already, or a database
    that went away, leaves all of them to be looked at one by one.
    """
    check_arrows((MessageState.SENDING, MessageState.UNKNOWN), target=MessageState.ACCEPTED)
    taken = {one.claim.message_id: one.result.sid for one in ended if isinstance(one.result, Accepted)}
    columns = {
        "message_ids": list(taken),
        "sids": list(taken.values()),
        "attempts": [one.claim.attempt for one in ended],
    }
    times = {"now": now, "check_at": now + rules.timings.first_poll}
    try:
        with sessions.begin() as session:
            accepted = set(session.scalars(_ACCEPT, columns | times))
            left = [one for one in ended if one.claim.message_id not in accepted]
            if accepted:
                valve.record_results(session, [False] * len(accepted), now=now, limits=rules.valve)
    except SQLAlchemyError:
        return ended
    return left


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
            in_doubt = [isinstance(result, InDoubt)]
            if valve.record_results(session, in_doubt, now=now, limits=rules.valve):
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
