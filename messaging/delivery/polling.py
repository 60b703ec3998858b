"""Receipts that did not come: the carrier is asked by SID, ever less often; after two days the end stays unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import structlog
from sqlalchemy import select, update

from messaging.delivery.errors import CarrierUnavailableError
from messaging.delivery.models import Message, MessageState, Run
from messaging.delivery.outbox import AWAITED, move
from messaging.delivery.ports import TakenSms
from messaging.delivery.receipts import advance, heed_refusal
from messaging.delivery.reconcile import CLOCK_TOLERANCE, read_phone

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from messaging.delivery.reconcile import Inquiry

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Awaited:
    message_id: UUID
    sid: str
    token: UUID
    household_id: UUID
    starts_at: datetime
    accepted_at: datetime


def poll(inquiry: Inquiry, *, limit: int) -> int:
    """Ask about accepted messages whose end is overdue; returns how many came to an end."""
    with inquiry.sessions() as session:
        overdue = _find_overdue(session, now=inquiry.clock(), limit=limit)
    return sum(_ask(inquiry, message) for message in overdue)


def _find_overdue(session: Session, *, now: datetime, limit: int) -> list[_Awaited]:
    query = (
        select(Message.message_id, Message.sid, Message.token, Message.household_id, Run.starts_at, Message.accepted_at)
        .join(Run, Run.campaign_id == Message.campaign_id)
        .where(Message.state.in_(AWAITED), Message.check_at <= now)
        .order_by(Message.check_at)
        .limit(limit)
    )
    # An accepted message has both a SID and a date.
    return [_Awaited(*cast("tuple[Any, ...]", row)) for row in session.execute(query)]


def _ask(inquiry: Inquiry, message: _Awaited) -> bool:
    try:
        record = inquiry.sender.find_status(_describe(inquiry, message))
    except CarrierUnavailableError as unavailable:
        log.warning("poll_failed", reason=unavailable.reason)
        record = None
    now = inquiry.clock()
    with inquiry.sessions.begin() as session:
        if record is not None:
            advance(session, message_id=message.message_id, record=record, now=now)
            heed_refusal(session, household_id=message.household_id, record=record, now=now)
        if now - message.accepted_at >= inquiry.timings.poll_patience:
            return move(
                session,
                message_id=message.message_id,
                sources=AWAITED,
                target=MessageState.DELIVERY_UNKNOWN,
                now=now,
                changes={"check_at": None},
            )
        return not _ask_later(session, inquiry, message, now=now)


def _describe(inquiry: Inquiry, message: _Awaited) -> TakenSms:
    return TakenSms(
        sid=message.sid,
        token=message.token,
        since=message.starts_at - CLOCK_TOLERANCE,
        until=message.accepted_at,
        open_phone=partial(read_phone, inquiry, household_id=message.household_id, message_id=message.message_id),
    )


def _ask_later(session: Session, inquiry: Inquiry, message: _Awaited, *, now: datetime) -> bool:
    """Wait as long again as the message has been waiting: 30 min, 1 h, 2 h, ... Returns whether its end is open."""
    wait = max(now - message.accepted_at, inquiry.timings.first_poll)
    check_at = min(now + wait, max(now, message.accepted_at + inquiry.timings.poll_patience))
    waiting = session.execute(
        update(Message)
        .where(Message.message_id == message.message_id, Message.state.in_(AWAITED))
        .values(check_at=check_at)
        .returning(Message.message_id),
        execution_options={"synchronize_session": False},
    )
    return waiting.first() is not None
