"""Reads of the campaigns for operators: what was asked for and how far it is by its row and the clock, nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from messaging.campaigns.clock_time import ClockTime, get_day
from messaging.campaigns.models import ActorUsage, Broadcast, BroadcastState, OrganisationUsage
from messaging.campaigns.queries import view_broadcast
from messaging.campaigns.states import get_shown_state
from messaging.campaigns.talk_models import Invitation

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import BroadcastView

_LIVE = (BroadcastState.IN_REVIEW, BroadcastState.ACCEPTED, BroadcastState.PAUSED)


class CampaignKind(StrEnum):
    """What was asked for: a message to an area, or one to a person behind a card."""

    BROADCAST = "broadcast"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class CampaignCount:
    """How many campaigns of a kind are shown in a state."""

    kind: CampaignKind
    state: BroadcastState
    count: int


@dataclass(frozen=True, slots=True)
class DayUse:
    """What was asked for on one day (Asia/Shanghai); refused requests use nothing up."""

    day: date
    messages: int
    broadcasts: int
    invitations: int


def _is_invitation() -> ColumnElement[bool]:
    return exists().where(Invitation.invitation_id == Broadcast.broadcast_id)


def count_campaigns(session: Session, *, days: int, now: datetime, settings: MessagingRules) -> list[CampaignCount]:
    """Count the campaigns asked for in the last `days` days, today among them, by kind and shown state."""
    since = ClockTime(0).on(_first_day(days, now=now))
    columns = (Broadcast.state, Broadcast.created_at, Broadcast.expires_at, Broadcast.done_at)
    rows = session.execute(select(*columns, _is_invitation()).where(Broadcast.created_at >= since))
    counts = Counter(
        (
            CampaignKind.INVITATION if is_invitation else CampaignKind.BROADCAST,
            get_shown_state(
                BroadcastState(state),
                created_at=created_at,
                expires_at=expires_at,
                done_at=done_at,
                now=now,
                settings=settings,
            ),
        )
        for state, created_at, expires_at, done_at, is_invitation in rows
    )
    return [
        CampaignCount(kind, state, counts[kind, state])
        for kind in CampaignKind
        for state in BroadcastState
        if counts[kind, state]
    ]


def find_live(session: Session, *, limit: int, now: datetime, settings: MessagingRules) -> list[BroadcastView]:
    """Return the newest broadcasts that are not over by row and clock, at most `limit`; no invitation."""
    query = select(Broadcast).where(Broadcast.state.in_(_LIVE), Broadcast.expires_at > now, ~_is_invitation())
    rows = session.scalars(query.order_by(Broadcast.created_at.desc(), Broadcast.broadcast_id.desc()))
    views = (view_broadcast(row, now=now, settings=settings) for row in rows)
    return [view for view in views if view.state in _LIVE][:limit]


def find_days(session: Session, *, days: int, now: datetime) -> list[DayUse]:
    """Return what was asked for on each of the last `days` days, newest first, also where that was nothing."""
    first, today = _first_day(days, now=now), get_day(now)
    total = select(OrganisationUsage.day, OrganisationUsage.messages).where(OrganisationUsage.day >= first)
    messages = {day: count for day, count in session.execute(total)}  # noqa: C416 - rows are no pairs to a checker
    kinds = (func.sum(ActorUsage.broadcasts), func.sum(ActorUsage.invitations))
    asked = select(ActorUsage.day, *kinds).where(ActorUsage.day >= first).group_by(ActorUsage.day)
    requests = {day: (broadcasts, invitations) for day, broadcasts, invitations in session.execute(asked)}
    return [
        DayUse(day, messages.get(day, 0), *requests.get(day, (0, 0)))
        for day in (today - timedelta(days=back) for back in range(days))
    ]


def _first_day(days: int, *, now: datetime) -> date:
    return get_day(now) - timedelta(days=days - 1)
