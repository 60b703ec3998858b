"""Pause, resume and cancel, by the initiator. Each holds the row while it judges, so two at once come in turn.

What counts is the stored state and whether the campaign has expired: `done` is shown at a slot that is fixed
beforehand, and messages may still be leaving then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from messaging.campaigns.errors import BroadcastNotFoundError, BroadcastStateError
from messaging.campaigns.hours import get_done_slot
from messaging.campaigns.models import Broadcast, BroadcastState
from messaging.campaigns.queries import view_broadcast

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.ports import Clock, JobQueue
    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import Actor, BroadcastView


@dataclass(frozen=True, slots=True)
class Turn:
    """An arrow between states. Where the target is reached already, asking again is no error."""

    sources: frozenset[BroadcastState]
    target: BroadcastState


PAUSE = Turn(frozenset({BroadcastState.ACCEPTED}), BroadcastState.PAUSED)
"""Hold back what has not left yet."""

RESUME = Turn(frozenset({BroadcastState.PAUSED}), BroadcastState.ACCEPTED)
"""Go on after a pause; the slot of `done` is reckoned anew."""

CANCEL = Turn(
    frozenset({BroadcastState.IN_REVIEW, BroadcastState.ACCEPTED, BroadcastState.PAUSED}), BroadcastState.CANCELLED
)
"""Stop for good what has not left yet; what was counted for the day stays counted."""


def change(
    sessions: sessionmaker[Session],
    turn: Turn,
    *,
    actor: Actor,
    broadcast_id: UUID,
    clock: Clock,
    queue: JobQueue,
    settings: MessagingRules,
) -> BroadcastView:
    """Pause, resume or cancel; raises BroadcastNotFoundError, or BroadcastStateError when it has expired."""
    view = _change(sessions, turn, actor=actor, broadcast_id=broadcast_id, now=clock(), settings=settings)
    queue.wake(campaign_id=broadcast_id)
    return view


def _change(
    sessions: sessionmaker[Session],
    turn: Turn,
    *,
    actor: Actor,
    broadcast_id: UUID,
    now: datetime,
    settings: MessagingRules,
) -> BroadcastView:
    with sessions.begin() as session:
        row = session.get(Broadcast, broadcast_id, with_for_update=True)
        if row is None or row.actor_id != actor.account_id:
            raise BroadcastNotFoundError
        shown = view_broadcast(row, now=now, settings=settings)
        if shown.state is turn.target:
            return shown
        if not _is_open(row, turn, shown=shown.state, now=now):
            raise BroadcastStateError(state=shown.state)
        row.state = turn.target.value
        if turn.target is BroadcastState.ACCEPTED:
            row.done_at = get_done_slot(max(now, row.starts_at), quota=row.quota, settings=settings)
        return view_broadcast(row, now=now, settings=settings)


def _is_open(row: Broadcast, turn: Turn, *, shown: BroadcastState, now: datetime) -> bool:
    """Whether the arrow may be taken: a review that ran out is over, and so is all that has expired."""
    return BroadcastState(row.state) in turn.sources and shown is not BroadcastState.REFUSED and now < row.expires_at
