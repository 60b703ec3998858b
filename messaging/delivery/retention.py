"""Campaigns long over leave the table of what is sent: their messages go to one table a month, found when needed.

What still looks at them is an erasure, an export, a household that changes, a receipt that comes very late, and the
outcomes of a month that is released late. Nobody who sends may do it: it takes the rights of whoever migrates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import exists, select, text, update

from messaging.delivery.models import Message, Run, RunState
from messaging.delivery.outbox import ARROWS
from messaging.delivery.values import SHORTEST_KEPT
from privacy.people.loading.journal import keep_intake_out

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker


_AT_ONCE = 1_000
_LONGEST_MONTH = timedelta(days=31)
_OVER = sorted(state for state, targets in ARROWS.items() if not targets)
_MONTHS = text("""
SELECT DISTINCT date_trunc('month', changed_at AT TIME ZONE 'UTC')::date FROM delivery.messages
WHERE campaign_id = :campaign_id AND state = ANY (:over)
""")
_MOVE = text("""
WITH over AS MATERIALIZED (
    SELECT message_id FROM delivery.messages WHERE campaign_id = :campaign_id AND state = ANY (:over)
    LIMIT :most FOR UPDATE SKIP LOCKED
), told AS (
    DELETE FROM delivery.receipts WHERE message_id IN (SELECT message_id FROM over) RETURNING *
), answered AS (
    DELETE FROM delivery.replies WHERE message_id IN (SELECT message_id FROM over) RETURNING *
), gone AS (
    DELETE FROM delivery.messages WHERE message_id IN (SELECT message_id FROM over) RETURNING *
)
INSERT INTO delivery.past_messages (message_id, campaign_id, household_id, lookup_hash, token, state, reason, attempt,
    resends, sid, accepted_at, changed_at, replied_at, receipts)
SELECT message_id, campaign_id, household_id, lookup_hash, token, state, reason, attempt, resends, sid, accepted_at,
    changed_at, (SELECT min(received_at) FROM answered AS a WHERE a.message_id = g.message_id),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('status', status, 'error_code', error_code,
        'received_at', received_at) ORDER BY received_at), '[]') FROM told AS t WHERE t.message_id = g.message_id)
FROM gone AS g RETURNING 1
""")


@dataclass(frozen=True, slots=True)
class Moved:
    """How much left the table."""

    messages: int = 0
    campaigns: int = 0


def retain(sessions: sessionmaker[Session], *, kept: timedelta, now: datetime) -> Moved:
    """Move the messages of every campaign that ended `kept` ago, in small commits, as field_migrator.

    Waits for nothing that is being sent or erased; what somebody holds is moved the next time. Raises ValueError for
    less than SHORTEST_KEPT, IntakeRunningError: the intake moves households, in both tables.
    """
    if kept < SHORTEST_KEPT:
        raise ValueError(kept)
    with sessions.begin() as session:
        over = _find_over(session, before=now - kept)
    messages, campaigns = 0, 0
    for campaign_id in over:
        _make_months(sessions, campaign_id)
        while moved := _move(sessions, campaign_id):
            messages += moved
        campaigns += _note_past(sessions, campaign_id, now=now)
    return Moved(messages, campaigns)


def _become_owner(session: Session) -> None:
    session.execute(text("SET LOCAL ROLE field_owner"))


def _find_over(session: Session, *, before: datetime) -> list[UUID]:
    _become_owner(session)
    its = select(Run.campaign_id).where(Run.state == RunState.FINISHED, Run.past_at.is_(None), Run.expires_at < before)
    return list(session.scalars(its.order_by(Run.expires_at)))


def _make_months(sessions: sessionmaker[Session], campaign_id: UUID) -> None:
    with sessions.begin() as session:
        _become_owner(session)
        keep_intake_out(session, is_shared=True)
        for month in session.scalars(_MONTHS, {"campaign_id": campaign_id, "over": _OVER}).all():
            make_month(session, month)


def make_month(session: Session, month: date) -> None:
    """Make the table of a month, given as its first day, unless it is there. Runs as field_owner."""
    name = f"delivery.past_messages_{month:%Y_%m}"
    if session.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
        until = (month + _LONGEST_MONTH).replace(day=1)
        bounds = f"FROM ('{month} 00:00+00') TO ('{until} 00:00+00')"
        session.execute(text(f"CREATE TABLE {name} PARTITION OF delivery.past_messages FOR VALUES {bounds}"))


def _move(sessions: sessionmaker[Session], campaign_id: UUID) -> int:
    with sessions.begin() as session:
        _become_owner(session)
        keep_intake_out(session, is_shared=True)
        return len(session.execute(_MOVE, {"campaign_id": campaign_id, "over": _OVER, "most": _AT_ONCE}).all())


def _note_past(sessions: sessionmaker[Session], campaign_id: UUID, *, now: datetime) -> bool:
    """Note that a campaign has no message left in the outbox."""
    left = exists().where(Message.campaign_id == Run.campaign_id)
    with sessions.begin() as session:
        _become_owner(session)
        noted = session.execute(
            update(Run).where(Run.campaign_id == campaign_id, ~left).values(past_at=now).returning(Run.campaign_id),
            execution_options={"synchronize_session": False},
        )
        return noted.first() is not None
