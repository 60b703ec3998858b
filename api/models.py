"""Tables of staff and their sessions, in the serving database."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, DateTime, ForeignKey, Integer, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Role(StrEnum):
    """What a member of staff may do; every route names its roles."""

    SALESPERSON = "salesperson"
    PLANNER = "planner"
    REVIEWER = "reviewer"
    OPERATOR = "operator"


class Staff(DeclarativeBase):
    """Owner of the schema `staff`."""

    metadata = MetaData(schema="staff")


class Account(Staff):
    """One member of staff. `territory` holds the adcodes of the districts that a salesperson answers for."""

    __tablename__ = "accounts"

    account_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    territory: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    failed_logins: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RefreshToken(Staff):
    """One refresh token, as SHA-256. Used once; a second use revokes its whole family (one log-in)."""

    __tablename__ = "refresh_tokens"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("staff.accounts.account_id"), index=True)
    family_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class LoginAttempts(Staff):
    """How often one address tried to log in within one minute. The address is a keyed hash; old minutes are deleted."""

    __tablename__ = "login_attempts"

    subject_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    minute: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer)
