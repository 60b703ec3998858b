"""Campaigns long over leave the table of what is sent: their messages go to one table a month, found when needed.

What still looks at them is an erasure, an export, a household that changes, a receipt that comes very late, and the
outcomes of a month that is released late. The database itself refuses to move what is not over (migration 0013).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog
from sqlalchemy import Integer, exists, func, select, update

from messaging.delivery.models import Message, Run, RunState
from privacy.people.drop.errors import IntakeRunningError
from privacy.people.loading.journal import keep_intake_out

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Moved:
    """How much left the table."""

    messages: int = 0
    campaigns: int = 0


def retain(
    sessions: sessionmaker[Session], *, kept: timedelta, now: datetime, is_over: Callable[[], bool] = lambda: False
) -> Moved:
    """Move the messages of every campaign that ended `kept` ago, in small commits; stops early once `is_over`.

    It waits for nothing that is being sent, and ends before its time while an intake runs.
    """
    with sessions() as session:
        over = _find_over(session, before=now - kept)
    messages, campaigns = 0, 0
    for campaign_id in over:
        if is_over():
            break
        try:
            while moved := _move(sessions, campaign_id):
                messages += moved
                if is_over():
                    break
        except IntakeRunningError:
            log.info("retention_waits_for_intake")
            break
        campaigns += _note_past(sessions, campaign_id, now=now)
    return Moved(messages, campaigns)


def _find_over(session: Session, *, before: datetime) -> list[UUID]:
    its = select(Run.campaign_id).where(Run.state == RunState.FINISHED, Run.past_at.is_(None), Run.expires_at < before)
    return list(session.scalars(its.order_by(Run.expires_at)))


def _move(sessions: sessionmaker[Session], campaign_id: UUID) -> int:
    """Move a batch. An intake may be moving households meanwhile, in both tables: not beside it."""
    with sessions.begin() as session:
        keep_intake_out(session, is_shared=True)
        return session.scalar(select(func.delivery.move_past(campaign_id, _AT_ONCE, type_=Integer))) or 0


def _note_past(sessions: sessionmaker[Session], campaign_id: UUID, *, now: datetime) -> bool:
    """Note that a campaign has no message left here; what somebody held is moved the next time."""
    left = exists().where(Message.campaign_id == Run.campaign_id)
    with sessions.begin() as session:
        noted = session.execute(
            update(Run).where(Run.campaign_id == campaign_id, ~left).values(past_at=now).returning(Run.campaign_id),
            execution_options={"synchronize_session": False},
        )
        return noted.first() is not None
