"""Carries a conversation across: a person's masked lines to the planner, a planner's to the person, erasures to both.

The pump does it, the only process with both databases. Each step is written twice by nobody: rows have the same id on
both sides, and what was taken is marked after it was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict
from messaging.campaigns.invitation_values import TALK_LASTS
from messaging.campaigns.masking import mask_line
from messaging.campaigns.models import Broadcast
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.talk import get_talk_rules
from messaging.campaigns.talk_models import Answer, Conversation, PlannerMessage
from messaging.delivery.talk_models import BoundInvitation, Line, Tombstone
from privacy.people.consent import has_push_consent, is_opted_out
from privacy.people.errors import HandleError
from privacy.people.handles import EPOCH, Handles, get_epoch
from privacy.people.models import Phone

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from messaging.campaigns.settings import MessagingRules
    from messaging.delivery.orders import Stores

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 200
_EPOCHS_BACK: Final = TALK_LASTS // EPOCH
_LONGEST: Final = 2_000


def carry(stores: Stores, *, handles: Handles, rules: MessagingRules, now: datetime) -> int:
    """Carry what waits on either side; returns how many rows."""
    return (
        bury(stores)
        + open_conversations(stores, handles=handles, now=now)
        + carry_answers(stores, handles=handles, now=now)
        + carry_planner_messages(stores, handles=handles, rules=rules, now=now)
    )


def open_conversations(stores: Stores, *, handles: Handles, now: datetime) -> int:
    """Show planners that somebody answered: a handle that only they can use, and until when."""
    with stores.people() as session:
        accepted = (BoundInvitation.accepted_at.is_not(None), BoundInvitation.opened_at.is_(None))
        fresh = session.scalars(select(BoundInvitation).where(*accepted).limit(_AT_ONCE)).all()
    for one in fresh:
        with stores.serving.begin() as session:
            row = insert(Conversation).values(
                handle=_seal(one, handles=handles),
                invitation_id=one.campaign_id,
                actor_id=one.initiator_id,
                opened_at=one.accepted_at,
                expires_at=one.talk_until,
            )
            session.execute(row.on_conflict_do_nothing())
        with stores.people.begin() as session:
            its = BoundInvitation.campaign_id == one.campaign_id
            session.execute(update(BoundInvitation).where(its).values(opened_at=now))
    return len(fresh)


def _seal(one: BoundInvitation, *, handles: Handles) -> str:
    """Return the handle of a conversation: that of the epoch in which it began, for as long as it lasts."""
    began = one.accepted_at or one.bound_at
    return handles.seal(one.household_id, viewer_id=one.initiator_id, epoch=get_epoch(began))


def carry_answers(stores: Stores, *, handles: Handles, now: datetime) -> int:
    """Bring people's lines to planners."""
    waiting = (
        select(Line, BoundInvitation)
        .join(BoundInvitation, BoundInvitation.campaign_id == Line.campaign_id)
        .where(Line.is_users, Line.carried_at.is_(None), BoundInvitation.opened_at.is_not(None))
        .order_by(Line.at)
        .limit(_AT_ONCE)
    )
    with stores.people() as session:
        rows = session.execute(waiting).all()
    if not rows:
        return 0
    answers = [
        {"answer_id": line.line_id, "handle": _seal(one, handles=handles), "body": line.body, "at": line.at}
        for line, one in rows
    ]
    with stores.serving.begin() as session:
        session.execute(insert(Answer).on_conflict_do_nothing(), answers)
    with stores.people.begin() as session:
        its = Line.line_id.in_([line.line_id for line, _ in rows])
        session.execute(update(Line).where(its).values(carried_at=now))
    return len(rows)


