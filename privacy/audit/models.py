"""Tables of the audit, in the people database: entries that nobody may change, and where their chain ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, LargeBinary, MetaData, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Audit(DeclarativeBase):
    """Owner of the schema `audit`."""

    metadata = MetaData(schema="audit")


class EntryRow(Audit):
    """One act. `number` has no gaps; `mac` is HMAC-SHA256 over the mac before it and this row."""

    __tablename__ = "entries"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class HeadRow(Audit):
    """One row: number and mac of the last entry. Its lock is what makes the chain one."""

    __tablename__ = "head"

    head_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    mac: Mapped[bytes] = mapped_column(LargeBinary)
