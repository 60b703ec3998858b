"""The planner's side of a conversation: writing, reading, and what is new. Nobody here can say whom a handle names.

That the other side has ended it is not told: writing looks the same until the time is up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert

from messaging.campaigns import idempotency
from messaging.campaigns.clock_time import get_day
from messaging.campaigns.content.check import check_text
from messaging.campaigns.content.values import Verdict
from messaging.campaigns.errors import (
    ConversationNotFoundError,
    ConversationOverError,
    QuotaExceededError,
    TextRefusedError,
)
from messaging.campaigns.masking import mask_line
from messaging.campaigns.quotas import get_reset
from messaging.campaigns.rule_versions import get_rules
from messaging.campaigns.talk_models import Conversation, ConversationMark, PlannerMessage
from messaging.campaigns.talk_values import LineView, Speaker
from messaging.campaigns.values import QuotaKind

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from messaging.campaigns.idempotency import KeyedRequest
    from messaging.campaigns.ports import Clock, JobQueue
    from messaging.campaigns.settings import MessagingRules

_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Said:
    """What a planner wants to say in a conversation; `body` is the text as typed."""

    actor_id: UUID
    handle: str
    body: str = field(repr=False)


def get_talk_rules(settings: MessagingRules) -> MessagingRules:
    """Return the content rules of a conversation: a line may be short, and longer than a text message."""
    return settings.model_copy(update={"text_units_min": 1, "text_units_max": settings.talk_units_max})


def say(
    sessions: sessionmaker[Session],
    *,
    said: Said,
    keyed: KeyedRequest,
    clock: Clock,
    queue: JobQueue,
    settings: MessagingRules,
) -> tuple[LineView, bool]:
    """Take a planner's line; returns it as both sides see it, and whether the key was answered before.

    A doubtful text is refused like a certain one: nobody reviews a conversation. Raises a CampaignError.
    """
    now = clock()
    with sessions.begin() as session:
        get_conversation(session, actor_id=said.actor_id, handle=said.handle)
        answered = idempotency.find_answer(session, keyed, now=now, settings=settings)
        if answered is not None:
            return _view(session.get_one(PlannerMessage, answered.resource_id)), True
        line = _write(session, said, now=now, settings=settings)
        idempotency.remember_answer(session, keyed, resource_id=line.message_id, answer={}, now=now)
        idempotency.forget_expired(session, now=now, settings=settings)
    queue.wake(campaign_id=line.message_id)
    return _view(line), False


def _write(session: Session, said: Said, *, now: datetime, settings: MessagingRules) -> PlannerMessage:
    conversation = get_conversation(session, actor_id=said.actor_id, handle=said.handle)
    if now >= conversation.expires_at:
        raise ConversationOverError
    content = check_text(said.body, rules=get_talk_rules(settings), table=get_rules(session))
    if content.verdict is not Verdict.ACCEPT:
        raise TextRefusedError(content=content)
    _count(session, handle=said.handle, now=now, settings=settings)
    line = PlannerMessage(
        message_id=uuid4(), handle=said.handle, actor_id=said.actor_id, body=mask_line(said.body), at=now
    )
    session.add(line)
    return line


def _count(session: Session, *, handle: str, now: datetime, settings: MessagingRules) -> None:
    mark = lock_mark(session, handle=handle)
    if mark.day != get_day(now):
        mark.day, mark.written = get_day(now), 0
    if mark.written >= settings.talk_messages_per_day:
        limit = settings.talk_messages_per_day
        raise QuotaExceededError(kind=QuotaKind.CONVERSATION, limit=limit, reset_at=get_reset(now))
    mark.written += 1


def lock_mark(session: Session, *, handle: str) -> ConversationMark:
    """Lock what is kept about a planner's use of a conversation, until the transaction ends."""
    session.execute(insert(ConversationMark).values(handle=handle, written=0).on_conflict_do_nothing())
    return session.get_one(ConversationMark, handle, with_for_update=True, populate_existing=True)


def get_conversation(session: Session, *, actor_id: UUID, handle: str) -> Conversation:
    """Return a planner's own conversation. Raises ConversationNotFoundError, also for somebody else's."""
    row = session.get(Conversation, handle) if _HANDLE.fullmatch(handle) else None
    if row is None or row.actor_id != actor_id:
        raise ConversationNotFoundError
    return row


def mark_read(sessions: sessionmaker[Session], *, actor_id: UUID, handle: str, clock: Clock) -> None:
    """Note that everything so far was read. Raises ConversationNotFoundError."""
    with sessions.begin() as session:
        get_conversation(session, actor_id=actor_id, handle=handle)
        lock_mark(session, handle=handle).read_until = clock()


def _view(line: PlannerMessage) -> LineView:
    return LineView(line.message_id, Speaker.PLANNER, line.body, line.at)
