"""Tables of campaigns as requested, in the serving database. No recipient is known here, nor how many there were."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class BroadcastState(StrEnum):
    """What a sender is told. `done` comes at a fixed slot, whatever happened to the messages."""

    IN_REVIEW = "in_review"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


class ReviewDecision(StrEnum):
    """What a reviewer says about a doubtful text."""

    APPROVE = "approve"
    REFUSE = "refuse"


class ReviewReason(StrEnum):
    """Why a doubtful text was approved or refused; the only words about it, so that none is about a person."""

    HARMLESS = "harmless"
    PROVEN = "proven"
    PRIVATE_CONTACT = "private_contact"
    ABSOLUTE_CLAIM = "absolute_claim"
    FORBIDDEN_TRADE = "forbidden_trade"
    DECEPTION = "deception"
    MISLEADING = "misleading"
    UNSUITABLE = "unsuitable"
    NO_DECISION = "no_decision"


class Campaigns(DeclarativeBase):
    """Owner of the schema `campaigns`."""

    metadata = MetaData(schema="campaigns")


class Broadcast(Campaigns):
    """One request to message the target users of some leaves. `done_at` is the slot at which `done` is shown.

    `findings` are those at the request, which do not change; `refused_for` is written when a reviewer refuses.
    """

    __tablename__ = "broadcasts"
    __table_args__ = (
        Index("broadcasts_actor", "actor_id", "created_at"),
        Index("broadcasts_live", "expires_at"),  # the sender asks every second for those that still matter
        Index("broadcasts_in_review", "created_at", "broadcast_id", postgresql_where=text("state = 'in_review'")),
    )

    broadcast_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(Uuid)
    city_code: Mapped[int] = mapped_column(Integer)
    release_id: Mapped[str] = mapped_column(Text)
    category: Mapped[int] = mapped_column(SmallInteger)
    leaf_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    quota: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    final_text: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    rules_version: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    done_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    refused_for: Mapped[str | None] = mapped_column(Text)


class Review(Campaigns):
    """The one decision about a doubtful text, never changed: by whom, when, and what exactly was decided about.

    It is bound to the text by its hash, to the rules by their version, and to the findings that were known then.
    """

    __tablename__ = "reviews"

    broadcast_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    reviewer_id: Mapped[UUID] = mapped_column(Uuid)
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    rules_version: Mapped[str] = mapped_column(Text)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RuleVersion(Campaigns):
    """One version of the rows that an operator added to the content rules, whole and never changed; CSV."""

    __tablename__ = "rule_versions"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text)
    imported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class IdempotencyKey(Campaigns):
    """The first answer to a request that sends, kept 48 h and given again to the same key and body.

    `answer` holds what of it may have changed since: the state and the times.
    """

    __tablename__ = "idempotency_keys"

    actor_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    route: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    resource_id: Mapped[UUID] = mapped_column(Uuid)
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class ActorUsage(Campaigns):
    """What one initiator used up on one day (Asia/Shanghai); the row is locked while a request is counted."""

    __tablename__ = "actor_usage"

    actor_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    broadcasts: Mapped[int] = mapped_column(Integer, default=0)
    recipients: Mapped[int] = mapped_column(Integer, default=0)
    invitations: Mapped[int] = mapped_column(Integer, default=0)


class OrganisationUsage(Campaigns):
    """What the whole organisation used up on one day (Asia/Shanghai)."""

    __tablename__ = "organisation_usage"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    messages: Mapped[int] = mapped_column(Integer, default=0)
