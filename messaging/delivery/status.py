"""What an operator may see of delivery, exact figures included: operators are on the people side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from messaging.delivery import valve
from messaging.delivery.models import Message, MessageState, Run, RunState
from messaging.delivery.valve import ValveView
from privacy.people.models import Contact

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many messages are in one state (and, skipped, for one reason), and how long the oldest has been."""

    state: MessageState
    reason: str | None
    messages: int
    oldest_age_s: float


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """Everything `manage.py messages status` shows."""

    states: tuple[StateCount, ...]
    runs: tuple[tuple[RunState, int], ...]
    valve: ValveView
    slots_held: int


def get_status(session: Session, *, now: datetime) -> DeliveryStatus:
    """Count messages and campaigns by state, and read the valve; one statement each."""
    oldest = func.min(Message.changed_at)
    by_state = (
        select(Message.state, Message.reason, func.count(), oldest)
        .group_by(Message.state, Message.reason)
        .order_by(Message.state, Message.reason)
    )
    states = tuple(
        StateCount(MessageState(state), reason, messages, (now - since).total_seconds())
        for state, reason, messages, since in session.execute(by_state)
    )
    runs = session.execute(select(Run.state, func.count()).group_by(Run.state).order_by(Run.state))
    return DeliveryStatus(
        states=states,
        runs=tuple((RunState(state), count) for state, count in runs),
        valve=valve.get_view(session),
        slots_held=session.scalar(select(func.count()).select_from(Contact)) or 0,
    )
