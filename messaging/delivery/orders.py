"""What the serving side ordered, brought over: new campaigns become runs, pauses and cancellations take hold.

Reading all live orders each time makes this right after any number of missed calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.exc import SQLAlchemyError

from messaging.campaigns.hours import get_sending_span
from messaging.campaigns.models import BroadcastState
from messaging.campaigns.queries import find_control_rows
from messaging.delivery.admission import Refusal, find_refusal
from messaging.delivery.models import Message, MessageState, Run, RunState, SkipReason
from messaging.delivery.outbox import OUTSTANDING
from privacy.audit.values import Action

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.settings import MessagingRules
    from messaging.campaigns.values import CampaignOrder
    from privacy.audit.recording import Recorder

log = structlog.get_logger(__name__)

_FROM_STATES: dict[BroadcastState, tuple[RunState, ...]] = {
    BroadcastState.ACCEPTED: (RunState.PAUSED,),
    BroadcastState.PAUSED: (RunState.EXPANDING, RunState.RUNNING),
    BroadcastState.CANCELLED: (RunState.EXPANDING, RunState.RUNNING, RunState.PAUSED),
}
_TARGETS: dict[BroadcastState, RunState] = {
    # Back to expanding, wherever it stood: a draw that was finished finds nothing more and goes on at once.
    BroadcastState.ACCEPTED: RunState.EXPANDING,
    BroadcastState.PAUSED: RunState.PAUSED,
    BroadcastState.CANCELLED: RunState.CANCELLED,
}
_ACTIONS: dict[BroadcastState, Action] = {
    BroadcastState.ACCEPTED: Action.CAMPAIGN_RESUMED,
    BroadcastState.PAUSED: Action.CAMPAIGN_PAUSED,
    BroadcastState.CANCELLED: Action.CAMPAIGN_CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Stores:
    """Both databases, as the sender's role sees them.

    `cities` are those whose orders are taken here, None for all; `number` is the group's, from 1 on, by name.
    """

    serving: sessionmaker[Session]
    people: sessionmaker[Session]
    cities: frozenset[int] | None = None
    number: int = 1


def follow_orders(stores: Stores, *, rules: MessagingRules, recorder: Recorder, now: datetime) -> int:
    """Bring over what changed on the serving side; returns how many runs changed.

    An order is judged once, when it is new; what its row says later about anything but its state is never read.
    """
    with stores.serving() as session:
        orders = find_control_rows(session, since=now, cities=stores.cities)
    with stores.people() as session:
        known = _find_states(session, [order.campaign_id for order in orders])
    changed = 0
    for order in orders:
        state = known.get(order.campaign_id)
        if state is None and order.state is not BroadcastState.CANCELLED:
            changed += _adopt(stores, order, rules=rules, recorder=recorder, now=now)
        elif state in _FROM_STATES[order.state]:
            changed += _follow(stores.people, order, rules=rules, recorder=recorder, now=now)
    return changed


def _find_states(session: Session, campaign_ids: list[UUID]) -> dict[UUID, RunState]:
    rows = session.execute(select(Run.campaign_id, Run.state).where(Run.campaign_id.in_(campaign_ids)))
    return {campaign_id: RunState(state) for campaign_id, state in rows}


def _adopt(stores: Stores, order: CampaignOrder, *, rules: MessagingRules, recorder: Recorder, now: datetime) -> bool:
    """Make an order a run: one that goes on, or, where it is refused, one that is over and has nothing to send."""
    refusal = _judge(stores.serving, order, rules=rules)
    run = plan_run(order) if refusal is None else plan_refused(order)
    campaign_id = str(order.campaign_id)
    with recorder.begin(stores.people) as act:
        if act.session.get(Run, order.campaign_id) is not None:
            return False
        act.session.add(run)
        if refusal is None:
            act.note(Action.CAMPAIGN_ADOPTED, subject=campaign_id, at=now, state=run.state, count=order.quota)
        else:
            act.note(Action.CAMPAIGN_REFUSED, subject=campaign_id, at=now, reason=refusal.value)
    if refusal is None:
        log.info("campaign_adopted", campaign_id=campaign_id)
    else:
        log.error("campaign_refused", campaign_id=campaign_id, reason=refusal.value)
    return True


def _judge(serving: sessionmaker[Session], order: CampaignOrder, *, rules: MessagingRules) -> Refusal | None:
    try:
        with serving() as session:
            return find_refusal(session, order, rules=rules)
    except SQLAlchemyError:
        # The database is away, which says nothing about the order.
        raise
    except Exception:  # noqa: BLE001 - an order that breaks the judgement must not keep the others back
        return Refusal.UNREADABLE


def plan_run(order: CampaignOrder) -> Run:
    """Return the run of an order that is carried out."""
    return Run(
        campaign_id=order.campaign_id,
        initiator_id=order.initiator_id,
        city_code=order.city_code,
        category=order.category,
        leaf_ids=list(order.leaf_ids),
        quota=order.quota,
        final_text=order.final_text,
        text_sha256=order.text_sha256,
        state=_TARGETS[order.state],
        expanded=0,
        starts_at=order.starts_at,
        expires_at=order.expires_at,
    )


def plan_refused(order: CampaignOrder) -> Run:
    """Return a run that only remembers that the order was looked at."""
    return Run(
        campaign_id=order.campaign_id,
        initiator_id=order.initiator_id,
        city_code=order.city_code,
        category=order.category,
        leaf_ids=[],
        quota=0,
        final_text="",
        text_sha256=b"",
        state=RunState.CANCELLED,
        expanded=0,
        starts_at=order.starts_at,
        expires_at=order.expires_at,
    )


def _follow(
    people: sessionmaker[Session], order: CampaignOrder, *, rules: MessagingRules, recorder: Recorder, now: datetime
) -> bool:
    with recorder.begin(people) as act:
        moved = act.session.execute(
            update(Run)
            .where(Run.campaign_id == order.campaign_id, Run.state.in_(_FROM_STATES[order.state]))
            .values(state=_TARGETS[order.state])
            .returning(Run.campaign_id),
            execution_options={"synchronize_session": False},
        ).first()
        if moved is not None:
            act.note(_ACTIONS[order.state], subject=str(order.campaign_id), at=now)
        if moved is not None and order.state is BroadcastState.CANCELLED:
            which = Message.campaign_id == order.campaign_id
            _skip_planned(act.session, which, reason=SkipReason.CANCELLED, now=now)
        if moved is not None and order.state is BroadcastState.ACCEPTED:
            _spread_overdue(act.session, order, now=now, rules=rules)
    return moved is not None


def _spread_overdue(session: Session, order: CampaignOrder, *, now: datetime, rules: MessagingRules) -> None:
    """Spread what fell due in a pause as it was before: all at once, its last arrival would tell how many it was."""
    span = get_sending_span(order.quota, settings=rules)
    session.execute(
        update(Message)
        .where(
            Message.campaign_id == order.campaign_id,
            Message.state == MessageState.PLANNED,
            Message.not_before <= now,
        )
        .values(not_before=literal(now) + func.random() * literal(span), changed_at=now),
        execution_options={"synchronize_session": False},
    )


def skip_hopeless(people: sessionmaker[Session], *, now: datetime) -> int:
    """Skip what may no longer leave: its campaign was cancelled, or expired, also in a pause. Returns how many.

    A message planned again after a cancellation is caught here too.
    """
    cancelled = select(Run.campaign_id).where(Run.state == RunState.CANCELLED)
    expired = select(Run.campaign_id).where(Run.expires_at <= now, Run.state != RunState.FINISHED)
    with people.begin() as session:
        return _skip_planned(
            session, Message.campaign_id.in_(cancelled), reason=SkipReason.CANCELLED, now=now
        ) + _skip_planned(session, Message.campaign_id.in_(expired), reason=SkipReason.EXPIRED, now=now)


def _skip_planned(session: Session, which: ColumnElement[bool], *, reason: SkipReason, now: datetime) -> int:
    skipped = session.execute(
        update(Message)
        .where(which, Message.state == MessageState.PLANNED)
        .values(state=MessageState.SKIPPED, reason=reason, changed_at=now)
        .returning(Message.message_id),
        execution_options={"synchronize_session": False},
    )
    return len(skipped.all())


def finish_runs(people: sessionmaker[Session], *, now: datetime) -> int:
    """Close the runs from which nothing more can leave, by one statement over the states; returns how many."""
    left = select(func.count()).where(Message.campaign_id == Run.campaign_id, Message.state.in_(OUTSTANDING))
    is_over = (Run.state == RunState.RUNNING) | (Run.state == RunState.CANCELLED) | (Run.expires_at <= now)
    with people.begin() as session:
        closed = session.execute(
            update(Run)
            .where(Run.state != RunState.FINISHED, is_over, left.scalar_subquery() == 0)
            .values(state=RunState.FINISHED)
            .returning(Run.campaign_id),
            execution_options={"synchronize_session": False},
        )
        return len(closed.all())
