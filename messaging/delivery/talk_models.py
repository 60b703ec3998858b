"""Tables of invitations and conversations on the people side: here, and only here, an invitation has a household."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, DateTime, ForeignKey, Index, LargeBinary, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from messaging.delivery.models import Delivery


class BoundInvitation(Delivery):
    """An invitation that found somebody, and how far it has come.

    `token_hash` is SHA-256 of the link's token. `accepted_at` and `ended_at` are the person's own acts; `opened_at` is
    when the conversation was shown to the planner.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index("invitations_household", "household_id", "bound_at"),
        Index("invitations_initiator", "initiator_id", "bound_at"),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.runs.campaign_id"), primary_key=True)
    household_id: Mapped[UUID] = mapped_column(Uuid)
    initiator_id: Mapped[UUID] = mapped_column(Uuid)
    message_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    bound_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answer_by: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    talk_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Line(Delivery):
    """One masked text of a conversation. `source_hash` names what brought it, so that a repeat adds nothing."""

    __tablename__ = "lines"
    __table_args__ = (
        Index("lines_campaign", "campaign_id", "at"),
        Index("lines_new", "at", postgresql_where=text("is_users AND carried_at IS NULL")),
    )

    line_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.invitations.campaign_id"))
    is_users: Mapped[bool] = mapped_column(Boolean)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    source_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    carried_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Tombstone(Delivery):
    """An erased person's invitation: what the serving side still shows of it is to be deleted, then this row too."""

    __tablename__ = "tombstones"

    campaign_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
