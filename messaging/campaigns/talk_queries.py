"""Reads of conversations, for their planner. Nothing here commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, literal, or_, select, tuple_, union_all

from messaging.campaigns.invitation_values import Persona
from messaging.campaigns.models import Broadcast
from messaging.campaigns.talk import get_conversation
from messaging.campaigns.talk_models import Answer, Conversation, ConversationMark, Invitation, PlannerMessage
from messaging.campaigns.talk_values import ConversationView, LineView, Speaker
from privacy.release.slots import Activity, AgeBand
from privacy.release.values import CATEGORIES

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from messaging.campaigns.talk_values import ConversationCursor, LineCursor


def find_conversations(
    session: Session, *, actor_id: UUID, before: ConversationCursor | None, limit: int
) -> list[ConversationView]:
    """Return at most `limit` conversations of a planner, the one that opened last first, those after the cursor."""
    its = Answer.handle == Conversation.handle
    unread = or_(ConversationMark.read_until.is_(None), Answer.at > ConversationMark.read_until)
    counted = select(func.count()).where(its, unread).correlate(Conversation, ConversationMark).scalar_subquery()
    newest = select(func.max(Answer.at)).where(its).correlate(Conversation).scalar_subquery()
    query = (
        select(Conversation, Invitation, Broadcast.category, counted.label("unread"), newest.label("last_at"))
        .join(Invitation, Invitation.invitation_id == Conversation.invitation_id)
        .join(Broadcast, Broadcast.broadcast_id == Conversation.invitation_id)
        .outerjoin(ConversationMark, ConversationMark.handle == Conversation.handle)
        .where(Conversation.actor_id == actor_id)
    )
    place = (Conversation.opened_at, Conversation.handle)
    if before is not None:
        query = query.where(tuple_(*place) < (before.opened_at, before.handle))
    rows = session.execute(query.order_by(*(column.desc() for column in place)).limit(limit))
    return [_view(row) for row in rows]


def _view(row: Row[*tuple[Any, ...]]) -> ConversationView:
    conversation, persona, category, unread, last_at = row
    return ConversationView(
        handle=conversation.handle,
        invitation_id=conversation.invitation_id,
        persona=Persona(
            persona.district_adcode, AgeBand(persona.age_band), Activity(persona.activity), CATEGORIES[category]
        ),
        opened_at=conversation.opened_at,
        expires_at=conversation.expires_at,
        unread=unread,
        last_at=last_at,
    )


def find_lines(
    session: Session, *, actor_id: UUID, handle: str, before: LineCursor | None, limit: int
) -> list[LineView]:
    """Return at most `limit` lines of a planner's conversation, newest first. Raises ConversationNotFoundError."""
    get_conversation(session, actor_id=actor_id, handle=handle)
    both = union_all(
        select(Answer.answer_id.label("line_id"), literal(Speaker.USER.value).label("speaker"), Answer.body, Answer.at)
        .where(Answer.handle == handle),
        select(PlannerMessage.message_id, literal(Speaker.PLANNER.value), PlannerMessage.body, PlannerMessage.at)
        .where(PlannerMessage.handle == handle),
    ).subquery()  # fmt: skip
    query = select(both.c.line_id, both.c.speaker, both.c.body, both.c.at)
    place = (both.c.at, both.c.line_id)
    if before is not None:
        query = query.where(tuple_(*place) < (before.at, before.line_id))
    rows = session.execute(query.order_by(*(column.desc() for column in place)).limit(limit))
    return [LineView(row.line_id, Speaker(row.speaker), row.body, row.at) for row in rows]
