"""Tables of invitations and of the conversations that they lead to, in the serving database. Every text is masked.

Who writes what is apart: the web process can write no answer, and the sender no word of a planner.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, DateTime, Index, Integer, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from messaging.campaigns.models import Campaigns


class Invitation(Campaigns):
    """What makes a broadcast an invitation: the persona that one household is drawn from."""

    __tablename__ = "invitations"
    __table_args__ = (Index("invitations_actor", "actor_id", "created_at"),)

    invitation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(Uuid)
    district_adcode: Mapped[int] = mapped_column(Integer)
    age_band: Mapped[str] = mapped_column(Text)
    activity: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Conversation(Campaigns):
    """That somebody answered an invitation. The handle is sealed; nobody here can open it."""

    __tablename__ = "conversations"
    __table_args__ = (Index("conversations_actor", "actor_id", "opened_at"),)

    handle: Mapped[str] = mapped_column(Text, primary_key=True)
    invitation_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    actor_id: Mapped[UUID] = mapped_column(Uuid)
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Answer(Campaigns):
    """What the invited person wrote, masked before it came here. Written by the sender's role alone."""

    __tablename__ = "answers"
    __table_args__ = (Index("answers_handle", "handle", "at"),)

    answer_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    handle: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class PlannerMessage(Campaigns):
    """What the planner wrote. `taken_at` says that the sender has looked at it, whatever became of it."""

    __tablename__ = "planner_messages"
    __table_args__ = (
        Index("planner_messages_handle", "handle", "at"),
        Index("planner_messages_new", "at", postgresql_where=text("taken_at IS NULL")),
    )

    message_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    handle: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID] = mapped_column(Uuid)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    taken_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ConversationMark(Campaigns):
    """Until when a planner has read a conversation, and how much was written in it on a day (Asia/Shanghai)."""

    __tablename__ = "conversation_marks"

    handle: Mapped[str] = mapped_column(Text, primary_key=True)
    read_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    day: Mapped[date | None] = mapped_column(Date)
    written: Mapped[int] = mapped_column(Integer, default=0)
