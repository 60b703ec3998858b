"""A restored database does not know what left after its day: what was live in it ends, and is never sent again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from messaging.delivery import valve
from messaging.delivery.errors import ValveOpenError
from messaging.delivery.models import Message, MessageState, Run, RunState
from messaging.delivery.outbox import OUTSTANDING, check_arrows
from privacy.audit.values import Action
from privacy.people.models import Contact

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from privacy.audit.recording import Act


@dataclass(frozen=True, slots=True)
class Live:
    """What a database believes to be under way: messages of which something may leave, campaigns that are not over."""

    messages: int
    campaigns: int


def count_live(session: Session) -> Live:
    """Count what is under way."""
    messages = select(func.count()).where(Message.state.in_(OUTSTANDING))
    campaigns = select(func.count()).where(Run.state != RunState.FINISHED)
    return Live(session.scalar(messages) or 0, session.scalar(campaigns) or 0)


def end_live(act: Act, *, now: datetime) -> Live:
    """End what is under way as unconfirmed, each message with a slot of its household's caps, and finish its campaigns.

    Whether a message left after the backup's day nobody here knows: it may have, so it counts, and is not sent again.
    Raises ValveOpenError while messages may leave.
    """
    if valve.is_open(act.session):
        raise ValveOpenError
    _reserve(act.session, now=now)
    # What was in a worker's hands is in doubt first, like any lease that ran out.
    _move(act.session, (MessageState.SENDING,), target=MessageState.UNKNOWN, now=now)
    messages = _move(
        act.session, (MessageState.PLANNED, MessageState.UNKNOWN), target=MessageState.UNCONFIRMED, now=now
    )
    finished = act.session.execute(
        update(Run).where(Run.state != RunState.FINISHED).values(state=RunState.FINISHED).returning(Run.campaign_id),
        execution_options={"synchronize_session": False},
    )
    ended = Live(messages, len(finished.all()))
    act.note(Action.RESTORE_SETTLED, subject="messages", at=now, messages=ended.messages, count=ended.campaigns)
    return ended


def _reserve(session: Session, *, now: datetime) -> None:
    """Give a slot to each message that holds none: those that were only planned when the backup was made."""
    its = (
        select(
            Message.message_id,
            Message.household_id,
            Run.initiator_id,
            Run.text_sha256,
            literal(now, DateTime(timezone=True)),
        )
        .join(Run, Run.campaign_id == Message.campaign_id)
        .where(Message.state.in_(OUTSTANDING))
    )
    columns = ["message_id", "household_id", "initiator_id", "text_sha256", "reserved_at"]
    session.execute(insert(Contact).from_select(columns, its).on_conflict_do_nothing())


def _move(session: Session, sources: tuple[MessageState, ...], *, target: MessageState, now: datetime) -> int:
    check_arrows(sources, target=target)
    moved = session.execute(
        update(Message)
        .where(Message.state.in_(sources))
        .values(state=target, lease_until=None, check_at=None, changed_at=now)
        .returning(Message.message_id),
        execution_options={"synchronize_session": False},
    )
    return len(moved.all())