def carry_planner_messages(stores: Stores, *, handles: Handles, rules: MessagingRules, now: datetime) -> int:
    """Bring planners' lines to the page. The web process wrote them, so each is judged again; a refusal is silent."""
    with stores.serving() as session:
        waiting = _select_waiting(stores.cities)
        messages = session.scalars(waiting.order_by(PlannerMessage.at).limit(_AT_ONCE)).all()
        fit = {one.message_id for one in messages if _is_fit(session, one, rules=rules)}
    for message in messages:
        if message.message_id in fit:
            with stores.people.begin() as session:
                _deliver(session, message, handles=handles, now=now)
        else:
            log.error("planner_message_refused", message_id=str(message.message_id))
        with stores.serving.begin() as session:
            its = PlannerMessage.message_id == message.message_id
            session.execute(update(PlannerMessage).where(its).values(taken_at=now))
    return len(messages)


def _select_waiting(cities: frozenset[int] | None) -> Select[PlannerMessage]:
    """Select planners' lines that nobody took: those to people of some cities, whose pump alone can deliver them."""
    waiting = select(PlannerMessage).where(PlannerMessage.taken_at.is_(None))
    if cities is None:
        return waiting
    theirs = select(Conversation.handle).join(Broadcast, Broadcast.broadcast_id == Conversation.invitation_id)
    return waiting.where(PlannerMessage.handle.in_(theirs.where(Broadcast.city_code.in_(cities))))


def _is_fit(session: Session, message: PlannerMessage, *, rules: MessagingRules) -> bool:
    if len(message.body) > _LONGEST:
        return False
    content = check_text(message.body, rules=get_talk_rules(rules), table=get_rules(session))
    return content.verdict is Verdict.ACCEPT


def _deliver(session: Session, message: PlannerMessage, *, handles: Handles, now: datetime) -> None:
    """Put a line on the page of the conversation that the handle opens, if it is open and its person still agrees."""
    one = find_conversation(session, message.handle, viewer_id=message.actor_id, handles=handles, now=now)
    if one is None or not _still_agrees(session, one.household_id):
        return
    line = insert(Line).values(
        line_id=message.message_id,
        campaign_id=one.campaign_id,
        is_users=False,
        body=mask_line(message.body),
        at=min(message.at, now),
    )
    session.execute(line.on_conflict_do_nothing())


def find_conversation(
    session: Session, handle: str, *, viewer_id: UUID, handles: Handles, now: datetime
) -> BoundInvitation | None:
    """Return the open conversation of a handle in the hands of its planner; None for any other handle or hands."""
    for epoch in range(get_epoch(now), get_epoch(now) - _EPOCHS_BACK - 1, -1):
        try:
            household_id = handles.open(handle, viewer_id=viewer_id, epoch=epoch)
        except HandleError:
            continue
        its = select(BoundInvitation).where(
            BoundInvitation.household_id == household_id,
            BoundInvitation.initiator_id == viewer_id,
            BoundInvitation.talk_until > now,
            BoundInvitation.ended_at.is_(None),
        )
        return session.scalar(its.order_by(BoundInvitation.accepted_at.desc()).limit(1))
    return None


def _still_agrees(session: Session, household_id: UUID) -> bool:
    noted = session.scalar(select(Phone.opt_out_hash).where(Phone.household_id == household_id))
    if noted is None or is_opted_out(session, opt_out_hashes=(noted,)):
        return False
    return has_push_consent(session, household_id=household_id)


def bury(stores: Stores) -> int:
    """Delete what the serving side still shows of conversations whose people were erased; returns how many."""
    with stores.people() as session:
        buried = list(session.scalars(select(Tombstone.campaign_id).limit(_AT_ONCE)))
    if not buried:
        return 0
    with stores.serving.begin() as session:
        its = Conversation.invitation_id.in_(buried)
        named = list(session.scalars(select(Conversation.handle).where(its)))
        for table in (Answer, PlannerMessage, Conversation):
            session.execute(delete(table).where(table.handle.in_(named)))
    with stores.people.begin() as session:
        session.execute(delete(Tombstone).where(Tombstone.campaign_id.in_(buried)))
    return len(buried)
