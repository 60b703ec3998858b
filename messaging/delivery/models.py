"""Tables of delivery, in the people database. A row of `messages` is the outbox: nothing else carries a message."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class MessageState(StrEnum):
    """Every state of a message; the arrows between them stand in outbox.py."""

    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    DELIVERY_UNKNOWN = "delivery_unknown"
    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"
    SKIPPED = "skipped"


class SkipReason(StrEnum):
    """Why a planned message never left."""

    CONSENT = "consent"
    OPT_OUT = "opt_out"
    CAP = "cap"
    NUMBER = "number"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class RunState(StrEnum):
    """How far the people side has come with a campaign, and whether it may go on."""

    EXPANDING = "expanding"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class Delivery(DeclarativeBase):
    """Owner of the schema `delivery`."""

    metadata = MetaData(schema="delivery")


class Run(Delivery):
    """The people side's copy of one campaign, and the cursor of its expansion (`expanded`: messages planned).

    `past_at` is when the last of its messages went to the past ones, long after its end.
    """

    __tablename__ = "runs"

    campaign_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    initiator_id: Mapped[UUID] = mapped_column(Uuid)
    city_code: Mapped[int] = mapped_column(Integer)
    category: Mapped[int] = mapped_column(SmallInteger)
    leaf_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    quota: Mapped[int] = mapped_column(Integer)
    final_text: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text)
    expanded: Mapped[int] = mapped_column(Integer, default=0)
    cursor: Mapped[bytes | None] = mapped_column(LargeBinary)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    past_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Message(Delivery):
    """One message to one household. `token` stands in the callback URL and nowhere else.

    `lookup_hash` is of the phone that it goes to, under the key's version `lookup_version`.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("campaign_id", "household_id"),
        UniqueConstraint("campaign_id", "lookup_hash"),
        Index("messages_due", "not_before", postgresql_where=text("state = 'planned'")),
        Index("messages_leased", "lease_until", postgresql_where=text("state = 'sending'")),
        Index("messages_in_doubt", "check_at", postgresql_where=text("state = 'unknown'")),
        Index("messages_by_phone", "lookup_hash", "accepted_at"),
        Index("messages_awaited", "check_at", postgresql_where=text("state IN ('accepted', 'sent')")),
    )

    message_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.runs.campaign_id"))
    household_id: Mapped[UUID] = mapped_column(Uuid)
    lookup_hash: Mapped[bytes] = mapped_column(LargeBinary)
    lookup_version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    token: Mapped[UUID] = mapped_column(Uuid, unique=True)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    not_before: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    check_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    absences: Mapped[int] = mapped_column(Integer, default=0)
    resends: Mapped[int] = mapped_column(Integer, default=0)
    sid: Mapped[str | None] = mapped_column(Text, unique=True)
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class PastMessage(Delivery):
    """A message of a campaign long over, with what came back to it: `receipts` as a list, the first reply's time.

    Partitioned by the month of its last change, so that a month can be dropped whole.
    """

    __tablename__ = "past_messages"
    __table_args__ = (
        Index("past_messages_household", "household_id"),
        Index("past_messages_token", "token"),
        {"postgresql_partition_by": "RANGE (changed_at)"},
    )

    message_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(Uuid)
    household_id: Mapped[UUID] = mapped_column(Uuid)
    lookup_hash: Mapped[bytes] = mapped_column(LargeBinary)
    token: Mapped[UUID] = mapped_column(Uuid)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(Integer)
    resends: Mapped[int] = mapped_column(Integer)
    sid: Mapped[str | None] = mapped_column(Text)
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    replied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    receipts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class Receipt(Delivery):
    """What the carrier said about a SID; each status once, however often it is told."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("sid", "status"),)

    receipt_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.messages.message_id"))
    sid: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    error_code: Mapped[int | None] = mapped_column(Integer)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class HeldOut(Delivery):
    """A household that a campaign drew into its control group: it is never messaged by it, only compared."""

    __tablename__ = "held_out"
    __table_args__ = (Index("held_out_household", "household_id"),)

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.runs.campaign_id"), primary_key=True)
    household_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    drawn_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Reply(Delivery):
    """That a phone answered a message, and when; what it wrote does not stand here."""

    __tablename__ = "replies"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.messages.message_id"), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)


class Valve(Delivery):
    """One row for the whole organisation: the global pause, the breaker, and the rate of leaving messages."""

    __tablename__ = "valve"

    valve_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    is_paused: Mapped[bool] = mapped_column(Boolean, default=False)
    pause_reason: Mapped[str | None] = mapped_column(Text)
    paused_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    recent_in_doubt: Mapped[str] = mapped_column(Text, default="")
    tokens: Mapped[float] = mapped_column(Float, default=0.0)
    refilled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class InboundCursor(Delivery):
    """One row: until when what phones wrote was read from the carrier's list; no row while it never was."""

    __tablename__ = "inbound_cursor"

    cursor_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    listed_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
